#include "host/wasip1/path.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstring>

// Everything with a path but opening.

namespace weir::wasip1 {

namespace {

using host::GuestSpan;
using host::host_fn;

/// Reads the path and opens its parent: the beginning of every call that changes a name.
Errno find_name(const Context& cx, const OpenFile& directory, GuestSpan<char> guest_path, Path& path, Parent& parent) noexcept
{
    if (const Errno e = path.read(cx, guest_path); e != Errno::success) return e;
    return open_parent(directory, path, parent);
}

/// Makes a directory, with mode 0777 less the umask.
/// @error exist  Something has that name.   @error rofs, perm, notdir, noent  As all calls with paths.
/// Spec: path_create_directory. POSIX: mkdirat(2).
HostResult<Nothing> path_create_directory(Context& cx, Fd fd, GuestSpan<char> guest_path) noexcept
{
    WEIR_TRY(directory, file_for_change(cx, fd, right_path_create_directory));
    Path path;
    Parent parent;
    if (const Errno e = find_name(cx, *directory, guest_path, path, parent); e != Errno::success) return e;
    return done(::mkdirat(parent.fd(), parent.name(), 0777));
}

/// Removes an empty directory. A symlink to one is notdir.
/// @error notempty  It is not empty.   @error notdir  It is no directory.   @error inval  It is ".".
/// Spec: path_remove_directory. POSIX: unlinkat(2) with AT_REMOVEDIR.
HostResult<Nothing> path_remove_directory(Context& cx, Fd fd, GuestSpan<char> guest_path) noexcept
{
    WEIR_TRY(directory, file_for_change(cx, fd, right_path_remove_directory));
    Path path;
    Parent parent;
    if (const Errno e = find_name(cx, *directory, guest_path, path, parent); e != Errno::success) return e;
    return done(::unlinkat(parent.fd(), parent.name(), AT_REMOVEDIR));
}

/// Removes a name of a file; a symlink itself.
/// @error isdir  It is a directory.   @error notdir  A trailing slash, and no directory.
/// Spec: path_unlink_file. POSIX: unlinkat(2).
HostResult<Nothing> path_unlink_file(Context& cx, Fd fd, GuestSpan<char> guest_path) noexcept
{
    WEIR_TRY(directory, file_for_change(cx, fd, right_path_unlink_file));
    Path path;
    Parent parent;
    if (const Errno e = find_name(cx, *directory, guest_path, path, parent); e != Errno::success) return e;
    return done(::unlinkat(parent.fd(), parent.name(), 0));
}

/// Gives a file or directory another name, in place of what had it.
/// @error xdev  The two are on different file systems of the host.   @error rofs  Either mount is read-only.
/// @error notempty, isdir, notdir, inval  As POSIX says.
/// Spec: path_rename. POSIX: renameat(2).
HostResult<Nothing> path_rename(Context& cx, Fd fd, GuestSpan<char> old_guest_path, Fd new_fd,
                                GuestSpan<char> new_guest_path) noexcept
{
    WEIR_TRY(old_directory, file_for_change(cx, fd, right_path_rename_source));
    WEIR_TRY(new_directory, file_for_change(cx, new_fd, right_path_rename_target));
    Path old_path, new_path;
    Parent old_parent, new_parent;
    if (const Errno e = find_name(cx, *old_directory, old_guest_path, old_path, old_parent); e != Errno::success) return e;
    if (const Errno e = find_name(cx, *new_directory, new_guest_path, new_path, new_parent); e != Errno::success) return e;
    return done(::renameat(old_parent.fd(), old_parent.name(), new_parent.fd(), new_parent.name()));
}

/// Gives a file a second name; to a symlink itself unless it is to be followed.
/// @error perm  It is a directory.   @error exist  The new name is taken.   @error noent  The new one ends in a slash.
/// @error rofs  Either mount is read-only: through a link outside of a read-only mount its files could be written.
/// Spec: path_link. POSIX: linkat(2).
HostResult<Nothing> path_link(Context& cx, Fd fd, LookupFlags flags, GuestSpan<char> old_guest_path, Fd new_fd,
                              GuestSpan<char> new_guest_path) noexcept
{
    WEIR_TRY(old_directory, file_for_change(cx, fd, right_path_link_source));
    WEIR_TRY(new_directory, file_for_change(cx, new_fd, right_path_link_target));
    Path old_path, new_path;
    Parent old_parent, new_parent;
    if (const Errno e = old_path.read(cx, old_guest_path); e != Errno::success) return e;
    if (const Errno e = find_name(cx, *new_directory, new_guest_path, new_path, new_parent); e != Errno::success) return e;

    if (nofollow(old_path, flags) == 0) {
        UniqueFd old_file;
        if (const Errno e = open_beneath(*old_directory, old_path, O_PATH, 0, old_file); e != Errno::success) return e;
        // AT_EMPTY_PATH asks for a capability that users lack; following the descriptor's own magic link does not.
        std::array<char, 32> magic_link;
        std::snprintf(magic_link.data(), magic_link.size(), "/proc/self/fd/%d", old_file.get());
        return done(::linkat(AT_FDCWD, magic_link.data(), new_parent.fd(), new_parent.name(), AT_SYMLINK_FOLLOW));
    }
    if (const Errno e = open_parent(*old_directory, old_path, old_parent); e != Errno::success) return e;
    return done(::linkat(old_parent.fd(), old_parent.name(), new_parent.fd(), new_parent.name(), 0));
}

/// Makes a symlink that says `target`, which need not exist.
/// @error perm   An absolute target: no path of the guest's would follow it, and one of the host's would leave the directory.
/// @error exist  The name is taken.
/// Spec: path_symlink. POSIX: symlinkat(2).
HostResult<Nothing> path_symlink(Context& cx, GuestSpan<char> guest_target, Fd fd, GuestSpan<char> guest_path) noexcept
{
    WEIR_TRY(directory, file_for_change(cx, fd, right_path_symlink));
    const auto bytes = cx.memory.range(guest_target);
    if (!bytes) return Errno::fault;
    if (bytes->empty()) return Errno::noent;
    std::array<char, 4096> target;  // PATH_MAX; not a Path, for its trailing slashes stay
    if (bytes->size() >= target.size()) return Errno::nametoolong;
    std::memcpy(target.data(), bytes->data(), bytes->size());
    target[bytes->size()] = '\0';
    if (std::memchr(target.data(), '\0', bytes->size()) != nullptr) return Errno::inval;
    if (target[0] == '/' && directory->resolution == Resolution::beneath) return Errno::perm;
    Path path;
    Parent parent;
    if (const Errno e = find_name(cx, *directory, guest_path, path, parent); e != Errno::success) return e;
    return done(::symlinkat(target.data(), parent.fd(), parent.name()));
}

/// Stores what a symlink says, without NUL, cut off where the buffer ends.
/// @return       Bytes stored.
/// @error inval  It is no symlink.
/// Spec: path_readlink. POSIX: readlinkat(2).
HostResult<uint32_t> path_readlink(Context& cx, Fd fd, GuestSpan<char> guest_path, GuestSpan<uint8_t> buffer) noexcept
{
    WEIR_TRY(directory, file_for(cx, fd, right_path_readlink));
    Path path;
    if (const Errno e = path.read(cx, guest_path); e != Errno::success) return e;
    const auto to = cx.memory.range(buffer);
    if (!to) return Errno::fault;
    UniqueFd link;
    if (const Errno e = open_beneath(*directory, path, O_PATH | nofollow(path, {}), 0, link); e != Errno::success) return e;
    struct stat status{};
    if (::fstat(link.get(), &status) != 0) return from_host(errno);
    if (!S_ISLNK(status.st_mode)) return Errno::inval;
    if (to->empty()) return 0U;
    const ssize_t n = ::readlinkat(link.get(), "", reinterpret_cast<char*>(to->data()), to->size());
    if (n < 0) return from_host(errno);
    return static_cast<uint32_t>(n);
}

/// What a path names. Spec: path_filestat_get. Linux: openat2(2) with O_PATH, then fstat(2) on that descriptor.
HostResult<FileStat> path_filestat_get(Context& cx, Fd fd, LookupFlags flags, GuestSpan<char> guest_path) noexcept
{
    WEIR_TRY(directory, file_for(cx, fd, right_path_filestat_get));
    Path path;
    if (const Errno e = path.read(cx, guest_path); e != Errno::success) return e;
    UniqueFd opened;
    if (const Errno e = open_beneath(*directory, path, O_PATH | nofollow(path, flags), 0, opened); e != Errno::success) return e;
    struct stat status{};
    if (::fstat(opened.get(), &status) != 0) return from_host(errno);
    return to_filestat(status);
}

/// The same as wasi_unstable lays it out.
HostResult<unstable::FileStat> unstable_path_filestat_get(Context& cx, Fd fd, LookupFlags flags,
                                                          GuestSpan<char> guest_path) noexcept
{
    const HostResult<FileStat> stat = path_filestat_get(cx, fd, flags, guest_path);
    if (stat.status() != Errno::success) return stat.status();
    return to_unstable(stat.value());
}

/// Sets times of access and modification, as fd_filestat_set_times; of a symlink itself unless it is to be followed.
/// Spec: path_filestat_set_times. Linux: openat2(2) with O_PATH, then utimensat(2) on that descriptor.
HostResult<Nothing> path_filestat_set_times(Context& cx, Fd fd, LookupFlags lookup_flags, GuestSpan<char> guest_path,
                                            Timestamp atim, Timestamp mtim, FstFlags flags) noexcept
{
    WEIR_TRY(directory, file_for_change(cx, fd, right_path_filestat_set_times));
    timespec times[2];
    if (const Errno e = to_host_times(atim, mtim, flags, times); e != Errno::success) return e;
    Path path;
    if (const Errno e = path.read(cx, guest_path); e != Errno::success) return e;
    UniqueFd opened;
    if (const Errno e = open_beneath(*directory, path, O_PATH | nofollow(path, lookup_flags), 0, opened); e != Errno::success)
        return e;
    return done(::utimensat(opened.get(), "", times, AT_EMPTY_PATH));
}

constexpr std::array functions{
    host_fn<"path_create_directory", path_create_directory>("fd path path_len"),
    host_fn<"path_remove_directory", path_remove_directory>("fd path path_len"),
    host_fn<"path_unlink_file", path_unlink_file>("fd path path_len"),
    host_fn<"path_rename", path_rename>("fd old_path old_path_len new_fd new_path new_path_len"),
    host_fn<"path_link", path_link>("old_fd old_flags old_path old_path_len new_fd new_path new_path_len"),
    host_fn<"path_symlink", path_symlink>("old_path old_path_len fd new_path new_path_len"),
    host_fn<"path_readlink", path_readlink>("fd path path_len >buf[bufused] buf_len bufused"),
    host_fn<"path_filestat_set_times", path_filestat_set_times>("fd flags path path_len atim mtim fst_flags"),
};
constexpr std::array preview1_functions{host_fn<"path_filestat_get", path_filestat_get>("fd flags path path_len stat")};
constexpr std::array unstable_functions{host_fn<"path_filestat_get", unstable_path_filestat_get>("fd flags path path_len stat")};

}  // namespace

const std::span<const runtime::HostFunction> path_functions{functions};
const std::span<const runtime::HostFunction> path_preview1_functions{preview1_functions};
const std::span<const runtime::HostFunction> path_unstable_functions{unstable_functions};

}  // namespace weir::wasip1
