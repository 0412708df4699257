#include "host/fastly/service.hpp"

#include "base/utf8.hpp"
#include "http/url.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>

namespace weir::fastly {

namespace {

/// Whether the first `bits` of two addresses of one size are the same.
bool has_prefix(std::string_view ip, std::string_view prefix, uint8_t bits)
{
    if (ip.size() != prefix.size()) return false;
    const size_t whole = bits / 8;
    if (ip.substr(0, whole) != prefix.substr(0, whole)) return false;
    if (bits % 8 == 0) return true;
    const auto mask = static_cast<unsigned char>(0xff << (8 - bits % 8));
    return ((static_cast<unsigned char>(ip[whole]) ^ static_cast<unsigned char>(prefix[whole])) & mask) == 0;
}

}  // namespace

std::string request_id(uint64_t number) { return fmt::format("{:032x}", number); }

std::string_view ip_bytes(const http::Address& address)
{
    const auto* const bytes = reinterpret_cast<const char*>(address.ip.data());
    switch (address.family) {
    case http::Address::Family::ipv4: return {bytes, 4};
    case http::Address::Family::ipv6: return {bytes, 16};
    case http::Address::Family::unix_:
    case http::Address::Family::none: break;
    }
    return {};
}

uint16_t Backend::port() const
{
    const auto authority = http::parse_authority(url.authority);
    return authority && authority->port ? *authority->port : is_tls() ? 443 : 80;
}

std::string Backend::host() const
{
    const auto authority = http::parse_authority(url.authority);
    return authority ? authority->host : url.authority;
}

const Acl::Entry* Acl::find(std::string_view ip) const
{
    const Entry* best = nullptr;
    for (const Entry& entry : entries)
        if (has_prefix(ip, entry.prefix, entry.bits) && (best == nullptr || entry.bits >= best->bits)) best = &entry;
    return best;
}

std::string json_string(std::string_view text)
{
    std::string out = "\"";
    const bool is_valid = is_utf8(std::as_bytes(std::span{text}));
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') out += {'\\', c};
        else if (byte < 0x20) out += fmt::format("\\u{:04x}", byte);
        else if (byte >= 0x80 && !is_valid) out += "\\ufffd";
        else out += c;
    }
    return out += '"';
}

std::string_view loopback_geolocation()
{
    return R"({"area_code":415,"as_name":"Fastly, Inc","as_number":54113,"city":"San Francisco","conn_speed":"broadband",)"
           R"("conn_type":"wired","continent":"NA","country_code":"US","country_code3":"USA","country_name":)"
           R"("United States of America","latitude":37.77869,"longitude":-122.39557,"metro_code":0,"postal_code":"94107",)"
           R"("proxy_description":"?","proxy_type":"?","region":"CA","utc_offset":-700})";
}

bool is_loopback(std::string_view ip)
{
    constexpr size_t v4_bytes = 4, v6_bytes = 16;
    if (ip.size() == v4_bytes) return ip.front() == 127;
    return ip.size() == v6_bytes && ip.back() == 1 && ip.substr(0, v6_bytes - 1).find_first_not_of('\0') == std::string_view::npos;
}

}  // namespace weir::fastly
