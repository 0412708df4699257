#pragma once

#include "runtime/activation.hpp"
#include "runtime/store.hpp"

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

private:
    ExecContext* const m_outer;
    Store* const m_left;  // the store whose host function this is, if it is another's
    const Activation* const m_left_for_before;
};

}  // namespace weir::runtime
