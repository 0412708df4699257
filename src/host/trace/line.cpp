#include "host/trace/write.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace weir::trace {

namespace {

using Kind = Shown::Kind;

/// In quotes, with the escapes that everybody knows for the commonest control characters.
std::string quoted(std::string_view text)
{
    constexpr std::pair<std::string_view, std::string_view> shorter[] = {
        {"\\u{a}", "\\n"}, {"\\u{9}", "\\t"}, {"\\u{d}", "\\r"}, {"\\u{0}", "\\0"}, {"\"", "\\\""}};
    std::string out = "\"";
    while (!text.empty()) {
        const auto* const found = std::ranges::find_if(shorter, [&](const auto& s) { return text.starts_with(s.first); });
        if (found == std::end(shorter)) {
            out += text.front();
            text.remove_prefix(1);
        } else {
            out += found->second;
            text.remove_prefix(found->first.size());
        }
    }
    return out += '"';
}

/// Names joined by '|'. A set that lacks little of many is written as what it lacks.
std::string set(const Shown& shown)
{
    const auto total = shown.items.size();
    const auto present = static_cast<size_t>(std::ranges::count(shown.items, 1U, &Shown::number));
    const bool is_inverse = shown.number == 0 && present > 4 && present * 2 > total;
    std::string out;
    for (const Shown& item : shown.items)
        if ((item.number == 1) != is_inverse) out += (out.empty() ? "" : "|") + item.name;
    if (shown.number != 0) out += fmt::format("{}{:#x}", out.empty() ? "" : "|", shown.number);
    if (is_inverse) return out.empty() ? "all" : "~(" + out + ")";
    return out.empty() ? "0" : out;
}

std::string value(const Shown& shown);

std::string joined(const std::vector<Shown>& items)
{
    std::string out;
    for (const Shown& item : items) {
        if (!out.empty()) out += ", ";
        if (!item.name.empty()) out += item.name + "=";
        out += value(item);
    }
    return out;
}

std::string value(const Shown& shown)
{
    switch (shown.kind) {
    case Kind::number: return fmt::format("{}", shown.number);
    case Kind::signed_number: return fmt::format("{}", static_cast<int64_t>(shown.number));
    case Kind::word: return shown.text;
    case Kind::words: return set(shown);
    case Kind::text: return quoted(shown.text);
    case Kind::data:
        if (shown.buffers == 1) return fmt::format("{} ({} bytes)", quoted(shown.text), shown.number);
        return fmt::format("{} ({} bytes in {} buffers)", quoted(shown.text), shown.number, shown.buffers);
    case Kind::address: return fmt::format("{:#x}", shown.address);
    case Kind::bad_address: return fmt::format("bad address {:#x}+{}", shown.address, shown.number);
    case Kind::record: return "{" + joined(shown.items) + "}";
    case Kind::list:
        if (shown.items.size() == shown.number) return "[" + joined(shown.items) + "]";
        return fmt::format("[{}, ... {} in all]", joined(shown.items), shown.number);
    }
    return {};
}

std::string duration(uint64_t ns)
{
    if (ns < 1000) return fmt::format("{} ns", ns);
    if (ns < 1'000'000) return fmt::format("{:.1f} us", static_cast<double>(ns) / 1e3);
    if (ns < 1'000'000'000) return fmt::format("{:.1f} ms", static_cast<double>(ns) / 1e6);
    return fmt::format("{:.3f} s", static_cast<double>(ns) / 1e9);
}

std::string answer(const ShownCall& call)
{
    if (!call.has_returned) return "?";
    if (call.is_error || (call.results.empty() && !call.status.empty())) return call.status;
    return call.results.size() == 1 ? value(call.results[0]) : joined(call.results);
}

}  // namespace

std::string to_line(const ShownCall& call, uint64_t duration_ns, Colours colours)
{
    const auto in = [&](std::string_view code, std::string_view text) {
        return colours == Colours::none ? std::string{text} : fmt::format("\x1b[{}m{}\x1b[0m", code, text);
    };
    return fmt::format("{}({}) = {} {}", in("36", call.function), joined(call.arguments),
                       call.is_error ? in("31", answer(call)) : answer(call), in("2", fmt::format("({})", duration(duration_ns))));
}

}  // namespace weir::trace
