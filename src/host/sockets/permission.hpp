#pragma once

#include "base/result.hpp"
#include "host/sockets/address.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// What --net grants. The grammar is in docs/sockets.md.

namespace weir::sockets {

enum class Transport : uint8_t { tcp, udp, unix_domain, dns };
enum class Direction : uint8_t { listen, connect };

/// "tcp", "udp", "unix", "dns".
[[nodiscard]] std::string_view name_of(Transport transport);
[[nodiscard]] std::string_view name_of(Direction direction);

/// One thing that is allowed.
struct Rule {
    enum class Host : uint8_t { any, addresses, name, names_below };

    Transport transport = Transport::tcp;
    bool can_listen = true, can_connect = true;
    Host host = Host::any;
    IpAddress network;  // of addresses, with the bits of it that count
    uint32_t prefix_bits = 0;
    std::string name;  // in lower case, for names_below without "*."; of unix the path, empty for any
    uint16_t first_port = 0, last_port = UINT16_MAX;

    [[nodiscard]] bool covers(Direction direction) const { return direction == Direction::listen ? can_listen : can_connect; }
    [[nodiscard]] bool covers_port(uint16_t port) const { return port >= first_port && port <= last_port; }
    [[nodiscard]] bool covers_address(const IpAddress& ip) const;
    /// `host_name` in any case, with or without a final dot.
    [[nodiscard]] bool covers_name(std::string_view host_name) const;
};

/// Rules separated by commas. The error says what is wrong with which.
[[nodiscard]] Result<std::vector<Rule>, std::string> parse_rules(std::string_view text);
/// Whether a word of the command line is meant for a rule: it begins with a transport.
[[nodiscard]] bool is_like_rule(std::string_view word);

/// Whether an address is of this machine or of a network that is not public: no name that others serve may lead there unasked.
[[nodiscard]] bool is_private(const IpAddress& ip);

}  // namespace weir::sockets
