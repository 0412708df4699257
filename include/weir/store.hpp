#pragma once

#include <weir/engine.hpp>
#include <weir/memory.hpp>

#include <memory>

#pragma GCC visibility push(default)

namespace weir {

/// What is linked: instances that import from one another, and memories, tables and globals that the host makes for them. They share one stack,
/// so one guest of a store runs at a time, on one thread; who stops one (Interrupter, Deadline) stops whatever runs in the store, and fuel is the store's.
/// All that was made in it lives until the last handle of the store and of its instances is gone. Linker::instantiate makes instances in it.
/// Whoever does not link instances needs none: those of Prepared each have a store of their own.
/// A handle: copies are the same store. Standard: Core 3.0, 4.2.3 "Store".
class Store {
public:
    struct Impl;  // weir's own

    /// @error system  No address space for a stack.
    [[nodiscard]] static Result<Store> create(const Engine& engine);

    /// A new memory, of zero bytes.
    /// @error usage  Limits that no memory can have; a shared one has a maximum.   @error system  Config::max_memory_bytes, or no address space.
    [[nodiscard]] Result<Memory> make_memory(const MemoryType& type) const;
    /// A new table, of null references or of `initial`.
    /// @error usage  The element type is neither funcref nor externref, the limits are none, or `initial` does not fit.
    /// @error system  Config::max_table_elements, or no memory.
    [[nodiscard]] Result<Table> make_table(const TableType& type) const;
    [[nodiscard]] Result<Table> make_table(const TableType& type, const Value& initial) const;
    /// A new global.
    /// @error usage  The value is of another type, or a reference to a function of another store.
    [[nodiscard]] Result<Global> make_global(const GlobalType& type, const Value& value) const;

private:
    friend struct Access;
    std::shared_ptr<Impl> m_impl;
};

}  // namespace weir

#pragma GCC visibility pop
