#include "host/trace/write.hpp"

#include <fmt/format.h>

namespace weir::trace {

namespace {

using Kind = Shown::Kind;

/// The text holds no control characters; its own escapes stay in it, so that bytes which are no text have a form.
std::string quoted(std::string_view text)
{
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out += '"';
}

std::string value(const Shown& shown);

/// An object of named items, or an array.
std::string object(const std::vector<Shown>& items)
{
    std::string out;
    for (const Shown& item : items) out += fmt::format("{}{}:{}", out.empty() ? "" : ",", quoted(item.name), value(item));
    return "{" + out + "}";
}

std::string value(const Shown& shown)
{
    std::string out;
    switch (shown.kind) {
    case Kind::number: return fmt::format("{}", shown.number);
    case Kind::signed_number: return fmt::format("{}", static_cast<int64_t>(shown.number));
    case Kind::word:
    case Kind::text: return quoted(shown.text);
    case Kind::words:
        for (const Shown& item : shown.items)
            if (item.number == 1) out += (out.empty() ? "" : ",") + quoted(item.name);
        if (shown.number != 0) out += fmt::format("{}{}", out.empty() ? "" : ",", shown.number);
        return "[" + out + "]";
    case Kind::data:
        return fmt::format(R"({{"bytes":{},"buffers":{},"start":{}}})", shown.number, shown.buffers, quoted(shown.text));
    case Kind::address: return fmt::format(R"({{"address":{}}})", shown.address);
    case Kind::bad_address: return fmt::format(R"({{"bad_address":{},"bytes":{}}})", shown.address, shown.number);
    case Kind::record: return object(shown.items);
    case Kind::list:
        for (const Shown& item : shown.items) out += (out.empty() ? "" : ",") + value(item);
        return fmt::format(R"({{"count":{},"first":[{}]}})", shown.number, out);
    }
    return "null";
}

}  // namespace

std::string to_json(const ShownCall& call, uint64_t duration_ns)
{
    std::string out = fmt::format(R"({{"module":{},"function":{},"arguments":{})", quoted(call.module), quoted(call.function),
                                  object(call.arguments));
    if (!call.has_returned) out += R"(,"status":null)";
    else if (!call.status.empty()) out += R"(,"status":)" + quoted(call.status);
    if (!call.results.empty()) out += R"(,"results":)" + object(call.results);
    return out + fmt::format(R"(,"duration_ns":{}}})", duration_ns);
}

std::string to_json_lines(const std::vector<Count>& counts)
{
    std::string out;
    for (const Count& c : counts) {
        if (c.calls == 0) continue;
        out += fmt::format(R"({{"summary":{{"module":{},"function":{},"calls":{},"errors":{},"total_ns":{},"mean_ns":{}}}}})",
                           quoted(c.module), quoted(c.function), c.calls, c.errors, c.total_ns, c.total_ns / c.calls);
        out += '\n';
    }
    return out;
}

}  // namespace weir::trace
