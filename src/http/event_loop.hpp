#pragma once

#include "base/unique_fd.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

// One thread's events: tasks, timers, readiness of descriptors. Over Boost.Asio, which no header of weir shows.

namespace weir::http {

using Clock = std::chrono::steady_clock;
using Duration = std::chrono::nanoseconds;
using Task = std::move_only_function<void()>;

/// A loop that one thread runs. Everything of this folder that takes an EventLoop belongs to that thread, and says so where it may
/// be called from others. Objects made on a loop are destroyed before it or with it, never after.
class EventLoop {
public:
    EventLoop();
    ~EventLoop();
    EventLoop(const EventLoop&) = delete;
    EventLoop& operator=(const EventLoop&) = delete;

    /// Handles events until stop(). May be called again after it returned.
    void run();
    /// Makes run() return after the task that runs now. From any thread.
    void stop() noexcept;

    /// Runs `task` on the loop's thread. From any thread. After ~EventLoop has begun, `task` is destroyed without being run.
    void post(Task task);
    /// The same, cheaper, from the loop's own thread: runs when what runs now has returned, in the order of the calls. Wakers are called
    /// this way, so that no code is re-entered.
    void defer(Task task);

    class Impl;
    [[nodiscard]] Impl& impl() noexcept { return *m_impl; }

private:
    std::unique_ptr<Impl> m_impl;
};

/// One deadline that is moved often: setting a later one costs a store.
class Timer {
public:
    /// `on_expiry` is called on the loop's thread each time a deadline passes; it may destroy the timer.
    Timer(EventLoop& loop, std::function<void()> on_expiry);
    ~Timer();
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

    void set(Clock::time_point deadline);
    void set_after(Duration delay) { set(Clock::now() + delay); }
    void clear() noexcept;
    [[nodiscard]] bool is_set() const noexcept;

    class Impl;

private:
    std::shared_ptr<Impl> m_impl;
};

/// Waits for a descriptor. One wait of each kind at a time; each is for one event.
class FdWatch {
public:
    /// Takes the descriptor, which must be one that epoll accepts and be non-blocking.
    FdWatch(EventLoop& loop, UniqueFd fd);
    ~FdWatch();
    FdWatch(const FdWatch&) = delete;
    FdWatch& operator=(const FdWatch&) = delete;

    /// Calls `on_ready` once when reading would not block, an end or an error being there included. No call after close() or
    /// destruction. A wait that is already there goes on, with the new function.
    void wait_readable(Task on_ready);
    void wait_writable(Task on_ready);

    [[nodiscard]] int fd() const noexcept;
    /// Ends all waits and closes the descriptor.
    void close() noexcept;
    /// Ends all waits and gives the descriptor back.
    [[nodiscard]] UniqueFd release() noexcept;

    class Impl;

private:
    std::shared_ptr<Impl> m_impl;
};

}  // namespace weir::http
