#include "serve/preemption.hpp"

#include <chrono>
#include <utility>

namespace weir::serve {

namespace {
constexpr std::chrono::milliseconds tick_length{10};
}

void Preemption::set(runtime::Store* store) noexcept
{
    const std::scoped_lock lock{m_mutex};
    m_running = store;
    m_was_seen = false;
}

void Preemption::tick() noexcept
{
    const std::scoped_lock lock{m_mutex};  // the store lives as long as it is held: its turn ends with it
    if (m_running == nullptr) return;
    if (std::exchange(m_was_seen, true)) m_running->request_interrupt(turn_is_over);
}

Ticker::Ticker(std::function<void()> tick) : m_tick(std::move(tick)), m_thread([this] { run(); }) {}

Ticker::~Ticker()
{
    {
        const std::scoped_lock lock{m_mutex};
        m_is_ending = true;
    }
    m_condition.notify_one();
    m_thread.join();
}

void Ticker::run()
{
    std::unique_lock lock{m_mutex};
    while (!m_condition.wait_for(lock, tick_length, [this] { return m_is_ending; })) m_tick();
}

runtime::InterruptAnswer answer_interrupt(runtime::InterruptReasons /*reasons*/, void* /*data*/) noexcept
{
    return runtime::InterruptAnswer::yield;
}

}  // namespace weir::serve
