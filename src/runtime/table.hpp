#pragma once

#include "base/zeroed_memory.hpp"
#include "runtime/contract.hpp"
#include "wasm/types.hpp"

#include <cstdint>
#include <memory>

namespace weir::runtime {

/// How many table elements a store's guests may still make.
struct TableBudget {
    uint64_t elements_left = 0;
};

/// A table of references. Null elements of a new table cost no memory until they are written.
/// Standard: Core 3.0, 4.2.8 "Table Instances".
class Table : public TableHeader {
public:
    /// Null when the budget, which must outlive the table, or the host's memory does not reach.
    static std::unique_ptr<Table> create(const wasm::TableType& type, uint64_t initial, TableBudget& budget) noexcept;

    /// The type with the current size as minimum, for import matching.
    [[nodiscard]] wasm::TableType type() const
    {
        wasm::TableType t = m_type;
        t.limits.min = size;
        return t;
    }
    /// The old size; ~0 when the type, the budget or the host's memory refuses.
    uint64_t grow(uint64_t delta, uint64_t value) noexcept;
    /// To a size that it has had.
    void shrink(uint64_t new_size) noexcept;

private:
    Table(const wasm::TableType& type, TableBudget& budget) : TableHeader{}, m_type(type), m_budget(budget) {}

    wasm::TableType m_type;
    TableBudget& m_budget;
    ZeroedMemory m_storage;
    uint64_t m_used = 0;  // before it shrank; what lies behind `size` and that may be anything
};

}  // namespace weir::runtime
