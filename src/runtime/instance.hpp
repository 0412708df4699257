#pragma once

#include "base/zeroed_memory.hpp"
#include "runtime/extern.hpp"
#include "runtime/module_code.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace weir::runtime {

class Store;

/// An instantiated module. Belongs to a Store, used by the store's thread. Standard: Core 3.0, 4.2.5 "Module Instances".
class Instance {
public:
    ~Instance();
    Instance(const Instance&) = delete;
    Instance& operator=(const Instance&) = delete;

    [[nodiscard]] const wasm::Module& module() const { return *m_code->module(); }
    [[nodiscard]] ModuleCode& code() const { return *m_code; }
    [[nodiscard]] Store& store() const { return *m_store; }
    [[nodiscard]] InstanceContext& context() const { return *m_context; }

    /// The embedder's own, given to Store::instantiate.
    [[nodiscard]] void* owner() const { return m_owner; }

    [[nodiscard]] std::optional<Extern> find_export(std::string_view name);
    [[nodiscard]] Extern export_at(const wasm::Export& e);

    /// Made when it is first asked for.
    [[nodiscard]] const Function* function(wasm::FuncIdx f) const;
    /// Has a reference to a defined function call `entry`, if there is one already. For ModuleCode; thread-safe.
    void update_function(wasm::FuncIdx f, const void* entry) const noexcept;
    [[nodiscard]] Memory* memory(wasm::MemoryIdx m) const { return m_memories[m.value]; }
    /// With all elements in their places.
    [[nodiscard]] Table* table(wasm::TableIdx t) const
    {
        Table* const found = m_tables[t.value];
        if (found->is_lazy != 0) open(t);
        return found;
    }
    /// An element below the table's size, put in its place if it was not there yet.
    [[nodiscard]] uint64_t table_element(wasm::TableIdx t, uint64_t index) const;
    /// Whether the table is as the module's segments say, elements that are not made yet included: the guest could not change any.
    [[nodiscard]] bool is_untouched(wasm::TableIdx t) const { return m_tables[t.value]->is_lazy != 0; }
    /// Of a table with StaticElements: as after instantiation. Elements that are made already stay if the guest could not change any.
    void reset_static_table(wasm::TableIdx t) const;
    [[nodiscard]] Value* global_cell(wasm::GlobalIdx g) const;
    /// The memory that host functions see: the one exported as "memory", else memory 0, else null.
    [[nodiscard]] Memory* default_memory() const { return m_default_memory; }

    /// The references of an element segment and the bytes of a data segment; empty once dropped.
    [[nodiscard]] std::span<const uint64_t> elem(wasm::ElemIdx e) const { return m_elems[e.value]; }
    [[nodiscard]] std::span<const std::byte> data(wasm::DataIdx d) const
    {
        return m_is_data_dropped[d.value] ? std::span<const std::byte>{} : module().datas[d.value].bytes;
    }
    void drop_elem(wasm::ElemIdx e) { m_elems[e.value] = {}; }
    void drop_data(wasm::DataIdx d) { m_is_data_dropped[d.value] = true; }
    /// As after instantiation: what is passive is there again. False when there is no memory for it.
    [[nodiscard]] bool undrop_segments() noexcept;

private:
    friend class Store;
    friend class Instantiation;
    friend class ModuleCode;
    Instance() = default;
    [[nodiscard]] std::vector<uint64_t> evaluate_elem(const wasm::ElemSegment& segment) const;
    void open(wasm::TableIdx t) const;

    Store* m_store = nullptr;
    void* m_owner = nullptr;
    std::shared_ptr<ModuleCode> m_code;
    InstanceContext* m_context = nullptr;  // followed by what ContextLayout places
    size_t m_place = 0;                    // for ModuleCode
    // InstanceContext::functions, and behind it the functions in the order in which they were made: most guests refer to few of theirs.
    ZeroedMemory m_functions;
    mutable uint32_t m_functions_end = 0;  // offset of the next one
    std::vector<const Function*> m_imported_functions;
    std::vector<Memory*> m_memories;
    std::vector<Table*> m_tables;
    std::vector<Global*> m_imported_globals;
    std::vector<std::unique_ptr<Global>> m_exported_globals;  // views of own cells, made when exported
    std::vector<Tag*> m_tags;
    std::vector<std::vector<uint64_t>> m_elems;
    std::vector<bool> m_is_data_dropped;  // of all segments: Go makes tens of thousands
    Memory* m_default_memory = nullptr;
};

}  // namespace weir::runtime
