#include "runtime/table.hpp"

#include <algorithm>
#include <new>

namespace weir::runtime {

std::unique_ptr<Table> Table::create(const wasm::TableType& type, uint64_t initial, TableBudget& budget) noexcept
{
    const uint64_t count = type.limits.min;
    if (count > budget.elements_left) return nullptr;
    auto table = std::unique_ptr<Table>{new (std::nothrow) Table{type, budget}};
    if (table == nullptr) return nullptr;
    const uint64_t capacity = std::max<uint64_t>(count, 1);
    table->m_storage.reset(static_cast<uint64_t*>(std::calloc(capacity, sizeof(uint64_t))));
    if (table->m_storage == nullptr) return nullptr;
    if (initial != 0) std::fill_n(table->m_storage.get(), count, initial);
    table->m_capacity = capacity;
    table->elements = table->m_storage.get();
    table->size = count;
    budget.elements_left -= count;
    return table;
}

uint64_t Table::grow(uint64_t delta, uint64_t value) noexcept
{
    const uint64_t old_size = size;
    // An i32 table's index space ends at 2^32 - 1 elements; the budget is far below that, but it is the embedder's to choose.
    const uint64_t address_max = m_type.address == wasm::AddressType::i32 ? UINT32_MAX : UINT64_MAX;
    const uint64_t max = std::min(m_type.limits.max.value_or(address_max), address_max);
    if (delta > m_budget.elements_left || old_size > max || delta > max - old_size) return ~uint64_t{0};
    const uint64_t new_size = old_size + delta;
    if (new_size > m_capacity) {
        // Half as much again, so that growing by one is linear in all; within the budget, so that this cannot overflow.
        const uint64_t capacity = std::max(new_size, m_capacity + m_capacity / 2);
        auto* const larger = static_cast<uint64_t*>(std::realloc(m_storage.get(), capacity * sizeof(uint64_t)));
        if (larger == nullptr) return ~uint64_t{0};
        static_cast<void>(m_storage.release());
        m_storage.reset(larger);
        m_capacity = capacity;
    }
    std::fill_n(m_storage.get() + old_size, delta, value);
    m_budget.elements_left -= delta;
    elements = m_storage.get();
    size = new_size;
    return old_size;
}

void Table::shrink(uint64_t new_size) noexcept
{
    m_budget.elements_left += size - new_size;
    size = new_size;
}

}  // namespace weir::runtime
