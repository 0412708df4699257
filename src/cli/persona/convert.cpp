#include "cli/persona/convert.hpp"

#include "cli/console.hpp"
#include "cli/quantity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <utility>

namespace weir::cli::persona {

namespace {

constexpr std::string_view none;

std::string add(OwnWords& words, std::string option, std::string_view value)
{
    words.push_back(std::move(option));
    words.emplace_back(value);
    return {};
}

std::string add_directory(OwnWords& words, std::string_view host, std::string_view guest, std::string_view suffix)
{
    if (host.empty() || guest.empty()) return "a name is empty";
    const bool needs_no_guest = host == guest && host.find(':') == std::string_view::npos;
    return add(words, "--dir", needs_no_guest ? fmt::format("{}{}", host, suffix) : fmt::format("{}::{}{}", host, guest, suffix));
}

bool take_end(std::string_view& text, std::string_view end)
{
    if (!text.ends_with(end)) return false;
    text.remove_suffix(end.size());
    return true;
}

std::optional<uint64_t> number(std::string_view text)
{
    uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::string switched(std::string_view value, OwnWords& words, std::string_view on, std::string_view off = none)
{
    bool is_understood = false;
    const bool wanted = is_on(value, is_understood);
    if (!is_understood) return "it is a switch: y or n";
    if (const std::string_view word = wanted ? on : off; !word.empty()) words.emplace_back(word);
    return {};
}

}  // namespace

bool is_on(std::string_view value, bool& is_understood)
{
    const bool yes = value.empty() || value == "y" || value == "yes" || value == "true";
    is_understood = yes || value == "n" || value == "no" || value == "false";
    return yes;
}

std::string host_first(std::string_view value, OwnWords& words)
{
    const std::string_view suffix = take_end(value, ":ro") ? ":ro" : "";
    const size_t colon = value.rfind(':');
    if (colon == std::string_view::npos) return add_directory(words, value, value, suffix);
    return add_directory(words, value.substr(0, colon), value.substr(colon + 1), suffix);
}

std::string host_first_double(std::string_view value, OwnWords& words)
{
    const size_t colons = value.find("::");
    if (colons == std::string_view::npos) return add_directory(words, value, value, none);
    return add_directory(words, value.substr(0, colons), value.substr(colons + 2), none);
}

std::string guest_first(std::string_view value, OwnWords& words)
{
    const std::string_view suffix = take_end(value, ":readonly") || take_end(value, ":ro") ? ":ro" : "";
    const size_t colon = value.find(':');
    if (colon == std::string_view::npos) return add_directory(words, value, value, suffix);
    std::string_view host = value.substr(colon + 1);
    if (host.starts_with(':')) host.remove_prefix(1);
    return add_directory(words, host, value.substr(0, colon), suffix);
}

std::string env_if_there(std::string_view value, OwnWords& words)
{
    if (value.find('=') == std::string_view::npos && std::getenv(std::string{value}.c_str()) == nullptr) return {};
    return add(words, "--env", value);
}

std::string env_with_value(std::string_view value, OwnWords& words)
{
    if (value.find('=') == std::string_view::npos) return "the form is NAME=VALUE";
    return add(words, "--env", value);
}

std::string milliseconds(std::string_view value, OwnWords& words)
{
    const auto ms = number(value);
    if (!ms) return "it is a number of milliseconds";
    return *ms == 0 ? std::string{} : add(words, "--timeout", fmt::format("{}ms", *ms));
}

std::string go_duration(std::string_view value, OwnWords& words)
{
    const std::string wrong = "the form is that of Go: 300ms, 1.5h, 2h45m";
    std::string_view rest = value;
    uint64_t sum_ns = 0;
    if (rest == "0") return {};
    while (!rest.empty()) {
        const size_t unit = rest.find_first_not_of("0123456789.");
        if (unit == 0 || unit == std::string_view::npos) return wrong;
        const size_t next = std::min(rest.find_first_of("0123456789.", unit), rest.size());
        const auto ns = parse_duration(rest.substr(0, next));
        if (!ns || *ns > INT64_MAX - sum_ns) return wrong;
        sum_ns += *ns;
        rest.remove_prefix(next);
    }
    if (value.empty()) return wrong;
    // As it was given where weir has such a form, for the message that it ran out.
    const bool is_one = parse_duration(value) == sum_ns;
    return sum_ns == 0 ? std::string{} : add(words, "--timeout", is_one ? std::string{value} : fmt::format("{}ns", sum_ns));
}

std::string pages(std::string_view value, OwnWords& words)
{
    constexpr uint64_t page_kib = 64, most = uint64_t{1} << 48;  // of an address space
    const auto count = number(value);
    if (!count || *count > most) return "it is a number of pages of 64 KiB";
    return add(words, "--max-memory", fmt::format("{}KiB", *count * page_kib));
}

std::string trace_scopes(std::string_view value, OwnWords& words)
{
    constexpr std::array<std::pair<std::string_view, std::string_view>, 8> scopes{{{"all", ""},
                                                                                   {"clock", "clock"},
                                                                                   {"filesystem", "fs"},
                                                                                   {"poll", "poll"},
                                                                                   {"proc", "proc"},
                                                                                   {"random", "random"},
                                                                                   {"sock", "sock"},
                                                                                   {"memory", "-"}}};
    std::string groups;
    while (!value.empty()) {
        const size_t comma = std::min(value.find(','), value.size());
        const auto* const scope =
            std::ranges::find(scopes, value.substr(0, comma), &std::pair<std::string_view, std::string_view>::first);
        if (scope == scopes.end()) return fmt::format("there is no scope '{}'", printable(value.substr(0, comma)));
        if (scope->second == "-") return "weir does not trace instructions on memory";
        if (scope->second.empty()) {
            words.emplace_back("--trace");
            return {};
        }
        groups += (groups.empty() ? "" : ",") + std::string{scope->second};
        value.remove_prefix(std::min(comma + 1, value.size()));
    }
    if (!groups.empty()) words.push_back("--trace=" + groups);
    return {};
}

std::string level_to_run(std::string_view value, OwnWords& words)
{
    if (value == "0") return add(words, "--tier", "baseline");
    return value == "1" || value == "2" || value == "s" ? "" : "levels are 0, 1, 2 and s";
}

std::string level_to_compile(std::string_view value, OwnWords& words)
{
    if (value == "0") words.emplace_back("-O0");
    else if (value != "1" && value != "2" && value != "3" && value != "s" && value != "z") return "levels are 0, 1, 2, 3, s and z";
    return {};
}

std::string wasmtime_compiler(std::string_view value, OwnWords& words)
{
    if (value == "winch") return add(words, "--tier", "baseline");
    return value == "cranelift" || value == "auto" ? "" : "weir has two compilers: --tier baseline and --tier optimized";
}

std::string profile(std::string_view value, OwnWords& words)
{
    if (value == "perfmap" || value == "jitdump") return add(words, "--profile", value);
    return "weir tells perf the guest's code: --profile perfmap, --profile jitdump; it takes no samples itself";
}

std::string target(std::string_view value, OwnWords& /*words*/)
{
    return value.starts_with("x86_64-") ? "" : "weir compiles for x86-64 alone";
}

std::string net_switch(std::string_view value, OwnWords& words) { return switched(value, words, "--net"); }
std::string dns_switch(std::string_view value, OwnWords& words) { return switched(value, words, "--net=dns"); }
std::string env_switch(std::string_view value, OwnWords& words) { return switched(value, words, "--env-inherit"); }
std::string cache_switch(std::string_view value, OwnWords& words) { return switched(value, words, none, "--no-cache"); }

std::string net_without_rules(std::string_view value, OwnWords& words)
{
    if (!value.empty()) return "wasmer's rules are not weir's: weir run --net=tcp:connect=example.com:443,dns";
    words.emplace_back("--net");
    return {};
}

std::string sockets_extension(std::string_view value, OwnWords& words)
{
    if (value == "none") {
        std::erase(words, "--net");
        return {};
    }
    if (value == "auto" || value == "wasmedgev1" || value == "wasmedgev2") return {};
    return "weir has WasmEdge's functions, of both versions at once: auto, wasmedgev1, wasmedgev2, none";
}

std::string http_extension(std::string_view value, OwnWords& /*words*/)
{
    return value == "auto" || value == "none" ? "" : "weir has no wasi-http; programs have sockets (--net), services weir serve";
}

std::string unknown_imports(std::string_view value, OwnWords& /*words*/)
{
    return value == "link-error" ? "" : "weir refuses a program with imports that it does not provide, and names them all";
}

}  // namespace weir::cli::persona
