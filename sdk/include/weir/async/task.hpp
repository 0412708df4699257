#pragma once

#include "weir/async/frame_pool.hpp"

#include <coroutine>
#include <cstdlib>
#include <optional>
#include <utility>

namespace weir::async {

template <class T>
class Task;

namespace detail {

/// What the promises of all tasks share. A task is started by who awaits it. If it then ends without having waited, who awaits it just
/// goes on; else the task's end resumes it. (Symmetric transfer would do without this, but it needs tail calls, which a guest may not have:
/// without them, a loop that awaits tasks which end at once would fill the stack.)
class PromiseBase : public PooledFrame {
public:
    struct FinalAwaiter {
        bool await_ready() const noexcept { return false; }
        template <class Promise>
        void await_suspend(std::coroutine_handle<Promise> self) const noexcept
        {
            // Resuming may destroy this task: nothing of it is touched afterwards.
            if (self.promise().m_has_waited) self.promise().m_continuation.resume();
        }
        void await_resume() const noexcept {}
    };

    std::suspend_always initial_suspend() const noexcept { return {}; }
    FinalAwaiter final_suspend() const noexcept { return {}; }
    void unhandled_exception() const noexcept { std::abort(); }  // tasks end by return: errors are values

    std::coroutine_handle<> m_continuation;
    bool m_has_waited = false;
};

template <class T>
class Promise : public PromiseBase {
public:
    Task<T> get_return_object() noexcept;
    template <class U = T>
    void return_value(U&& value)
    {
        m_value.emplace(std::forward<U>(value));
    }
    T take() { return std::move(*m_value); }

private:
    std::optional<T> m_value;
};

template <>
class Promise<void> : public PromiseBase {
public:
    Task<void> get_return_object() noexcept;
    void return_void() const noexcept {}
    void take() const noexcept {}
};

}  // namespace detail

/// A coroutine that gives a T, by `co_return`. It begins when it is awaited and is awaited once: `T value = co_await task();`
/// Destroying it cancels it, together with all that it awaits: what it holds is released, nothing of it runs any more. Arguments by
/// reference must outlive it.
template <class T = void>
class [[nodiscard]] Task {
public:
    using promise_type = detail::Promise<T>;
    using Value = T;

    explicit Task(std::coroutine_handle<promise_type> handle) noexcept : m_handle(handle) {}
    Task(Task&& other) noexcept : m_handle(std::exchange(other.m_handle, nullptr)) {}
    Task& operator=(Task&& other) noexcept
    {
        if (this != &other) {
            if (m_handle) m_handle.destroy();
            m_handle = std::exchange(other.m_handle, nullptr);
        }
        return *this;
    }
    Task(const Task&) = delete;
    Task& operator=(const Task&) = delete;
    ~Task()
    {
        if (m_handle) m_handle.destroy();
    }

    [[nodiscard]] bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> awaiting) { return start(awaiting); }
    T await_resume() { return m_handle.promise().take(); }

    /// Begins. Whether it waits now: then `continuation` is resumed at its end.
    bool start(std::coroutine_handle<> continuation)
    {
        m_handle.promise().m_continuation = continuation;
        m_handle.resume();
        if (m_handle.done()) return false;
        m_handle.promise().m_has_waited = true;
        return true;
    }
    [[nodiscard]] bool is_done() const noexcept { return m_handle.done(); }

private:
    std::coroutine_handle<promise_type> m_handle;
};

namespace detail {

template <class T>
Task<T> Promise<T>::get_return_object() noexcept
{
    return Task<T>{std::coroutine_handle<Promise>::from_promise(*this)};
}
inline Task<void> Promise<void>::get_return_object() noexcept
{
    return Task<void>{std::coroutine_handle<Promise>::from_promise(*this)};
}

}  // namespace detail
}  // namespace weir::async
