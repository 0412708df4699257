#include "runtime/table.hpp"

#include <algorithm>
#include <limits>
#include <new>
#include <optional>

namespace weir::runtime {

namespace {
/// Empty where an embedder's budget allows more than an address space holds.
std::optional<size_t> bytes_of(uint64_t elements) noexcept
{
    if (elements > std::numeric_limits<size_t>::max() / sizeof(uint64_t)) return std::nullopt;
    return elements * sizeof(uint64_t);
}
}  // namespace

std::unique_ptr<Table> Table::create(const wasm::TableType& type, uint64_t initial, TableBudget& budget) noexcept
{
    const uint64_t count = type.limits.min;
    if (count > budget.elements_left) return nullptr;
    auto table = std::unique_ptr<Table>{new (std::nothrow) Table{type, budget}};
    if (table == nullptr) return nullptr;
    const auto bytes = bytes_of(std::max<uint64_t>(count, 1));
    if (!bytes) return nullptr;
    table->m_storage = ZeroedMemory{*bytes};
    table->elements = reinterpret_cast<uint64_t*>(table->m_storage.data());
    if (table->elements == nullptr) return nullptr;
    if (initial != 0) std::fill_n(table->elements, count, initial);
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
    // Half as much again, so that growing by one is linear in all.
    const uint64_t capacity = m_storage.size_bytes() / sizeof(uint64_t);
    const auto bytes = bytes_of(new_size <= capacity ? new_size : std::max(new_size, capacity + capacity / 2));
    if (!bytes || !m_storage.grow(*bytes)) return ~uint64_t{0};
    elements = reinterpret_cast<uint64_t*>(m_storage.data());
    // What is zero already stays untouched, unless it was in use before.
    if (value != 0 || m_used > old_size) std::fill_n(elements + old_size, delta, value);
    m_budget.elements_left -= delta;
    size = new_size;
    return old_size;
}

void Table::shrink(uint64_t new_size) noexcept
{
    m_budget.elements_left += size - new_size;
    m_used = std::max(m_used, size);
    size = new_size;
}

}  // namespace weir::runtime
