#pragma once

#include "weir/async/loop.hpp"
#include "weir/result.hpp"

#include <cerrno>
#include <coroutine>
#include <utility>

namespace weir::async {

namespace detail {

template <class T>
struct ResultOf {
    using Type = Result<T>;
};
template <class T>
struct ResultOf<Result<T>> {
    using Type = Result<T>;
};

template <class T>
class [[nodiscard]] Timeout final : Timer {
public:
    Timeout(Loop& loop, Duration duration, Task<T> task) noexcept
        : Timer(loop.timers()), m_loop(loop), m_duration(duration), m_task(std::move(task))
    {
    }

    [[nodiscard]] bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> awaiting)
    {
        m_awaiting = awaiting;
        if (!m_task.start(awaiting)) return false;
        set(m_loop.now() + m_duration);
        return true;
    }
    ResultOf<T>::Type await_resume()
    {
        if (!m_task.is_done()) return Error{ETIMEDOUT};
        if constexpr (std::is_void_v<T>) {
            m_task.await_resume();
            return {};
        } else {
            return m_task.await_resume();
        }
    }

private:
    /// The task is destroyed with this object, when the expression that awaits it has been evaluated.
    void on_due() override { m_awaiting.resume(); }

    Loop& m_loop;
    Duration m_duration;
    Task<T> m_task;
    std::coroutine_handle<> m_awaiting;
};

}  // namespace detail

/// Awaits a task for so long; then it is cancelled: `Result<T> r = co_await timeout(loop, 5s, task());` A task that gives a Result gives the
/// same one.
/// @error ETIMEDOUT  It was cancelled.
template <class T>
auto timeout(Loop& loop, Duration duration, Task<T> task)
{
    return detail::Timeout<T>{loop, duration, std::move(task)};
}

}  // namespace weir::async
