#pragma once

#include "runtime/contract.hpp"
#include "runtime/memory.hpp"
#include "wasm/types.hpp"

#include <algorithm>
#include <cstdint>
#include <variant>
#include <vector>

namespace weir::runtime {

/// Standard: Core 3.0, 4.2.8 "Table Instances".
class Table : public TableHeader {
public:
    Table(const wasm::TableType& type, uint64_t initial, uint64_t max_elements) : m_type(type), m_max_elements(max_elements), m_storage(type.limits.min, initial)
    {
        publish();
    }
    [[nodiscard]] wasm::TableType type() const
    {
        wasm::TableType t = m_type;
        t.limits.min = size;
        return t;
    }
    /// The old size; ~0 when the type or the limit refuses.
    uint64_t grow(uint64_t delta, uint64_t value) noexcept
    {
        const uint64_t max = std::min(m_max_elements, m_type.limits.max.value_or(UINT64_MAX));
        const uint64_t old_size = size;
        if (old_size > max || delta > max - old_size) return ~uint64_t{0};
        m_storage.resize(old_size + delta, value);
        publish();
        return old_size;
    }

private:
    void publish()
    {
        elements = m_storage.data();
        size = m_storage.size();
    }
    wasm::TableType m_type;
    uint64_t m_max_elements;
    std::vector<uint64_t> m_storage;
};

/// A global of the host's, or a view of one in an instance's context.
struct Global {
    wasm::GlobalType type;
    Value* cell = nullptr;
    Value own{};
};

struct Tag {
    wasm::TypeId type;
};

/// What is imported and exported; in the order of wasm::ExternType.
using Extern = std::variant<const Function*, Table*, Memory*, Global*, Tag*>;

}  // namespace weir::runtime
