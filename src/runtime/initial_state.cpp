#include "runtime/initial_state.hpp"

#include "runtime/const_expr.hpp"
#include "runtime/instance.hpp"
#include "runtime/memory_image.hpp"
#include "runtime/store.hpp"
#include "runtime/written_pages.hpp"

#include <algorithm>

namespace weir::runtime {

namespace {

// A copied segment costs its copying, and the first write to each of its pages a fault. A mapped one costs a fault for each page that is
// looked at, the copy of a page included; it pays where much of the data is never looked at.
constexpr uint64_t min_image_bytes = uint64_t{128} << 10;

/// The number of the function that a reference in an instance is to; empty for null. A reference to anything else cannot be in an instance
/// that shares nothing and has not run.
std::optional<wasm::FuncIdx> number_of(uint64_t reference, const Instance& instance)
{
    const auto* const function = reinterpret_cast<const Function*>(reference);
    if (function == nullptr) return std::nullopt;
    if (function->context == &instance.context()) return wasm::FuncIdx{function->index};
    for (uint32_t i = 0; i < instance.module().imported_function_count; ++i)
        if (instance.function(wasm::FuncIdx{i}) == function) return wasm::FuncIdx{i};
    return std::nullopt;
}

uint64_t reference_in(const Instance& instance, std::optional<wasm::FuncIdx> function)
{
    return function ? reinterpret_cast<uint64_t>(instance.function(*function)) : 0;
}

}  // namespace

std::shared_ptr<const InitialState> InitialState::capture(Instance& instance)
{
    const wasm::Module& module = instance.module();
    if (module.imported_memory_count + module.imported_table_count + module.imported_global_count + module.imported_tag_count != 0)
        return nullptr;
    const auto state = std::make_shared<InitialState>();
    for (uint32_t i = 0; i < module.memories.size(); ++i)
        if (!state->capture_memory(instance, wasm::MemoryIdx{i})) return nullptr;
    for (uint32_t i = 0; i < module.tables.size(); ++i) {
        std::vector<Reference> references;
        if (instance.code().static_elements().has(wasm::TableIdx{i})) {
            state->m_tables.push_back(std::move(references));
            continue;
        }
        const Table& table = *instance.table(wasm::TableIdx{i});
        references.reserve(table.size);
        for (const uint64_t reference : std::span{table.elements, table.size}) references.push_back(number_of(reference, instance));
        state->m_tables.push_back(std::move(references));
    }
    for (uint32_t i = 0; i < module.globals.size(); ++i) {
        const Value value = *instance.global_cell(wasm::GlobalIdx{i});
        const bool is_reference = module.globals[i].type.type.is_ref();
        state->m_globals.push_back({value, is_reference, is_reference ? number_of(value.ref, instance) : std::nullopt});
    }
    const auto is_passive = [](const auto& segment) { return segment.mode == wasm::SegmentMode::passive; };
    state->m_has_passive_segments = std::ranges::any_of(module.datas, is_passive) || std::ranges::any_of(module.elems, is_passive);
    if (!state->share_images(instance)) return nullptr;
    return state;
}

bool InitialState::capture_memory(const Instance& instance, wasm::MemoryIdx index)
{
    const wasm::Module& module = instance.module();
    const Memory& memory = *instance.memory(index);
    const wasm::MemoryType& type = module.memories[index.value];
    MemoryState state{memory.size_bytes.load(std::memory_order_relaxed), nullptr, {}};
    uint64_t end = 0, all = 0;
    for (const wasm::DataSegment& s : module.datas) {
        if (s.mode != wasm::SegmentMode::active || s.memory != index) continue;
        const Value offset = evaluate(s.offset, instance);
        state.copies.push_back({type.address == wasm::AddressType::i64 ? offset.i64 : offset.i32, s.bytes});
        all += s.bytes.size();
        end = std::max(end, state.copies.back().to + s.bytes.size());
    }
    // Segments far apart would make an image of zeros mostly.
    if (type.page_size_log2 == 16 && !type.is_shared && all >= min_image_bytes && end / 4 <= all) {
        auto image = MemoryImage::create(memory.bytes().first((end + host_page_bytes - 1) / host_page_bytes * host_page_bytes));
        if (!image) return false;
        state.image = std::move(*image);
        state.copies.clear();
        state.copies.shrink_to_fit();
    }
    m_memories.push_back(std::move(state));
    return true;
}

bool InitialState::share_images(Instance& instance) const noexcept
{
    for (uint32_t i = 0; i < m_memories.size(); ++i)
        if (m_memories[i].image != nullptr && !instance.memory(wasm::MemoryIdx{i})->use_image(m_memories[i].image)) return false;
    return true;
}

bool InitialState::restore(Instance& instance) const noexcept
{
    for (uint32_t i = 0; i < m_memories.size(); ++i) {
        Memory& memory = *instance.memory(wasm::MemoryIdx{i});
        if (!memory.reset(m_memories[i].size_bytes)) return false;
        for (const MemoryState::Copy& c : m_memories[i].copies) std::ranges::copy(c.bytes, memory.base + c.to);
    }
    for (uint32_t i = 0; i < m_tables.size(); ++i) {
        if (instance.code().static_elements().has(wasm::TableIdx{i})) {
            instance.reset_static_table(wasm::TableIdx{i});
            continue;
        }
        Table& table = *instance.table(wasm::TableIdx{i});
        table.shrink(m_tables[i].size());
        for (size_t e = 0; e < m_tables[i].size(); ++e) table.elements[e] = reference_in(instance, m_tables[i][e]);
    }
    for (uint32_t i = 0; i < m_globals.size(); ++i) {
        const GlobalState& g = m_globals[i];
        Value& cell = *instance.global_cell(wasm::GlobalIdx{i});
        cell = g.value;
        if (g.is_reference) cell.ref = reference_in(instance, g.function);
    }
    return !m_has_passive_segments || instance.undrop_segments();
}

}  // namespace weir::runtime
