#include "wasm/branch_hints.hpp"

#include "wasm/byte_reader.hpp"
#include "wasm/reader.hpp"

#include <algorithm>

namespace weir::wasm {

namespace {

/// Looks for the hinted instructions of one function.
class HintTargets {
public:
    HintTargets(const FunctionBody& body, std::span<const BranchHint> hints) : m_body_offset(body.offset_bytes), m_next(hints) {}

    [[nodiscard]] bool all_found() const { return m_next.empty(); }

    void at(uint32_t offset_bytes) { m_at = offset_bytes - static_cast<uint32_t>(m_body_offset); }
#define WEIR_OP(code, ident, text, imm, ...) \
    bool ident(const imm&) { return see(Opcode::ident); }
#include "wasm/opcodes.def"
#undef WEIR_OP

private:
    /// False once a hint cannot be met any more.
    bool see(Opcode opcode)
    {
        if (m_next.empty()) return false;
        if (m_next.front().body_offset_bytes > m_at) return true;
        const bool is_target = m_next.front().body_offset_bytes == m_at && (opcode == Opcode::br_if || opcode == Opcode::if_);
        if (is_target) m_next = m_next.subspan(1);
        return is_target;
    }

    size_t m_body_offset;
    std::span<const BranchHint> m_next;
    uint32_t m_at = 0;
};

bool all_are_branches(const Module& module, FuncIdx function, std::span<const BranchHint> hints)
{
    const FunctionBody& body = module.body_of(function);
    const auto locals = read_locals(module, body);
    if (!locals) return false;
    HintTargets targets{body, hints};
    read_trusted(module, body.bytes.subspan(locals->code_begin), body.offset_bytes + locals->code_begin, targets);
    return targets.all_found();
}

/// The hints of one function, by ascending offset.
std::vector<BranchHint> read_hints(ByteReader& r)
{
    std::vector<BranchHint> hints;
    const uint32_t count = r.count(3, "unexpected end: more hints than bytes");
    for (uint32_t i = 0; i < count && !r.failed(); ++i) {
        const size_t at = r.offset();
        const uint32_t offset = r.u32();
        if (r.u32() != 1) r.fail("malformed branch hint: its length is not 1");
        const uint8_t value = r.u8();
        if (value > 1) r.fail("malformed branch hint: neither 0 nor 1");
        if (!hints.empty() && hints.back().body_offset_bytes >= offset) r.fail_at("branch hints out of order or repeated", at);
        hints.push_back({offset, value == 1});
    }
    return hints;
}

}  // namespace

std::span<const BranchHint> BranchHints::of(FuncIdx function) const
{
    const auto found = std::ranges::lower_bound(m_entries, function.value, {}, [](const Entry& e) { return e.function.value; });
    if (found == m_entries.end() || found->function != function) return {};
    return found->hints;
}

Result<BranchHints, ModuleError> read_branch_hints(const Module& module)
{
    BranchHints result;
    const auto is_ours = [](const Module::CustomSection& s) { return s.name == "metadata.code.branch_hint"; };
    const auto section = std::ranges::find_if(module.custom_sections, is_ours);
    if (section == module.custom_sections.end()) return result;

    ByteReader r{section->bytes, 0};
    const uint32_t count = r.count(2, "unexpected end: more functions than bytes");
    for (uint32_t i = 0; i < count && !r.failed(); ++i) {
        const size_t at = r.offset();
        const FuncIdx function{r.u32()};
        std::vector<BranchHint> hints = read_hints(r);
        if (r.failed()) break;
        if (module.is_imported(function) || function.value >= module.functions.size())
            r.fail_at("branch hints of a function without a body", at, ErrorKind::invalid, function.value);
        else if (!result.m_entries.empty() && result.m_entries.back().function.value >= function.value)
            r.fail_at("branch hints: functions out of order or repeated", at);
        else if (!all_are_branches(module, function, hints))
            r.fail_at("branch hint on an instruction other than br_if and if", at, ErrorKind::invalid);
        result.m_entries.push_back({function, std::move(hints)});
    }
    if (!r.failed() && !r.at_end()) r.fail("bytes behind the branch hints");
    if (r.failed()) return Unexpected{r.error()};
    return result;
}

}  // namespace weir::wasm
