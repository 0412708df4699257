#include "runtime/initial_state.hpp"

#include "runtime/const_expr.hpp"
#include "runtime/instance.hpp"
#include "runtime/memory_image.hpp"

#include <algorithm>

namespace weir::runtime {

namespace {

// A copied segment costs its copying, and the first write to each of its pages a fault. A mapped one costs a fault for each page that is
// looked at, the copy of a page included; it pays where much of the data is never looked at.
constexpr uint64_t min_image_bytes = uint64_t{128} << 10;
constexpr uint64_t host_page_bytes = 4096;

Result<std::shared_ptr<const MemoryImage>, SysError> make_image(const Memory& memory, uint64_t end_of_data)
{
    const uint64_t bytes = (end_of_data + host_page_bytes - 1) / host_page_bytes * host_page_bytes;
    return MemoryImage::create(memory.bytes().first(std::min<uint64_t>(bytes, memory.bytes().size())));
}

}  // namespace

std::unique_ptr<InitialState> InitialState::capture(Instance& instance)
{
    const wasm::Module& module = instance.module();
    Images images(module.memories.size());
    for (size_t i = 0; i < images.size(); ++i) {
        uint64_t end = 0, all = 0;
        for (const wasm::DataSegment& s : module.datas) {
            if (s.mode != wasm::SegmentMode::active || s.memory.value != i) continue;
            all += s.bytes.size();
            const Value offset = evaluate(s.offset, instance);
            const bool is_64 = module.memories[i].address == wasm::AddressType::i64;
            end = std::max<uint64_t>(end, (is_64 ? offset.i64 : offset.i32) + s.bytes.size());
        }
        const bool is_mapped = module.memories[i].page_size_log2 == 16 && !module.memories[i].is_shared;
        // Segments far apart would make an image of zeros mostly.
        if (!is_mapped || all < min_image_bytes || end / 4 > all) continue;
        if (auto image = make_image(*instance.memory(wasm::MemoryIdx{static_cast<uint32_t>(i)}), end))
            images[i] = std::move(*image);
    }
    return capture(instance, images);
}

std::unique_ptr<InitialState> InitialState::capture(Instance& instance, const Images& images)
{
    const wasm::Module& module = instance.module();
    if (module.imported_memory_count + module.imported_table_count + module.imported_global_count + module.imported_tag_count != 0)
        return nullptr;
    auto state = std::make_unique<InitialState>();
    state->m_images = images;
    for (uint32_t i = 0; i < module.memories.size(); ++i) {
        Memory& memory = *instance.memory(wasm::MemoryIdx{i});
        MemoryState m{memory.size_bytes.load(std::memory_order_relaxed), {}};
        if (images[i] != nullptr) {
            if (!memory.use_image(images[i])) return nullptr;
        } else {
            for (const wasm::DataSegment& s : module.datas) {
                if (s.mode != wasm::SegmentMode::active || s.memory.value != i) continue;
                const Value offset = evaluate(s.offset, instance);
                const bool is_64 = module.memories[i].address == wasm::AddressType::i64;
                m.copies.push_back({is_64 ? offset.i64 : offset.i32, s.bytes});
            }
        }
        state->m_memories.push_back(std::move(m));
    }
    for (uint32_t i = 0; i < module.tables.size(); ++i) {
        const Table& table = *instance.table(wasm::TableIdx{i});
        state->m_tables.emplace_back(table.elements, table.elements + table.size);
    }
    for (uint32_t i = 0; i < module.globals.size(); ++i) state->m_globals.push_back(*instance.global_cell(wasm::GlobalIdx{i}));
    for (uint32_t i = 0; i < module.elems.size(); ++i) {
        const auto elem = instance.elem(wasm::ElemIdx{i});
        state->m_elems.emplace_back(elem.begin(), elem.end());
    }
    for (uint32_t i = 0; i < module.datas.size(); ++i) state->m_datas.push_back(instance.data(wasm::DataIdx{i}));
    return state;
}

bool InitialState::restore(Instance& instance) const noexcept
{
    for (uint32_t i = 0; i < m_memories.size(); ++i) {
        Memory& memory = *instance.memory(wasm::MemoryIdx{i});
        if (!memory.reset(m_memories[i].size_bytes)) return false;
        for (const MemoryState::Copy& c : m_memories[i].copies) std::ranges::copy(c.bytes, memory.base + c.to);
    }
    for (uint32_t i = 0; i < m_tables.size(); ++i) instance.table(wasm::TableIdx{i})->reset(m_tables[i]);
    for (uint32_t i = 0; i < m_globals.size(); ++i) *instance.global_cell(wasm::GlobalIdx{i}) = m_globals[i];
    instance.undrop_segments(m_elems, m_datas);
    return true;
}

}  // namespace weir::runtime
