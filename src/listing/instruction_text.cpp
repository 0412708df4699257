#include "listing/instruction_text.hpp"

#include "wasm/names.hpp"
#include "wasm/reader.hpp"

#include "base/printable.hpp"

#include <fmt/format.h>

#include <bit>
#include <cmath>

namespace weir::listing {

namespace {

using namespace weir::wasm;

template <class Float, class Bits>
std::string float_text(Bits bits, Bits quiet, Bits payload)
{
    const auto value = std::bit_cast<Float>(bits);
    if (!std::isnan(value)) return fmt::format("{}", value);
    const std::string sign = std::signbit(value) ? "-" : "";
    return (bits & payload) == quiet ? sign + "nan" : fmt::format("{}nan:{:#x}", sign, bits & payload);
}

/// Writes one instruction after the other: an overload for each kind of immediate.
class Printer {
public:
    explicit Printer(const Module& module, size_t body_offset) : m_module(module), m_names(module), m_body_offset(body_offset) {}

    void at(uint32_t offset_bytes) { m_offset = offset_bytes - static_cast<uint32_t>(m_body_offset); }
#define WEIR_OP(code, ident, text, imm, signature, align, feature) \
    bool ident(const wasm::imm& i)                                 \
    {                                                              \
        add(Opcode::ident, describe(i, align));                    \
        return true;                                               \
    }
#include "wasm/opcodes.def"
#undef WEIR_OP

    std::vector<InstructionText> take() { return std::move(m_lines); }

private:
    void add(Opcode op, const std::string& immediates)
    {
        const bool closes = op == Opcode::end || op == Opcode::else_;
        if (closes && m_depth > 0) --m_depth;
        m_lines.push_back({m_offset, m_depth, std::string{mnemonic(op)} + (immediates.empty() ? "" : " ") + immediates});
        const bool opens =
            op == Opcode::block || op == Opcode::loop || op == Opcode::if_ || op == Opcode::else_ || op == Opcode::try_table;
        if (opens) ++m_depth;
    }

    [[nodiscard]] std::string types(std::string_view keyword, std::span<const ValType> list) const
    {
        if (list.empty()) return {};
        std::string text = fmt::format("({}", keyword);
        for (const ValType type : list) text += " " + to_string(type, m_module);
        return text + ")";
    }
    static std::string numbers(std::initializer_list<uint64_t> values) { return fmt::format("{}", fmt::join(values, " ")); }
    template <class Tag>
    static std::string describe(Index<Tag> i, uint8_t)
    {
        return std::to_string(i.value);
    }
    [[nodiscard]] std::string describe(FuncIdx f, uint8_t) const
    {
        const std::string name = printable(m_names.name_of(f));
        return std::to_string(f.value) + (name.empty() ? "" : "  ;; " + name);
    }

    static std::string describe(NoImm, uint8_t) { return {}; }
    static std::string describe(AtomicFenceImm, uint8_t) { return {}; }
    [[nodiscard]] std::string describe(const BlockType& i, uint8_t) const
    {
        const std::string params = types("param", i.params), results = types("result", i.results);
        return params + (params.empty() || results.empty() ? "" : " ") + results;
    }
    static std::string describe(const BrTable& i, uint8_t)
    {
        return fmt::format("{} {}", fmt::join(i.labels, " "), i.default_label.value);
    }
    [[nodiscard]] std::string describe(const CallIndirectImm& i, uint8_t) const
    {
        const FuncType& type = m_module.sub_type(m_module.types[i.type.value]).func;
        return fmt::format("{} (type {})  ;; {}", i.table.value, i.type.value, to_string(type));
    }
    [[nodiscard]] std::string describe(const TryTableImm& i, uint8_t) const
    {
        std::string text = describe(i.type, none);
        for (const CatchClause& c : i.catches) {
            const bool has_tag = c.kind == CatchKind::catch_ || c.kind == CatchKind::catch_ref;
            constexpr std::array kinds{"catch", "catch_ref", "catch_all", "catch_all_ref"};
            text += fmt::format("{}({}", text.empty() ? "" : " ", kinds[static_cast<size_t>(c.kind)]);
            text += (has_tag ? fmt::format(" {}", c.tag.value) : "") + fmt::format(" {})", c.label.value);
        }
        return text;
    }
    [[nodiscard]] std::string describe(const SelectTypes& i, uint8_t) const { return types("result", i.types); }
    static std::string describe(const MemArg& i, uint8_t natural_align_log2)
    {
        std::string text = i.memory.value == 0 ? "" : std::to_string(i.memory.value);
        const auto append = [&](const std::string& part) { text += (text.empty() ? "" : " ") + part; };
        if (i.offset != 0) append(fmt::format("offset={}", i.offset));
        if (i.align_log2 != natural_align_log2) append(fmt::format("align={}", uint64_t{1} << i.align_log2));
        return text;
    }
    static std::string describe(const MemArgLane& i, uint8_t align)
    {
        const std::string mem = describe(i.mem, align);
        return mem + (mem.empty() ? "" : " ") + std::to_string(i.lane.value);
    }
    static std::string describe(I32Const i, uint8_t) { return std::to_string(i.value); }
    static std::string describe(I64Const i, uint8_t) { return std::to_string(i.value); }
    static std::string describe(F32Const i, uint8_t) { return float_text<float, uint32_t>(i.bits, 0x40'0000, 0x7f'ffff); }
    static std::string describe(F64Const i, uint8_t)
    {
        return float_text<double, uint64_t>(i.bits, 0x8'0000'0000'0000, 0xf'ffff'ffff'ffff);
    }
    static std::string describe(const V128Const& i, uint8_t) { return fmt::format("i8x16 {}", fmt::join(i.bytes, " ")); }
    static std::string describe(const ShuffleLanes& i, uint8_t) { return fmt::format("{}", fmt::join(i.lanes, " ")); }
    [[nodiscard]] std::string describe(const HeapTypeImm& i, uint8_t) const { return to_string(i.type, m_module); }
    static std::string describe(const MemoryInitImm& i, uint8_t) { return numbers({i.memory.value, i.data.value}); }
    static std::string describe(const MemoryCopyImm& i, uint8_t) { return numbers({i.destination.value, i.source.value}); }
    static std::string describe(const TableInitImm& i, uint8_t) { return numbers({i.table.value, i.elem.value}); }
    static std::string describe(const TableCopyImm& i, uint8_t) { return numbers({i.destination.value, i.source.value}); }
    static std::string describe(const StructFieldImm& i, uint8_t) { return numbers({i.type.value, i.field.value}); }
    static std::string describe(const ArrayNewFixedImm& i, uint8_t) { return numbers({i.type.value, i.count}); }
    static std::string describe(const ArrayDataImm& i, uint8_t) { return numbers({i.type.value, i.data.value}); }
    static std::string describe(const ArrayElemImm& i, uint8_t) { return numbers({i.type.value, i.elem.value}); }
    static std::string describe(const ArrayCopyImm& i, uint8_t) { return numbers({i.destination.value, i.source.value}); }
    [[nodiscard]] std::string describe(const BrOnCastImm& i, uint8_t) const
    {
        return fmt::format("{} {} {}", i.label.value, to_string(i.from, m_module), to_string(i.to, m_module));
    }

    const Module& m_module;
    const FunctionNames m_names;
    const size_t m_body_offset;
    uint32_t m_offset = 0, m_depth = 0;
    std::vector<InstructionText> m_lines;
};

}  // namespace

std::vector<InstructionText> instructions_of(const Module& module, FuncIdx function)
{
    const FunctionBody& body = module.body_of(function);
    const auto locals = read_locals(module, body);
    if (!locals) return {};
    Printer printer{module, body.offset_bytes};
    read_trusted(module, body.bytes.subspan(locals->code_begin), body.offset_bytes + locals->code_begin, printer);
    return printer.take();
}

}  // namespace weir::listing
