#include "host/wasip1/support.hpp"
#include "runtime/interrupt.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstring>
#include <new>

// Sockets, as far as preview 1 has them: those that the guest was given, and connections accepted from them.

namespace weir::wasip1 {

namespace {

using host::GuestSpan;
using host::host_fn;

bool is_socket(const OpenFile& file) noexcept
{
    return file.type == FileType::socket_stream || file.type == FileType::socket_dgram;
}

/// @error notsock  It is something else.   @error badf, notcapable  As file_for.
Result<OpenFile*, Errno> socket_for(Context& cx, Fd fd, Rights needed) noexcept
{
    OpenFile* const file = cx.world.files().find(fd);
    if (file == nullptr) return Unexpected{Errno::badf};
    if (!is_socket(*file)) return Unexpected{Errno::notsock};
    return file_for(cx, fd, needed);
}

/// MSG_DONTWAIT where the guest's flag cannot be the description's.
int wait_flags(const OpenFile& file) noexcept { return file.is_shared && (file.flags & fdflag_nonblock) != 0 ? MSG_DONTWAIT : 0; }

/// The guest's buffers as the host's, few at a time: a stream moves the rest with the next call.
struct Message {
    std::array<iovec, 64> vectors;
    msghdr header{};

    Errno read(const Context& cx, GuestSpan<Iovec> guest) noexcept
    {
        if (guest.count > IOV_MAX) return Errno::inval;
        const auto bytes = cx.memory.range(guest);
        if (!bytes) return Errno::fault;
        if (guest.count > vectors.size()) return Errno::msgsize;
        size_t room = INT_MAX & ~size_t{4095};
        for (uint32_t i = 0; i < guest.count; ++i) {
            Iovec v;
            std::memcpy(&v, bytes->data() + size_t{i} * sizeof v, sizeof v);
            const auto range = cx.memory.range(v.buf, v.buf_len);
            if (!range) return Errno::fault;
            const size_t size = std::min<size_t>(v.buf_len, room);
            vectors[header.msg_iovlen++] = {range->data(), size};
            room -= size;
        }
        header.msg_iov = vectors.data();
        return Errno::success;
    }
};

/// Takes a connection that waits at a listening socket.
/// @param flags    nonblock, for the new descriptor.
/// @error inval    Another flag, or the socket does not listen.   @error notsock  No socket.
/// @error again    None waits, and the guest asked not to.   @error mfile  The guest has too many descriptors.
/// Spec: sock_accept. Linux: accept4(2).
HostResult<Fd> sock_accept(Context& cx, Fd fd, FdFlags flags) noexcept
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
    file->owned = UniqueFd{static_cast<int>(runtime::interruptible_syscall(SYS_accept4, listener->host_fd, 0, 0, host_flags))};
    if (!file->owned) return from_host(errno);
    file->host_fd = file->owned.get();
    file->type = listener->type;
    file->flags = flags;
    file->rights_base = listener->rights_base;
    const auto added = cx.world.files().add(std::move(file));
    if (!added) return Errno::mfile;
    return *added;
}

/// Receives a message, or what of a stream is there.
/// @return       Its size, and whether more of it did not fit.
/// @error inval  A flag that does not exist.   @error notsock  No socket.   @error again  Nothing there, and not to wait.
/// Spec: sock_recv. POSIX: recvmsg(2).
HostResult<std::pair<uint32_t, RoFlags>> sock_recv(Context& cx, Fd fd, GuestSpan<Iovec> ri_data, RiFlags flags) noexcept
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
    return std::pair{static_cast<uint32_t>(n), is_truncated ? ro_recv_data_truncated : RoFlags{}};
}

/// Sends a message, or as much of a stream as is taken.
/// @return       Bytes sent.
/// @error inval  Any flag: there are none yet.   @error pipe  The peer is gone; no signal is raised.
/// Spec: sock_send. POSIX: sendmsg(2).
HostResult<uint32_t> sock_send(Context& cx, Fd fd, GuestSpan<Iovec> si_data, uint16_t flags) noexcept
{
    WEIR_TRY(file, socket_for(cx, fd, right_fd_write));
    if (flags != 0) return Errno::inval;
    Message message;
    if (const Errno e = message.read(cx, si_data); e != Errno::success) return e;
    const ssize_t n = runtime::interruptible_syscall(SYS_sendmsg, file->host_fd, &message.header, MSG_NOSIGNAL | wait_flags(*file));
    if (n < 0) return from_host(errno);
    return static_cast<uint32_t>(n);
}

/// Ends one or both directions.
/// @error inval  No direction, or one that does not exist.   @error notconn  Not connected.
/// Spec: sock_shutdown. POSIX: shutdown(2).
HostResult<Nothing> sock_shutdown(Context& cx, Fd fd, SdFlags how) noexcept
{
    WEIR_TRY(file, socket_for(cx, fd, right_sock_shutdown));
    switch (how) {
    case sd_rd: return done(::shutdown(file->host_fd, SHUT_RD));
    case sd_wr: return done(::shutdown(file->host_fd, SHUT_WR));
    case all_sdflags: return done(::shutdown(file->host_fd, SHUT_RDWR));
    }
    return Errno::inval;
}

constexpr std::array functions{
    host_fn<"sock_recv", sock_recv>("fd ri_data ri_data_len ri_flags ro_datalen ro_flags"),
    host_fn<"sock_send", sock_send>("fd si_data si_data_len si_flags so_datalen"),
    host_fn<"sock_shutdown", sock_shutdown>("fd how"),
};
constexpr std::array preview1_functions{host_fn<"sock_accept", sock_accept>("fd flags result_fd")};

}  // namespace

const std::span<const runtime::HostFunction> sock_functions{functions};
const std::span<const runtime::HostFunction> sock_preview1_functions{preview1_functions};

}  // namespace weir::wasip1
