#include "runtime/context_layout.hpp"

#include "runtime/static_elements.hpp"

namespace weir::runtime {

ContextLayout::ContextLayout(const wasm::Module& module) : m_imported_globals(module.imported_global_count)
{
    uint64_t next = sizeof(InstanceContext);
    const auto place = [&](uint64_t count, uint64_t item_bytes) {
        next = (next + item_bytes - 1) / item_bytes * item_bytes;
        const uint64_t at = next;
        next += count * item_bytes;
        return static_cast<uint32_t>(at);
    };
    // Module limits (a million items of each kind, wasm/decode.hpp) keep all of this far below 2^31.
    m_imports = place(module.imported_function_count, 8);
    m_memories = place(module.memories.size(), 16);
    m_tables = place(module.tables.size(), 8);
    m_global_pointers = place(module.imported_global_count, 8);
    m_globals = place(module.globals.size() - module.imported_global_count, 16);
    m_types = place(module.types.size(), 4);
    m_size = static_cast<uint32_t>((next + 15) / 16 * 16);
    const StaticElements elements{module};
    for (uint32_t i = 0; i < module.tables.size(); ++i) m_lazy_tables.push_back(elements.has(wasm::TableIdx{i}));
}

}  // namespace weir::runtime
