#pragma once

#include "base/unique_fd.hpp"

#include <sys/timerfd.h>

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <limits>

namespace weir::wasip1 {

[[nodiscard]] inline uint64_t now_ns(clockid_t clock) noexcept
{
    timespec t{};
    ::clock_gettime(clock, &t);
    return static_cast<uint64_t>(t.tv_sec) * 1'000'000'000U + static_cast<uint64_t>(t.tv_nsec);
}

/// Until when to wait.
class PollDeadline {
public:
    /// Something has its event already: what else is ready is asked for without waiting.
    void expect_now() noexcept { m_is_now = true; }
    void expect_monotonic(uint64_t due_ns) noexcept { m_monotonic_ns = std::min(m_monotonic_ns, due_ns); }
    /// A time of day, which comes sooner or later when the clock is set.
    void expect_wall(uint64_t due_ns) noexcept { m_wall_ns = std::min(m_wall_ns, due_ns); }

    [[nodiscard]] bool is_now() const noexcept { return m_is_now; }
    [[nodiscard]] bool needs_timer() const noexcept { return !m_is_now && m_wall_ns != never; }
    /// A timer of the kernel's, which follows the clock, readable at the time of day. Empty, with errno, when there is none to be had.
    [[nodiscard]] UniqueFd create_timer() const noexcept
    {
        UniqueFd timer{::timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC)};
        if (!timer) return timer;
        itimerspec when{};
        when.it_value = to_timespec_of(std::clamp<uint64_t>(m_wall_ns, 1, INT64_MAX));  // 0 would disarm it
        if (::timerfd_settime(timer.get(), TFD_TIMER_ABSTIME, &when, nullptr) != 0) timer.reset();
        return timer;
    }
    /// How long to wait from now on: null for as long as it takes.
    [[nodiscard]] const timespec* timeout(timespec& storage) const noexcept
    {
        storage = {};
        if (m_is_now) return &storage;
        if (m_monotonic_ns == never) return nullptr;
        const uint64_t now = now_ns(CLOCK_MONOTONIC);
        if (m_monotonic_ns > now) storage = to_timespec_of(std::min<uint64_t>(m_monotonic_ns - now, INT64_MAX));
        return &storage;
    }
    /// Whether the time has come. The kernel may be early by its own clock's tick; then it is asked again for the rest.
    [[nodiscard]] bool is_due() const noexcept
    {
        return m_is_now || (m_monotonic_ns != never && now_ns(CLOCK_MONOTONIC) >= m_monotonic_ns) ||
               (m_wall_ns != never && now_ns(CLOCK_REALTIME) >= m_wall_ns);
    }

private:
    static constexpr uint64_t never = std::numeric_limits<uint64_t>::max();
    static timespec to_timespec_of(uint64_t ns) noexcept
    {
        return {static_cast<time_t>(ns / 1'000'000'000U), static_cast<long>(ns % 1'000'000'000U)};
    }

    bool m_is_now = false;
    uint64_t m_monotonic_ns = never, m_wall_ns = never;
};

}  // namespace weir::wasip1
