#pragma once

#include "weir/net/address.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

// Linux's own sockets.

namespace weir::net::platform {

enum class Kind : int { datagram = SOCK_DGRAM, stream = SOCK_STREAM };
enum class Option : uint8_t { reuse_address, no_delay, keep_alive, broadcast };
enum class How : int { read = SHUT_RD, write = SHUT_WR, both = SHUT_RDWR };

struct HostAddress {
    sockaddr_storage storage{};
    socklen_t size = sizeof(sockaddr_storage);
    [[nodiscard]] sockaddr* get() noexcept { return reinterpret_cast<sockaddr*>(&storage); }
};

inline HostAddress to_host(const Address& address) noexcept
{
    HostAddress host;
    if (address.family() == Family::ipv4) {
        sockaddr_in in{};
        in.sin_family = AF_INET;
        in.sin_port = htons(address.port());
        std::memcpy(&in.sin_addr, address.data(), address.size());
        std::memcpy(&host.storage, &in, sizeof in);
        host.size = sizeof in;
    } else if (address.family() == Family::ipv6) {
        sockaddr_in6 in{};
        in.sin6_family = AF_INET6;
        in.sin6_port = htons(address.port());
        std::memcpy(&in.sin6_addr, address.data(), address.size());
        std::memcpy(&host.storage, &in, sizeof in);
        host.size = sizeof in;
    } else {
        sockaddr_un un{};
        un.sun_family = AF_UNIX;
        std::memcpy(un.sun_path, address.data(), address.size());
        std::memcpy(&host.storage, &un, sizeof un);
        host.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.size() + 1);
    }
    return host;
}
inline Address to_address(const HostAddress& host)
{
    if (host.storage.ss_family == AF_INET) {
        sockaddr_in in{};
        std::memcpy(&in, &host.storage, sizeof in);
        std::array<uint8_t, 4> bytes{};
        std::memcpy(bytes.data(), &in.sin_addr, bytes.size());
        return Address::ipv4(bytes, ntohs(in.sin_port));
    }
    if (host.storage.ss_family == AF_INET6) {
        sockaddr_in6 in{};
        std::memcpy(&in, &host.storage, sizeof in);
        std::array<uint8_t, 16> bytes{};
        std::memcpy(bytes.data(), &in.sin6_addr, bytes.size());
        return Address::ipv6(bytes, ntohs(in.sin6_port));
    }
    if (host.storage.ss_family == AF_UNIX && host.size > offsetof(sockaddr_un, sun_path)) {
        sockaddr_un un{};
        std::memcpy(&un, &host.storage, sizeof un);
        const auto path = Address::unix_path({un.sun_path, ::strnlen(un.sun_path, host.size - offsetof(sockaddr_un, sun_path))});
        if (path) return *path;
    }
    return {};
}

/// 0, or errno when a call answered -1.
inline int error_of(long answer) noexcept { return answer < 0 ? errno : 0; }

inline int set_non_blocking(int fd, bool is_non_blocking) noexcept
{
    const int flags = ::fcntl(fd, F_GETFL);
    if (flags < 0) return errno;
    return error_of(::fcntl(fd, F_SETFL, is_non_blocking ? flags | O_NONBLOCK : flags & ~O_NONBLOCK));
}
inline int open(Family family, Kind kind, bool is_non_blocking, int& fd) noexcept
{
    const int host_family = family == Family::ipv4 ? AF_INET : family == Family::ipv6 ? AF_INET6 : AF_UNIX;
    fd = ::socket(host_family, static_cast<int>(kind) | SOCK_CLOEXEC | (is_non_blocking ? SOCK_NONBLOCK : 0), 0);
    return error_of(fd);
}
inline void close(int fd) noexcept { ::close(fd); }
inline int bind(int fd, const Address& address) noexcept
{
    HostAddress host = to_host(address);
    return error_of(::bind(fd, host.get(), host.size));
}
inline int listen(int fd, int backlog) noexcept { return error_of(::listen(fd, backlog)); }
inline int connect(int fd, const Address& address) noexcept
{
    HostAddress host = to_host(address);
    return error_of(::connect(fd, host.get(), host.size));
}
inline int accept(int fd, bool is_non_blocking, int& accepted) noexcept
{
    accepted = ::accept4(fd, nullptr, nullptr, SOCK_CLOEXEC | (is_non_blocking ? SOCK_NONBLOCK : 0));
    return error_of(accepted);
}
inline int local_address(int fd, Address& address) noexcept
{
    HostAddress host;
    const int error = error_of(::getsockname(fd, host.get(), &host.size));
    if (error == 0) address = to_address(host);
    return error;
}
inline int peer_address(int fd, Address& address) noexcept
{
    HostAddress host;
    const int error = error_of(::getpeername(fd, host.get(), &host.size));
    if (error == 0) address = to_address(host);
    return error;
}

inline int read(int fd, void* data, size_t size, size_t& done) noexcept
{
    const ssize_t n = ::recv(fd, data, size, 0);
    done = n < 0 ? 0 : static_cast<size_t>(n);
    return error_of(n);
}
inline int write(int fd, const iovec* parts, size_t count, size_t& done) noexcept
{
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(parts);  // sendmsg only reads them
    message.msg_iovlen = count;
    const ssize_t n = ::sendmsg(fd, &message, MSG_NOSIGNAL);  // a peer that is gone is an error of this write, and no signal
    done = n < 0 ? 0 : static_cast<size_t>(n);
    return error_of(n);
}
inline int send_to(int fd, const void* data, size_t size, const Address& to, size_t& done) noexcept
{
    HostAddress host = to_host(to);
    const ssize_t n = ::sendto(fd, data, size, MSG_NOSIGNAL, host.get(), host.size);
    done = n < 0 ? 0 : static_cast<size_t>(n);
    return error_of(n);
}
inline int receive_from(int fd, void* data, size_t size, Address& from, size_t& done, bool& is_cut) noexcept
{
    HostAddress host;
    iovec part{data, size};
    msghdr message{};
    message.msg_name = host.get();
    message.msg_namelen = host.size;
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    const ssize_t n = ::recvmsg(fd, &message, 0);
    if (n < 0) return errno;
    done = static_cast<size_t>(n);
    is_cut = (message.msg_flags & MSG_TRUNC) != 0;
    host.size = message.msg_namelen;
    from = host.size == 0 ? Address{} : to_address(host);
    return 0;
}
inline int shutdown(int fd, How how) noexcept { return error_of(::shutdown(fd, static_cast<int>(how))); }

/// The error of a connection that was begun, or 0.
inline int pending_error(int fd) noexcept
{
    int value = 0;
    socklen_t size = sizeof value;
    return ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &value, &size) < 0 ? errno : value;
}
inline int set_option(int fd, Option option, bool is_on) noexcept
{
    struct Name {
        int level, name;
    };
    static constexpr Name names[] = {// in the order of Option
                                     {SOL_SOCKET, SO_REUSEADDR},
                                     {IPPROTO_TCP, TCP_NODELAY},
                                     {SOL_SOCKET, SO_KEEPALIVE},
                                     {SOL_SOCKET, SO_BROADCAST}};
    const auto [level, name] = names[static_cast<size_t>(option)];
    const int value = is_on ? 1 : 0;
    return error_of(::setsockopt(fd, level, name, &value, sizeof value));
}

/// Appends what a name stands for.
inline int look_up(const std::string& host, uint16_t port, std::vector<Address>& found)
{
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* first = nullptr;
    const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &first);
    if (error == EAI_SYSTEM) return errno;
    for (const addrinfo* info = first; error == 0 && info != nullptr; info = info->ai_next) {
        HostAddress each;
        std::memcpy(&each.storage, info->ai_addr, info->ai_addrlen);
        each.size = info->ai_addrlen;
        if (Address address = to_address(each); address.family() != Family::none) found.push_back(address);
    }
    if (first != nullptr) ::freeaddrinfo(first);
    return error;
}
/// The errors of look_up() that are of the name, not of the network: there is nothing of this name. EAI_... are negative.
inline bool is_unknown_name(int error) noexcept { return error == EAI_NONAME || error == -5; }  // -5: EAI_NODATA, a GNU name
inline bool is_lookup_error(int error) noexcept { return error < 0; }

}  // namespace weir::net::platform
