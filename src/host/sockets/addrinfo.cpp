#include "host/sockets/resolve.hpp"
#include "host/sockets/world.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <exception>

// Names.

namespace weir::sockets {

namespace {

using host::GuestPtr;
using host::GuestSpan;
using host::host_fn;

struct Flag {
    uint16_t guest;
    int host;
};
constexpr std::array flags{Flag{1, AI_PASSIVE},   Flag{2, AI_CANONNAME}, Flag{4, AI_NUMERICHOST}, Flag{8, AI_NUMERICSERV},
                           Flag{16, AI_V4MAPPED}, Flag{32, AI_ALL},      Flag{64, AI_ADDRCONFIG}};

/// The guest's text without the NUL that some count.
Result<std::string, Errno> read_text(const Context& cx, GuestSpan<char> text)
{
    constexpr uint32_t longest_name = 1025;  // NI_MAXHOST
    if (text.count == 0) return std::string{};
    if (text.count > longest_name) return Unexpected{Errno::ainoname};
    const auto bytes = cx.memory.range(text);
    if (!bytes) return Unexpected{Errno::fault};
    std::string result(bytes->size(), '\0');
    std::memcpy(result.data(), bytes->data(), bytes->size());
    if (result.ends_with('\0')) result.pop_back();
    if (result.find('\0') != std::string::npos) return Unexpected{Errno::ainoname};
    return result;
}

Result<Lookup, Errno> read_lookup(const Context& cx, GuestSpan<char> node, GuestSpan<char> service, GuestPtr<AddrInfo> hints)
{
    Lookup lookup;
    WEIR_TRY(node_text, read_text(cx, node));
    WEIR_TRY(service_text, read_text(cx, service));
    lookup.node = std::move(node_text);
    lookup.service = std::move(service_text);
    if (lookup.node.empty() && lookup.service.empty()) return Unexpected{Errno::ainoname};
    const auto h = cx.memory.read(hints);
    if (!h) return Unexpected{Errno::fault};
    for (const Flag& flag : flags)
        if ((h->flags & flag.guest) != 0) lookup.flags |= flag.host;
    switch (h->family) {
    case AddressFamily::unspec: lookup.family = AF_UNSPEC; break;
    case AddressFamily::inet4: lookup.family = AF_INET; break;
    case AddressFamily::inet6: lookup.family = AF_INET6; break;
    default: return Unexpected{Errno::aifamily};
    }
    switch (h->socktype) {
    case SocketType::any: break;
    case SocketType::dgram: lookup.type = SOCK_DGRAM; break;
    case SocketType::stream: lookup.type = SOCK_STREAM; break;
    default: return Unexpected{Errno::aisocktype};
    }
    if (h->protocol == static_cast<uint8_t>(Protocol::tcp)) lookup.protocol = IPPROTO_TCP;
    if (h->protocol == static_cast<uint8_t>(Protocol::udp)) lookup.protocol = IPPROTO_UDP;
    return lookup;
}

/// Fills one of the guest's structures, and what it points to.
/// @return  Where the next one is.
Result<uint32_t, Errno> store(const Context& cx, GuestPtr<AddrInfo> at, const Found& found, std::string_view canonical_name)
{
    auto info = cx.memory.read(at);
    if (!info) return Unexpected{Errno::fault};
    const GuestPtr<SockAddr> address_at{info->addr};
    auto address = cx.memory.read(address_at);
    if (!address) return Unexpected{Errno::fault};
    const bool is_inet6 = found.address.family() == AF_INET6;
    const auto family = is_inet6 ? AddressFamily::inet6 : AddressFamily::inet4;
    std::byte data[18];
    const uint32_t size = is_inet6 ? 18 : 6;
    const uint16_t port = htons(found.address.port());
    const IpAddress ip = ip_of(found.address);
    std::memcpy(data, &port, sizeof port);
    if (is_inet6) std::memcpy(data + 2, ip.bytes, 16);
    else std::memcpy(data + 2, ip.bytes + 12, 4);
    // Rust's library says 14 where it owns 26.
    const uint32_t room = address->data_len == 14 ? 26 : address->data_len;
    if (room < size) return Unexpected{Errno::aimemory};
    const auto to = cx.memory.range(address->data, size);
    if (!to) return Unexpected{Errno::fault};
    std::memcpy(to->data(), data, size);

    address->family = static_cast<uint32_t>(family);
    address->data_len = size;
    info->family = family;
    info->socktype = found.type == SOCK_DGRAM ? SocketType::dgram : SocketType::stream;
    info->protocol = static_cast<uint8_t>(found.protocol == IPPROTO_UDP ? Protocol::udp : Protocol::tcp);
    info->addrlen = 16;
    const uint32_t name_room = info->canonname_len;
    info->canonname_len = 0;
    if (!canonical_name.empty() && canonical_name.size() < name_room) {
        const auto name = cx.memory.range(info->canonname, canonical_name.size() + 1);
        if (!name) return Unexpected{Errno::fault};
        std::memcpy(name->data(), canonical_name.data(), canonical_name.size());
        name->back() = std::byte{0};
        info->canonname_len = static_cast<uint32_t>(canonical_name.size());
    }
    if (!cx.memory.write(address_at, *address) || !cx.memory.write(at, *info)) return Unexpected{Errno::fault};
    return info->next;
}

bool is_address(const std::string& node)
{
    IpAddress ip;
    return ::inet_pton(AF_INET, node.c_str(), ip.bytes) == 1 || ::inet_pton(AF_INET6, node.c_str(), ip.bytes) == 1;
}

Result<uint32_t, Errno> get_addresses(Context& cx, GuestSpan<char> node, GuestSpan<char> service, GuestPtr<AddrInfo> hints,
                                      GuestPtr<uint32_t> first, uint32_t most)
{
    if (most == 0) return Unexpected{Errno::aimemory};
    WEIR_TRY(lookup, read_lookup(cx, node, service, hints));
    auto at = cx.memory.read(first);
    if (!at) return Unexpected{Errno::fault};
    const bool asks = !lookup.node.empty() && !is_address(lookup.node) && (lookup.flags & AI_NUMERICHOST) == 0;
    if (asks)
        if (const Errno e = cx.world.check_lookup(lookup.node); e != Errno::success) return Unexpected{e};
    WEIR_TRY(answers, resolve(lookup));
    uint32_t stored = 0;
    std::vector<SocketAddress> addresses;
    for (const Found& found : answers.found) {
        const bool is_ip = found.address.family() == AF_INET || found.address.family() == AF_INET6;
        const bool is_known = found.type == SOCK_STREAM || found.type == SOCK_DGRAM;  // not raw ones, which guests cannot open
        if (!is_ip || !is_known) continue;
        if (stored == most || *at == 0) break;
        WEIR_TRY(next, store(cx, GuestPtr<AddrInfo>{*at}, found, stored == 0 ? answers.canonical_name : std::string{}));
        addresses.push_back(found.address);
        *at = next;
        ++stored;
    }
    if (asks) cx.world.remember(lookup.node, addresses);
    return stored;
}

/// Looks a name up. The guest has linked as many structures as it wants answers at most; they are filled in place.
/// @return        How many were filled.
/// @error acces   The name is not granted.   @error ainoname  There is none, or neither name nor service were given.
/// @error aimemory  No structure, or one without room.   @error ai...  As getaddrinfo.
/// POSIX: getaddrinfo(3).
HostResult<uint32_t> sock_getaddrinfo(Context& cx, GuestSpan<char> node, GuestSpan<char> service, GuestPtr<AddrInfo> hints,
                                      GuestPtr<uint32_t> res, uint32_t max_res_len) noexcept
try {
    const auto stored = get_addresses(cx, node, service, hints, res, max_res_len);
    if (!stored) return stored.error();
    return *stored;
} catch (const std::exception&) {
    return Errno::nomem;
}

constexpr std::array functions{
    host_fn<"sock_getaddrinfo", sock_getaddrinfo>("node node_len service service_len hints res max_res_len res_len"),
};

}  // namespace

const std::span<const runtime::HostFunction> addrinfo_functions{functions};

}  // namespace weir::sockets
