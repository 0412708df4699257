#include "host/fastly/uri.hpp"

#include "http/headers.hpp"
#include "http/url.hpp"

#include <algorithm>

namespace weir::fastly {

namespace {

bool is_scheme(std::string_view text)
{
    const auto is_letter = [](char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; };
    return !text.empty() && is_letter(text.front()) && std::ranges::all_of(text, [&](char c) {
        return is_letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
    });
}

}  // namespace

std::optional<Uri> Uri::parse(std::string_view text)
{
    constexpr size_t max_uri_bytes = 65'534;
    if (text.empty() || text.size() > max_uri_bytes) return std::nullopt;
    Uri uri;
    text = text.substr(0, text.find('#'));
    if (text == "*") {
        uri.path_and_query = "*";
        return uri;
    }
    if (!text.starts_with('/')) {
        const size_t separator = text.find("://");
        if (separator == std::string_view::npos) {
            if (!http::parse_authority(text)) return std::nullopt;
            uri.authority = text;
            return uri;
        }
        if (!is_scheme(text.substr(0, separator))) return std::nullopt;
        uri.scheme = http::to_lower(text.substr(0, separator));
        text.remove_prefix(separator + 3);
        const size_t end = std::min(text.find_first_of("/?"), text.size());
        if (!http::parse_authority(text.substr(0, end))) return std::nullopt;
        uri.authority = text.substr(0, end);
        text.remove_prefix(end);
        if (!text.starts_with('/')) uri.path_and_query = "/";
    }
    uri.path_and_query += text;
    if (!http::is_valid_path_and_query(uri.path_and_query)) return std::nullopt;
    return uri;
}

std::string Uri::to_string() const
{
    if (scheme.empty()) return authority + path_and_query;
    return scheme + "://" + authority + path_and_query;
}

}  // namespace weir::fastly
