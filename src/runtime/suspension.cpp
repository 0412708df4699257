#include "runtime/suspension.hpp"

#include "runtime/crossing.hpp"
#include "runtime/store.hpp"

#include <utility>

namespace weir::runtime {

namespace {

Progress to_progress(Outcome outcome)
{
    return std::visit([](auto& end) { return Progress{std::move(end)}; }, outcome);
}

Trap refuse(const char* why) { return {TrapKind::host_error, why, {}, false}; }

}  // namespace

Progress Store::start(const Function& function, Value* values)
{
    if (m_is_suspended) return refuse("the store's guest is suspended");
    if (m_exec->activation != nullptr) return refuse("the store's guest is running");
    const int32_t thread = prepare_thread_for_guests();
    const void* const entry = m_engine->entry_code(function.type);
    if (entry == nullptr) return Trap{TrapKind::code_space_exhausted, {}, {}, false};
    m_started = std::make_unique<Activation>();
    begin_call(thread);
    m_exec->activation = m_started.get();
    m_is_started = true;
    int how = guest_stopped;
    {
        const Crossing crossing{*this, *m_started};
        m_fiber.enter(m_stack.data(), m_stack.size_bytes());
        how = weir_enter_guest(m_started.get(), m_stack.data() + m_stack.size_bytes(), entry, function.context,
                               function.entry.load(std::memory_order_relaxed), m_exec.get(), values);
        m_fiber.leave(how != guest_suspended);
    }
    return proceed(how);
}

Progress Store::resume()
{
    if (!m_is_suspended) return refuse("no guest of the store is suspended");
    if (m_thread.load(std::memory_order_relaxed) != prepare_thread_for_guests())
        return refuse("a suspended guest goes on on the thread that started it");
    return proceed(resume_guest());
}

Outcome Store::stop(InterruptReasons reasons)
{
    if (!m_is_suspended) return Returned{};
    m_stopped_for = reasons;
    begin_stopping();
    const int how = resume_guest();  // not suspended again: suspend() looks for the stop first
    m_is_started = false;
    return end_call(*m_started, how);
}

int Store::resume_guest() noexcept
{
    m_is_suspended = false;
    const Crossing crossing{*this, *m_started};
    m_fiber.enter(m_stack.data(), m_stack.size_bytes());
    const int how = weir_resume_guest(m_started.get());
    m_fiber.leave(how != guest_suspended);
    return how;
}

Progress Store::proceed(int how)
{
    if (how == guest_suspended) {
        m_is_suspended = true;
        return Suspended{m_suspended_by};
    }
    m_is_started = false;
    return to_progress(end_call(*m_started, how));
}

bool Store::can_suspend() const noexcept
{
    // With another store's guest in between, frames that are not this guest's would be left in the middle of this stack.
    return m_is_started && current_exec == m_exec.get() && m_left_for == nullptr;
}

bool Store::leave_suspended(Suspended::By by) noexcept
{
    if (!can_suspend()) return false;
    m_suspended_by = by;
    weir_suspend_guest(m_started.get());
    return true;
}

bool can_suspend(const HostFunctionContext& context) noexcept { return context.exec->store->can_suspend(); }

Resumption suspend(HostFunctionContext& context) noexcept
{
    Store& store = *context.exec->store;
    if (!store.can_suspend()) return Resumption::impossible;
    const auto has_to_stop = [&] { return store.answer_interrupt() == InterruptAnswer::stop; };
    // Also before: a guest that is to be stopped would wait for nothing.
    if (has_to_stop()) return Resumption::stopped;
    static_cast<void>(store.leave_suspended(Suspended::By::host_function));
    return has_to_stop() ? Resumption::stopped : Resumption::resumed;
}

}  // namespace weir::runtime
