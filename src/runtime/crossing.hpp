#pragma once

#include "runtime/activation.hpp"
#include "runtime/store.hpp"

#include <memory>
#include <utility>

namespace weir::runtime {

/// While it lives this thread is in a store's guest. `outermost` is the activation by which the host's stack was left.
class Crossing {
public:
    Crossing(Store& store, const Activation& outermost) noexcept
        : m_outer(current_exec), m_left(m_outer != nullptr && m_outer != store.m_exec.get() ? m_outer->store : nullptr),
          m_left_for_before(m_left == nullptr ? nullptr : std::exchange(m_left->m_left_for, &outermost))
    {
        current_exec = store.m_exec.get();
    }
    ~Crossing()
    {
        current_exec = m_outer;
        if (m_left != nullptr) m_left->m_left_for = m_left_for_before;
    }
    Crossing(const Crossing&) = delete;
    Crossing& operator=(const Crossing&) = delete;

    /// Store::call by the shortest way, for who calls often: `entry` is the engine's entry_code of the function's type. Null when it returned.
    [[nodiscard]] static std::unique_ptr<Outcome> call(Store& store, const void* entry, const Function& function, Value* values);
    /// What host functions of former calls said of why they failed.
    static void forget_pending(Store& store) noexcept
    {
        store.m_exec->pending_trap = TrapKind::none;
        store.m_pending_exit.reset();
        store.m_pending_detail.clear();
    }

private:
    // What few calls need.
    static std::unique_ptr<Outcome> call_inside(Store& store, const void* entry, const Function& function, Value* values);
    static std::unique_ptr<Outcome> end_call(Store& store, const Activation& activation, int how);

    ExecContext* const m_outer;
    Store* const m_left;  // the store whose host function this is, if it is another's
    const Activation* const m_left_for_before;
};

inline std::unique_ptr<Outcome> Crossing::call(Store& store, const void* entry, const Function& function, Value* values)
{
    ExecContext& exec = *store.m_exec;
    const int32_t thread = guest_thread.ready_id;
    // Most calls come from a thread that is in no guest and called this one before: nothing else is to be looked at.
    if (exec.activation != nullptr || current_exec != nullptr || thread == 0 ||
        store.m_thread.load(std::memory_order_relaxed) != thread) [[unlikely]]
        return call_inside(store, entry, function, values);
    Activation activation;
    activation.previous = nullptr;
    forget_pending(store);
    exec.activation = &activation;
    current_exec = &exec;
    const int how = weir_call_guest(function.context, function.entry.load(std::memory_order_relaxed), &exec, values, entry,
                                    store.m_stack.data() + store.m_stack.size_bytes());
    current_exec = nullptr;
    exec.activation = nullptr;
    // Also where it returned although it was to stop: the calls around it have ended.
    if (how != guest_returned || exec.interrupt.load(std::memory_order_relaxed) > all_interrupt_reasons) [[unlikely]]
        return end_call(store, activation, how);
    return nullptr;
}

}  // namespace weir::runtime
