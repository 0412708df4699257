#include "host/wasip1/world.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>

// Descriptors: reading, writing, seeking, what they are.

namespace weir::wasip1 {

namespace {

using host::GuestPtr;
using host::GuestSpan;
using host::host_fn;

/// The guest's buffers as the host's; copied once, then checked. POSIX takes IOV_MAX at a time, more are a short read or write.
struct Buffers {
    std::array<iovec, 64> vectors;
    int count = 0;
    Errno error = Errno::success;

    Buffers(const Context& cx, GuestSpan<Iovec> guest) noexcept
    {
        const auto bytes = cx.memory.range(guest);
        if (!bytes) {
            error = Errno::fault;
            return;
        }
        uint64_t total = 0;
        for (uint32_t i = 0; i < guest.count; ++i) {
            Iovec v;
            std::memcpy(&v, bytes->data() + size_t{i} * sizeof v, sizeof v);
            const auto range = cx.memory.range(v.buf, v.buf_len);
            if (!range) {
                error = Errno::fault;
                return;
            }
            // The count goes back in 32 bits, and the host's calls move less than 2 GiB.
            if (v.buf_len == 0 || static_cast<size_t>(count) == vectors.size() || total + v.buf_len > INT_MAX) continue;
            total += v.buf_len;
            vectors[static_cast<size_t>(count++)] = {range->data(), range->size()};
        }
    }
};

/// Repeats a call that a signal of the host's interrupted.
template <class F>
ssize_t retrying(F call) noexcept
{
    ssize_t n;
    do {
        n = call();
    } while (n < 0 && errno == EINTR);
    return n;
}

HostResult<uint32_t> transferred(ssize_t n) noexcept
{
    if (n < 0) return from_host(errno);
    return static_cast<uint32_t>(n);
}

/// Reads into the buffers, in order.
/// @return       Bytes read; 0 at the end.
/// @error badf   No such descriptor, or not open for reading.
/// @error isdir  It is a directory.
/// Spec: fd_read. POSIX: readv(2).
HostResult<uint32_t> fd_read(Context& cx, Fd fd, GuestSpan<Iovec> iovs) noexcept
{
    const OpenFile* const file = cx.world.find(fd);
    if (file == nullptr) return Errno::badf;
    const Buffers buffers{cx, iovs};
    if (buffers.error != Errno::success) return buffers.error;
    return transferred(retrying([&] { return ::readv(file->host_fd, buffers.vectors.data(), buffers.count); }));
}

/// Reads at an offset, without moving the position. Spec: fd_pread. POSIX: preadv(2).
HostResult<uint32_t> fd_pread(Context& cx, Fd fd, GuestSpan<Iovec> iovs, FileSize offset) noexcept
{
    const OpenFile* const file = cx.world.find(fd);
    if (file == nullptr) return Errno::badf;
    const Buffers buffers{cx, iovs};
    if (buffers.error != Errno::success) return buffers.error;
    if (offset > INT64_MAX) return Errno::inval;
    return transferred(retrying([&] { return ::preadv(file->host_fd, buffers.vectors.data(), buffers.count, static_cast<off_t>(offset)); }));
}

/// Writes the buffers, in order.
/// @return       Bytes written; may be fewer than given.
/// @error badf   No such descriptor, or not open for writing.
/// @error pipe   The reader is gone.
/// Spec: fd_write. POSIX: writev(2).
HostResult<uint32_t> fd_write(Context& cx, Fd fd, GuestSpan<Iovec> iovs) noexcept
{
    const OpenFile* const file = cx.world.find(fd);
    if (file == nullptr) return Errno::badf;
    const Buffers buffers{cx, iovs};
    if (buffers.error != Errno::success) return buffers.error;
    return transferred(retrying([&] { return ::writev(file->host_fd, buffers.vectors.data(), buffers.count); }));
}

/// Moves the position. @return the new one, from the start.
/// @error spipe  Not seekable.   @error inval  A position before the start.
/// Spec: fd_seek. POSIX: lseek(2).
HostResult<FileSize> fd_seek(Context& cx, Fd fd, FileDelta offset, Whence whence) noexcept
{
    const OpenFile* const file = cx.world.find(fd);
    if (file == nullptr) return Errno::badf;
    int origin;
    switch (whence) {
    case Whence::set: origin = SEEK_SET; break;
    case Whence::cur: origin = SEEK_CUR; break;
    case Whence::end: origin = SEEK_END; break;
    default: return Errno::inval;
    }
    const off_t position = ::lseek(file->host_fd, offset, origin);
    if (position < 0) return from_host(errno);
    return static_cast<FileSize>(position);
}

/// Spec: fd_tell.
HostResult<FileSize> fd_tell(Context& cx, Fd fd) noexcept { return fd_seek(cx, fd, 0, Whence::cur); }

/// Spec: fd_close. @error badf  No such descriptor.
HostResult<Nothing> fd_close(Context& cx, Fd fd) noexcept
{
    if (cx.world.find(fd) == nullptr) return Errno::badf;
    cx.world.close(fd);
    return nothing;
}

/// Type, flags and rights of a descriptor. Spec: fd_fdstat_get.
HostResult<FdStat> fd_fdstat_get(Context& cx, Fd fd) noexcept
{
    const OpenFile* const file = cx.world.find(fd);
    if (file == nullptr) return Errno::badf;
    FdStat stat{};
    stat.filetype = file->type;
    stat.flags = file->flags;
    stat.rights_base = file->rights_base;
    stat.rights_inheriting = file->rights_inheriting;
    return stat;
}

/// Sets append and non-blocking. On stdio they are only noted: other processes share the host's description.
/// @error inval  A flag that does not exist.   @error notsup  A synchronization flag, which Linux sets at opening only.
/// Spec: fd_fdstat_set_flags. POSIX: fcntl(2) F_SETFL.
HostResult<Nothing> fd_fdstat_set_flags(Context& cx, Fd fd, uint16_t flags) noexcept
{
    OpenFile* const file = cx.world.find(fd);
    if (file == nullptr) return Errno::badf;
    if ((flags & ~all_fdflags) != 0) return Errno::inval;
    constexpr uint16_t sync_flags = fdflag_dsync | fdflag_rsync | fdflag_sync;
    if ((flags & sync_flags) != (file->flags & sync_flags)) return Errno::notsup;
    if (!file->is_stdio) {
        const int host_flags = ((flags & fdflag_append) != 0 ? O_APPEND : 0) | ((flags & fdflag_nonblock) != 0 ? O_NONBLOCK : 0);
        if (::fcntl(file->host_fd, F_SETFL, host_flags) != 0) return from_host(errno);
    }
    file->flags = flags;
    return nothing;
}

/// What the file is. Spec: fd_filestat_get. POSIX: fstat(2).
HostResult<FileStat> fd_filestat_get(Context& cx, Fd fd) noexcept
{
    const OpenFile* const file = cx.world.find(fd);
    if (file == nullptr) return Errno::badf;
    struct stat host {};
    if (::fstat(file->host_fd, &host) != 0) return from_host(errno);
    return to_filestat(host);
}

/// Spec: fd_prestat_get. @error badf  Not a preopened directory; wasi-libc and Go end their search at the first.
HostResult<Prestat> fd_prestat_get(Context& cx, Fd fd) noexcept
{
    const OpenFile* const file = cx.world.find(fd);
    if (file == nullptr || !file->preopen_path) return Errno::badf;
    Prestat stat{};
    stat.name_len = static_cast<uint32_t>(file->preopen_path->size());
    return stat;
}

/// Stores the directory's name, without NUL. Spec: fd_prestat_dir_name. @error nametoolong  The buffer is too small.
HostResult<Nothing> fd_prestat_dir_name(Context& cx, Fd fd, GuestSpan<char> path) noexcept
{
    const OpenFile* const file = cx.world.find(fd);
    if (file == nullptr || !file->preopen_path) return Errno::badf;
    const std::string& name = *file->preopen_path;
    if (path.count < name.size()) return Errno::nametoolong;
    const auto to = cx.memory.range(path.address, name.size());
    if (!to) return Errno::fault;
    std::memcpy(to->data(), name.data(), name.size());
    return nothing;
}

constexpr std::array functions{
    host_fn<"fd_read", fd_read>("fd iovs iovs_len nread"),
    host_fn<"fd_pread", fd_pread>("fd iovs iovs_len offset nread"),
    host_fn<"fd_write", fd_write>("fd iovs iovs_len nwritten"),
    host_fn<"fd_seek", fd_seek>("fd offset whence newoffset"),
    host_fn<"fd_tell", fd_tell>("fd offset"),
    host_fn<"fd_close", fd_close>("fd"),
    host_fn<"fd_fdstat_get", fd_fdstat_get>("fd stat"),
    host_fn<"fd_fdstat_set_flags", fd_fdstat_set_flags>("fd flags"),
    host_fn<"fd_filestat_get", fd_filestat_get>("fd stat"),
    host_fn<"fd_prestat_get", fd_prestat_get>("fd stat"),
    host_fn<"fd_prestat_dir_name", fd_prestat_dir_name>("fd path path_len"),
};

}  // namespace

FileStat to_filestat(const struct stat& host) noexcept
{
    // Times before 1970 do not fit the unsigned type: they read as the epoch.
    const auto ns = [](const timespec& t) -> Timestamp {
        return t.tv_sec < 0 ? 0 : static_cast<Timestamp>(t.tv_sec) * 1'000'000'000U + static_cast<Timestamp>(t.tv_nsec);
    };
    FileStat s{};
    s.dev = host.st_dev;
    s.ino = host.st_ino;
    s.filetype = file_type_of(host.st_mode);
    s.nlink = host.st_nlink;
    s.size = static_cast<FileSize>(host.st_size);
    s.atim = ns(host.st_atim);
    s.mtim = ns(host.st_mtim);
    s.ctim = ns(host.st_ctim);
    return s;
}

const std::span<const runtime::HostFunction> fd_functions{functions};

}  // namespace weir::wasip1
