#pragma once

#include "weir/result.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace weir::net {

/// Values are those of the socket extension.
enum class Family : uint8_t { none, ipv4, ipv6, unix_path };

/// Where a socket is: an IPv4 or IPv6 address with a port, or the path of a unix socket. Small, without pointers.
class Address {
public:
    static constexpr size_t max_path_bytes = 107;  // Linux's sockaddr_un, without its NUL

    Address() noexcept = default;  // none, as of a unix socket that was not bound

    static Address ipv4(const std::array<uint8_t, 4>& bytes, uint16_t port) noexcept
    {
        return Address{Family::ipv4, bytes.data(), bytes.size(), port};
    }
    static Address ipv6(const std::array<uint8_t, 16>& bytes, uint16_t port) noexcept
    {
        return Address{Family::ipv6, bytes.data(), bytes.size(), port};
    }
    static Address loopback(uint16_t port) noexcept { return ipv4({127, 0, 0, 1}, port); }
    /// @error EINVAL  No path, one that is too long or has a NUL in it.
    static Result<Address> unix_path(std::string_view path)
    {
        if (path.empty() || path.size() > max_path_bytes || path.find('\0') != std::string_view::npos)
            return Error{EINVAL, "a unix socket's path has 1 to 107 bytes"};
        return Address{Family::unix_path, path.data(), path.size(), 0};
    }
    /// From "127.0.0.1:80", "[::1]:80" or, beginning with "unix:", a path. Names are for resolve().
    static Result<Address> parse(std::string_view text)
    {
        if (text.starts_with("unix:")) return unix_path(text.substr(5));
        const size_t colon = text.rfind(':');
        if (colon == std::string_view::npos) return Error{EINVAL, "an address is HOST:PORT"};
        const auto port = parse_port(text.substr(colon + 1));
        if (!port) return port.error();
        std::string_view host = text.substr(0, colon);
        if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
        else if (host.find(':') != std::string_view::npos)
            return Error{EINVAL, "an IPv6 address with a port is written [ADDRESS]:PORT"};
        return parse_ip(host, *port);
    }
    /// From "127.0.0.1" or "::1".
    static Result<Address> parse_ip(std::string_view host, uint16_t port)
    {
        std::array<uint8_t, 4> v4{};
        std::array<uint8_t, 16> v6{};
        const std::string text{host};
        if (::inet_pton(AF_INET, text.c_str(), v4.data()) == 1) return ipv4(v4, port);
        if (::inet_pton(AF_INET6, text.c_str(), v6.data()) == 1) return ipv6(v6, port);
        return Error{EINVAL, "no IPv4 or IPv6 address"};
    }
    /// Decimal, 0 to 65535.
    static Result<uint16_t> parse_port(std::string_view text)
    {
        uint32_t port = 0;
        const bool is_number = !text.empty() && text.size() <= 5 && std::all_of(text.begin(), text.end(), [&](char c) {
            port = port * 10 + static_cast<uint32_t>(c - '0');
            return c >= '0' && c <= '9';
        });
        if (!is_number || port > 65535) return Error{EINVAL, "a port is a number from 0 to 65535"};
        return static_cast<uint16_t>(port);
    }

    [[nodiscard]] Family family() const noexcept { return m_family; }
    /// 0 of a unix socket.
    [[nodiscard]] uint16_t port() const noexcept { return m_port; }
    /// 4 or 16 bytes in network order, or the path.
    [[nodiscard]] const uint8_t* data() const noexcept { return m_bytes.data(); }
    [[nodiscard]] size_t size() const noexcept { return m_size; }
    [[nodiscard]] std::string_view path() const noexcept
    {
        return m_family == Family::unix_path ? std::string_view{reinterpret_cast<const char*>(m_bytes.data()), m_size} : "";
    }

    /// As parse() takes it.
    [[nodiscard]] std::string to_string() const
    {
        switch (m_family) {
        case Family::none: break;
        case Family::unix_path: return "unix:" + std::string{path()};
        case Family::ipv4: return ip_text(AF_INET) + ":" + std::to_string(m_port);
        case Family::ipv6: return "[" + ip_text(AF_INET6) + "]:" + std::to_string(m_port);
        }
        return "none";
    }

    friend bool operator==(const Address& a, const Address& b) noexcept
    {
        return a.m_family == b.m_family && a.m_port == b.m_port && a.m_size == b.m_size &&
               std::memcmp(a.data(), b.data(), a.m_size) == 0;
    }

private:
    Address(Family family, const void* bytes, size_t size, uint16_t port) noexcept
        : m_port(port), m_family(family), m_size(static_cast<uint8_t>(size))
    {
        std::memcpy(m_bytes.data(), bytes, size);
    }
    [[nodiscard]] std::string ip_text(int host_family) const
    {
        std::array<char, INET6_ADDRSTRLEN> text{};
        return ::inet_ntop(host_family, m_bytes.data(), text.data(), text.size()) != nullptr ? text.data() : "?";
    }

    uint16_t m_port = 0;
    Family m_family = Family::none;
    uint8_t m_size = 0;
    std::array<uint8_t, max_path_bytes> m_bytes{};
};

}  // namespace weir::net
