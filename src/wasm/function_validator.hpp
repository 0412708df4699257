#pragma once

#include "wasm/module.hpp"
#include "wasm/module_error.hpp"
#include "wasm/opcodes.hpp"
#include "wasm/reader.hpp"
#include "wasm/type_registry.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace weir::wasm {

/// The validation algorithm of the standard (Core 3.0, appendix "Validation Algorithm") as a visitor: one forward pass, an operand
/// stack and a control stack. Reused from function to function for its buffers; one per thread.
class FunctionValidator {
public:
    /// `declared_refs`: the functions that ref.func may name (C.refs of Core 3.0, 3.1.1 "Contexts"), one flag per function.
    FunctionValidator(const Module& module, const std::vector<bool>& declared_refs)
        : m_module(module), m_registry(*module.registry), m_declared_refs(declared_refs)
    {
    }

    /// Validates a function's body. Answers the error, if any.
    std::optional<ModuleError> validate_body(FuncIdx function);
    /// Validates a constant expression of the given type; globals from `global_limit` on are not visible.
    std::optional<ModuleError> validate_const(const ConstExpr& expr, ValType type, uint32_t global_limit);

    /// The first instruction seen that weir does not run.
    [[nodiscard]] const std::optional<UnsupportedUse>& unsupported() const { return m_unsupported; }

    // --- visitor ---
    void at(uint32_t offset_bytes) { m_offset = offset_bytes; }
#define WEIR_OP(code, ident, text, imm, signature, align, feature)                                              \
    bool ident(const wasm::imm& i)                                                                              \
    {                                                                                                           \
        note_feature(Feature::feature, text);                                                                   \
        if (m_is_const && !is_constant(Opcode::ident)) return fail("constant expression required");             \
        if constexpr (SignatureId::signature == SignatureId::special)                                           \
            return on_##ident(i);                                                                               \
        else                                                                                                    \
            return plain<Opcode::ident>(signatures::signature, align, i);                                       \
    }
#include "wasm/opcodes.def"
#undef WEIR_OP

private:
#define WEIR_OP(code, ident, text, imm, signature, align, feature) bool on_##ident(const wasm::imm&);
#include "wasm/opcodes.def"
#undef WEIR_OP

    enum class FrameKind : uint8_t { function, block, loop, if_, else_, try_table };
    struct Frame {
        FrameKind kind;
        bool is_unreachable = false;
        uint32_t height = 0;
        uint32_t init_height = 0;  // of m_initialized
        BlockType type;
    };

    // --- errors ---
    bool fail(std::string message);
    bool type_mismatch(ValType expected, ValType found);

    // --- operands ---
    void push(ValType t) { m_operands.push_back(t); }
    void push_all(std::span<const ValType> types) { m_operands.insert(m_operands.end(), types.begin(), types.end()); }
    bool pop(ValType expected)
    {
        if (m_operands.size() > m_frames.back().height && m_operands.back() == expected) [[likely]] {
            m_operands.pop_back();
            return true;
        }
        return pop_slow(expected);
    }
    bool pop_slow(ValType expected);
    bool pop_any(ValType& found);
    bool pop_ref(ValType& found);   // bottom, or a reference
    bool pop_all(std::span<const ValType> types);
    void set_unreachable();
    bool push_frame(FrameKind kind, const BlockType& type);
    bool pop_frame(Frame& frame);
    bool label(LabelIdx depth, std::span<const ValType>& types);
    bool branch_keeps(std::span<const ValType> types);  // pops and pushes: operands stay for the fall-through

    // --- index spaces ---
    bool check_local(LocalIdx l);
    bool check_memory(MemoryIdx m);
    bool check_table(TableIdx t);
    bool check_function(FuncIdx f);
    bool check_data(DataIdx d);
    bool check_elem(ElemIdx e);
    bool check_tag(TagIdx t);
    bool defined_type(TypeIdx t, CompositeKind kind, const SubType*& type);
    [[nodiscard]] ValType address_type(MemoryIdx m) const { return m_module.memories[m.value].address == AddressType::i64 ? i64 : i32; }
    [[nodiscard]] ValType address_type(TableIdx t) const { return m_module.tables[t.value].type.address == AddressType::i64 ? i64 : i32; }
    [[nodiscard]] ValType defined(TypeIdx t, Nullability n, Exactness e = Exactness::inexact) const { return ValType::ref(m_module.types[t.value], n, e); }
    bool check_access(const MemArg& arg, uint32_t align_log2, bool is_atomic);

    template <Opcode op, class Imm>
    bool plain(const Signature& signature, uint8_t align_log2, const Imm& imm);

    // --- helpers of instructions that share a shape ---
    bool call_type(const FuncType& type);
    bool return_call_type(const FuncType& type);
    bool call_ref_operand(TypeIdx t, const FuncType*& type);
    bool indirect_type(const CallIndirectImm& imm, const FuncType*& type);
    bool struct_new(TypeIdx t, bool is_default, bool has_descriptor);
    bool struct_get(const StructFieldImm& imm, bool wants_packed);
    bool array_element(TypeIdx t, bool wants_mutable, FieldType& field);
    bool array_get(TypeIdx t, bool wants_packed);
    bool cast(const HeapTypeImm& imm, ValType result);
    bool br_on_cast(const BrOnCastImm& imm, bool is_fail, bool has_descriptor);
    bool cast_desc(const HeapTypeImm& imm);
    bool pop_descriptor(ValType target);

    void note_feature(Feature feature, const char* text)
    {
        if (feature == Feature::gc || feature == Feature::exceptions || feature == Feature::custom_descriptors) [[unlikely]]
            note_unsupported(feature, text);
    }
    void note_unsupported(Feature feature, const char* text);
    static constexpr bool is_constant(Opcode op)
    {
        using enum Opcode;
        switch (op) {
        case end:
        case i32_const:
        case i64_const:
        case f32_const:
        case f64_const:
        case v128_const:
        case i32_add:
        case i32_sub:
        case i32_mul:
        case i64_add:
        case i64_sub:
        case i64_mul:
        case global_get:
        case ref_null:
        case ref_func:
        case ref_i31:
        case struct_new:
        case struct_new_default:
        case struct_new_desc:
        case struct_new_default_desc:
        case array_new:
        case array_new_default:
        case array_new_fixed:
        case any_convert_extern:
        case extern_convert_any: return true;
        default: return false;
        }
    }
    std::optional<ModuleError> run(ByteReader& reader, const BlockType& type);

    const Module& m_module;
    const TypeRegistry& m_registry;
    const std::vector<bool>& m_declared_refs;
    std::optional<FuncIdx> m_function;
    bool m_is_const = false;
    uint32_t m_global_limit = 0;
    size_t m_offset = 0;
    std::vector<ValType> m_locals;
    std::vector<bool> m_is_initialized;    // per local
    std::vector<uint32_t> m_initialized;   // locals set since, undone at block ends
    std::vector<ValType> m_operands;
    std::vector<Frame> m_frames;
    std::optional<ModuleError> m_error;
    std::optional<UnsupportedUse> m_unsupported;
};

namespace detail {
/// Lanes of the shape that a vector mnemonic starts with, or that a lane access of the given width counts.
constexpr uint32_t lane_limit(std::string_view text, uint8_t align_log2)
{
    if (align_log2 != none) return 16U >> align_log2;
    const size_t x = text.find('x');
    return text[x + 1] == '1' ? 16U : static_cast<uint32_t>(text[x + 1] - '0');
}
constexpr std::string_view text_of(Opcode op)
{
    for (const OpInfo& info : op_table)
        if (info.opcode == op) return info.text;
    return {};
}
constexpr Feature feature_of(Opcode op)
{
    for (const OpInfo& info : op_table)
        if (info.opcode == op) return info.feature;
    return Feature::mvp;
}
}  // namespace detail

template <Opcode op, class Imm>
bool FunctionValidator::plain(const Signature& s, [[maybe_unused]] uint8_t align_log2, [[maybe_unused]] const Imm& imm)
{
    [[maybe_unused]] ValType address = i32;
    if constexpr (std::is_same_v<Imm, MemArg> || std::is_same_v<Imm, MemArgLane>) {
        const MemArg* arg;
        if constexpr (std::is_same_v<Imm, MemArg>)
            arg = &imm;
        else
            arg = &imm.mem;
        constexpr bool is_atomic = detail::feature_of(op) == Feature::threads;
        if (!check_access(*arg, align_log2, is_atomic)) return false;
        address = address_type(arg->memory);
    }
    if constexpr (std::is_same_v<Imm, MemArgLane> || std::is_same_v<Imm, LaneIdx>) {
        constexpr auto text = detail::text_of(op);
        uint32_t lane;
        if constexpr (std::is_same_v<Imm, LaneIdx>)
            lane = imm.value;
        else
            lane = imm.lane.value;
        if (lane >= detail::lane_limit(text, align_log2)) return fail("invalid lane index " + std::to_string(lane));
    }
    if constexpr (std::is_same_v<Imm, ShuffleLanes>) {
        for (const uint8_t lane : imm.lanes)
            if (lane >= 32) return fail("invalid lane index " + std::to_string(lane));
    }
    for (uint32_t i = s.operand_count; i-- > 0;) {
        const ValType t = s.operands[i] == Signature::address ? address : s.operands[i];
        if (!pop(t)) return false;
    }
    for (uint32_t i = 0; i < s.result_count; ++i) push(s.results[i]);
    return true;
}

}  // namespace weir::wasm
