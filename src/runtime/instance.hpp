#pragma once

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

    [[nodiscard]] std::optional<Extern> find_export(std::string_view name);
    [[nodiscard]] Extern export_at(const wasm::Export& e);

    [[nodiscard]] const Function* function(wasm::FuncIdx f) const;
    [[nodiscard]] Memory* memory(wasm::MemoryIdx m) const { return m_memories[m.value]; }
    [[nodiscard]] Table* table(wasm::TableIdx t) const { return m_tables[t.value]; }
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
    Instance() = default;
    [[nodiscard]] std::vector<uint64_t> evaluate_elem(const wasm::ElemSegment& segment) const;

    Store* m_store = nullptr;
    std::shared_ptr<ModuleCode> m_code;
    InstanceContext* m_context = nullptr;  // followed by what ContextLayout places
    std::vector<Function> m_functions;     // of the whole index space; imported ones unused
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
