#pragma once

#include "base/result.hpp"
#include "wasm/byte_reader.hpp"
#include "wasm/immediates.hpp"
#include "wasm/module.hpp"
#include "wasm/module_error.hpp"
#include "wasm/opcodes.hpp"
#include "wasm/type_reader.hpp"
#include "wasm/visitor.hpp"

#include <forward_list>
#include <type_traits>
#include <utility>
#include <vector>

// Reads the instructions of an expression and hands each to a visitor. The one place that knows how immediates are
// encoded; with TrustedReader the same code serves compilers without its checks. Standard: Core 3.0, 5.4.

namespace weir::wasm {

/// The most locals of a function, parameters not counted. Appendix "Implementation Limitations"; the number is the JS API's.
inline constexpr uint32_t max_locals = 50'000;

/// A function's declared locals, parameters not included, and where its instructions start in the body.
struct Locals {
    std::vector<ValType> types;
    size_t code_begin = 0;
};
Result<Locals, ModuleError> read_locals(const Module& module, const FunctionBody& body);

/// Reads local declarations and hands each group to `see(count, type)`; more than max_locals in all is a failure.
template <class Reader, class See>
void read_local_groups(const Module& module, Reader& r, See&& see)
{
    const uint32_t groups = r.count(2, "unexpected end: more locals than bytes");
    uint32_t total = 0;
    for (uint32_t i = 0; i < groups && !r.failed(); ++i) {
        const size_t at = r.offset();
        const uint32_t count = r.u32();
        const ValType type = read_val_type(r, {module.types, 0});
        if (r.failed()) return;
        if (count > max_locals - total) return r.fail_at("too many locals", at, ErrorKind::limit);
        total += count;
        see(count, type);
    }
}

/// Reads immediates. Keeps the storage that spans in them point to.
template <class Reader>
class ImmediateReader {
public:
    ImmediateReader(const Module& module, Reader& reader) : m_module(module), m_reader(reader), m_types{module.types, 0} {}

    template <class Imm>
    [[gnu::always_inline]] Imm read([[maybe_unused]] Opcode opcode)
    {
        Reader& r = m_reader;
        if constexpr (std::is_same_v<Imm, NoImm>) {
            return {};
        } else if constexpr (std::is_same_v<Imm, AtomicFenceImm>) {
            if (r.u8() != 0) r.fail("zero byte expected");
            return {};
        } else if constexpr (std::is_same_v<Imm, BlockType>) {
            return block_type();
        } else if constexpr (std::is_same_v<Imm, BrTable>) {
            return br_table();
        } else if constexpr (std::is_same_v<Imm, TryTableImm>) {
            return try_table();
        } else if constexpr (std::is_same_v<Imm, SelectTypes>) {
            return select_types();
        } else if constexpr (std::is_same_v<Imm, MemArg>) {
            return mem_arg();
        } else if constexpr (std::is_same_v<Imm, MemArgLane>) {
            const MemArg mem = mem_arg();
            return {mem, LaneIdx{r.u8()}};
        } else if constexpr (std::is_same_v<Imm, LaneIdx>) {
            return LaneIdx{r.u8()};
        } else if constexpr (std::is_same_v<Imm, I32Const>) {
            return {r.s32()};
        } else if constexpr (std::is_same_v<Imm, I64Const>) {
            return {r.s64()};
        } else if constexpr (std::is_same_v<Imm, F32Const>) {
            return {r.template fixed<uint32_t>()};
        } else if constexpr (std::is_same_v<Imm, F64Const>) {
            return {r.template fixed<uint64_t>()};
        } else if constexpr (std::is_same_v<Imm, V128Const> || std::is_same_v<Imm, ShuffleLanes>) {
            return {r.template fixed<std::array<uint8_t, 16>>()};
        } else if constexpr (std::is_same_v<Imm, HeapTypeImm>) {
            return {read_heap_type(r, m_types, nullability_of(opcode))};
        } else if constexpr (std::is_same_v<Imm, BrOnCastImm>) {
            return br_on_cast();
        } else if constexpr (std::is_same_v<Imm, CallIndirectImm> || std::is_same_v<Imm, MemoryInitImm> ||
                             std::is_same_v<Imm, MemoryCopyImm> || std::is_same_v<Imm, TableInitImm> ||
                             std::is_same_v<Imm, TableCopyImm> || std::is_same_v<Imm, StructFieldImm> ||
                             std::is_same_v<Imm, ArrayNewFixedImm> || std::is_same_v<Imm, ArrayDataImm> ||
                             std::is_same_v<Imm, ArrayElemImm> || std::is_same_v<Imm, ArrayCopyImm>) {
            return two_indices<Imm>();
        } else {
            return Imm{r.u32()};  // an index
        }
    }

private:
    template <class Imm>
    Imm two_indices()
    {
        const uint32_t a = m_reader.u32();
        const uint32_t b = m_reader.u32();
        if constexpr (std::is_same_v<Imm, CallIndirectImm>) return {TypeIdx{a}, TableIdx{b}};
        if constexpr (std::is_same_v<Imm, MemoryInitImm>) return {DataIdx{a}, MemoryIdx{b}};
        if constexpr (std::is_same_v<Imm, MemoryCopyImm>) return {MemoryIdx{a}, MemoryIdx{b}};
        if constexpr (std::is_same_v<Imm, TableInitImm>) return {ElemIdx{a}, TableIdx{b}};
        if constexpr (std::is_same_v<Imm, TableCopyImm>) return {TableIdx{a}, TableIdx{b}};
        if constexpr (std::is_same_v<Imm, StructFieldImm>) return {TypeIdx{a}, FieldIdx{b}};
        if constexpr (std::is_same_v<Imm, ArrayNewFixedImm>) return {TypeIdx{a}, b};
        if constexpr (std::is_same_v<Imm, ArrayDataImm>) return {TypeIdx{a}, DataIdx{b}};
        if constexpr (std::is_same_v<Imm, ArrayElemImm>) return {TypeIdx{a}, ElemIdx{b}};
        if constexpr (std::is_same_v<Imm, ArrayCopyImm>) return {TypeIdx{a}, TypeIdx{b}};
    }

    static constexpr Nullability nullability_of(Opcode opcode)
    {
        using enum Opcode;
        return opcode == ref_test || opcode == ref_cast || opcode == ref_cast_desc_eq ? Nullability::non_null
                                                                                      : Nullability::nullable;
    }

    [[gnu::always_inline]] BlockType block_type()
    {
        static constexpr std::array<ValType, 5> number_types{v128, f64, f32, i64, i32};  // from 0x7b up
        const uint8_t first = m_reader.peek();
        if (first == 0x40) {
            m_reader.u8();
            return {};
        }
        if (first >= 0x7b && first <= 0x7f) {
            m_reader.u8();
            return {{}, {&number_types[first - 0x7bU], 1}};
        }
        return block_type_slow(first);
    }
    [[gnu::noinline]] BlockType block_type_slow(uint8_t first)
    {
        if (first >= 0x62 && first <= 0x74) {
            const ValType type = read_val_type(m_reader, m_types);
            if (m_single_results.empty() || m_single_results.front() != type) m_single_results.push_front(type);
            return {{}, {&m_single_results.front(), 1}};
        }
        const size_t at = m_reader.offset();
        const int64_t index = m_reader.s33();
        if (index < 0) {
            m_reader.fail_at("malformed block type", at);
            return {};
        }
        if (static_cast<uint64_t>(index) >= m_module.types.size()) {
            m_reader.fail_at("unknown type", at, ErrorKind::invalid, static_cast<uint64_t>(index));
            return {};
        }
        const SubType& type = m_module.sub_type(m_module.types[static_cast<size_t>(index)]);
        if (type.kind != CompositeKind::func) {
            m_reader.fail_at("block type is not a function type: type", at, ErrorKind::invalid, static_cast<uint64_t>(index));
            return {};
        }
        return {type.func.params, type.func.results};
    }

    [[gnu::noinline]] BrTable br_table()
    {
        const uint32_t count = m_reader.count(1, "too many br_table labels");
        m_labels.clear();
        for (uint32_t i = 0; i < count && !m_reader.failed(); ++i) m_labels.push_back(m_reader.u32());
        return {m_labels, LabelIdx{m_reader.u32()}};
    }

    [[gnu::noinline]] TryTableImm try_table()
    {
        const BlockType type = block_type();
        const uint32_t count = m_reader.count(2, "too many catch clauses");
        m_catches.clear();
        for (uint32_t i = 0; i < count && !m_reader.failed(); ++i) {
            const uint8_t kind = m_reader.u8();
            if (kind > 3) m_reader.fail("malformed catch clause");
            CatchClause c{static_cast<CatchKind>(kind & 3U), {}, {}};
            if (kind < 2) c.tag = TagIdx{m_reader.u32()};
            c.label = LabelIdx{m_reader.u32()};
            m_catches.push_back(c);
        }
        return {type, m_catches};
    }

    [[gnu::noinline]] SelectTypes select_types()
    {
        const uint32_t count = m_reader.count(1, "too many types");
        m_select_types.clear();
        for (uint32_t i = 0; i < count && !m_reader.failed(); ++i) m_select_types.push_back(read_val_type(m_reader, m_types));
        return {m_select_types};
    }

    [[gnu::always_inline]] MemArg mem_arg()
    {
        MemArg arg{};
        const uint32_t flags = m_reader.u32();
        if (flags >= 128) m_reader.fail("malformed memop flags");
        arg.align_log2 = flags & 63U;
        if ((flags & 64U) != 0) arg.memory = MemoryIdx{m_reader.u32()};
        arg.offset = m_reader.u64();
        return arg;
    }

    [[gnu::noinline]] BrOnCastImm br_on_cast()
    {
        const uint8_t flags = m_reader.u8();
        if (flags > 3) m_reader.fail("malformed br_on_cast flags");
        const LabelIdx label{m_reader.u32()};
        const ValType from = read_heap_type(m_reader, m_types, (flags & 1U) != 0 ? Nullability::nullable : Nullability::non_null);
        const ValType to = read_heap_type(m_reader, m_types, (flags & 2U) != 0 ? Nullability::nullable : Nullability::non_null);
        return {label, from, to};
    }

    const Module& m_module;
    Reader& m_reader;
    TypeContext m_types;
    std::forward_list<ValType> m_single_results;  // addresses stay
    std::vector<uint32_t> m_labels;
    std::vector<CatchClause> m_catches;
    std::vector<ValType> m_select_types;
};

namespace detail {

enum class OpcodeForm : uint8_t { one_byte, prefixed };

/// Reads one instruction's immediates and calls the visitor. The two forms are two switches so that the one for single bytes is one
/// dense table.
template <OpcodeForm form, class Reader, class V>
[[gnu::always_inline]] inline bool dispatch(uint32_t code, size_t at, Reader& reader, ImmediateReader<Reader>& immediates,
                                            uint32_t& depth, V& visitor)
{
    if constexpr (form == OpcodeForm::one_byte)
        if (code > 0xff) std::unreachable();
    switch (code) {
#define WEIR_OP(number, ident, text, imm, ...)                                                                               \
    case number: {                                                                                                           \
        if constexpr (((number) > 0xff) != (form == OpcodeForm::prefixed)) {                                                 \
            std::unreachable();                                                                                              \
        } else {                                                                                                             \
            const imm immediate = immediates.template read<imm>(Opcode::ident);                                              \
            if constexpr (!std::is_same_v<imm, NoImm>)                                                                       \
                if (reader.failed()) [[unlikely]]                                                                            \
                    return false;                                                                                            \
            if constexpr (Opcode::ident == Opcode::block || Opcode::ident == Opcode::loop || Opcode::ident == Opcode::if_ || \
                          Opcode::ident == Opcode::try_table)                                                                \
                ++depth;                                                                                                     \
            else if constexpr (Opcode::ident == Opcode::end) --depth;                                                        \
            return visitor.ident(immediate);                                                                                 \
        }                                                                                                                    \
    }
#include "wasm/opcodes.def"
#undef WEIR_OP
    default: reader.fail_at("illegal opcode", at); return false;
    }
}

/// The instructions behind a prefix byte. Apart, for they are rare where speed is counted.
template <class Reader, class V>
[[gnu::noinline]] bool dispatch_prefixed(uint32_t prefix, size_t at, Reader& reader, ImmediateReader<Reader>& immediates,
                                         uint32_t& depth, V& visitor)
{
    const uint32_t sub_opcode = reader.u32();
    if (reader.failed()) return false;
    const uint32_t code = prefix << 16 | (sub_opcode > 0xffff ? 0xffffU : sub_opcode);
    return dispatch<OpcodeForm::prefixed>(code, at, reader, immediates, depth, visitor);
}

}  // namespace detail

/// Reads instructions up to and with the `end` that closes the expression. False when the visitor stopped or the encoding is
/// malformed; a failure of the encoding stays in the reader.
template <class Reader, OpVisitor V>
bool read_instructions(const Module& module, Reader& reader, V& visitor)
{
    ImmediateReader<Reader> immediates{module, reader};
    uint32_t depth = 1;
    while (depth != 0) {
        const size_t at = reader.offset();
        visitor.at(static_cast<uint32_t>(at));
        const uint32_t code = reader.u8();
        if (reader.failed()) [[unlikely]]
            return false;
        const bool goes_on = code >= 0xfb && code <= 0xfe
                               ? detail::dispatch_prefixed(code, at, reader, immediates, depth, visitor)
                               : detail::dispatch<detail::OpcodeForm::one_byte>(code, at, reader, immediates, depth, visitor);
        if (!goes_on) [[unlikely]]
            return false;
    }
    return true;
}

/// Reads the instructions of a validated function. `code` starts at the first instruction, `offset_bytes` is its place in the module.
template <OpVisitor V>
void read_trusted(const Module& module, std::span<const std::byte> code, size_t offset_bytes, V& visitor)
{
    TrustedReader reader{code, offset_bytes};
    read_instructions(module, reader, visitor);
}

}  // namespace weir::wasm
