#pragma once

#include "weir/async/list.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <vector>

namespace weir::async {

/// Since a start that is the same for the whole run; it does not jump when the clock is set.
using TimePoint = std::chrono::nanoseconds;
using Duration = std::chrono::nanoseconds;
inline constexpr TimePoint never = TimePoint::max();

namespace detail {

/// What the loop calls when it is due. It is in the loop's list from when that is known until it is called, and leaves it when destroyed.
class Due : public Link {
public:
    virtual void on_due() = 0;

protected:
    Due() noexcept = default;
    ~Due() = default;
};

class TimerHeap;

/// A point in time that may be moved. Moving it to a later time, which a connection does with every request, costs nothing: the heap
/// notices when the earlier time comes.
class Timer : public Due {
public:
    explicit Timer(TimerHeap& heap) noexcept : m_heap(heap) {}
    inline ~Timer();

    /// Calls on_due() at that time, once; `never` stops it.
    inline void set(TimePoint at);
    [[nodiscard]] TimePoint at() const noexcept { return m_at; }

private:
    friend class TimerHeap;
    static constexpr size_t no_index = static_cast<size_t>(-1);

    TimerHeap& m_heap;
    TimePoint m_at = never;   // when it is due
    TimePoint m_key = never;  // where it is in the heap: not later than m_at
    size_t m_index = no_index;
};

/// Timers, the earliest first: a binary heap whose elements know their places.
class TimerHeap {
public:
    /// When there is something to do next, at the latest.
    [[nodiscard]] TimePoint next() const noexcept { return m_timers.empty() ? never : m_timers.front()->m_key; }

    /// Moves what is due at `now` to a list.
    void collect(TimePoint now, List<Due>& due)
    {
        while (!m_timers.empty() && m_timers.front()->m_key <= now) {
            Timer& timer = *m_timers.front();
            if (timer.m_at > now && timer.m_at != never) {  // moved meanwhile
                timer.m_key = timer.m_at;
                sift_down(0);
                continue;
            }
            remove(timer);
            if (timer.m_at != never) {
                timer.m_at = never;
                due.push_back(timer);
            }
        }
    }
    void set(Timer& timer, TimePoint at)
    {
        timer.m_at = at;
        if (at == never) return;  // what is in the heap goes when its time comes
        if (timer.m_index == Timer::no_index) {
            timer.m_key = at;
            m_timers.push_back(&timer);
            timer.m_index = m_timers.size() - 1;
            sift_up(timer.m_index);
        } else if (at < timer.m_key) {
            timer.m_key = at;
            sift_up(timer.m_index);
        }
    }
    void remove(Timer& timer) noexcept
    {
        const size_t index = timer.m_index;
        if (index == Timer::no_index) return;
        timer.m_index = Timer::no_index;
        Timer* const last = m_timers.back();
        m_timers.pop_back();
        if (last == &timer) return;
        place(*last, index);
        sift_up(index);
        sift_down(last->m_index);
    }

private:
    void place(Timer& timer, size_t index) noexcept
    {
        m_timers[index] = &timer;
        timer.m_index = index;
    }
    void sift_up(size_t index) noexcept
    {
        Timer& timer = *m_timers[index];
        while (index > 0 && timer.m_key < m_timers[(index - 1) / 2]->m_key) {
            place(*m_timers[(index - 1) / 2], index);
            index = (index - 1) / 2;
        }
        place(timer, index);
    }
    void sift_down(size_t index) noexcept
    {
        Timer& timer = *m_timers[index];
        for (;;) {
            size_t child = 2 * index + 1;
            if (child >= m_timers.size()) break;
            if (child + 1 < m_timers.size() && m_timers[child + 1]->m_key < m_timers[child]->m_key) ++child;
            if (timer.m_key <= m_timers[child]->m_key) break;
            place(*m_timers[child], index);
            index = child;
        }
        place(timer, index);
    }

    std::vector<Timer*> m_timers;
};

Timer::~Timer() { m_heap.remove(*this); }
void Timer::set(TimePoint at)
{
    unlink();  // should it be due already
    m_heap.set(*this, at);
}

}  // namespace detail
}  // namespace weir::async
