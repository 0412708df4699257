#include "serve/watch.hpp"

#include "building/source.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <utility>

namespace weir::serve {

Result<std::unique_ptr<Watch>, SysError> Watch::create(const std::vector<std::string>& files, OnChange on_change)
{
    WEIR_TRY(file_watch, FileWatch::create(building::is_source_name));
    auto watch = std::unique_ptr<Watch>{new Watch{std::move(file_watch)}};
    watch->m_on_change = std::move(on_change);
    watch->m_end = UniqueFd{::eventfd(0, EFD_CLOEXEC)};
    if (!watch->m_end) return Unexpected{last_error("eventfd")};
    WEIR_CHECK(watch->m_watch.follow(files));
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

void Watch::run()
{
    bool has_changed = false;
    for (;;) {
        std::array<pollfd, 2> waits{{{m_watch.descriptor(), POLLIN, 0}, {m_end.get(), POLLIN, 0}}};
        const int n = ::poll(waits.data(), waits.size(), has_changed ? FileWatch::quiet_ms : -1);
        if (waits[1].revents != 0) return;
        if (n > 0) has_changed = m_watch.take_changes() || has_changed;
        else if (n == 0 && std::exchange(has_changed, false))
            if (const auto files = m_on_change(); !files.empty()) (void)m_watch.follow(files);
    }
}

}  // namespace weir::serve
