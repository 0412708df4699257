#include "host/sockets/world.hpp"
#include "host/wasip1/sock.hpp"
#include "runtime/interrupt.hpp"

#include <sys/socket.h>
#include <sys/syscall.h>

#include <array>
#include <cerrno>

// Messages with addresses.

namespace weir::sockets {

namespace {

using host::GuestPtr;
using host::GuestSpan;
using host::host_fn;
using wasip1::Iovec;
using wasip1::Received;
using wasip1::RiFlags;
using wasip1::RoFlags;

/// Receives a message and stores who sent it. `port` is null in version 1.
HostResult<Received> receive(Context& cx, Fd fd, GuestSpan<Iovec> iovs, GuestPtr<AddressRef> addr, RiFlags flags,
                             const GuestPtr<uint32_t>* port) noexcept
{
    auto wasi = to_wasi(cx);
    WEIR_TRY(file, wasip1::socket_for(wasi, fd, wasip1::right_fd_read));
    if ((flags & ~wasip1::all_riflags) != 0) return Errno::inval;
    // A message that is taken must be told of: where its sender goes is tested first.
    const auto ref = cx.memory.read(addr);
    if (!ref || !cx.memory.range(ref->buf, ref->buf_len)) return Errno::fault;
    if (!is_address_size(ref->buf_len)) return Errno::inval;
    if (port != nullptr && !cx.memory.range(port->address, sizeof(uint32_t))) return Errno::fault;
    wasip1::Message message;
    if (const Errno e = message.read(wasi, iovs); e != Errno::success) return e;
    SocketAddress sender;
    message.header.msg_name = sender.get();
    message.header.msg_namelen = sizeof sender.storage;
    const int host_flags = ((flags & wasip1::ri_recv_peek) != 0 ? MSG_PEEK : 0) |
                           ((flags & wasip1::ri_recv_waitall) != 0 ? MSG_WAITALL : 0) | wasip1::wait_flags(*file);
    const long n = runtime::interruptible_syscall(SYS_recvmsg, file->host_fd, &message.header, host_flags);
    if (n < 0) return wasip1::from_host(errno);
    sender.size = message.header.msg_namelen;
    if (sender.size == 0) {  // a stream: the sender is the peer
        sender.size = sizeof sender.storage;
        if (::getpeername(file->host_fd, sender.get(), &sender.size) != 0) sender = {};
    }
    if (sender.size != 0)
        if (const Errno e = write_address(cx.memory, addr, sender); e != Errno::success) return e;
    if (port != nullptr && !cx.memory.write(*port, uint32_t{sender.port()})) return Errno::fault;
    const bool is_truncated = (message.header.msg_flags & MSG_TRUNC) != 0;
    return Received{static_cast<uint32_t>(n), is_truncated ? wasip1::ro_recv_data_truncated : RoFlags{}};
}

/// Receives a message and where it came from, without its port.
/// @return       Its size, and whether more of it did not fit.
/// @error inval  A flag that does not exist, or a buffer too small for the address.   @error again  Nothing there, and not to wait.
/// POSIX: recvmsg(2).
HostResult<Received> recv_from_v1(Context& cx, Fd fd, GuestSpan<Iovec> iovs, GuestPtr<AddressRef> addr, RiFlags flags) noexcept
{
    return receive(cx, fd, iovs, addr, flags, nullptr);
}
/// The same with the port, in host order.
HostResult<Received> recv_from_v2(Context& cx, Fd fd, GuestSpan<Iovec> iovs, GuestPtr<AddressRef> addr, RiFlags flags,
                                  GuestPtr<uint32_t> port) noexcept
{
    return receive(cx, fd, iovs, addr, flags, &port);
}

/// Sends a message to an address.
/// @error isconn  The socket is connected already.   @error acces  Not granted.   @error inval  Any flag: there are none.
/// POSIX: sendmsg(2).
HostResult<uint32_t> sock_send_to(Context& cx, Fd fd, GuestSpan<Iovec> iovs, GuestPtr<AddressRef> addr, uint32_t port,
                                  uint32_t flags) noexcept
{
    auto wasi = to_wasi(cx);
    WEIR_TRY(file, wasip1::socket_for(wasi, fd, wasip1::right_fd_write));
    if (flags != 0) return Errno::inval;
    SocketAddress address;
    if (const Errno e = read_address(cx.memory, addr, port, address); e != Errno::success) return e;
    wasip1::Message message;
    if (const Errno e = message.read(wasi, iovs); e != Errno::success) return e;
    SocketAddress peer;
    peer.size = sizeof peer.storage;
    if (::getpeername(file->host_fd, peer.get(), &peer.size) == 0) return Errno::isconn;
    // Linux would connect a stream by this.
    if (file->type != wasip1::FileType::socket_dgram) return Errno::notconn;
    const Transport transport = address.family() == AF_UNIX ? Transport::unix_domain : Transport::udp;
    if (const Errno e = cx.world.check(transport, Direction::connect, address); e != Errno::success) return e;
    message.header.msg_name = address.get();
    message.header.msg_namelen = address.size;
    const long n =
        runtime::interruptible_syscall(SYS_sendmsg, file->host_fd, &message.header, MSG_NOSIGNAL | wasip1::wait_flags(*file));
    if (n < 0) return wasip1::from_host(errno);
    return static_cast<uint32_t>(n);
}

/// WASI's own sock_recv and sock_send, under the names of version 2.
HostResult<Received> sock_recv(Context& cx, Fd fd, GuestSpan<Iovec> ri_data, RiFlags flags) noexcept
{
    auto wasi = to_wasi(cx);
    return wasip1::receive(wasi, fd, ri_data, flags);
}
HostResult<uint32_t> sock_send(Context& cx, Fd fd, GuestSpan<Iovec> si_data, uint16_t flags) noexcept
{
    auto wasi = to_wasi(cx);
    return wasip1::send(wasi, fd, si_data, flags);
}

constexpr std::array functions{
    host_fn<"sock_recv_v2", sock_recv>("fd >ri_data[ro_datalen] ri_data_len ri_flags ro_datalen ro_flags"),
    host_fn<"sock_send_v2", sock_send>("fd si_data si_data_len si_flags so_datalen"),
    host_fn<"sock_recv_from", recv_from_v1>("fd >iovs[nread] iovs_len addr riflags nread roflags"),
    host_fn<"sock_recv_from", recv_from_v2>("fd >iovs[nread] iovs_len addr riflags >port nread roflags"),
    host_fn<"sock_recv_from_v2", recv_from_v2>("fd >iovs[nread] iovs_len addr riflags >port nread roflags"),
    host_fn<"sock_send_to", sock_send_to>("fd iovs iovs_len addr port siflags nwritten"),
    host_fn<"sock_send_to_v2", sock_send_to>("fd iovs iovs_len addr port siflags nwritten"),
};

}  // namespace

const std::span<const runtime::HostFunction> message_functions{functions};

}  // namespace weir::sockets
