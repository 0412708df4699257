#include "host/wasip1/world.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>

// Paths. The kernel resolves them beneath a directory's descriptor and hands back a descriptor of what they name; weir never joins
// or splits them to decide anything. Nothing is checked by path and then used by path.

namespace weir::wasip1 {

namespace {

using host::GuestSpan;
using host::host_fn;

constexpr size_t max_path_bytes = 4096;  // PATH_MAX

/// A path as the guest gave it, made fit for the kernel: a copy, without trailing slashes, which demand a directory instead.
struct Path {
    std::string text;
    bool wants_directory = false;
};

/// @error fault  Not in memory.  @error inval  Holds a NUL.  @error noent  Empty.  @error nametoolong
Errno read_path(const Context& cx, GuestSpan<char> guest, Path& path) noexcept
{
    const auto bytes = cx.memory.range(guest);
    if (!bytes) return Errno::fault;
    if (bytes->empty()) return Errno::noent;
    if (bytes->size() >= max_path_bytes) return Errno::nametoolong;
    path.text.assign(reinterpret_cast<const char*>(bytes->data()), bytes->size());
    if (path.text.find('\0') != std::string::npos) return Errno::inval;
    while (path.text.size() > 1 && path.text.back() == '/') {
        path.text.pop_back();
        path.wants_directory = true;
    }
    return Errno::success;
}

/// Opens beneath a directory. A way out of it is EXDEV of the kernel's, which the guest sees as a missing capability.
Errno open_beneath(int directory, const Path& path, uint64_t flags, uint64_t mode, UniqueFd& opened) noexcept
{
    open_how how{};
    how.flags = flags | O_CLOEXEC | (path.wants_directory ? O_DIRECTORY : 0);
    how.mode = (flags & O_CREAT) != 0 ? mode : 0;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    long fd;
    do {  // EAGAIN: a rename on the way was noticed, and resolution must start over
        fd = ::syscall(SYS_openat2, directory, path.text.c_str(), &how, sizeof how);
    } while (fd < 0 && (errno == EINTR || errno == EAGAIN));
    if (fd < 0) return errno == EXDEV ? Errno::perm : from_host(errno);
    opened = UniqueFd{static_cast<int>(fd)};
    return Errno::success;
}

/// Opens a file or directory beneath `fd`.
/// @error perm    The path leads out of the directory.
/// @error rofs    Writing, creating or truncating under a read-only directory.
/// @error mfile   The guest has too many descriptors.
/// Spec: path_open. Linux: openat2(2).
HostResult<Fd> path_open(Context& cx, Fd fd, uint32_t lookup_flags, GuestSpan<char> guest_path, uint16_t oflags, uint64_t rights_base,
                         uint64_t rights_inheriting, uint16_t fdflags) noexcept
{
    const OpenFile* const directory = cx.world.find(fd);
    if (directory == nullptr) return Errno::badf;
    if (directory->type != FileType::directory) return Errno::notdir;
    if ((oflags & ~all_oflags) != 0 || (fdflags & ~all_fdflags) != 0) return Errno::inval;
    Path path;
    if (const Errno e = read_path(cx, guest_path, path); e != Errno::success) return e;

    // wasi-libc and Go say by rights what they open for.
    const bool wants_read = (rights_base & (right_fd_read | right_fd_readdir)) != 0;
    const bool wants_write = (rights_base & (right_fd_write | right_fd_allocate | uint64_t{1} << 22)) != 0;
    uint64_t flags = O_NOCTTY;
    if ((oflags & oflag_directory) != 0) {
        flags |= O_DIRECTORY;
        if ((oflags & oflag_creat) != 0) return Errno::inval;
    }
    const bool is_directory = (oflags & oflag_directory) != 0;
    flags |= wants_write && !is_directory ? (wants_read ? O_RDWR : O_WRONLY) : O_RDONLY;
    if ((oflags & oflag_creat) != 0) flags |= O_CREAT;
    if ((oflags & oflag_excl) != 0) flags |= O_EXCL;
    if ((oflags & oflag_trunc) != 0) flags |= O_TRUNC;
    if ((lookup_flags & lookup_symlink_follow) == 0) flags |= O_NOFOLLOW;
    if ((fdflags & fdflag_append) != 0) flags |= O_APPEND;
    if ((fdflags & fdflag_nonblock) != 0) flags |= O_NONBLOCK;
    if ((fdflags & fdflag_dsync) != 0) flags |= O_DSYNC;
    if ((fdflags & (fdflag_sync | fdflag_rsync)) != 0) flags |= O_SYNC;
    const bool mutates = (oflags & (oflag_creat | oflag_trunc)) != 0 || (wants_write && !is_directory);
    if (directory->is_read_only && mutates) {
        // A program that asks for all rights but only reads, as old libcs do, still gets the file for reading.
        if ((oflags & (oflag_creat | oflag_trunc)) != 0 || !wants_read) return Errno::rofs;
        flags &= ~uint64_t{O_RDWR | O_WRONLY};
    }

    auto file = std::make_unique<OpenFile>();
    Errno e = open_beneath(directory->host_fd, path, flags, 0666, file->owned);
    if (e == Errno::isdir && (oflags & (oflag_creat | oflag_trunc)) == 0)  // a directory asked for with write rights opens for reading
        e = open_beneath(directory->host_fd, path, flags & ~uint64_t{O_RDWR | O_WRONLY}, 0, file->owned);
    if (e != Errno::success) return e;
    file->host_fd = file->owned.get();
    struct stat status {};
    if (::fstat(file->host_fd, &status) != 0) return from_host(errno);
    file->type = file_type_of(status.st_mode);
    file->flags = fdflags;
    file->is_read_only = directory->is_read_only;
    file->rights_base = rights_base & directory->rights_inheriting;
    file->rights_inheriting = rights_inheriting & directory->rights_inheriting;
    const auto added = cx.world.add(std::move(file));
    if (!added) return Errno::mfile;
    return *added;
}

/// What a path names. Spec: path_filestat_get. Linux: openat2(2) with O_PATH, then fstat(2) on that descriptor.
HostResult<FileStat> path_filestat_get(Context& cx, Fd fd, uint32_t lookup_flags, GuestSpan<char> guest_path) noexcept
{
    const OpenFile* const directory = cx.world.find(fd);
    if (directory == nullptr) return Errno::badf;
    Path path;
    if (const Errno e = read_path(cx, guest_path, path); e != Errno::success) return e;
    UniqueFd opened;
    const uint64_t nofollow = (lookup_flags & lookup_symlink_follow) == 0 ? O_NOFOLLOW : 0;
    if (const Errno e = open_beneath(directory->host_fd, path, O_PATH | nofollow, 0, opened); e != Errno::success) return e;
    struct stat status {};
    if (::fstat(opened.get(), &status) != 0) return from_host(errno);
    return to_filestat(status);
}

constexpr std::array functions{
    host_fn<"path_open", path_open>("fd dirflags path path_len oflags fs_rights_base fs_rights_inheriting fdflags opened_fd"),
    host_fn<"path_filestat_get", path_filestat_get>("fd flags path path_len stat"),
};

}  // namespace

const std::span<const runtime::HostFunction> path_functions{functions};

}  // namespace weir::wasip1
