#pragma once

#include "weir/net/address.hpp"

#include <sys/uio.h>
#include <wasi/api.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

// WASI preview 1 and WasmEdge's socket extension of it. Of functions that have two versions, the types used here are those that each
// runtime with the extension links: addresses of 4 or 16 bytes are given, 128 bytes are taken.

namespace weir::net::platform {

enum class Kind : uint8_t { datagram = 1, stream = 2 };
enum class Option : uint8_t { reuse_address, no_delay, keep_alive, broadcast };
enum class How : uint8_t { read = 1, write = 2, both = 3 };

/// Where an address's bytes are.
struct AddressRef {
    void* bytes;
    uint32_t size;
};
/// The long form of an address: a family, and bytes or a path that ends with a NUL.
struct TaggedAddress {
    uint16_t family;
    uint8_t bytes[126];
};
static_assert(sizeof(AddressRef) == 8 && sizeof(TaggedAddress) == 128);

struct HostAddress {
    uint32_t family;
    uint32_t size;
    uint8_t* bytes;  // port in network order, then the address
};
struct HostAddressInfo {
    uint16_t flags;
    uint8_t family, kind;
    uint32_t protocol, address_size;
    HostAddress* address;
    char* name;
    uint32_t name_size;
    HostAddressInfo* next;
};
static_assert(sizeof(HostAddress) == 12 && sizeof(HostAddressInfo) == 28);

// NOLINTBEGIN(readability-identifier-naming)
#define WEIR_IMPORT(name) __attribute__((import_module("wasi_snapshot_preview1"), import_name(#name))) int32_t import_##name
extern "C" {
WEIR_IMPORT(sock_open)(int32_t family, int32_t kind, int32_t* fd);
WEIR_IMPORT(sock_bind)(int32_t fd, AddressRef* address, int32_t port);
WEIR_IMPORT(sock_connect)(int32_t fd, AddressRef* address, int32_t port);
WEIR_IMPORT(sock_listen)(int32_t fd, int32_t backlog);
WEIR_IMPORT(sock_getlocaladdr)(int32_t fd, AddressRef* address, uint32_t* port);
WEIR_IMPORT(sock_getpeeraddr)(int32_t fd, AddressRef* address, uint32_t* port);
WEIR_IMPORT(sock_getsockopt)(int32_t fd, int32_t level, int32_t name, int32_t* value, uint32_t* size);
WEIR_IMPORT(sock_setsockopt)(int32_t fd, int32_t level, int32_t name, const int32_t* value, int32_t size);
WEIR_IMPORT(sock_send_to)
(int32_t fd, const iovec* parts, int32_t count, AddressRef* address, int32_t port, int32_t flags, uint32_t* size);
WEIR_IMPORT(sock_recv_from)
(int32_t fd, const iovec* parts, int32_t count, AddressRef* address, int32_t flags, uint32_t* port, uint32_t* size,
 uint16_t* out_flags);
WEIR_IMPORT(sock_getaddrinfo)
(const char* node, int32_t node_size, const char* service, int32_t service_size, const HostAddressInfo* hints,
 HostAddressInfo** results, int32_t capacity, uint32_t* count);
}
#undef WEIR_IMPORT
// NOLINTEND(readability-identifier-naming)

/// An address in the form that the calls take. It must not move.
class AddressArgument {
public:
    explicit AddressArgument(const Address& address) noexcept
    {
        if (address.family() == Family::unix_path) {
            m_tagged.family = static_cast<uint16_t>(Family::unix_path);
            std::memcpy(m_tagged.bytes, address.data(), address.size());
            m_ref = {&m_tagged, sizeof m_tagged};
        } else {
            std::memcpy(m_tagged.bytes, address.data(), address.size());
            m_ref = {m_tagged.bytes, static_cast<uint32_t>(address.size())};
        }
    }
    AddressArgument(const AddressArgument&) = delete;
    AddressArgument& operator=(const AddressArgument&) = delete;
    [[nodiscard]] AddressRef* get() noexcept { return &m_ref; }

private:
    TaggedAddress m_tagged{};
    AddressRef m_ref{};
};

inline Address to_address(const TaggedAddress& tagged, uint32_t port)
{
    const auto host_port = static_cast<uint16_t>(port);
    switch (static_cast<Family>(tagged.family)) {
    case Family::ipv4: {
        std::array<uint8_t, 4> bytes{};
        std::memcpy(bytes.data(), tagged.bytes, bytes.size());
        return Address::ipv4(bytes, host_port);
    }
    case Family::ipv6: {
        std::array<uint8_t, 16> bytes{};
        std::memcpy(bytes.data(), tagged.bytes, bytes.size());
        return Address::ipv6(bytes, host_port);
    }
    case Family::unix_path: {
        const auto* const text = reinterpret_cast<const char*>(tagged.bytes);
        const auto path = Address::unix_path({text, ::strnlen(text, sizeof tagged.bytes)});
        return path ? *path : Address{};
    }
    case Family::none: break;
    }
    return {};
}

inline int set_non_blocking(int fd, bool is_non_blocking) noexcept
{
    return __wasi_fd_fdstat_set_flags(fd, is_non_blocking ? __WASI_FDFLAGS_NONBLOCK : 0);
}
inline int open(Family family, Kind kind, bool is_non_blocking, int& fd) noexcept
{
    const int error = import_sock_open(static_cast<int32_t>(family), static_cast<int32_t>(kind), &fd);
    return error == 0 && is_non_blocking ? set_non_blocking(fd, true) : error;
}
inline void close(int fd) noexcept { static_cast<void>(__wasi_fd_close(fd)); }
inline int bind(int fd, const Address& address) noexcept
{
    AddressArgument argument{address};
    return import_sock_bind(fd, argument.get(), address.port());
}
inline int listen(int fd, int backlog) noexcept { return import_sock_listen(fd, backlog); }
inline int connect(int fd, const Address& address) noexcept
{
    AddressArgument argument{address};
    return import_sock_connect(fd, argument.get(), address.port());
}
inline int accept(int fd, bool is_non_blocking, int& accepted) noexcept
{
    return __wasi_sock_accept(fd, is_non_blocking ? __WASI_FDFLAGS_NONBLOCK : 0, &accepted);
}
template <class Call>
int get_address(Call call, int fd, Address& address) noexcept
{
    TaggedAddress tagged{};
    AddressRef ref{&tagged, sizeof tagged};
    uint32_t port = 0;
    const int error = call(fd, &ref, &port);
    if (error == 0) address = to_address(tagged, port);
    return error;
}
inline int local_address(int fd, Address& address) noexcept { return get_address(import_sock_getlocaladdr, fd, address); }
inline int peer_address(int fd, Address& address) noexcept { return get_address(import_sock_getpeeraddr, fd, address); }

inline int read(int fd, void* data, size_t size, size_t& done) noexcept
{
    const __wasi_iovec_t part{static_cast<uint8_t*>(data), size};
    return __wasi_fd_read(fd, &part, 1, &done);
}
inline int write(int fd, const iovec* parts, size_t count, size_t& done) noexcept
{
    static_assert(sizeof(iovec) == sizeof(__wasi_ciovec_t) && offsetof(iovec, iov_len) == offsetof(__wasi_ciovec_t, buf_len));
    return __wasi_fd_write(fd, reinterpret_cast<const __wasi_ciovec_t*>(parts), count, &done);
}
inline int send_to(int fd, const void* data, size_t size, const Address& to, size_t& done) noexcept
{
    AddressArgument argument{to};
    const iovec part{const_cast<void*>(data), size};
    uint32_t sent = 0;
    const int error = import_sock_send_to(fd, &part, 1, argument.get(), to.port(), 0, &sent);
    done = sent;
    return error;
}
inline int receive_from(int fd, void* data, size_t size, Address& from, size_t& done, bool& is_cut) noexcept
{
    const iovec part{data, size};
    TaggedAddress tagged{};
    AddressRef ref{&tagged, sizeof tagged};
    uint32_t port = 0, received = 0;
    uint16_t flags = 0;
    const int error = import_sock_recv_from(fd, &part, 1, &ref, 0, &port, &received, &flags);
    if (error == 0) from = to_address(tagged, port);
    done = received;
    is_cut = (flags & __WASI_ROFLAGS_RECV_DATA_TRUNCATED) != 0;
    return error;
}
inline int shutdown(int fd, How how) noexcept { return __wasi_sock_shutdown(fd, static_cast<__wasi_sdflags_t>(how)); }

/// The error of a connection that was begun, or 0.
inline int pending_error(int fd) noexcept
{
    int32_t value = 0;
    static uint32_t size;  // some runtimes take small numbers here for the size itself; a static's address is none
    size = sizeof value;
    const int error = import_sock_getsockopt(fd, 0, 2, &value, &size);
    return error != 0 ? error : value;
}
inline int set_option(int fd, Option option, bool is_on) noexcept
{
    struct Name {
        int32_t level, name;
    };
    static constexpr Name names[] = {{0, 0}, {6, 15}, {0, 7}, {0, 4}};  // in the order of Option
    const auto [level, name] = names[static_cast<size_t>(option)];
    const int32_t value = is_on ? 1 : 0;
    return import_sock_setsockopt(fd, level, name, &value, sizeof value);
}

/// Appends what a name stands for.
inline int look_up(const std::string& host, uint16_t port, std::vector<Address>& found)
{
    constexpr size_t capacity = 16;
    HostAddressInfo infos[capacity]{};
    HostAddress addresses[capacity]{};
    uint8_t bytes[capacity][28]{};
    for (size_t i = 0; i < capacity; ++i) {
        addresses[i] = {0, 26, bytes[i]};
        infos[i].address = &addresses[i];
        infos[i].next = i + 1 < capacity ? &infos[i + 1] : nullptr;
    }
    HostAddressInfo hints{};
    hints.kind = static_cast<uint8_t>(Kind::stream);
    HostAddressInfo* first = infos;
    uint32_t count = 0;
    const std::string service = std::to_string(port);
    const int error = import_sock_getaddrinfo(host.c_str(), static_cast<int32_t>(host.size() + 1), service.c_str(),
                                              static_cast<int32_t>(service.size() + 1), &hints, &first, capacity, &count);
    for (uint32_t i = 0; error == 0 && i < count && i < capacity; ++i) {
        TaggedAddress tagged{static_cast<uint16_t>(addresses[i].family), {}};
        std::memcpy(tagged.bytes, bytes[i] + 2, 16);
        if (tagged.family == 1 || tagged.family == 2) found.push_back(to_address(tagged, port));
    }
    return error;
}
/// The errors of look_up() that are of the name, not of the network: there is nothing of this name.
inline bool is_unknown_name(int error) noexcept { return error == 83 || error == 84; }  // AINODATA, AINONAME
inline bool is_lookup_error(int error) noexcept { return error >= 77 && error <= 87; }

}  // namespace weir::net::platform
