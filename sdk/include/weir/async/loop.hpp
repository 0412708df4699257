#pragma once

#include "weir/async/poller.hpp"
#include "weir/async/task.hpp"
#include "weir/async/timer.hpp"

#include <coroutine>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace weir::async {

/// Runs tasks on one thread: resumes each when what it waits for has come. All that waits refers to its loop, which must outlive it.
class Loop {
public:
    Loop() = default;
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    /// Runs until the task ends, and meanwhile all others that wait on this loop. Not to be called by a task.
    /// If every task waits and nothing can come, the program ends with a message.
    template <class T>
    T run(Task<T> task)
    {
        task.start(std::noop_coroutine());
        while (!task.is_done()) turn();
        return task.await_resume();
    }

    /// The time when this turn of the loop began.
    [[nodiscard]] TimePoint now() const noexcept { return m_now; }

    class Sleep;
    /// Waits that long; 0 lets others run first.
    [[nodiscard]] inline Sleep sleep(Duration duration);

    // For what waits: see io.hpp.
    [[nodiscard]] detail::Poller& poller() noexcept { return m_poller; }
    [[nodiscard]] detail::TimerHeap& timers() noexcept { return m_timers; }
    /// Calls on_due() in this turn or the next.
    void call_soon(detail::Due& due) noexcept { m_due.push_back(due); }
    /// Waits for the interest from now on, until it is idle.
    void await(detail::Interest& interest)
    {
        interest.unlink();
        if (!interest.is_awaited()) m_poller.add(interest);
    }
    /// Nobody waits for it now. It leaves the poller only if that is still so before the loop waits: a connection that is read from again and
    /// again keeps its place.
    void set_idle(detail::Interest& interest) noexcept
    {
        if (interest.is_awaited()) m_idle.push_back(interest);
    }

private:
    void turn()
    {
        while (!m_idle.is_empty()) m_poller.remove(m_idle.pop_front());
        if (m_due.is_empty() && m_timers.next() == never && m_poller.is_empty()) {
            std::fputs("weir/async: every task waits, and nothing can come\n", stderr);
            std::abort();
        }
        // What is due already is not kept waiting, but sockets come in between.
        if (m_due.is_empty() || !m_poller.is_empty()) m_poller.wait(m_due.is_empty() ? m_timers.next() : TimePoint{0}, m_due);
        m_now = detail::Poller::now();
        m_timers.collect(m_now, m_due);
        // What becomes due from here on is for the next turn. Each element leaves the list before it runs, and running one may destroy
        // others, which then leave it as well.
        detail::List<detail::Due> batch;
        batch.append(m_due);
        while (!batch.is_empty()) batch.pop_front().on_due();
    }

    detail::Poller m_poller;
    detail::TimerHeap m_timers;
    detail::List<detail::Due> m_due;
    detail::List<detail::Interest> m_idle;
    TimePoint m_now = detail::Poller::now();
};

class [[nodiscard]] Loop::Sleep final : detail::Timer {
public:
    Sleep(Loop& loop, Duration duration) noexcept : Timer(loop.timers()), m_loop(loop), m_duration(duration) {}

    [[nodiscard]] bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> awaiting)
    {
        m_awaiting = awaiting;
        if (m_duration <= Duration{0}) m_loop.call_soon(*this);
        else set(m_duration > never - m_loop.now() ? never - Duration{1} : m_loop.now() + m_duration);
    }
    void await_resume() const noexcept {}

private:
    void on_due() override { m_awaiting.resume(); }

    Loop& m_loop;
    Duration m_duration;
    std::coroutine_handle<> m_awaiting;
};

Loop::Sleep Loop::sleep(Duration duration) { return Sleep{*this, duration}; }

}  // namespace weir::async
