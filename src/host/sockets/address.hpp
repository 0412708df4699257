#pragma once

#include "host/guest.hpp"
#include "host/sockets/types.hpp"
#include "host/wasip1/types.hpp"

#include <sys/socket.h>

#include <cstdint>
#include <string>

namespace weir::sockets {

using wasip1::Errno;

/// An address as the host's calls take it, port included.
struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t size = 0;

    [[nodiscard]] sockaddr* get() noexcept { return reinterpret_cast<sockaddr*>(&storage); }
    [[nodiscard]] const sockaddr* get() const noexcept { return reinterpret_cast<const sockaddr*>(&storage); }
    [[nodiscard]] int family() const noexcept { return storage.ss_family; }
    /// Host order; 0 for a unix socket.
    [[nodiscard]] uint16_t port() const noexcept;
};

/// Whether an address may be of so many bytes: 4 of IPv4, 16 of IPv6, or 128 with the family in front.
[[nodiscard]] constexpr bool is_address_size(uint32_t bytes) noexcept { return bytes == 4 || bytes == 16 || bytes == 128; }

/// The guest's address, in any of the three lengths.
/// @error fault  Not in memory.   @error inval  No such length, or a port or path that none is.   @error afnosupport  No such family.
[[nodiscard]] Errno read_address(const host::GuestMemory& memory, host::GuestPtr<AddressRef> from, uint32_t port,
                                 SocketAddress& address) noexcept;
/// Stores an address without its port. An IPv4 address takes the first bytes of a longer buffer; what is left is zeroed.
/// @error fault  Not in memory.   @error inval  No such length, or too little for this family.
[[nodiscard]] Errno write_address(const host::GuestMemory& memory, host::GuestPtr<AddressRef> to,
                                  const SocketAddress& address) noexcept;

/// The address as 16 bytes of IPv6, IPv4 as ::ffff:a.b.c.d, so that both spellings of one host compare equal. Not for unix sockets.
struct IpAddress {
    uint8_t bytes[16]{};
    friend bool operator==(const IpAddress&, const IpAddress&) = default;
};
[[nodiscard]] IpAddress ip_of(const SocketAddress& address) noexcept;
/// The path of a unix socket; empty when it has none.
[[nodiscard]] std::string path_of(const SocketAddress& address);
/// "127.0.0.1:80", "[::1]:80", "/run/x.sock".
[[nodiscard]] std::string to_string(const SocketAddress& address);

}  // namespace weir::sockets
