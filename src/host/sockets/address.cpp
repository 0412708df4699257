#include "host/sockets/address.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <cstring>

namespace weir::sockets {

namespace {

constexpr uint32_t tagged_size = 128, tag_size = 2;

template <class T>
T& as(SocketAddress& address) noexcept
{
    return *reinterpret_cast<T*>(&address.storage);
}
template <class T>
const T& as(const SocketAddress& address) noexcept
{
    return *reinterpret_cast<const T*>(&address.storage);
}

void set_inet4(SocketAddress& address, const std::byte* octets, uint16_t port) noexcept
{
    auto& in = as<sockaddr_in>(address);
    in.sin_family = AF_INET;
    in.sin_port = htons(port);
    std::memcpy(&in.sin_addr, octets, 4);
    address.size = sizeof in;
}
void set_inet6(SocketAddress& address, const std::byte* octets, uint16_t port) noexcept
{
    auto& in = as<sockaddr_in6>(address);
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(port);
    std::memcpy(&in.sin6_addr, octets, 16);
    address.size = sizeof in;
}
/// @error inval  Empty: Linux would take it for a name without a file.   @error nametoolong  No NUL, or more than the host's 107 bytes.
Errno set_path(SocketAddress& address, const std::byte* path, size_t room) noexcept
{
    auto& un = as<sockaddr_un>(address);
    const auto* const end = std::find(path, path + room, std::byte{0});
    const auto size = static_cast<size_t>(end - path);
    if (size == 0) return Errno::inval;
    if (end == path + room || size >= sizeof un.sun_path) return Errno::nametoolong;
    un.sun_family = AF_UNIX;
    std::memcpy(un.sun_path, path, size);
    address.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + size + 1);
    return Errno::success;
}

}  // namespace

uint16_t SocketAddress::port() const noexcept
{
    if (family() == AF_INET) return ntohs(as<sockaddr_in>(*this).sin_port);
    if (family() == AF_INET6) return ntohs(as<sockaddr_in6>(*this).sin6_port);
    return 0;
}

Errno read_address(const host::GuestMemory& memory, host::GuestPtr<AddressRef> from, uint32_t port, SocketAddress& address) noexcept
{
    const auto ref = memory.read(from);
    if (!ref) return Errno::fault;
    const auto guest = memory.range(ref->buf, ref->buf_len);
    if (!guest) return Errno::fault;
    if (port > UINT16_MAX) return Errno::inval;
    const auto host_port = static_cast<uint16_t>(port);
    std::byte bytes[tagged_size];
    if (!is_address_size(ref->buf_len)) return Errno::inval;
    std::memcpy(bytes, guest->data(), ref->buf_len);
    if (ref->buf_len == 4) set_inet4(address, bytes, host_port);
    else if (ref->buf_len == 16) set_inet6(address, bytes, host_port);
    else {
        uint16_t family = 0;
        std::memcpy(&family, bytes, sizeof family);
        switch (family) {
        case static_cast<uint16_t>(AddressFamily::inet4): set_inet4(address, bytes + tag_size, host_port); break;
        case static_cast<uint16_t>(AddressFamily::inet6): set_inet6(address, bytes + tag_size, host_port); break;
        case static_cast<uint16_t>(AddressFamily::unix_domain): return set_path(address, bytes + tag_size, tagged_size - tag_size);
        default: return Errno::afnosupport;
        }
    }
    return Errno::success;
}

Errno write_address(const host::GuestMemory& memory, host::GuestPtr<AddressRef> to, const SocketAddress& address) noexcept
{
    const auto ref = memory.read(to);
    if (!ref) return Errno::fault;
    const auto guest = memory.range(ref->buf, ref->buf_len);
    if (!guest) return Errno::fault;
    if (!is_address_size(ref->buf_len)) return Errno::inval;
    std::byte bytes[tagged_size]{};
    std::byte* const payload = ref->buf_len == tagged_size ? bytes + tag_size : bytes;
    const size_t room = ref->buf_len == tagged_size ? tagged_size - tag_size : ref->buf_len;
    auto family = AddressFamily::unspec;
    if (address.family() == AF_INET) {
        family = AddressFamily::inet4;
        std::memcpy(payload, &as<sockaddr_in>(address).sin_addr, 4);
    } else if (address.family() == AF_INET6) {
        if (room < 16) return Errno::inval;
        family = AddressFamily::inet6;
        std::memcpy(payload, &as<sockaddr_in6>(address).sin6_addr, 16);
    } else if (address.family() == AF_UNIX) {
        if (ref->buf_len != tagged_size) return Errno::inval;
        family = AddressFamily::unix_domain;
        const size_t path_size =
            address.size > offsetof(sockaddr_un, sun_path) ? address.size - offsetof(sockaddr_un, sun_path) : 0;
        std::memcpy(payload, as<sockaddr_un>(address).sun_path, std::min(path_size, room - 1));
    }
    if (ref->buf_len == tagged_size) {
        const auto tag = static_cast<uint16_t>(family);
        std::memcpy(bytes, &tag, sizeof tag);
    }
    std::memcpy(guest->data(), bytes, ref->buf_len);
    return Errno::success;
}

IpAddress ip_of(const SocketAddress& address) noexcept
{
    IpAddress ip;
    if (address.family() == AF_INET6) {
        std::memcpy(ip.bytes, &as<sockaddr_in6>(address).sin6_addr, 16);
    } else {
        ip.bytes[10] = ip.bytes[11] = 0xff;
        std::memcpy(ip.bytes + 12, &as<sockaddr_in>(address).sin_addr, 4);
    }
    return ip;
}

std::string path_of(const SocketAddress& address)
{
    if (address.family() != AF_UNIX || address.size <= offsetof(sockaddr_un, sun_path)) return {};
    return as<sockaddr_un>(address).sun_path;
}

std::string to_string(const SocketAddress& address)
{
    char text[INET6_ADDRSTRLEN]{};
    if (address.family() == AF_UNIX) return path_of(address);
    if (address.family() == AF_INET) {
        ::inet_ntop(AF_INET, &as<sockaddr_in>(address).sin_addr, text, sizeof text);
        return fmt::format("{}:{}", text, address.port());
    }
    ::inet_ntop(AF_INET6, &as<sockaddr_in6>(address).sin6_addr, text, sizeof text);
    return fmt::format("[{}]:{}", text, address.port());
}

}  // namespace weir::sockets
