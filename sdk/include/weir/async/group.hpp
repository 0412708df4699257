#pragma once

#include "weir/async/loop.hpp"

#include <coroutine>
#include <cstddef>
#include <utility>

namespace weir::async {

/// Tasks that run beside the one that owns the group. None outlives it: destroying the group cancels those that are left.
/// A group must not be destroyed by one of its own tasks.
class Group {
public:
    explicit Group(Loop& loop) noexcept : m_loop(loop) {}
    Group(const Group&) = delete;
    Group& operator=(const Group&) = delete;
    ~Group() { cancel(); }

    /// Begins a task at once; this returns when it waits for the first time, or ends.
    void spawn(Task<void> task)
    {
        ++m_count;
        run(*this, std::move(task));
    }
    /// How many have not ended.
    [[nodiscard]] size_t size() const noexcept { return m_count; }
    /// Destroys all that have not ended. Not to be called by one of them.
    void cancel() noexcept
    {
        while (!m_running.is_empty()) {
            Root::Promise& promise = m_running.pop_front();
            --m_count;
            std::coroutine_handle<Root::Promise>::from_promise(promise).destroy();
        }
    }

    class Join;
    /// Waits until all have ended. By one task at a time, which is none of the group.
    [[nodiscard]] inline Join join() noexcept;

private:
    /// The coroutine around a task that nobody awaits. It destroys itself when the task has ended.
    struct Root {
        struct Promise : detail::PooledFrame, detail::Link {
            Promise(Group& group, Task<void>& /*task*/) noexcept : m_group(group) { m_group.m_running.push_back(*this); }
            Root get_return_object() const noexcept { return {}; }
            std::suspend_never initial_suspend() const noexcept { return {}; }
            std::suspend_never final_suspend() const noexcept { return {}; }
            void return_void() noexcept
            {
                unlink();
                m_group.ended();
            }
            void unhandled_exception() const noexcept { std::abort(); }
            Group& m_group;
        };
        using promise_type = Promise;
    };
    static Root run(Group& /*group*/, Task<void> task) { co_await task; }
    inline void ended() noexcept;

    Loop& m_loop;
    detail::List<Root::Promise> m_running;
    size_t m_count = 0;
    Join* m_joining = nullptr;
};

class [[nodiscard]] Group::Join final : detail::Due {
public:
    explicit Join(Group& group) noexcept : m_group(group) {}
    Join(const Join&) = delete;
    Join& operator=(const Join&) = delete;
    ~Join()
    {
        if (m_group.m_joining == this) m_group.m_joining = nullptr;
    }

    [[nodiscard]] bool await_ready() const noexcept { return m_group.m_count == 0; }
    void await_suspend(std::coroutine_handle<> awaiting) noexcept
    {
        m_awaiting = awaiting;
        m_group.m_joining = this;
    }
    void await_resume() const noexcept {}

private:
    friend class Group;
    void on_due() override { m_awaiting.resume(); }

    Group& m_group;
    std::coroutine_handle<> m_awaiting;
};

Group::Join Group::join() noexcept { return Join{*this}; }

void Group::ended() noexcept
{
    --m_count;
    // Not at once: the task that just ended still holds what it had.
    if (m_count == 0 && m_joining != nullptr) m_loop.call_soon(*std::exchange(m_joining, nullptr));
}

}  // namespace weir::async
