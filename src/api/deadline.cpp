#include "api/impl.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <thread>

namespace weir {

void Interrupter::State::request(uint64_t for_lease, runtime::InterruptReasons reasons) noexcept
{
    const std::scoped_lock lock{mutex};
    if (store != nullptr && lease == for_lease) store->request_interrupt(reasons);
}

void Interrupter::stop() const noexcept { m_state->request(m_lease, stop_requested); }
void Interrupter::preempt() const noexcept { m_state->request(m_lease, shall_yield); }

namespace {

using Clock = std::chrono::steady_clock;

/// One thread of the process, which waits for the next deadline of all.
class Watch {
public:
    static Watch& instance()
    {
        static Watch watch;
        return watch;
    }
    template <class Action>
    uint64_t add(Clock::time_point when, Action action)
    {
        const std::scoped_lock lock{m_mutex};
        const uint64_t number = m_next++;
        m_actions.emplace(std::pair{when, number}, std::move(action));
        if (m_actions.begin()->first.second == number) m_changed.notify_one();
        return number;
    }
    void remove(Clock::time_point when, uint64_t number) noexcept
    {
        const std::scoped_lock lock{m_mutex};
        m_actions.erase({when, number});
    }

private:
    Watch() : m_thread([this](const std::stop_token& stop) { run(stop); }) {}
    void run(const std::stop_token& stop)
    {
        std::unique_lock lock{m_mutex};
        while (!stop.stop_requested()) {
            if (m_actions.empty()) {
                m_changed.wait(lock, stop, [this] { return !m_actions.empty(); });
                continue;
            }
            const auto first = m_actions.begin();
            const auto when = first->first.first;
            if (when > Clock::now()) {
                m_changed.wait_until(lock, stop, when, [&] { return m_actions.empty() || m_actions.begin()->first.first < when; });
                continue;
            }
            // Under the lock: who removes an action knows then that it is not running.
            first->second();
            m_actions.erase(first);
        }
    }
    std::mutex m_mutex;  // guards the actions
    std::condition_variable_any m_changed;
    std::map<std::pair<Clock::time_point, uint64_t>, std::function<void()>> m_actions;
    uint64_t m_next = 0;
    std::jthread m_thread;  // last: it uses the others
};

}  // namespace

struct Deadline::State {
    std::shared_ptr<Interrupter::State> interrupts;
    uint64_t lease = 0;
    std::atomic<bool> has_passed{false};
    Clock::time_point when;
    uint64_t number = 0;  // in the watch
};

Deadline Access::deadline(const InstanceImpl& instance, std::chrono::nanoseconds time)
{
    const auto state = std::make_shared<Deadline::State>();
    state->interrupts = instance.home->interrupts;
    state->lease = instance.home->interrupts->lease;
    const auto now = Clock::now();
    // What is so far away that it has no time of its own is never.
    state->when =
        time < Clock::time_point::max() - now ? now + std::chrono::duration_cast<Clock::duration>(time) : Clock::time_point::max();
    state->number = Watch::instance().add(state->when, [state = state.get()] {
        state->has_passed = true;
        state->interrupts->request(state->lease, time_is_over);
    });
    return Deadline{state};
}

Deadline::Deadline(std::shared_ptr<State> state) noexcept : m_state(std::move(state)) {}
Deadline::Deadline(Deadline&&) noexcept = default;

Deadline& Deadline::operator=(Deadline&& other) noexcept
{
    std::swap(m_state, other.m_state);
    return *this;
}

Deadline::~Deadline()
{
    if (m_state == nullptr) return;
    Watch::instance().remove(m_state->when, m_state->number);
    if (!m_state->has_passed) return;
    // It may have come when no call ran any more: the next one is not meant.
    const std::scoped_lock lock{m_state->interrupts->mutex};
    if (m_state->interrupts->store != nullptr && m_state->interrupts->lease == m_state->lease)
        m_state->interrupts->store->withdraw_interrupts(time_is_over);
}

bool Deadline::has_passed() const noexcept { return m_state->has_passed; }

}  // namespace weir
