#pragma once

#include "runtime/contract.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace weir::runtime {

class Instance;

/// Where a suspended guest is: its stack, and the memories, tables, globals and segments of its instance; and the way back there once it has gone on and
/// ended. A guest can so be resumed from the same place again and again, as if each time was the first. It costs what the guest has changed in
/// between. Stack and references are addresses: it is of use to the one instance that it was captured of.
///
/// The frames of host functions are put back as bytes. So the one that suspended must own nothing, hold nothing that ends (a lock, a descriptor, a
/// pointer to what the caller of resume() owns), and look anew at whatever may have changed.
class Checkpoint {
public:
    /// Of an instance alone in its store, whose guest a host function has suspended. Null where that cannot be undone: memories, tables, globals or
    /// tags that are imported or shared, memories of small pages; sanitizers, which keep what they know of stacks elsewhere; no memory.
    static std::unique_ptr<const Checkpoint> capture(Instance& instance);
    /// Makes the guest suspended there again. It must have ended, on the thread that started it; Store::recycle may have been called since. False when
    /// the system refuses; then the instance is of no use any more.
    bool restore(Instance& instance) const noexcept;

private:
    struct Segments {
        std::vector<wasm::ElemIdx> dropped_elems;
        std::vector<wasm::DataIdx> dropped_datas;
    };
    void capture_stack(const Instance& instance);
    void restore_stack(Instance& instance) const noexcept;

    std::vector<std::byte> m_stack;  // from m_rsp to the stack's top
    uintptr_t m_rsp = 0;
    uintptr_t m_host_exit_rbp = 0, m_host_exit_pc = 0;
    std::vector<uint64_t> m_memory_bytes;
    std::vector<std::vector<uint64_t>> m_tables;  // empty of those that were untouched
    std::vector<Value> m_globals;
    bool m_has_passive = false;
    Segments m_segments;  // passive ones
};

}  // namespace weir::runtime
