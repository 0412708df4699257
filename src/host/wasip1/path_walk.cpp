#include "host/wasip1/path_walk.hpp"

#include "runtime/interrupt.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <string_view>

namespace weir::wasip1 {

namespace {

constexpr size_t max_depth = 512;
constexpr int max_links = 40;    // as the kernel's MAXSYMLINKS
constexpr int max_swaps = 1000;  // against a host that never stops swapping the last name

/// The part of a path that is still to be walked. A symlink's text takes the place of its name.
class Rest {
public:
    explicit Rest(std::string_view path) noexcept : m_size(path.size()) { std::memcpy(m_text.data(), path.data(), m_size); }

    [[nodiscard]] bool is_absolute() const noexcept { return m_begin < m_size && m_text[m_begin] == '/'; }
    [[nodiscard]] bool is_empty() const noexcept { return m_begin == m_size; }

    /// The next component, which is empty when only slashes are left.
    [[nodiscard]] std::string_view take() noexcept
    {
        skip_slashes();
        const size_t begin = m_begin;
        while (m_begin < m_size && m_text[m_begin] != '/') ++m_begin;
        const std::string_view name{m_text.data() + begin, m_begin - begin};
        skip_slashes();
        return name;
    }
    /// Puts `text` in front. False when both together are too long.
    [[nodiscard]] bool prepend(std::string_view text) noexcept
    {
        const size_t left = m_size - m_begin, separator = left != 0 ? 1 : 0;
        if (text.size() + separator + left >= m_text.size()) return false;
        std::memmove(m_text.data() + text.size() + separator, m_text.data() + m_begin, left);
        std::memcpy(m_text.data(), text.data(), text.size());
        if (separator != 0) m_text[text.size()] = '/';
        m_begin = 0;
        m_size = text.size() + separator + left;
        return true;
    }

private:
    void skip_slashes() noexcept
    {
        while (m_begin < m_size && m_text[m_begin] == '/') ++m_begin;
    }

    std::array<char, 4096> m_text;  // PATH_MAX
    size_t m_begin = 0, m_size;
};

/// One walk: where it is, and how it came there.
class Walk {
public:
    Walk(const OpenFile& directory, const Path& path, uint64_t flags, uint64_t mode) noexcept
        : m_directory(directory), m_rest(path.view()), m_flags(flags | O_CLOEXEC | (path.wants_directory() ? O_DIRECTORY : 0)),
          m_mode((flags & O_CREAT) != 0 ? mode : 0)
    {
    }

    [[nodiscard]] Errno run(UniqueFd& opened) noexcept
    {
        for (;;) {
            if (m_rest.is_absolute()) {
                if (m_directory.resolution == Resolution::beneath) return Errno::perm;
                m_depth = 0;
            }
            const std::string_view name = m_rest.take();
            const bool is_last = m_rest.is_empty();
            Errno e = Errno::success;
            if (name.empty() || name == ".") {
                if (is_last) return open_here(opened);
            } else if (name == "..") {
                if (m_depth == 0 && m_directory.resolution == Resolution::beneath) return Errno::perm;
                if (m_depth > 0) m_way[--m_depth].reset();
                if (is_last) return open_here(opened);
            } else {
                std::memcpy(m_name.data(), name.data(), name.size());
                m_name[name.size()] = '\0';
                e = is_last ? open_last(opened) : enter();
            }
            if (e != Errno::success || opened) return e;
        }
    }

private:
    [[nodiscard]] int here() const noexcept { return m_depth == 0 ? m_directory.host_fd : m_way[m_depth - 1].get(); }

    /// A FIFO waits for its other end, hence interruptible.
    long open_at(const char* name, uint64_t flags) const noexcept
    {
        return runtime::interruptible_syscall(SYS_openat, here(), name, flags, m_mode);
    }
    [[nodiscard]] Errno finish(long fd, UniqueFd& opened) const noexcept
    {
        if (fd < 0) return from_host(errno);
        opened = UniqueFd{static_cast<int>(fd)};
        return Errno::success;
    }

    /// The directory where the walk is, as what the path names. There is nothing to follow.
    [[nodiscard]] Errno open_here(UniqueFd& opened) const noexcept { return finish(open_at(".", m_flags), opened); }

    /// Steps into what the name is, or puts a link's text in its place.
    [[nodiscard]] Errno enter() noexcept
    {
        UniqueFd next;
        if (const Errno e = finish(open_at(m_name.data(), O_PATH | O_NOFOLLOW | O_CLOEXEC), next); e != Errno::success) return e;
        struct stat status{};
        if (::fstat(next.get(), &status) != 0) return from_host(errno);
        if (S_ISLNK(status.st_mode)) return follow(next.get());
        if (!S_ISDIR(status.st_mode)) return Errno::notdir;
        if (m_depth == max_depth) return Errno::nametoolong;
        m_way[m_depth++] = std::move(next);
        return Errno::success;
    }

    /// Opens the last component, unless that is a link to be followed: then the walk goes on.
    [[nodiscard]] Errno open_last(UniqueFd& opened) noexcept
    {
        const bool creates = (m_flags & O_CREAT) != 0;
        for (int swap = 0; swap < max_swaps; ++swap) {
            UniqueFd found;
            const Errno found_error = finish(open_at(m_name.data(), O_PATH | O_NOFOLLOW | O_CLOEXEC), found);
            struct stat status{};
            if (found_error == Errno::success && ::fstat(found.get(), &status) != 0) return from_host(errno);
            if (found_error == Errno::success && S_ISLNK(status.st_mode)) {
                if (creates && (m_flags & O_EXCL) != 0) return Errno::exist;
                if ((m_flags & O_NOFOLLOW) == 0) return follow(found.get());
                if ((m_flags & O_DIRECTORY) != 0) return Errno::notdir;
                if ((m_flags & O_PATH) == 0) return Errno::loop;
            } else if (found_error != Errno::success && !(found_error == Errno::noent && creates)) {
                return found_error;
            }
            if ((m_flags & O_PATH) != 0) {  // that is what was found
                if ((m_flags & O_DIRECTORY) != 0 && !S_ISDIR(status.st_mode)) return Errno::notdir;
                opened = std::move(found);
                return Errno::success;
            }
            // What was found may have been swapped for a link since, or may be gone: then it is looked at again.
            const Errno e = finish(open_at(m_name.data(), m_flags | O_NOFOLLOW), opened);
            const bool was_swapped = e == Errno::loop || (e == Errno::notdir && S_ISDIR(status.st_mode)) ||
                                     (e == Errno::noent && found_error == Errno::success);
            if (!was_swapped) return e;
        }
        return Errno::again;
    }

    /// Goes on with what a symlink says.
    [[nodiscard]] Errno follow(int link) noexcept
    {
        if (++m_links > max_links) return Errno::loop;
        std::array<char, 4096> text;
        const ssize_t n = ::readlinkat(link, "", text.data(), text.size());
        if (n < 0) return from_host(errno);
        if (n == 0) return Errno::noent;
        if (static_cast<size_t>(n) == text.size()) return Errno::nametoolong;
        const std::string_view target{text.data(), static_cast<size_t>(n)};
        if (is_magic(link, target)) return Errno::loop;
        if (m_rest.is_empty() && target.ends_with('/')) {
            if ((m_flags & O_CREAT) != 0) return Errno::isdir;
            m_flags |= O_DIRECTORY;
        }
        return m_rest.prepend(target) ? Errno::success : Errno::nametoolong;
    }

    /// Whether following the link leads elsewhere than to what it says: /proc/self/fd and its like. Those of procfs that are ordinary links
    /// (self, mounts) have relative texts.
    static bool is_magic(int link, std::string_view target) noexcept
    {
        struct statfs file_system{};
        if (::fstatfs(link, &file_system) != 0 || file_system.f_type != PROC_SUPER_MAGIC) return false;
        return target.starts_with('/') || target.find(':') != std::string_view::npos;
    }

    const OpenFile& m_directory;
    Rest m_rest;
    uint64_t m_flags, m_mode;
    int m_links = 0;
    std::array<char, 4096> m_name;          // the component that is being opened
    std::array<UniqueFd, max_depth> m_way;  // the directories on the way, the last one first_
    size_t m_depth = 0;
};

}  // namespace

Errno walk_beneath(const OpenFile& directory, const Path& path, uint64_t flags, uint64_t mode, UniqueFd& opened) noexcept
{
    opened.reset();
    return Walk{directory, path, flags, mode}.run(opened);
}

}  // namespace weir::wasip1
