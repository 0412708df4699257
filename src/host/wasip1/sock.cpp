#include "host/wasip1/sock.hpp"

#include "runtime/interrupt.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <array>
#include <cstring>
#include <new>

// Sockets, as far as preview 1 has them: those that the guest was given, and connections accepted from them.

namespace weir::wasip1 {

HostResult<Fd> accept_connection(Context& cx, Fd fd, FdFlags flags) noexcept
{
    WEIR_TRY(listener, socket_for(cx, fd, right_sock_accept));
    if ((flags & ~fdflag_nonblock) != 0) return Errno::inval;
    if (!cx.world.files().has_room()) return Errno::mfile;
    auto file = std::unique_ptr<OpenFile>{new (std::nothrow) OpenFile};
    if (!file) return Errno::nomem;
    if (wait_flags(*listener) != 0) {
        // accept has no flag to try once. A connection that goes away between the two calls makes it wait for the next.
        pollfd p{listener->host_fd, POLLIN, 0};
        if (retrying([&] { return ::poll(&p, 1, 0); }) == 0) return Errno::again;
    }
    const int host_flags = SOCK_CLOEXEC | ((flags & fdflag_nonblock) != 0 ? SOCK_NONBLOCK : 0);
    sockaddr_storage peer{};
    socklen_t peer_size = sizeof peer;
    file->owned =
        UniqueFd{static_cast<int>(runtime::interruptible_syscall(SYS_accept4, listener->host_fd, &peer, &peer_size, host_flags))};
    if (!file->owned) return from_host(errno);
    if (peer_size <= file->peer.bytes.size() && (peer.ss_family == AF_INET || peer.ss_family == AF_INET6)) {
        std::memcpy(file->peer.bytes.data(), &peer, peer_size);
        file->peer.size = static_cast<uint8_t>(peer_size);
    }
    file->host_fd = file->owned.get();
    file->type = listener->type;
    file->flags = flags;
    file->rights_base = listener->rights_base;
    const auto added = cx.world.files().add(std::move(file));
    if (!added) return Errno::mfile;
    return *added;
}

HostResult<Received> receive(Context& cx, Fd fd, host::GuestSpan<Iovec> ri_data, RiFlags flags) noexcept
{
    WEIR_TRY(file, socket_for(cx, fd, right_fd_read));
    if ((flags & ~all_riflags) != 0) return Errno::inval;
    Message message;
    if (const Errno e = message.read(cx, ri_data); e != Errno::success) return e;
    const int host_flags =
        ((flags & ri_recv_peek) != 0 ? MSG_PEEK : 0) | ((flags & ri_recv_waitall) != 0 ? MSG_WAITALL : 0) | wait_flags(*file);
    const ssize_t n = runtime::interruptible_syscall(SYS_recvmsg, file->host_fd, &message.header, host_flags);
    if (n < 0) return from_host(errno);
    const bool is_truncated = (message.header.msg_flags & MSG_TRUNC) != 0;
    return Received{static_cast<uint32_t>(n), is_truncated ? ro_recv_data_truncated : RoFlags{}};
}

HostResult<uint32_t> send(Context& cx, Fd fd, host::GuestSpan<Iovec> si_data, uint16_t flags) noexcept
{
    WEIR_TRY(file, socket_for(cx, fd, right_fd_write));
    if (flags != 0) return Errno::inval;
    Message message;
    if (const Errno e = message.read(cx, si_data); e != Errno::success) return e;
    const ssize_t n = runtime::interruptible_syscall(SYS_sendmsg, file->host_fd, &message.header, MSG_NOSIGNAL | wait_flags(*file));
    if (n < 0) return from_host(errno);
    return static_cast<uint32_t>(n);
}

namespace {

using host::host_fn;

/// Takes a connection, as accept_connection does.
/// Spec: sock_accept. Linux: accept4(2).
HostResult<Fd> sock_accept(Context& cx, Fd fd, FdFlags flags) noexcept { return accept_connection(cx, fd, flags); }

/// Ends one or both directions.
/// @error inval  No direction, or one that does not exist.   @error notconn  Not connected.
/// Spec: sock_shutdown. POSIX: shutdown(2).
HostResult<Nothing> sock_shutdown(Context& cx, Fd fd, SdFlags how) noexcept
{
    WEIR_TRY(file, socket_for(cx, fd, right_sock_shutdown));
    // Linux would end a listener by it, POSIX leaves that open, and peers say what guests expect.
    int listens = 0;
    socklen_t size = sizeof listens;
    if (::getsockopt(file->host_fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0) return from_host(errno);
    if (listens != 0) return Errno::notconn;
    switch (how) {
    case sd_rd: return done(::shutdown(file->host_fd, SHUT_RD));
    case sd_wr: return done(::shutdown(file->host_fd, SHUT_WR));
    case all_sdflags: return done(::shutdown(file->host_fd, SHUT_RDWR));
    }
    return Errno::inval;
}

constexpr std::array functions{
    host_fn<"sock_recv", receive>("fd >ri_data[ro_datalen] ri_data_len ri_flags ro_datalen ro_flags"),
    host_fn<"sock_send", send>("fd si_data si_data_len si_flags so_datalen"),
    host_fn<"sock_shutdown", sock_shutdown>("fd how"),
};
constexpr std::array preview1_functions{host_fn<"sock_accept", sock_accept>("fd flags result_fd")};

}  // namespace

const std::span<const runtime::HostFunction> sock_functions{functions};
const std::span<const runtime::HostFunction> sock_preview1_functions{preview1_functions};

}  // namespace weir::wasip1
