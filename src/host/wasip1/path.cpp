#include "host/wasip1/path.hpp"

#include "host/wasip1/path_walk.hpp"
#include "runtime/interrupt.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>

namespace weir::wasip1 {

Errno Path::read(const Context& cx, host::GuestSpan<char> guest) noexcept
{
    const auto bytes = cx.memory.range(guest);
    if (!bytes) return Errno::fault;
    return assign({reinterpret_cast<const char*>(bytes->data()), bytes->size()});
}

Errno Path::assign(std::string_view text) noexcept
{
    if (text.empty()) return Errno::noent;
    if (text.size() >= m_text.size()) return Errno::nametoolong;
    m_size = text.size();
    std::memcpy(m_text.data(), text.data(), m_size);
    if (std::memchr(m_text.data(), '\0', m_size) != nullptr) return Errno::inval;
    while (m_size > 1 && m_text[m_size - 1] == '/') {
        --m_size;
        m_wants_directory = true;
    }
    m_text[m_size] = '\0';
    return Errno::success;
}

namespace {
/// Whether openat2 failed because there is none: in a kernel before 5.6, or in a sandbox that answers EPERM to calls it does not know.
bool lacks_openat2(int error) noexcept
{
    if (error != EPERM) return error == ENOSYS;
    open_how how{};
    how.flags = O_PATH | O_CLOEXEC;
    const UniqueFd here{static_cast<int>(::syscall(SYS_openat2, AT_FDCWD, ".", &how, sizeof how))};
    return !here && errno == EPERM;
}
}  // namespace

Errno open_beneath(const OpenFile& directory, const Path& path, uint64_t flags, uint64_t mode, UniqueFd& opened) noexcept
{
    open_how how{};
    how.flags = flags | O_CLOEXEC | (path.wants_directory() ? O_DIRECTORY : 0);
    how.mode = (flags & O_CREAT) != 0 ? mode : 0;
    how.resolve = (directory.resolution == Resolution::in_root ? RESOLVE_IN_ROOT : RESOLVE_BENEATH) | RESOLVE_NO_MAGICLINKS;
    // EAGAIN: something on the host was renamed while a `..` was resolved. The bound is against a host that never stops renaming.
    constexpr int max_attempts = 1000;
    for (int attempt = 1;; ++attempt) {
        // A FIFO waits for its other end.
        const long fd = runtime::interruptible_syscall(SYS_openat2, directory.host_fd, path.c_str(), &how, sizeof how);
        if (fd >= 0) {
            opened = UniqueFd{static_cast<int>(fd)};
            return Errno::success;
        }
        if (errno == EAGAIN && attempt < max_attempts) continue;
        const int error = errno;
        if (lacks_openat2(error)) return walk_beneath(directory, path, flags, mode, opened);
        return error == EXDEV ? Errno::perm : from_host(error);
    }
}

uint64_t nofollow(const Path& path, LookupFlags flags) noexcept
{
    return (flags & lookup_symlink_follow) != 0 || path.wants_directory() ? 0 : O_NOFOLLOW;
}

Errno open_parent(const OpenFile& directory, Path& path, Parent& parent) noexcept
{
    const std::string_view text = path.view();
    const size_t slash = text.rfind('/');
    const std::string_view name = slash == std::string_view::npos ? text : text.substr(slash + 1);
    if (name == "..") {  // whatever the call makes of it, it must not be outside
        UniqueFd there;
        if (const Errno e = open_beneath(directory, path, O_PATH | O_DIRECTORY, 0, there); e != Errno::success) return e;
    }
    parent.m_fd = directory.host_fd;
    parent.m_name = path.m_text.data();
    if (slash != std::string_view::npos) {
        Path upper;
        // "/name" is in the root, which only an in_root directory has.
        upper.m_size = slash == 0 ? 1 : slash;
        std::memcpy(upper.m_text.data(), text.data(), upper.m_size);
        upper.m_text[upper.m_size] = '\0';
        if (const Errno e = open_beneath(directory, upper, O_PATH | O_DIRECTORY, 0, parent.m_opened); e != Errno::success) return e;
        parent.m_fd = parent.m_opened.get();
        parent.m_name += slash + 1;
    }
    if (path.m_wants_directory && !name.empty()) {  // the stripped slashes left room
        path.m_text[path.m_size] = '/';
        path.m_text[path.m_size + 1] = '\0';
    }
    return Errno::success;
}

}  // namespace weir::wasip1
