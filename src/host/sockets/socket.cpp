#include "host/sockets/world.hpp"
#include "host/wasip1/sock.hpp"
#include "runtime/interrupt.hpp"

#include <sys/socket.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <new>

// Sockets: made, bound, connected, listening; their addresses.

namespace weir::sockets {

namespace {

using host::GuestPtr;
using host::host_fn;
using wasip1::FileType;
using wasip1::OpenFile;

Transport transport_of(const OpenFile& file, const SocketAddress& address) noexcept
{
    if (address.family() == AF_UNIX) return Transport::unix_domain;
    return file.type == FileType::socket_dgram ? Transport::udp : Transport::tcp;
}

Result<OpenFile*, Errno> socket_for(Context& cx, Fd fd) noexcept
{
    auto wasi = to_wasi(cx);
    return wasip1::socket_for(wasi, fd, wasip1::no_rights);
}

/// Makes a socket.
/// @error inval  No such type.   @error afnosupport  No such family.   @error acces  Nothing of the kind is granted.   @error mfile  Too many.
/// POSIX: socket(2).
HostResult<Fd> sock_open(Context& cx, AddressFamily family, SocketType type) noexcept
{
    if (type != SocketType::dgram && type != SocketType::stream) return Errno::inval;
    int host_family = 0;
    switch (family) {
    case AddressFamily::inet4: host_family = AF_INET; break;
    case AddressFamily::inet6: host_family = AF_INET6; break;
    case AddressFamily::unix_domain: host_family = AF_UNIX; break;
    default: return Errno::afnosupport;
    }
    const Transport transport = family == AddressFamily::unix_domain ? Transport::unix_domain
                              : type == SocketType::dgram            ? Transport::udp
                                                                     : Transport::tcp;
    if (const Errno e = cx.world.check_open(transport); e != Errno::success) return e;
    wasip1::FdTable& files = cx.world.wasi().files();
    if (!files.has_room()) return Errno::mfile;
    auto file = std::unique_ptr<OpenFile>{new (std::nothrow) OpenFile};
    if (!file) return Errno::nomem;
    file->owned = UniqueFd{::socket(host_family, (type == SocketType::dgram ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0)};
    if (!file->owned) return wasip1::from_host(errno);
    file->host_fd = file->owned.get();
    file->type = type == SocketType::dgram ? FileType::socket_dgram : FileType::socket_stream;
    file->rights_base = wasip1::socket_rights;
    const auto added = files.add(std::move(file));
    if (!added) return Errno::mfile;
    return *added;
}

/// Gives a socket its own address.
/// @error acces  Not granted.   @error inval, fault, afnosupport  As read_address.   @error addrinuse  Taken.
/// POSIX: bind(2).
HostResult<Nothing> sock_bind(Context& cx, Fd fd, GuestPtr<AddressRef> addr, uint32_t port) noexcept
{
    WEIR_TRY(file, socket_for(cx, fd));
    SocketAddress address;
    if (const Errno e = read_address(cx.memory, addr, port, address); e != Errno::success) return e;
    const Transport transport = transport_of(*file, address);
    // A client may ask for any free port; should it listen there, that is tested then.
    const bool is_clients = transport == Transport::tcp && address.port() == 0;
    if (!is_clients)
        if (const Errno e = cx.world.check(transport, Direction::listen, address); e != Errno::success) return e;
    return wasip1::done(::bind(file->host_fd, address.get(), address.size));
}

/// Lets connections come.
/// @error acces  Not granted for the address that it is bound to.
/// POSIX: listen(2).
HostResult<Nothing> sock_listen(Context& cx, Fd fd, uint32_t backlog) noexcept
{
    WEIR_TRY(file, socket_for(cx, fd));
    SocketAddress address;
    address.size = sizeof address.storage;
    if (::getsockname(file->host_fd, address.get(), &address.size) != 0) return wasip1::from_host(errno);
    if (!file->is_shared)
        if (const Errno e = cx.world.check(transport_of(*file, address), Direction::listen, address); e != Errno::success) return e;
    return wasip1::done(::listen(file->host_fd, static_cast<int>(std::min<uint32_t>(backlog, INT_MAX))));
}

/// Connects, or begins to where the guest asked not to wait.
/// @error inprogress  Begun: poll_oneoff for writing says when it is decided, and SO_ERROR how.   @error acces  Not granted.
/// @error afnosupport  The address is of another family than the socket.
/// POSIX: connect(2).
HostResult<Nothing> sock_connect(Context& cx, Fd fd, GuestPtr<AddressRef> addr, uint32_t port) noexcept
{
    WEIR_TRY(file, socket_for(cx, fd));
    SocketAddress address;
    if (const Errno e = read_address(cx.memory, addr, port, address); e != Errno::success) return e;
    int family = 0;
    socklen_t size = sizeof family;
    if (::getsockopt(file->host_fd, SOL_SOCKET, SO_DOMAIN, &family, &size) != 0) return wasip1::from_host(errno);
    if (family != address.family()) return Errno::afnosupport;
    if (const Errno e = cx.world.check(transport_of(*file, address), Direction::connect, address); e != Errno::success) return e;
    // Asked again after a signal, Linux waits for the connection that has begun.
    return wasip1::done(static_cast<int>(runtime::interruptible_syscall(SYS_connect, file->host_fd, address.get(), address.size)));
}

/// Takes a connection, as version 1 does: without flags. Version 2 is preview 1's own.
HostResult<Fd> sock_accept(Context& cx, Fd fd) noexcept
{
    auto wasi = to_wasi(cx);
    return wasip1::accept_connection(wasi, fd, wasip1::FdFlags{});
}
HostResult<Fd> sock_accept_v2(Context& cx, Fd fd, wasip1::FdFlags flags) noexcept
{
    auto wasi = to_wasi(cx);
    return wasip1::accept_connection(wasi, fd, flags);
}

using NameCall = int (*)(const OpenFile&, SocketAddress&);

/// One end's address. @error notconn  There is no other end (yet).
Errno get_address(Context& cx, Fd fd, GuestPtr<AddressRef> to, NameCall call, SocketAddress& address) noexcept
{
    const auto file = socket_for(cx, fd);
    if (!file) return file.error();
    address.size = sizeof address.storage;
    if (call(**file, address) != 0) return wasip1::from_host(errno);
    return write_address(cx.memory, to, address);
}

/// Version 2: the family is in the buffer.
template <NameCall call>
HostResult<uint32_t> get_address_v2(Context& cx, Fd fd, GuestPtr<AddressRef> addr) noexcept
{
    SocketAddress address;
    if (const Errno e = get_address(cx, fd, addr, call, address); e != Errno::success) return e;
    return uint32_t{address.port()};
}
/// Version 1: the family is beside it.
template <NameCall call>
HostResult<std::pair<AddressKind, uint32_t>> get_address_v1(Context& cx, Fd fd, GuestPtr<AddressRef> addr) noexcept
{
    SocketAddress address;
    if (const Errno e = get_address(cx, fd, addr, call, address); e != Errno::success) return e;
    return std::pair{address.family() == AF_INET6 ? AddressKind::inet6 : AddressKind::inet4, uint32_t{address.port()}};
}

int local(const OpenFile& file, SocketAddress& address) { return ::getsockname(file.host_fd, address.get(), &address.size); }
int peer(const OpenFile& file, SocketAddress& address)
{
    const int status = ::getpeername(file.host_fd, address.get(), &address.size);
    if (status == 0 || errno != ENOTCONN || file.peer.size == 0) return status;
    // Reset by its peer since it was accepted. Go's servers would end if that one were unknown.
    std::memcpy(&address.storage, file.peer.bytes.data(), file.peer.size);
    address.size = file.peer.size;
    return 0;
}

constexpr std::array functions{
    host_fn<"sock_open", sock_open>("af type fd"),
    host_fn<"sock_open_v2", sock_open>("af type fd"),
    host_fn<"sock_bind", sock_bind>("fd addr port"),
    host_fn<"sock_bind_v2", sock_bind>("fd addr port"),
    host_fn<"sock_listen", sock_listen>("fd backlog"),
    host_fn<"sock_listen_v2", sock_listen>("fd backlog"),
    host_fn<"sock_connect", sock_connect>("fd addr port"),
    host_fn<"sock_connect_v2", sock_connect>("fd addr port"),
    host_fn<"sock_accept", sock_accept>("fd result_fd"),
    host_fn<"sock_accept_v2", sock_accept_v2>("fd flags result_fd"),
    host_fn<"sock_getlocaladdr", get_address_v1<local>>("fd addr type port"),
    host_fn<"sock_getlocaladdr", get_address_v2<local>>("fd addr port"),
    host_fn<"sock_getlocaladdr_v2", get_address_v2<local>>("fd addr port"),
    host_fn<"sock_getpeeraddr", get_address_v1<peer>>("fd addr type port"),
    host_fn<"sock_getpeeraddr", get_address_v2<peer>>("fd addr port"),
    host_fn<"sock_getpeeraddr_v2", get_address_v2<peer>>("fd addr port"),
};

}  // namespace

const std::span<const runtime::HostFunction> socket_functions{functions};

}  // namespace weir::sockets
