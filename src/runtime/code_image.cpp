#include "runtime/code_image.hpp"

#include "runtime/code_space.hpp"

#include <algorithm>

namespace weir::runtime {

namespace {

constexpr auto last_trap_kind = static_cast<TrapKind>(0
#define WEIR_TRAP(ident, text) +1
#include "runtime/trap_kind.def"
#undef WEIR_TRAP
);

bool are_consistent(std::span<const CodeSite> sites, uint32_t code_bytes, size_t inlined_calls)
{
    uint32_t last = 0;
    for (const CodeSite& s : sites) {
        if (s.code_offset < last || s.code_offset > code_bytes || s.kind > CodeSite::Kind::trap || s.trap > last_trap_kind ||
            s.inlined_by > inlined_calls)
            return false;
        last = s.code_offset;
    }
    return true;
}

}  // namespace

bool are_consistent(std::span<const InlinedCall> calls, const wasm::Module& module)
{
    if (calls.size() > max_inlined_calls) return false;
    for (size_t i = 0; i < calls.size(); ++i)
        if (calls[i].inlined_by > i || calls[i].callee - module.imported_function_count >= module.bodies.size()) return false;
    return true;
}

bool is_consistent(const CodeImage& image, const wasm::Module& module, bool counts)
{
    const uint64_t stubs_end = module.bodies.size() * CodeSpace::stub_bytes;
    if (image.file_offset % code_page_bytes != 0 || image.code_bytes % code_page_bytes != 0 || image.code_bytes < stubs_end)
        return false;
    std::vector<bool> has_first_code(module.bodies.size());
    uint64_t end = stubs_end, next_site = 0, next_call = 0;
    for (const PieceRecord& p : image.pieces) {
        if (p.begin < end || p.tier > CodeTier::hot || p.first_site != next_site || p.first_inlined_call != next_call) return false;
        end = uint64_t{p.begin} + p.size_bytes;
        next_site += p.site_count;
        next_call += p.inlined_call_count;
        if (end > image.code_bytes || next_site > image.sites.size() || next_call > image.inlined_calls.size()) return false;
        const uint32_t index = p.function - module.imported_function_count;
        if (index >= module.bodies.size()) return false;  // an imported function's has wrapped around
        // Hot code goes back to the first; and nothing else is entered at loops.
        if (p.tier == CodeTier::hot ? !counts || !has_first_code[index] : p.loop_offset != 0) return false;
        has_first_code[index] = true;
        if (!are_consistent(image.sites.subspan(p.first_site, p.site_count), p.size_bytes, p.inlined_call_count) ||
            !are_consistent(image.inlined_calls.subspan(p.first_inlined_call, p.inlined_call_count), module))
            return false;
    }
    return next_site == image.sites.size() && next_call == image.inlined_calls.size();
}

}  // namespace weir::runtime
