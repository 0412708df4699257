#pragma once

#include "host/bind.hpp"
#include "host/wasip1/described_types.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

// The types of WasmEdge's socket extension, as laid out in guest memory.

namespace weir::sockets {

enum class AddressFamily : uint8_t { unspec, inet4, inet6, unix_domain };
enum class SocketType : uint8_t { any, dgram, stream };
enum class Protocol : uint8_t { ip, tcp, udp };
enum class AddressKind : uint32_t { inet4 = 4, inet6 = 6 };  // what version 1 stores beside an address

/// What an address parameter points to. The bytes are 4 or 16 of an IPv4 or IPv6 address, or 128: a family (u16) and then such bytes or
/// a path that ends with a NUL.
struct AddressRef {
    uint32_t buf;
    uint32_t buf_len;
};
static_assert(sizeof(AddressRef) == 8);

struct AddrInfo {
    uint16_t flags;
    AddressFamily family;
    SocketType socktype;
    uint8_t protocol;  // guests write one byte here, or four
    uint8_t padding[3];
    uint32_t addrlen;
    uint32_t addr;  // of a SockAddr
    uint32_t canonname;
    uint32_t canonname_len;
    uint32_t next;  // of an AddrInfo
};
static_assert(sizeof(AddrInfo) == 28 && offsetof(AddrInfo, addrlen) == 8 && offsetof(AddrInfo, next) == 24);

struct SockAddr {
    uint32_t family;  // an AddressFamily; Rust reads one byte, Go four
    uint32_t data_len;
    uint32_t data;  // port (big-endian, two bytes), then the address
};
static_assert(sizeof(SockAddr) == 12);

}  // namespace weir::sockets

namespace weir::host {

template <>
inline constexpr runtime::HostType host_type<sockets::AddressFamily>{"address_family", 1, runtime::HostType::Form::enumeration,
                                                                     "unspec inet4 inet6 unix"};
template <>
inline constexpr runtime::HostType host_type<sockets::SocketType>{"sock_type", 1, runtime::HostType::Form::enumeration,
                                                                  "any dgram stream"};

}  // namespace weir::host
