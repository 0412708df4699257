#include "serve/watch.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

namespace weir::serve {

namespace {
/// So long nothing must have changed: a compiler writes its output piece by piece.
constexpr int quiet_ms = 100;
}  // namespace

Result<std::unique_ptr<Watch>, SysError> Watch::create(std::vector<std::string> files, std::function<void()> on_change)
{
    auto watch = std::unique_ptr<Watch>{new Watch};
    watch->m_on_change = std::move(on_change);
    watch->m_inotify = UniqueFd{::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)};
    if (!watch->m_inotify) return Unexpected{last_error("inotify_init1")};
    watch->m_end = UniqueFd{::eventfd(0, EFD_CLOEXEC)};
    if (!watch->m_end) return Unexpected{last_error("eventfd")};
    for (const std::string& file : files) {
        // The folder, not the file: most tools write another file and rename it.
        const size_t slash = file.rfind('/');
        const std::string folder = slash == std::string::npos ? "." : file.substr(0, slash + 1);
        const int number = ::inotify_add_watch(watch->m_inotify.get(), folder.c_str(), IN_CLOSE_WRITE | IN_MOVED_TO);
        if (number < 0) return Unexpected{last_error("inotify_add_watch", folder)};
        watch->m_files.push_back({file.substr(slash == std::string::npos ? 0 : slash + 1), number});
    }
    watch->m_thread = std::thread{[raw = watch.get()] { raw->run(); }};
    return watch;
}

Watch::~Watch()
{
    if (!m_thread.joinable()) return;
    const uint64_t one = 1;
    while (::write(m_end.get(), &one, sizeof one) < 0 && errno == EINTR) {}
    m_thread.join();
}

bool Watch::take_events()
{
    alignas(inotify_event) std::array<char, size_t{16} * 1024> buffer;
    bool is_ours = false;
    for (;;) {
        const ssize_t size = ::read(m_inotify.get(), buffer.data(), buffer.size());
        if (size <= 0) return is_ours;
        for (ssize_t at = 0; at < size;) {
            inotify_event event{};
            std::memcpy(&event, buffer.data() + at, sizeof event);
            const char* const name = buffer.data() + at + sizeof event;
            const bool has_name = event.len != 0;
            const auto matches = [name, has_name, folder = event.wd](const File& file) {
                return file.folder == folder && has_name && file.name == name;
            };
            is_ours = is_ours || (event.mask & IN_Q_OVERFLOW) != 0 || std::ranges::any_of(m_files, matches);
            at += static_cast<ssize_t>(sizeof event + event.len);
        }
    }
}

void Watch::run()
{
    bool has_changed = false;
    for (;;) {
        std::array<pollfd, 2> waits{{{m_inotify.get(), POLLIN, 0}, {m_end.get(), POLLIN, 0}}};
        const int n = ::poll(waits.data(), waits.size(), has_changed ? quiet_ms : -1);
        if (waits[1].revents != 0) return;
        if (n > 0) has_changed = take_events() || has_changed;
        else if (n == 0 && std::exchange(has_changed, false)) m_on_change();
    }
}

}  // namespace weir::serve
