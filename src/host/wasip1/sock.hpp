#pragma once

#include "host/wasip1/support.hpp"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstring>

// What functions on sockets share, those of extensions included.

namespace weir::wasip1 {

[[nodiscard]] inline bool is_socket(const OpenFile& file) noexcept
{
    return file.type == FileType::socket_stream || file.type == FileType::socket_dgram;
}

/// The file, if it is a socket that the guest may do all of `needed` with.
/// @error notsock  It is something else.   @error badf, notcapable  As file_for.
[[nodiscard]] inline Result<OpenFile*, Errno> socket_for(Context& cx, Fd fd, Rights needed) noexcept
{
    OpenFile* const file = cx.world.files().find(fd);
    if (file == nullptr) return Unexpected{Errno::badf};
    if (!is_socket(*file)) return Unexpected{Errno::notsock};
    return file_for(cx, fd, needed);
}

/// MSG_DONTWAIT where the guest's flag cannot be the description's.
[[nodiscard]] inline int wait_flags(const OpenFile& file) noexcept
{
    return file.is_shared && (file.flags & fdflag_nonblock) != 0 ? MSG_DONTWAIT : 0;
}

/// The guest's buffers as the host's, as one message.
struct Message {
    std::array<iovec, IOV_MAX> vectors;  // not initialized: most calls bring one or two
    msghdr header{};

    /// @error inval  More than POSIX allows.   @error fault  Not in memory.
    [[nodiscard]] Errno read(const Context& cx, host::GuestSpan<Iovec> guest) noexcept
    {
        if (guest.count > IOV_MAX) return Errno::inval;
        const auto bytes = cx.memory.range(guest);
        if (!bytes) return Errno::fault;
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
[[nodiscard]] HostResult<Fd> accept_connection(Context& cx, Fd fd, FdFlags flags) noexcept;

using Received = std::pair<uint32_t, RoFlags>;

/// Receives a message, or what of a stream is there.
/// @return       Its size, and whether more of it did not fit.
/// @error inval  A flag that does not exist.   @error notsock  No socket.   @error again  Nothing there, and not to wait.
/// POSIX: recvmsg(2).
[[nodiscard]] HostResult<Received> receive(Context& cx, Fd fd, host::GuestSpan<Iovec> ri_data, RiFlags flags) noexcept;

/// Sends a message, or as much of a stream as is taken.
/// @return       Bytes sent.
/// @error inval  Any flag: there are none yet.   @error pipe  The peer is gone; no signal is raised.
/// POSIX: sendmsg(2).
[[nodiscard]] HostResult<uint32_t> send(Context& cx, Fd fd, host::GuestSpan<Iovec> si_data, uint16_t flags) noexcept;

}  // namespace weir::wasip1
