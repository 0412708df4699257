#include "base/file_watch.hpp"

#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace weir {

Result<FileWatch, SysError> FileWatch::create(std::function<bool(std::string_view name)> counts)
{
    FileWatch watch;
    watch.m_counts = std::move(counts);
    watch.m_inotify = UniqueFd{::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)};
    if (!watch.m_inotify) return Unexpected{last_error("inotify_init1")};
    return watch;
}

Result<void, SysError> FileWatch::follow(const std::vector<std::string>& paths)
{
    std::vector<Watched> watched;
    for (const std::string& path : paths) {
        // The folder, not the file: most tools write another file and rename it.
        const size_t slash = path.rfind('/');
        const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
        const int number = ::inotify_add_watch(m_inotify.get(), folder.c_str(),
                                               IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ONLYDIR);
        if (number < 0) return Unexpected{last_error("inotify_add_watch", folder)};
        watched.push_back({path.substr(slash == std::string::npos ? 0 : slash + 1), number});
    }
    for (const Watched& old : m_watched)
        if (std::ranges::find(watched, old.folder, &Watched::folder) == watched.end())
            ::inotify_rm_watch(m_inotify.get(), old.folder);  // one that is gone already is refused
    m_watched = std::move(watched);
    return {};
}

bool FileWatch::take_changes()
{
    alignas(inotify_event) std::array<char, size_t{16} * 1024> buffer;
    bool matters = false;
    for (;;) {
        const ssize_t size = ::read(m_inotify.get(), buffer.data(), buffer.size());
        if (size <= 0) return matters;
        for (ssize_t at = 0; at < size;) {
            inotify_event event{};
            std::memcpy(&event, buffer.data() + at, sizeof event);
            const std::string_view name = event.len == 0 ? std::string_view{} : buffer.data() + at + sizeof event;
            const bool came = (event.mask & (IN_CLOSE_WRITE | IN_MOVED_TO)) != 0;
            const auto is_meant = [&, folder = event.wd](const Watched& w) {
                if (w.folder != folder || name.empty()) return false;
                return w.name.empty() ? !m_counts || m_counts(name) : came && w.name == name;
            };
            matters = matters || (event.mask & IN_Q_OVERFLOW) != 0 || std::ranges::any_of(m_watched, is_meant);
            at += static_cast<ssize_t>(sizeof event + event.len);
        }
    }
}

}  // namespace weir
