#pragma once

#include "base/unique_fd.hpp"
#include "host/wasip1/support.hpp"

#include <array>
#include <cstdint>
#include <string_view>

// Paths. The kernel resolves them beneath a directory's descriptor and hands back a descriptor of what they name (openat2 with
// RESOLVE_BENEATH); weir never joins or splits them to decide anything, and nothing is checked by path and then used by path. Where the
// kernel cannot, path_walk.hpp does.
//
// - A path that leads out of its directory, by `..`, by being absolute or by a symlink, is errno perm.
// - Magic links (/proc/self/fd and its like) are errno loop: they name what no path from here reaches.
// - A preopened `/` of the host is resolved as a root: absolute symlinks mean there what they mean on the host, and nothing is
//   outside. For a descriptor of a directory below it the first rule holds again.
// - Trailing slashes are stripped and a directory is demanded of what is found, because the kernel follows `link/` even where it is
//   told not to follow: fstatat("link/", AT_SYMLINK_NOFOLLOW) leaves a sandbox.
// - Calls that act on a name rather than on a file (mkdir, unlink, rename, ...) get the descriptor of its parent and the last
//   component, which the kernel never follows in them.
// - Names are bytes, as on the host: what a directory lists can be opened, UTF-8 or not. A NUL is errno inval.

namespace weir::wasip1 {

/// A path as the guest gave it, made fit for the kernel: a copy, NUL-terminated, without trailing slashes.
class Path {
public:
    Path() {}  // NOLINT(modernize-use-equals-default): that would initialize the buffer in `Path{}`
    Path(const Path&) = delete;
    Path& operator=(const Path&) = delete;

    /// @error fault  Not in memory.   @error noent  Empty.   @error inval  Holds a NUL.   @error nametoolong  Beyond PATH_MAX.
    [[nodiscard]] Errno read(const Context& cx, host::GuestSpan<char> guest) noexcept;
    /// The same of a text of the host's. Errors but for fault as above.
    [[nodiscard]] Errno assign(std::string_view text) noexcept;

    [[nodiscard]] const char* c_str() const noexcept { return m_text.data(); }
    [[nodiscard]] std::string_view view() const noexcept { return {m_text.data(), m_size}; }
    /// Whether it ended in a slash: what it names must be a directory, or a symlink to one.
    [[nodiscard]] bool wants_directory() const noexcept { return m_wants_directory; }

private:
    friend Errno open_parent(const OpenFile& directory, Path& path, class Parent& parent) noexcept;

    std::array<char, 4096> m_text;  // PATH_MAX
    size_t m_size = 0;
    bool m_wants_directory = false;
};

/// Opens what the path names beneath the directory. `flags` are those of openat2; close-on-exec and what a trailing slash demands
/// are added.
/// @error perm  The path leads out of the directory.
[[nodiscard]] Errno open_beneath(const OpenFile& directory, const Path& path, uint64_t flags, uint64_t mode,
                                 UniqueFd& opened) noexcept;

/// O_NOFOLLOW unless the guest asked to follow, or a trailing slash demands it as in POSIX.
[[nodiscard]] uint64_t nofollow(const Path& path, LookupFlags flags) noexcept;

/// The directory that a path's last component is in.
class Parent {
public:
    [[nodiscard]] int fd() const noexcept { return m_fd; }
    /// The last component, with one slash behind it when the path had any: for calls that never follow it. Points into the path.
    [[nodiscard]] const char* name() const noexcept { return m_name; }

private:
    friend Errno open_parent(const OpenFile& directory, Path& path, Parent& parent) noexcept;
    UniqueFd m_opened;
    int m_fd = -1;
    const char* m_name = nullptr;
};

/// Opens the parent of what the path names, and changes the path to hold its name.
/// @error perm  The path leads out of the directory.
[[nodiscard]] Errno open_parent(const OpenFile& directory, Path& path, Parent& parent) noexcept;

}  // namespace weir::wasip1
