#pragma once

#include "weir/async/timer.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#ifdef __wasi__
#include <wasi/api.h>
#else
#include <poll.h>
#include <time.h>

#include <cerrno>
#endif

namespace weir::async::detail {

enum class Direction : uint8_t { read, write };

/// That a descriptor can be read from or written to, as something to wait for.
class Interest : public Due {
public:
    [[nodiscard]] bool is_awaited() const noexcept { return m_index != no_index; }

protected:
    Interest(int fd, Direction direction) noexcept : m_fd(fd), m_direction(direction) {}
    ~Interest() = default;
    [[nodiscard]] int fd() const noexcept { return m_fd; }

private:
    friend class Poller;
    static constexpr size_t no_index = static_cast<size_t>(-1);

    size_t m_index = no_index;  // in the poller's arrays
    int m_fd;
    Direction m_direction;
};

/// Waits for interests. The array that the system is given lives on from call to call, and what stays in it stays in its place: a runtime
/// that remembers it has only the differences to look at.
class Poller {
public:
    void add(Interest& interest)
    {
        interest.m_index = m_interests.size();
        m_interests.push_back(&interest);
        add_entry(interest);
    }
    void remove(Interest& interest) noexcept
    {
        const size_t index = interest.m_index;
        interest.m_index = Interest::no_index;
        m_interests[index] = m_interests.back();
        move_last_entry_to(index);
        m_interests.pop_back();
        if (index < m_interests.size()) m_interests[index]->m_index = index;
    }
    [[nodiscard]] bool is_empty() const noexcept { return m_interests.empty(); }

#ifdef __wasi__
    static TimePoint now() noexcept
    {
        __wasi_timestamp_t time = 0;
        static_cast<void>(__wasi_clock_time_get(__WASI_CLOCKID_MONOTONIC, 1, &time));
        return TimePoint{static_cast<int64_t>(time)};
    }
    /// Appends what can be read or written; waits for that until `until`.
    void wait(TimePoint until, List<Due>& due)
    {
        // The first entry is for the time, and left out where there is none.
        const bool is_bounded = until != never;
        m_subscriptions.front().u.u.clock.timeout = static_cast<uint64_t>(until.count());
        const size_t count = m_interests.size() + (is_bounded ? 1 : 0);
        __wasi_size_t event_count = 0;
        const int error = __wasi_poll_oneoff(m_subscriptions.data() + (is_bounded ? 0 : 1), m_events.data(), count, &event_count);
        if (error != 0) fail(error);
        for (size_t i = 0; i < event_count; ++i)
            // An event with an error is one as well: the operation that then is tried tells which.
            if (m_events[i].type != __WASI_EVENTTYPE_CLOCK)
                due.push_back(*reinterpret_cast<Interest*>(static_cast<uintptr_t>(m_events[i].userdata)));
    }

    Poller()
    {
        __wasi_subscription_t clock{};
        clock.u.tag = __WASI_EVENTTYPE_CLOCK;
        clock.u.u.clock.id = __WASI_CLOCKID_MONOTONIC;
        clock.u.u.clock.flags = __WASI_SUBCLOCKFLAGS_SUBSCRIPTION_CLOCK_ABSTIME;
        m_subscriptions.push_back(clock);
        m_events.resize(1);
    }

private:
    void add_entry(Interest& interest)
    {
        __wasi_subscription_t subscription{};
        subscription.userdata = reinterpret_cast<uintptr_t>(&interest);
        subscription.u.tag = interest.m_direction == Direction::read ? __WASI_EVENTTYPE_FD_READ : __WASI_EVENTTYPE_FD_WRITE;
        subscription.u.u.fd_read.file_descriptor = interest.m_fd;  // fd_write's is in the same place
        m_subscriptions.push_back(subscription);
        if (m_events.size() < m_subscriptions.size()) m_events.resize(m_subscriptions.capacity());
    }
    void move_last_entry_to(size_t index) noexcept
    {
        m_subscriptions[index + 1] = m_subscriptions.back();
        m_subscriptions.pop_back();
    }

    std::vector<__wasi_subscription_t> m_subscriptions;
    std::vector<__wasi_event_t> m_events;
#else
    static TimePoint now() noexcept
    {
        timespec time{};
        ::clock_gettime(CLOCK_MONOTONIC, &time);
        return std::chrono::seconds{time.tv_sec} + TimePoint{time.tv_nsec};
    }
    void wait(TimePoint until, List<Due>& due)
    {
        timespec timeout{};
        if (until != never) {
            const TimePoint rest = std::max(until - now(), TimePoint{0});
            timeout.tv_sec = static_cast<time_t>(rest.count() / 1'000'000'000);
            timeout.tv_nsec = static_cast<long>(rest.count() % 1'000'000'000);
        }
        const int count = ::ppoll(m_polls.data(), m_polls.size(), until == never ? nullptr : &timeout, nullptr);
        if (count < 0 && errno != EINTR) fail(errno);
        int left = count;
        for (size_t i = 0; left > 0 && i < m_polls.size(); ++i)
            if (m_polls[i].revents != 0) {
                due.push_back(*m_interests[i]);
                --left;
            }
    }

private:
    void add_entry(const Interest& interest)
    {
        m_polls.push_back({interest.m_fd, static_cast<short>(interest.m_direction == Direction::read ? POLLIN : POLLOUT), 0});
    }
    void move_last_entry_to(size_t index) noexcept
    {
        m_polls[index] = m_polls.back();
        m_polls.pop_back();
    }

    std::vector<pollfd> m_polls;
#endif

    [[noreturn]] static void fail(int error) noexcept
    {
        std::fprintf(stderr, "weir/async: cannot wait: %s\n", std::strerror(error));
        std::abort();
    }

    std::vector<Interest*> m_interests;
};

}  // namespace weir::async::detail
