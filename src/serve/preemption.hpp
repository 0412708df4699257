#pragma once

#include "runtime/store.hpp"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace weir::serve {

/// Sees to it that a worker's guests take turns: one that has run for a whole tick without waiting is suspended, so that the loop can go
/// on with others. One for each worker, told by its thread who runs.
class Preemption {
public:
    /// A guest's turn: from construction to destruction, on the worker's thread.
    class Turn {
    public:
        Turn(Preemption& preemption, runtime::Store& store) : m_preemption(preemption) { m_preemption.set(&store); }
        ~Turn() { m_preemption.set(nullptr); }
        Turn(const Turn&) = delete;
        Turn& operator=(const Turn&) = delete;

    private:
        Preemption& m_preemption;
    };

    /// From the ticker: asks the guest to yield that has run since the last call.
    void tick() noexcept;

private:
    void set(runtime::Store* store) noexcept;

    std::mutex m_mutex;  // guards what follows
    runtime::Store* m_running = nullptr;
    bool m_was_seen = false;  // by the last tick
};

/// A thread that calls a function every 10 ms.
class Ticker {
public:
    explicit Ticker(std::function<void()> tick);
    ~Ticker();
    Ticker(const Ticker&) = delete;
    Ticker& operator=(const Ticker&) = delete;

private:
    void run();

    std::function<void()> m_tick;
    std::mutex m_mutex;
    std::condition_variable m_condition;
    bool m_is_ending = false;
    std::thread m_thread;
};

/// What a guest's store is interrupted for, and what its handler answers.
inline constexpr runtime::InterruptReasons turn_is_over = 1;
[[nodiscard]] runtime::InterruptAnswer answer_interrupt(runtime::InterruptReasons reasons, void* data) noexcept;

}  // namespace weir::serve
