#include "host/sockets/permission.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <optional>

namespace weir::sockets {

namespace {

constexpr std::array transports{Transport::tcp, Transport::udp, Transport::unix_domain, Transport::dns};

std::string lower(std::string_view text)
{
    std::string result{text};
    std::ranges::transform(result, result.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    if (result.ends_with('.')) result.pop_back();
    return result;
}

template <class T>
std::optional<T> number(std::string_view text)
{
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
    return value;
}

bool parse_ports(std::string_view text, Rule& rule)
{
    if (text == "*") return true;
    const size_t dash = text.find('-');
    const auto first = number<uint16_t>(text.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : number<uint16_t>(text.substr(dash + 1));
    if (!first || !last || *first > *last) return false;
    rule.first_port = *first;
    rule.last_port = *last;
    return true;
}

bool has_bits(const IpAddress& a, const IpAddress& b, uint32_t bits)
{
    for (uint32_t i = 0; i < bits; ++i)
        if (((a.bytes[i / 8] ^ b.bytes[i / 8]) >> (7 - i % 8) & 1) != 0) return false;
    return true;
}

/// An address with an optional /BITS. False when it is no address; bits out of range make it none.
bool parse_network(std::string_view text, Rule& rule)
{
    const size_t slash = text.find('/');
    const std::string address{text.substr(0, slash)};
    uint8_t octets[4];
    uint32_t offset = 0;
    if (::inet_pton(AF_INET, address.c_str(), octets) == 1) {
        offset = 96;  // behind ::ffff:
        rule.network = {};
        rule.network.bytes[10] = rule.network.bytes[11] = 0xff;
        std::memcpy(rule.network.bytes + 12, octets, sizeof octets);
    } else if (::inet_pton(AF_INET6, address.c_str(), rule.network.bytes) != 1) {
        return false;
    }
    const auto bits = slash == std::string_view::npos ? std::optional{128 - offset} : number<uint32_t>(text.substr(slash + 1));
    if (!bits || *bits > 128 - offset) return false;
    rule.prefix_bits = offset + *bits;
    rule.host = Rule::Host::addresses;
    return true;
}

bool is_name(std::string_view text)
{
    return !text.empty() && text.size() <= 253 &&
           text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_.") == std::string_view::npos;
}

bool parse_host(std::string_view text, Rule& rule)
{
    if (text.empty() || text == "*") return true;
    if (text.starts_with('[') && text.find(']') != std::string_view::npos) {  // [ADDRESS] or [ADDRESS]/BITS
        std::string bare{text.substr(1)};
        bare.erase(bare.find(']'), 1);
        return parse_network(bare, rule);
    }
    if (parse_network(text, rule)) return true;
    if (text.find('/') != std::string_view::npos) return false;
    const bool is_wild = text.starts_with("*.");
    rule.name = lower(is_wild ? text.substr(2) : text);
    rule.host = is_wild ? Rule::Host::names_below : Rule::Host::name;
    return is_name(rule.name);
}

/// HOST[:PORT]. The last colon outside of brackets separates.
bool parse_endpoint(std::string_view text, Rule& rule)
{
    const size_t bracket = text.rfind(']');
    const size_t colon = text.rfind(':');
    if (colon == std::string_view::npos || (bracket != std::string_view::npos && colon < bracket)) return parse_host(text, rule);
    return parse_host(text.substr(0, colon), rule) && parse_ports(text.substr(colon + 1), rule);
}

Result<Rule, std::string> parse_rule(std::string_view text)
{
    const auto wrong = [&](std::string_view why) { return Unexpected{fmt::format("'{}': {}", text, why)}; };
    Rule rule;
    const size_t end = text.find(':');
    const std::string_view word = text.substr(0, end);
    const auto* const found = std::ranges::find_if(transports, [&](Transport t) { return name_of(t) == word; });
    if (found == transports.end()) return wrong("a rule begins with tcp, udp, unix or dns");
    rule.transport = *found;
    if (end == std::string_view::npos) return rule;
    std::string_view rest = text.substr(end + 1);
    if (rule.transport == Transport::dns) {
        rule.can_listen = false;
        if (!parse_host(rest, rule) || rule.host == Rule::Host::addresses) return wrong("behind dns: comes a name, or *.NAME");
        return rule;
    }
    for (const Direction direction : {Direction::listen, Direction::connect}) {
        if (!rest.starts_with(name_of(direction))) continue;
        rule.can_listen = direction == Direction::listen;
        rule.can_connect = direction == Direction::connect;
        rest.remove_prefix(name_of(direction).size());
        if (rest.empty()) return rule;
        if (rest.front() != '=') break;
        rest.remove_prefix(1);
        if (rule.transport == Transport::unix_domain) {
            rule.name = rest;
            if (!rest.starts_with('/')) return wrong("the path of a socket is absolute");
            return rule;
        }
        if (!parse_endpoint(rest, rule)) return wrong("the form is HOST[:PORT], e.g. 127.0.0.1:3000, [::1]:80, *.example.com:443");
        return rule;
    }
    return wrong("behind the transport comes listen or connect, e.g. tcp:listen=127.0.0.1:3000");
}

}  // namespace

std::string_view name_of(Transport transport)
{
    switch (transport) {
    case Transport::tcp: return "tcp";
    case Transport::udp: return "udp";
    case Transport::unix_domain: return "unix";
    case Transport::dns: return "dns";
    }
    return "?";
}

std::string_view name_of(Direction direction) { return direction == Direction::listen ? "listen" : "connect"; }

bool Rule::covers_address(const IpAddress& ip) const
{
    return host == Host::any || (host == Host::addresses && has_bits(ip, network, prefix_bits));
}

bool Rule::covers_name(std::string_view host_name) const
{
    if (host == Host::any) return true;
    const std::string wanted = lower(host_name);
    if (host == Host::name) return wanted == name;
    return host == Host::names_below && wanted.size() > name.size() + 1 && wanted.ends_with("." + name);
}

Result<std::vector<Rule>, std::string> parse_rules(std::string_view text)
{
    std::vector<Rule> rules;
    for (;;) {
        const size_t comma = text.find(',');
        WEIR_TRY(rule, parse_rule(text.substr(0, comma)));
        rules.push_back(std::move(rule));
        if (comma == std::string_view::npos) return rules;
        text.remove_prefix(comma + 1);
    }
}

bool is_like_rule(std::string_view word)
{
    return std::ranges::any_of(transports, [&](Transport t) {
        const std::string_view name = name_of(t);
        return word.starts_with(name) && (word.size() == name.size() || word[name.size()] == ':' || word[name.size()] == ',');
    });
}

bool is_private(const IpAddress& ip)
{
    // RFC 6890 and its registries: this host, private use, shared, link-local, loopback, unique local, multicast; and ways to write
    // such IPv4 addresses in IPv6 (NAT64, 6to4).
    static const auto networks = [] {
        std::array<Rule, 17> rules;
        size_t n = 0;
        for (const std::string_view text :
             {"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
              "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/3", "::/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "fc00::/7",
              "fe80::/10", "ff00::/8"})
            parse_network(text, rules[n++]);
        return rules;
    }();
    return std::ranges::any_of(networks, [&](const Rule& r) { return r.covers_address(ip); });
}

}  // namespace weir::sockets
