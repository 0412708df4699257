#include "runtime/static_elements.hpp"

#include "runtime/const_expr.hpp"

#include <algorithm>
#include <ranges>

namespace weir::runtime {

namespace {

// They are looked through one by one. Linkers make one segment, or a few.
constexpr size_t max_pieces = 64;

/// Where an active segment begins, if it is one that StaticElements describes.
std::optional<uint64_t> static_offset(const wasm::Module& module, const wasm::ElemSegment& segment)
{
    const wasm::Table& table = module.tables[segment.table.value];
    const auto offset = constant_i32(segment.offset);
    const bool is_own = segment.table.value >= module.imported_table_count;
    if (!is_own || table.init || !segment.elements.empty() || !offset) return std::nullopt;
    const uint64_t min = table.type.limits.min;
    if (segment.functions.size() > min || *offset > min - segment.functions.size()) return std::nullopt;
    return *offset;
}

}  // namespace

StaticElements::StaticElements(const wasm::Module& module)
{
    for (const wasm::ElemSegment& s : module.elems) {
        if (s.mode != wasm::SegmentMode::active) continue;
        const auto offset = static_offset(module, s);
        if (!offset || m_pieces.size() == max_pieces) {
            m_pieces.clear();
            return;
        }
        m_pieces.push_back({s.table, *offset, &s.functions});
    }
}

bool StaticElements::has(wasm::TableIdx table) const
{
    return std::ranges::any_of(m_pieces, [&](const Piece& p) { return p.table == table; });
}

std::optional<wasm::FuncIdx> StaticElements::at(wasm::TableIdx table, uint64_t index) const
{
    for (const Piece& p : m_pieces | std::views::reverse)
        if (p.table == table && index >= p.begin && index - p.begin < p.functions->size()) return (*p.functions)[index - p.begin];
    return std::nullopt;
}

}  // namespace weir::runtime
