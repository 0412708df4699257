#include "host/wasip1/path.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <new>

namespace weir::wasip1 {

namespace {

using host::GuestSpan;
using host::host_fn;

/// Whether a file just opened must not be given to a guest after all. Writing /proc/self/mem is writing this process, which is no
/// more what `--dir /` grants than reading it is: of procfs a guest gets what every user may read, and nothing to write.
bool is_private_to_the_host(int host_fd, const struct stat& status, bool wants_write) noexcept
{
    if (major(status.st_dev) != 0) return false;  // on a device, so no procfs; spares a system call
    if (S_ISDIR(status.st_mode) || (!wants_write && (status.st_mode & S_IROTH) != 0)) return false;
    struct statfs file_system{};
    return ::fstatfs(host_fd, &file_system) != 0 || file_system.f_type == PROC_SUPER_MAGIC;
}

/// The host's open flags, without those of access.
uint64_t to_host_flags(OFlags oflags, FdFlags fdflags) noexcept
{
    uint64_t flags = O_NOCTTY;
    if ((oflags & oflag_creat) != 0) flags |= O_CREAT;
    if ((oflags & oflag_directory) != 0) flags |= O_DIRECTORY;
    if ((oflags & oflag_excl) != 0) flags |= O_EXCL;
    if ((oflags & oflag_trunc) != 0) flags |= O_TRUNC;
    if ((fdflags & fdflag_append) != 0) flags |= O_APPEND;
    if ((fdflags & fdflag_nonblock) != 0) flags |= O_NONBLOCK;
    if ((fdflags & fdflag_dsync) != 0) flags |= O_DSYNC;
    if ((fdflags & (fdflag_sync | fdflag_rsync)) != 0) flags |= O_SYNC;
    return flags;
}

/// Opens a file or directory beneath `fd`, creating a file with mode 0666 less the umask when asked to.
/// @param rights_base  Says what it is opened for: reading, writing or both. Rights that the directory does not hand on, or that do
///                     not apply to what is found, are left out, except those of reading and writing.
/// @error perm         The path leads out of the directory.   @error rofs   Writing, creating or truncating under a read-only mount.
/// @error notcapable   The directory lacks the right to open, create or truncate, or to hand on reading or writing.
/// @error isdir        A directory, to be written or created.   @error inval  To be created, and to be a directory.
/// @error loop         A symlink, not to be followed.   @error mfile  The guest has too many descriptors.
/// @error acces        The host forbids it, or it belongs to the host's process (see above).
/// Spec: path_open. Linux: openat2(2).
HostResult<Fd> path_open(Context& cx, Fd fd, LookupFlags lookup_flags, GuestSpan<char> guest_path, OFlags oflags,
                         Rights rights_base, Rights rights_inheriting, FdFlags fdflags) noexcept
{
    if ((oflags & ~all_oflags) != 0 || (fdflags & ~all_fdflags) != 0) return Errno::inval;
    const bool creates = (oflags & oflag_creat) != 0, truncates = (oflags & oflag_trunc) != 0;
    if (creates && (oflags & oflag_directory) != 0) return Errno::inval;  // older kernels make a file
    Rights needed = right_path_open;
    if (creates) needed = needed | right_path_create_file;
    WEIR_TRY(directory, file_for(cx, fd, needed));
    Path path;
    if (const Errno e = path.read(cx, guest_path); e != Errno::success) return e;
    if (creates && path.wants_directory()) return Errno::isdir;

    // wasi-libc, Go and Rust say by rights what they open for. Go asks for right_fd_filestat_set_size when it only reads, so that says nothing.
    constexpr Rights reading = right_fd_read | right_fd_readdir;
    constexpr Rights writing = right_fd_write | right_fd_allocate;
    const bool wants_read = (rights_base & reading) != no_rights;
    const bool wants_write = (rights_base & writing) != no_rights;
    const Rights inherited = rights_base & directory->rights_inheriting & (wants_write ? all_rights : ~right_fd_filestat_set_size);
    if ((wants_read && (inherited & reading) == no_rights) || (wants_write && (inherited & writing) == no_rights))
        return Errno::notcapable;
    // Who may write a file may empty it: Go gives up the directory's right by opening the directory to read.
    if (truncates && !wants_write && (directory->rights_base & right_path_filestat_set_size) == no_rights) return Errno::notcapable;
    if (directory->is_read_only && (creates || truncates || wants_write)) return Errno::rofs;
    if (!cx.world.files().has_room()) return Errno::mfile;  // before it is created or truncated

    auto file = std::unique_ptr<OpenFile>{new (std::nothrow) OpenFile};
    if (!file) return Errno::nomem;
    const uint64_t access = !wants_write ? O_RDONLY : wants_read ? O_RDWR : O_WRONLY;
    const uint64_t flags = to_host_flags(oflags, fdflags) | access | nofollow(path, lookup_flags);
    if (const Errno e = open_beneath(*directory, path, flags, 0666, file->owned); e != Errno::success) return e;
    file->host_fd = file->owned.get();
    struct stat status{};
    if (::fstat(file->host_fd, &status) != 0) return from_host(errno);
    if (is_private_to_the_host(file->host_fd, status, wants_write)) return Errno::acces;
    file->type = file_type_of(status.st_mode);
    file->flags = fdflags;
    file->is_read_only = directory->is_read_only;
    file->rights_base = inherited & rights_of(file->type, file->host_fd);
    file->rights_inheriting = rights_inheriting & directory->rights_inheriting;
    const auto added = cx.world.files().add(std::move(file));
    if (!added) return Errno::mfile;
    return *added;
}

constexpr std::array functions{
    host_fn<"path_open", path_open>("fd dirflags path path_len oflags fs_rights_base fs_rights_inheriting fdflags opened_fd"),
};

}  // namespace

const std::span<const runtime::HostFunction> path_open_functions{functions};

}  // namespace weir::wasip1
