#include "http/url.hpp"

#include "http/headers.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace weir::http {

namespace {

bool is_alnum(char c) noexcept { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Names as resolvers take them. Wider than DNS by '_', which is in use; narrower than RFC 3986's reg-name.
bool is_host_name(std::string_view host) noexcept
{
    return !host.empty() && host.size() <= 255 &&
           std::ranges::all_of(host, [](char c) { return is_alnum(c) || c == '-' || c == '.' || c == '_'; });
}

bool is_ipv6_address(std::string_view host)
{
    in6_addr address{};
    return host.size() < INET6_ADDRSTRLEN && inet_pton(AF_INET6, std::string{host}.c_str(), &address) == 1;
}

// Visible ASCII and bytes above 0x7f.
bool is_visible(std::string_view text) noexcept
{
    return std::ranges::all_of(text, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte > 0x20 && byte != 0x7f;
    });
}

}  // namespace

std::string Authority::to_string() const
{
    std::string text = is_ipv6 ? "[" + host + "]" : host;
    if (port) text += ":" + std::to_string(*port);
    return text;
}

std::optional<Authority> parse_authority(std::string_view text)
{
    Authority authority;
    std::string_view rest;
    if (text.starts_with('[')) {
        const size_t end = text.find(']');
        if (end == std::string_view::npos || !is_ipv6_address(text.substr(1, end - 1))) return {};
        authority.host = text.substr(1, end - 1);
        authority.is_ipv6 = true;
        rest = text.substr(end + 1);
    } else {
        const size_t colon = text.find(':');
        authority.host = text.substr(0, colon);
        if (!is_host_name(authority.host)) return {};
        if (colon != std::string_view::npos) rest = text.substr(colon);
    }
    if (rest.empty()) return authority;
    if (rest.front() != ':') return {};
    rest.remove_prefix(1);
    if (rest.empty()) return authority;
    uint16_t port = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), port);
    if (error != std::errc{} || end != rest.data() + rest.size()) return {};
    authority.port = port;
    return authority;
}

uint16_t Url::effective_port() const noexcept { return authority.port.value_or(scheme == "https" || scheme == "wss" ? 443 : 80); }

std::string Url::path_and_query() const { return has_query ? path + "?" + query : path; }

std::string Url::to_string() const { return scheme + "://" + authority.to_string() + path_and_query(); }

std::optional<Url> parse_url(std::string_view text)
{
    Url url;
    const size_t colon = text.find("://");
    if (colon == std::string_view::npos) return {};
    url.scheme = to_lower(text.substr(0, colon));
    if (url.scheme != "http" && url.scheme != "https" && url.scheme != "ws" && url.scheme != "wss") return {};
    std::string_view rest = text.substr(colon + 3);
    rest = rest.substr(0, rest.find('#'));

    const size_t authority_end = std::min(rest.find_first_of("/?"), rest.size());
    auto authority = parse_authority(rest.substr(0, authority_end));
    if (!authority) return {};
    url.authority = *std::move(authority);
    rest.remove_prefix(authority_end);

    if (!is_visible(rest)) return {};
    const size_t question = rest.find('?');
    url.path = rest.substr(0, question);
    if (url.path.empty()) url.path = "/";
    if (question != std::string_view::npos) {
        url.query = rest.substr(question + 1);
        url.has_query = true;
    }
    return url;
}

bool is_valid_path_and_query(std::string_view text) noexcept
{
    return text.starts_with('/') && is_visible(text) && text.find('#') == std::string_view::npos;
}

}  // namespace weir::http
