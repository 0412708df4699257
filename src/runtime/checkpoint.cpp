#include "runtime/checkpoint.hpp"

#include "runtime/activation.hpp"
#include "runtime/fiber.hpp"
#include "runtime/instance.hpp"
#include "runtime/store.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <span>

namespace weir::runtime {

namespace {

#if defined(WEIR_HAS_ASAN) || defined(WEIR_HAS_TSAN)
constexpr bool can_copy_stacks = false;
#else
constexpr bool can_copy_stacks = true;
#endif

bool is_alone(const wasm::Module& module)
{
    const auto is_private = [](const wasm::MemoryType& m) { return !m.is_shared && m.page_size_log2 == 16; };
    return module.imported_memory_count + module.imported_table_count + module.imported_global_count + module.imported_tag_count ==
               0 &&
           std::ranges::all_of(module.memories, is_private);
}

bool is_passive(const auto& segment) { return segment.mode == wasm::SegmentMode::passive; }

}  // namespace

std::unique_ptr<const Checkpoint> Checkpoint::capture(Instance& instance)
{
    const wasm::Module& module = instance.module();
    if (!can_copy_stacks || !instance.store().is_suspended() || !is_alone(module)) return nullptr;
    try {
        auto point = std::make_unique<Checkpoint>();
        for (uint32_t i = 0; i < module.memories.size(); ++i) {
            Memory& memory = *instance.memory(wasm::MemoryIdx{i});
            if (!memory.make_image()) return nullptr;
            point->m_memory_bytes.push_back(memory.size_bytes.load(std::memory_order_relaxed));
        }
        for (uint32_t i = 0; i < module.tables.size(); ++i) {
            if (instance.is_untouched(wasm::TableIdx{i})) {
                point->m_tables.emplace_back();
                continue;
            }
            const Table& table = *instance.table(wasm::TableIdx{i});
            point->m_tables.emplace_back(table.elements, table.elements + table.size);
        }
        for (uint32_t i = 0; i < module.globals.size(); ++i) point->m_globals.push_back(*instance.global_cell(wasm::GlobalIdx{i}));
        for (uint32_t i = 0; i < module.elems.size(); ++i)
            if (is_passive(module.elems[i]) && instance.elem(wasm::ElemIdx{i}).size() != module.elems[i].size())
                point->m_segments.dropped_elems.push_back(wasm::ElemIdx{i});
        for (uint32_t i = 0; i < module.datas.size(); ++i)
            if (is_passive(module.datas[i]) && instance.data(wasm::DataIdx{i}).size() != module.datas[i].bytes.size())
                point->m_segments.dropped_datas.push_back(wasm::DataIdx{i});
        point->m_has_passive = std::ranges::any_of(module.elems, [](const auto& s) { return is_passive(s); }) ||
                               std::ranges::any_of(module.datas, [](const auto& s) { return is_passive(s); });
        point->capture_stack(instance);
        return point;
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}

void Checkpoint::capture_stack(const Instance& instance)
{
    const Store& store = instance.store();
    m_rsp = store.m_started->suspended_rsp;
    const auto* const top = store.m_stack.data() + store.m_stack.size_bytes();
    m_stack.assign(reinterpret_cast<const std::byte*>(m_rsp), top);
    m_host_exit_rbp = store.m_exec->host_exit_rbp;
    m_host_exit_pc = store.m_exec->host_exit_pc;
}

void Checkpoint::restore_stack(Instance& instance) const noexcept
{
    Store& store = instance.store();
    std::memcpy(reinterpret_cast<std::byte*>(m_rsp), m_stack.data(), m_stack.size());
    // The activation is at the address that the stack's frames know: of a store that only resumes there is no other.
    *store.m_started = Activation{};
    store.m_started->suspended_rsp = m_rsp;
    store.m_exec->activation = store.m_started.get();
    store.m_exec->host_exit_rbp = m_host_exit_rbp;
    store.m_exec->host_exit_pc = m_host_exit_pc;
    store.m_exec->pending_trap = TrapKind::none;
    store.m_pending_exit.reset();
    store.m_pending_detail.clear();
    store.m_suspended_by = Suspended::By::host_function;
    store.m_is_started = store.m_is_suspended = true;
}

bool Checkpoint::restore(Instance& instance) const noexcept
{
    for (uint32_t i = 0; i < m_memory_bytes.size(); ++i)
        if (!instance.memory(wasm::MemoryIdx{i})->reset(m_memory_bytes[i])) return false;
    for (uint32_t i = 0; i < m_tables.size(); ++i) {
        if (m_tables[i].empty() && instance.code().static_elements().has(wasm::TableIdx{i})) {
            instance.reset_static_table(wasm::TableIdx{i});
            continue;
        }
        Table& table = *instance.table(wasm::TableIdx{i});
        table.shrink(m_tables[i].size());
        std::ranges::copy(m_tables[i], table.elements);
    }
    for (uint32_t i = 0; i < m_globals.size(); ++i) *instance.global_cell(wasm::GlobalIdx{i}) = m_globals[i];
    if (m_has_passive && !instance.undrop_segments()) return false;
    for (const wasm::ElemIdx e : m_segments.dropped_elems) instance.drop_elem(e);
    for (const wasm::DataIdx d : m_segments.dropped_datas) instance.drop_data(d);
    restore_stack(instance);
    return true;
}

}  // namespace weir::runtime
