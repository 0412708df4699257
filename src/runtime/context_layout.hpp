#pragma once

#include "runtime/contract.hpp"
#include "wasm/module.hpp"

#include <cstdint>
#include <vector>

namespace weir::runtime {

/// Where things are in an InstanceContext of a given module: byte offsets from its start. The only source of offsets for
/// compilers and for the runtime. A function of the module alone, so code can be cached.
class ContextLayout {
public:
    explicit ContextLayout(const wasm::Module& module);

    /// `const Function*` of an imported function.
    [[nodiscard]] uint32_t imported_function(wasm::FuncIdx f) const { return m_imports + f.value * 8; }
    /// `std::byte*`, never changes during an instance's life.
    [[nodiscard]] uint32_t memory_base(wasm::MemoryIdx m) const { return m_memories + m.value * 16; }
    /// `MemoryHeader*`.
    [[nodiscard]] uint32_t memory_header(wasm::MemoryIdx m) const { return m_memories + m.value * 16 + 8; }
    /// `TableHeader*`.
    [[nodiscard]] uint32_t table(wasm::TableIdx t) const { return m_tables + t.value * 8; }
    /// Imported: `Value*`. Defined: the Value itself.
    [[nodiscard]] bool is_global_indirect(wasm::GlobalIdx g) const { return g.value < m_imported_globals; }
    [[nodiscard]] uint32_t global(wasm::GlobalIdx g) const
    {
        return is_global_indirect(g) ? m_global_pointers + g.value * 8 : m_globals + (g.value - m_imported_globals) * 16;
    }
    /// `uint32_t`, the canonical TypeId of a type of the module.
    [[nodiscard]] uint32_t type_id(wasm::TypeIdx t) const { return m_types + t.value * 4; }
    /// Whether TableHeader::is_lazy may be set.
    [[nodiscard]] bool may_be_lazy(wasm::TableIdx t) const { return m_lazy_tables[t.value]; }
    [[nodiscard]] uint32_t size_bytes() const { return m_size; }

private:
    uint32_t m_imports, m_memories, m_tables, m_global_pointers, m_globals, m_types, m_size;
    uint32_t m_imported_globals;
    std::vector<bool> m_lazy_tables;
};

}  // namespace weir::runtime
