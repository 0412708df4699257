#include "host/wasip1/sock.hpp"
#include "runtime/interrupt.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstring>

// Reading, writing, seeking.

namespace weir::wasip1 {

namespace {

using host::GuestSpan;
using host::host_fn;

/// The guest's buffers as the host's: copied out of guest memory once, then tested. More than the host's calls can move at a time
/// (2 GiB) is cut off at the end, which the guest sees as a short read or write.
class Buffers {
public:
    /// @error inval  More buffers than POSIX allows.   @error fault  Not in memory, or one of them.
    Errno read(const Context& cx, GuestSpan<Iovec> guest) noexcept
    {
        if (guest.count > m_vectors.size()) return Errno::inval;
        const auto bytes = cx.memory.range(guest);
        if (!bytes) return Errno::fault;
        size_t room = INT_MAX & ~size_t{4095};  // MAX_RW_COUNT of the kernel
        for (uint32_t i = 0; i < guest.count; ++i) {
            Iovec v;
            std::memcpy(&v, bytes->data() + size_t{i} * sizeof v, sizeof v);
            const auto range = cx.memory.range(v.buf, v.buf_len);
            if (!range) return Errno::fault;
            if (v.buf_len == 0 || room == 0) continue;
            const size_t size = std::min<size_t>(v.buf_len, room);
            m_vectors[static_cast<size_t>(m_count++)] = {range->data(), size};
            room -= size;
        }
        return Errno::success;
    }
    /// Leaves out what is behind the first `limit` bytes.
    void cut(size_t limit) noexcept
    {
        for (int i = 0; i < m_count; ++i) {
            size_t& size = m_vectors[static_cast<size_t>(i)].iov_len;
            size = std::min(size, limit);
            limit -= size;
            if (limit == 0) m_count = std::min(m_count, i + 1);
        }
    }
    [[nodiscard]] size_t size_bytes() const noexcept
    {
        size_t size = 0;
        for (int i = 0; i < m_count; ++i) size += m_vectors[static_cast<size_t>(i)].iov_len;
        return size;
    }
    [[nodiscard]] const iovec* data() const noexcept { return m_vectors.data(); }
    [[nodiscard]] int count() const noexcept { return m_count; }

private:
    std::array<iovec, IOV_MAX> m_vectors;  // not initialized: most calls bring one or two
    int m_count = 0;
};

HostResult<uint32_t> transferred(ssize_t n) noexcept
{
    if (n < 0) return from_host(errno);
    return static_cast<uint32_t>(n);
}

bool can_wait(const OpenFile& file) noexcept { return file.type != FileType::regular_file && file.type != FileType::block_device; }

bool is_ready(int host_fd, short events) noexcept
{
    pollfd p{host_fd, events, 0};
    return retrying([&] { return ::poll(&p, 1, 0); }) > 0;
}

/// False when the guest is to be stopped.
bool wait_until_ready(int host_fd, short events) noexcept
{
    pollfd p{host_fd, events, 0};
    return runtime::interruptible_syscall(SYS_poll, &p, 1, -1) >= 0;
}

/// preadv2 or pwritev2 at the file's position: the plain call where there are no flags, which all files understand, and the plainest for one
/// buffer, which is what most guests bring.
ssize_t transfer(const OpenFile& file, short events, const Buffers& buffers, int flags) noexcept
{
    const bool reads = events == POLLIN;
    if (flags == 0 && buffers.count() == 1)
        return runtime::interruptible_syscall(reads ? SYS_read : SYS_write, file.host_fd, buffers.data()->iov_base,
                                              buffers.data()->iov_len);
    if (flags == 0)
        return runtime::interruptible_syscall(reads ? SYS_readv : SYS_writev, file.host_fd, buffers.data(), buffers.count());
    return runtime::interruptible_syscall(reads ? SYS_preadv2 : SYS_pwritev2, file.host_fd, buffers.data(), buffers.count(), -1, -1,
                                          flags);
}

/// Reads or writes on a description that other processes share. Whether it waits is the guest's flag, and not the description's, which is
/// not ours to change. `append` is RWF_APPEND or 0.
ssize_t shared_transfer(OpenFile& file, short events, Buffers& buffers, int append = 0) noexcept
{
    if ((file.flags & fdflag_nonblock) == 0 || !can_wait(file)) {
        for (;;) {
            const ssize_t n = transfer(file, events, buffers, append);
            if (n >= 0 || errno != EAGAIN) return n;
            if (!wait_until_ready(file.host_fd, events)) return -1;  // somebody else made it non-blocking
        }
    }
    if (!file.lacks_nowait) {
        const ssize_t n = transfer(file, events, buffers, append | RWF_NOWAIT);
        if (n >= 0 || errno != EOPNOTSUPP) return n;
        file.lacks_nowait = true;
    }
    if (!is_ready(file.host_fd, events)) {
        errno = EAGAIN;
        return -1;
    }
    // So much a pipe takes at once when it says that it is writable; more could wait for the reader.
    if (events == POLLOUT) buffers.cut(PIPE_BUF);
    return transfer(file, events, buffers, append);
}

/// Reads into the buffers, in order.
/// @return       Bytes read; 0 at the end.
/// @error badf   No such descriptor, or not open for reading.   @error isdir  It is a directory.
/// @error again  Nothing there yet, and the guest asked not to wait.
/// Spec: fd_read. POSIX: readv(2).
HostResult<uint32_t> fd_read(Context& cx, Fd fd, GuestSpan<Iovec> iovs) noexcept
{
    WEIR_TRY(file, file_for(cx, fd, right_fd_read));
    Buffers buffers;
    if (const Errno e = buffers.read(cx, iovs); e != Errno::success) return e;
    if (!file->is_shared) return transferred(transfer(*file, POLLIN, buffers, 0));
    return transferred(shared_transfer(*file, POLLIN, buffers));
}

/// Reads at an offset, without moving the position.
/// @error inval  An offset that no file has.   @error spipe  Not seekable.
/// Spec: fd_pread. POSIX: preadv(2).
HostResult<uint32_t> fd_pread(Context& cx, Fd fd, GuestSpan<Iovec> iovs, FileSize offset) noexcept
{
    WEIR_TRY(file, file_for(cx, fd, right_fd_read | right_fd_seek));
    Buffers buffers;
    if (const Errno e = buffers.read(cx, iovs); e != Errno::success) return e;
    if (static_cast<uint64_t>(offset) > INT64_MAX) return Errno::inval;
    return transferred(
        retrying([&] { return ::preadv(file->host_fd, buffers.data(), buffers.count(), static_cast<off_t>(offset)); }));
}

/// Writes the buffers, in order.
/// @return       Bytes written; may be fewer than given.
/// @error badf   No such descriptor, or not open for writing.   @error pipe  The reader is gone.
/// @error again  No room, and the guest asked not to wait.   @error dquot  More than WorldConfig::max_output_bytes in all.
/// Spec: fd_write. POSIX: writev(2).
HostResult<uint32_t> fd_write(Context& cx, Fd fd, GuestSpan<Iovec> iovs) noexcept
{
    WEIR_TRY(file, file_for_change(cx, fd, right_fd_write));
    Buffers buffers;
    if (const Errno e = buffers.read(cx, iovs); e != Errno::success) return e;
    if (is_socket(*file)) {  // a peer that is gone is an error of this write, and no signal that ends weir
        msghdr message{};
        message.msg_iov = const_cast<iovec*>(buffers.data());  // sendmsg only reads them
        message.msg_iovlen = static_cast<size_t>(buffers.count());
        return transferred(runtime::interruptible_syscall(SYS_sendmsg, file->host_fd, &message, MSG_NOSIGNAL | wait_flags(*file)));
    }
    if (!file->is_shared) return transferred(transfer(*file, POLLOUT, buffers, 0));
    const int append = (file->flags & fdflag_append) != 0 && file->type == FileType::regular_file ? RWF_APPEND : 0;
    if (!file->is_limited_output) return transferred(shared_transfer(*file, POLLOUT, buffers, append));
    uint64_t& left = cx.world.output_bytes_left();
    if (buffers.size_bytes() > left) return Errno::dquot;
    const ssize_t written = shared_transfer(*file, POLLOUT, buffers, append);
    if (written > 0) left -= static_cast<uint64_t>(written);
    return transferred(written);
}

/// Writes at an offset, without moving the position. On a file opened to append it appends, as on Linux.
/// @error inval  An offset that no file has.   @error spipe  Not seekable.
/// Spec: fd_pwrite. POSIX: pwritev(2).
HostResult<uint32_t> fd_pwrite(Context& cx, Fd fd, GuestSpan<Iovec> iovs, FileSize offset) noexcept
{
    WEIR_TRY(file, file_for_change(cx, fd, right_fd_write | right_fd_seek));
    Buffers buffers;
    if (const Errno e = buffers.read(cx, iovs); e != Errno::success) return e;
    if (static_cast<uint64_t>(offset) > INT64_MAX) return Errno::inval;
    return transferred(
        retrying([&] { return ::pwritev(file->host_fd, buffers.data(), buffers.count(), static_cast<off_t>(offset)); }));
}

HostResult<FileSize> seek(Context& cx, Fd fd, FileDelta offset, int origin) noexcept
{
    const bool only_asks = offset == FileDelta{0} && origin == SEEK_CUR;
    auto file = file_for(cx, fd, only_asks ? right_fd_tell : right_fd_seek);
    if (!file && file.error() == Errno::notcapable && only_asks) file = file_for(cx, fd, right_fd_seek);  // includes telling
    if (!file) {
        const OpenFile* const there = cx.world.files().find(fd);
        // A terminal has no such right, and programs expect to be told why.
        return there != nullptr && (there->type == FileType::character_device || there->type == FileType::socket_stream)
                 ? Errno::spipe
                 : file.error();
    }
    const off_t position = ::lseek((*file)->host_fd, static_cast<off_t>(offset), origin);
    if (position < 0) return from_host(errno);
    return FileSize{static_cast<uint64_t>(position)};
}

/// Moves the position.
/// @return       The new position, from the start.
/// @error inval  A position before the start, or no such origin.   @error spipe  Not seekable.   @error isdir  It is a directory.
/// Spec: fd_seek. POSIX: lseek(2).
HostResult<FileSize> fd_seek(Context& cx, Fd fd, FileDelta offset, Whence whence) noexcept
{
    switch (whence) {
    case Whence::set: return seek(cx, fd, offset, SEEK_SET);
    case Whence::cur: return seek(cx, fd, offset, SEEK_CUR);
    case Whence::end: return seek(cx, fd, offset, SEEK_END);
    }
    return Errno::inval;
}

/// The same with the origins as wasi_unstable numbers them.
HostResult<FileSize> unstable_fd_seek(Context& cx, Fd fd, FileDelta offset, unstable::Whence whence) noexcept
{
    switch (whence) {
    case unstable::Whence::cur: return seek(cx, fd, offset, SEEK_CUR);
    case unstable::Whence::end: return seek(cx, fd, offset, SEEK_END);
    case unstable::Whence::set: return seek(cx, fd, offset, SEEK_SET);
    }
    return Errno::inval;
}

/// The position, from the start. Errors as fd_seek. Spec: fd_tell.
HostResult<FileSize> fd_tell(Context& cx, Fd fd) noexcept { return seek(cx, fd, FileDelta{0}, SEEK_CUR); }

constexpr std::array functions{
    host_fn<"fd_read", fd_read>("fd >iovs[nread] iovs_len nread"),
    host_fn<"fd_pread", fd_pread>("fd >iovs[nread] iovs_len offset nread"),
    host_fn<"fd_write", fd_write>("fd iovs iovs_len nwritten"),
    host_fn<"fd_pwrite", fd_pwrite>("fd iovs iovs_len offset nwritten"),
    host_fn<"fd_tell", fd_tell>("fd offset"),
};
constexpr std::array preview1_functions{host_fn<"fd_seek", fd_seek>("fd offset whence newoffset")};
constexpr std::array unstable_functions{host_fn<"fd_seek", unstable_fd_seek>("fd offset whence newoffset")};

}  // namespace

const std::span<const runtime::HostFunction> io_functions{functions};
const std::span<const runtime::HostFunction> io_preview1_functions{preview1_functions};
const std::span<const runtime::HostFunction> io_unstable_functions{unstable_functions};

}  // namespace weir::wasip1
