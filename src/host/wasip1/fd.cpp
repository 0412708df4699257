#include "host/wasip1/support.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstring>

// Descriptors: what they are, their flags, rights, sizes and times.

namespace weir::wasip1 {

namespace {

using host::GuestSpan;
using host::host_fn;

/// Tells how the file will be used.
/// @error inval  Beyond any file, or no such advice.   @error spipe  Not seekable.
/// Spec: fd_advise. POSIX: posix_fadvise(3).
HostResult<Nothing> fd_advise(Context& cx, Fd fd, FileSize offset, FileSize size, Advice advice) noexcept
{
    static constexpr std::array host_advice{POSIX_FADV_NORMAL,   POSIX_FADV_SEQUENTIAL, POSIX_FADV_RANDOM,
                                            POSIX_FADV_WILLNEED, POSIX_FADV_DONTNEED,   POSIX_FADV_NOREUSE};
    WEIR_TRY(file, file_for(cx, fd, right_fd_advise));
    const auto from = static_cast<uint64_t>(offset), count = static_cast<uint64_t>(size);
    const auto kind = static_cast<size_t>(advice);
    if (from > INT64_MAX || count > INT64_MAX || kind >= host_advice.size()) return Errno::inval;
    const int error = ::posix_fadvise(file->host_fd, static_cast<off_t>(from), static_cast<off_t>(count), host_advice[kind]);
    if (error != 0) return from_host(error);
    return nothing;
}

/// Makes sure that there is room for [offset, offset + size), and that the file reaches so far.
/// @error inval   No bytes, or beyond any file.   @error nospc   The disk is full.   @error notsup  The file system cannot.
/// Spec: fd_allocate. Linux: fallocate(2).
HostResult<Nothing> fd_allocate(Context& cx, Fd fd, FileSize offset, FileSize size) noexcept
{
    WEIR_TRY(file, file_for_change(cx, fd, right_fd_allocate));
    const auto from = static_cast<uint64_t>(offset), count = static_cast<uint64_t>(size);
    if (from > INT64_MAX || count > INT64_MAX) return Errno::inval;
    return done(retrying([&] { return ::fallocate(file->host_fd, 0, static_cast<off_t>(from), static_cast<off_t>(count)); }));
}

/// Closes a descriptor, preopened ones included.
/// @error badf  Nothing is open there.   @error io, nospc, dquot  What was written earlier is lost. The descriptor is closed all the same.
/// Spec: fd_close. POSIX: close(2).
HostResult<Nothing> fd_close(Context& cx, Fd fd) noexcept
{
    const std::unique_ptr<OpenFile> file = cx.world.files().take(fd);
    if (!file) return Errno::badf;
    // Network file systems tell here what became of written data. After EINTR Linux has closed it, too.
    if (file->owned && ::close(file->owned.release()) != 0 && errno != EINTR) return from_host(errno);
    return nothing;
}

/// Waits until the data is on the disk. Spec: fd_datasync. POSIX: fdatasync(2).
HostResult<Nothing> fd_datasync(Context& cx, Fd fd) noexcept
{
    WEIR_TRY(file, file_for(cx, fd, right_fd_datasync));
    return done(retrying([&] { return ::fdatasync(file->host_fd); }));
}

/// Waits until data and metadata are on the disk. Spec: fd_sync. POSIX: fsync(2).
HostResult<Nothing> fd_sync(Context& cx, Fd fd) noexcept
{
    WEIR_TRY(file, file_for(cx, fd, right_fd_sync));
    return done(retrying([&] { return ::fsync(file->host_fd); }));
}

/// Type, flags and rights of a descriptor.
/// @error badf  Nothing is open there.
/// Spec: fd_fdstat_get.
HostResult<FdStat> fd_fdstat_get(Context& cx, Fd fd) noexcept
{
    const OpenFile* const file = cx.world.files().find(fd);
    if (file == nullptr) return Errno::badf;
    FdStat stat{};
    stat.filetype = file->type;
    stat.flags = static_cast<FdFlags>(file->flags);
    stat.rights_base = file->rights_base;
    stat.rights_inheriting = file->rights_inheriting;
    return stat;
}

/// Sets append and non-blocking. Where other processes share the host's description, they are only noted, and heeded here.
/// @error inval   A flag that does not exist.   @error notsup  A change of synchronization, which Linux allows at opening only.
/// Spec: fd_fdstat_set_flags. POSIX: fcntl(2) F_SETFL.
HostResult<Nothing> fd_fdstat_set_flags(Context& cx, Fd fd, FdFlags flags) noexcept
{
    WEIR_TRY(file, file_for(cx, fd, right_fd_fdstat_set_flags));
    if ((flags & ~all_fdflags) != 0) return Errno::inval;
    constexpr uint16_t sync_flags = fdflag_dsync | fdflag_rsync | fdflag_sync;
    if ((flags & sync_flags) != (file->flags & sync_flags)) return Errno::notsup;
    if (!file->is_shared) {
        const int host_flags = ((flags & fdflag_append) != 0 ? O_APPEND : 0) | ((flags & fdflag_nonblock) != 0 ? O_NONBLOCK : 0);
        if (::fcntl(file->host_fd, F_SETFL, host_flags) != 0) return from_host(errno);
    }
    file->flags = flags;
    return nothing;
}

/// Gives rights up.
/// @error notcapable  One that the descriptor does not have.
/// Spec: fd_fdstat_set_rights.
HostResult<Nothing> fd_fdstat_set_rights(Context& cx, Fd fd, Rights base, Rights inheriting) noexcept
{
    OpenFile* const file = cx.world.files().find(fd);
    if (file == nullptr) return Errno::badf;
    if ((base & ~file->rights_base) != no_rights || (inheriting & ~file->rights_inheriting) != no_rights) return Errno::notcapable;
    file->rights_base = base;
    file->rights_inheriting = inheriting;
    cx.world.files().forget_registration(fd);  // may not be waited for any more
    return nothing;
}

/// What the file is. Spec: fd_filestat_get. POSIX: fstat(2).
HostResult<FileStat> fd_filestat_get(Context& cx, Fd fd) noexcept
{
    WEIR_TRY(file, file_for(cx, fd, right_fd_filestat_get));
    struct stat host{};
    if (::fstat(file->host_fd, &host) != 0) return from_host(errno);
    FileStat stat = to_filestat(host);
    stat.filetype = file->type;  // the kinds of sockets are told apart there
    return stat;
}

/// The same as wasi_unstable lays it out.
HostResult<unstable::FileStat> unstable_fd_filestat_get(Context& cx, Fd fd) noexcept
{
    const HostResult<FileStat> stat = fd_filestat_get(cx, fd);
    if (stat.status() != Errno::success) return stat.status();
    return to_unstable(stat.value());
}

/// Cuts the file off or fills it up with zeros.
/// @error inval  Larger than any file.   @error fbig  Larger than the host allows.
/// Spec: fd_filestat_set_size. POSIX: ftruncate(2).
HostResult<Nothing> fd_filestat_set_size(Context& cx, Fd fd, FileSize size) noexcept
{
    WEIR_TRY(file, file_for_change(cx, fd, right_fd_filestat_set_size));
    if (static_cast<uint64_t>(size) > INT64_MAX) return Errno::inval;
    return done(retrying([&] { return ::ftruncate(file->host_fd, static_cast<off_t>(size)); }));
}

/// Sets times of access and modification, to those given or to now; without a flag a time stays.
/// @error inval  A flag that does not exist, or a time given and also said to be now.
/// Spec: fd_filestat_set_times. POSIX: futimens(2).
HostResult<Nothing> fd_filestat_set_times(Context& cx, Fd fd, Timestamp atim, Timestamp mtim, FstFlags flags) noexcept
{
    WEIR_TRY(file, file_for_change(cx, fd, right_fd_filestat_set_times));
    timespec times[2];
    if (const Errno e = to_host_times(atim, mtim, flags, times); e != Errno::success) return e;
    return done(::futimens(file->host_fd, times));
}

/// Says that a descriptor is a preopened directory, and how long its name is.
/// @error badf  Not a preopened directory. wasi-libc and Go end their search at the first of these.
/// Spec: fd_prestat_get.
HostResult<Prestat> fd_prestat_get(Context& cx, Fd fd) noexcept
{
    const OpenFile* const file = cx.world.files().find(fd);
    if (file == nullptr || !file->preopen_path) return Errno::badf;
    Prestat stat{};
    stat.name_len = static_cast<uint32_t>(file->preopen_path->size());
    return stat;
}

/// Stores the directory's name, without NUL.
/// @error nametoolong  The buffer is too small.   @error fault  It is not in memory.   @error badf  As fd_prestat_get.
/// Spec: fd_prestat_dir_name.
HostResult<Nothing> fd_prestat_dir_name(Context& cx, Fd fd, GuestSpan<char> path) noexcept
{
    const OpenFile* const file = cx.world.files().find(fd);
    if (file == nullptr || !file->preopen_path) return Errno::badf;
    const std::string& name = *file->preopen_path;
    if (path.count < name.size()) return Errno::nametoolong;
    const auto to = cx.memory.range(path.address, name.size());
    if (!to) return Errno::fault;
    std::memcpy(to->data(), name.data(), name.size());
    return nothing;
}

/// Moves a descriptor over another, which is closed; preopened ones as well.
/// @error badf  One of them is not open.
/// Spec: fd_renumber. POSIX: dup2(2) and close(2) in one.
HostResult<Nothing> fd_renumber(Context& cx, Fd from, Fd to) noexcept
{
    if (!cx.world.files().renumber(from, to)) return Errno::badf;
    return nothing;
}

constexpr std::array functions{
    host_fn<"fd_advise", fd_advise>("fd offset len advice"),
    host_fn<"fd_allocate", fd_allocate>("fd offset len"),
    host_fn<"fd_close", fd_close>("fd"),
    host_fn<"fd_datasync", fd_datasync>("fd"),
    host_fn<"fd_sync", fd_sync>("fd"),
    host_fn<"fd_fdstat_get", fd_fdstat_get>("fd stat"),
    host_fn<"fd_fdstat_set_flags", fd_fdstat_set_flags>("fd flags"),
    host_fn<"fd_fdstat_set_rights", fd_fdstat_set_rights>("fd fs_rights_base fs_rights_inheriting"),
    host_fn<"fd_filestat_set_size", fd_filestat_set_size>("fd size"),
    host_fn<"fd_filestat_set_times", fd_filestat_set_times>("fd atim mtim fst_flags"),
    host_fn<"fd_prestat_get", fd_prestat_get>("fd stat"),
    host_fn<"fd_prestat_dir_name", fd_prestat_dir_name>("fd >path path_len"),
    host_fn<"fd_renumber", fd_renumber>("fd to"),
};
constexpr std::array preview1_functions{host_fn<"fd_filestat_get", fd_filestat_get>("fd stat")};
constexpr std::array unstable_functions{host_fn<"fd_filestat_get", unstable_fd_filestat_get>("fd stat")};

}  // namespace

const std::span<const runtime::HostFunction> fd_functions{functions};
const std::span<const runtime::HostFunction> fd_preview1_functions{preview1_functions};
const std::span<const runtime::HostFunction> fd_unstable_functions{unstable_functions};

}  // namespace weir::wasip1
