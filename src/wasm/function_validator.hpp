#pragma once

#include "wasm/module.hpp"
#include "wasm/module_error.hpp"
#include "wasm/opcodes.hpp"
#include "wasm/reader.hpp"
#include "wasm/type_registry.hpp"
#include "wasm/validate.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace weir::wasm {

/// What validators of a module's functions look up often, in a form that is quick to read. One per module, shared by its threads.
struct ModuleFacts {
    ModuleFacts(const Module& module, const ValidationRules& rules);

    const Module& module;
    ValidationRules rules;
    std::vector<const FuncType*> function_types;
    std::vector<ValType> memory_address_types;
    std::vector<bool> inexact_imports;  // of the imported functions: those whose type is not exact (custom-descriptors proposal)
};

/// The types of a function's locals. They come as runs and stay so: fifty thousand locals cost five bytes of a body, and no more here.
class LocalTypes {
public:
    void assign_params(std::span<const ValType> params);
    void append(uint32_t count, ValType type);

    [[nodiscard]] uint32_t size() const { return m_size; }
    /// Precondition: below size().
    [[nodiscard]] ValType at(uint32_t local) const { return local < flat_size ? m_flat[local] : at_slow(local); }

private:
    [[nodiscard]] ValType at_slow(uint32_t local) const;

    static constexpr uint32_t flat_size = 256;
    struct Run {
        uint32_t end;  // the first local behind it
        ValType type;
    };
    std::array<ValType, flat_size> m_flat{};
    std::vector<Run> m_runs;  // all locals, those in m_flat as well
    uint32_t m_size = 0;
};

/// The validation algorithm of the standard (Core 3.0, appendix "Validation Algorithm") as a visitor: one forward pass, an operand
/// stack and a control stack. Reused from function to function for its buffers; one per thread.
class FunctionValidator {
public:
    explicit FunctionValidator(const ModuleFacts& facts);

    /// Validates a function's body. Answers the error, if any.
    [[nodiscard]] std::optional<ModuleError> validate_body(FuncIdx function);
    /// Validates the types of a constant expression that the decoder passed; globals from `global_limit` on are not visible.
    [[nodiscard]] std::optional<ModuleError> validate_const(const ConstExpr& expr, ValType type, uint32_t global_limit);

    /// The first instruction seen that weir does not run.
    [[nodiscard]] const std::optional<UnsupportedUse>& unsupported() const { return m_unsupported; }

    // --- visitor ---
    void at(uint32_t offset_bytes) { m_offset = offset_bytes; }
#define WEIR_OP(code, ident, text, imm, signature, align, feature)                                  \
    [[gnu::always_inline]] bool ident(const wasm::imm& i)                                           \
    {                                                                                               \
        if constexpr (Feature::feature == Feature::gc || Feature::feature == Feature::exceptions || \
                      Feature::feature == Feature::custom_descriptors)                              \
            note_unsupported(Feature::feature, text);                                               \
        if constexpr (SignatureId::signature == SignatureId::special) return on_##ident(i);         \
        else return plain<Opcode::ident, signatures::signature, align, Feature::feature>(i);        \
    }
#include "wasm/opcodes.def"
#undef WEIR_OP

private:
#define WEIR_OP(code, ident, text, imm, signature, align, feature) bool on_##ident(const wasm::imm&);
#include "wasm/opcodes.def"
#undef WEIR_OP

    enum class FrameKind : uint8_t { function, block, loop, if_, else_, try_table };
    struct Frame {
        FrameKind kind = FrameKind::block;
        bool is_unreachable = false;
        uint32_t height = 0;       // of the operand stack
        uint32_t init_height = 0;  // of m_initialized
        BlockType type;
    };

    // --- errors: all answer false ---
    bool fail(std::string message, ErrorKind kind = ErrorKind::invalid);
    bool fail_index(const char* unknown, uint32_t index);
    bool type_mismatch(ValType expected, ValType found);
    bool mismatch(const std::string& expected, const std::string& found);

    // --- operands: m_floor is where the innermost frame's start ---
    [[nodiscard]] uint32_t height() const { return static_cast<uint32_t>(m_top - m_operands.get()); }
    void push(ValType t)
    {
        if (m_top == m_limit) [[unlikely]]
            grow_operands(1);
        *m_top++ = t;
    }
    void push_all(std::span<const ValType> types)
    {
        if (static_cast<size_t>(m_limit - m_top) < types.size()) [[unlikely]]
            grow_operands(types.size());
        for (const ValType t : types) *m_top++ = t;
    }
    bool pop(ValType expected)
    {
        if (m_top != m_floor && m_top[-1] == expected) [[likely]] {
            --m_top;
            return true;
        }
        return pop_slow(expected);
    }
    bool pop_all(std::span<const ValType> types)
    {
        for (size_t i = types.size(); i-- > 0;)
            if (!pop(types[i])) return false;
        return true;
    }
    bool pop_slow(ValType expected);
    bool pop_any(ValType& found);
    bool pop_ref(ValType& found);  // a reference; its heap is bottom when the operand is not known
    /// Whether the operands on top fit these types; they stay as they are.
    bool match(std::span<const ValType> types);
    bool replace(
        std::span<const ValType> types);  // pops and pushes: a branch's operands stay for the fall-through, as the label's types
    void set_unreachable()
    {
        m_top = m_floor;
        m_frames.back().is_unreachable = true;
    }
    void grow_operands(size_t count);

    // --- frames ---
    static constexpr size_t max_nesting = 100'000;  // bounds memory; Go's largest switches nest a few thousand deep
    bool push_frame(FrameKind kind, const BlockType& type);
    bool pop_frame(Frame& frame);
    bool label(LabelIdx depth, std::span<const ValType>& types)
    {
        if (depth.value >= m_frames.size()) [[unlikely]]
            return fail_index("unknown label", depth.value);
        const Frame& frame = m_frames[m_frames.size() - 1 - depth.value];
        types = frame.kind == FrameKind::loop ? frame.type.params : frame.type.results;
        return true;
    }
    void forget_initialized(uint32_t init_height);

    // --- index spaces ---
    bool check_local(LocalIdx l) { return l.value < m_locals.size() || fail_index("unknown local", l.value); }
    bool check_memory(MemoryIdx m)
    {
        return m.value < m_facts.memory_address_types.size() || fail_index("unknown memory", m.value);
    }
    bool check_table(TableIdx t) { return t.value < m_module.tables.size() || fail_index("unknown table", t.value); }
    bool check_function(FuncIdx f) { return f.value < m_module.functions.size() || fail_index("unknown function", f.value); }
    bool check_data(DataIdx d);
    bool check_elem(ElemIdx e) { return e.value < m_module.elems.size() || fail_index("unknown elem segment", e.value); }
    bool check_tag(TagIdx t) { return t.value < m_module.tags.size() || fail_index("unknown tag", t.value); }
    bool defined_type(TypeIdx t, CompositeKind kind, const SubType*& type);
    [[nodiscard]] ValType address_type(MemoryIdx m) const { return m_facts.memory_address_types[m.value]; }
    [[nodiscard]] ValType address_type(TableIdx t) const
    {
        return m_module.tables[t.value].type.address == AddressType::i64 ? i64 : i32;
    }
    [[nodiscard]] ValType element_type(TableIdx t) const { return m_module.tables[t.value].type.element; }
    [[nodiscard]] ValType defined(TypeIdx t, Nullability n, Exactness e = Exactness::inexact) const
    {
        return ValType::ref(m_module.types[t.value], n, e);
    }
    bool check_access(const MemArg& arg, uint32_t align_log2, bool is_atomic)
    {
        if (!check_memory(arg.memory)) return false;
        if (is_atomic ? arg.align_log2 != align_log2 : arg.align_log2 > align_log2) [[unlikely]]
            return fail_alignment(align_log2, is_atomic);
        if (arg.offset > UINT32_MAX && address_type(arg.memory) == i32) [[unlikely]]
            return fail_offset(arg.offset);
        return true;
    }
    bool fail_alignment(uint32_t align_log2, bool is_atomic);
    bool fail_offset(uint64_t offset);

    /// Instructions whose types are a row of signatures.def.
    template <Opcode op, const Signature& signature, uint8_t align_log2, Feature feature, class Imm>
    bool plain(const Imm& imm);
    bool plain_slow(const Signature& signature, ValType address);

    // --- helpers of instructions that share a shape ---
    bool call_type(const FuncType& type) { return pop_all(type.params) && (push_all(type.results), true); }
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

    void note_unsupported(Feature feature, const char* text);
    std::optional<ModuleError> run(ByteReader& reader, const BlockType& type);

    const ModuleFacts& m_facts;
    const Module& m_module;
    const TypeRegistry& m_registry;
    std::optional<FuncIdx> m_function;  // none in a constant expression
    uint32_t m_global_limit = 0;
    size_t m_offset = 0;

    LocalTypes m_locals;
    bool m_has_uninitialized = false;     // some local starts without a value
    std::vector<bool> m_is_initialized;   // per local, when m_has_uninitialized
    std::vector<uint32_t> m_initialized;  // locals set since, undone at block ends

    std::unique_ptr<ValType[]> m_operands;
    ValType* m_floor = nullptr;
    ValType* m_top = nullptr;
    ValType* m_limit = nullptr;
    std::vector<Frame> m_frames;

    std::optional<ModuleError> m_error;
    std::optional<UnsupportedUse> m_unsupported;
};

namespace detail {
/// Lanes of the shape that a vector mnemonic starts with ("i8x16"), or that a lane access of the given width counts.
constexpr uint32_t lane_limit(Opcode op, uint8_t align_log2)
{
    if (align_log2 != none) return 16U >> align_log2;
    const std::string_view text = find_op(static_cast<uint32_t>(op))->text();
    const size_t x = text.find('x');
    return text[x + 1] == '1' ? 16U : static_cast<uint32_t>(text[x + 1] - '0');
}
}  // namespace detail

template <Opcode op, const Signature& s, uint8_t align_log2, Feature feature, class Imm>
[[gnu::always_inline]] inline bool FunctionValidator::plain([[maybe_unused]] const Imm& imm)
{
    [[maybe_unused]] ValType address = i32;
    if constexpr (std::is_same_v<Imm, MemArg>) {
        if (!check_access(imm, align_log2, feature == Feature::threads)) return false;
        address = address_type(imm.memory);
    } else if constexpr (std::is_same_v<Imm, MemArgLane>) {
        if (!check_access(imm.mem, align_log2, false)) return false;
        if (imm.lane.value >= detail::lane_limit(op, align_log2)) return fail_index("invalid lane index", imm.lane.value);
        address = address_type(imm.mem.memory);
    } else if constexpr (std::is_same_v<Imm, LaneIdx>) {
        if (imm.value >= detail::lane_limit(op, align_log2)) return fail_index("invalid lane index", imm.value);
    } else if constexpr (std::is_same_v<Imm, ShuffleLanes>) {
        for (const uint8_t lane : imm.lanes)
            if (lane >= 32) return fail_index("invalid lane index", lane);
    }
    if constexpr (s.operand_count == 0) {
        for (uint32_t i = 0; i < s.result_count; ++i) push(s.results[i]);
        return true;
    } else {
        // Nearly always the operands are there and of these very types. Then what is pushed has room where they stood.
        static_assert(s.result_count <= s.operand_count);
        bool fits = m_top - m_floor >= s.operand_count;
        if (fits)
            for (uint32_t i = 0; i < s.operand_count; ++i)
                fits = fits && m_top[static_cast<int>(i) - s.operand_count] ==
                                   (s.operands[i] == Signature::address ? address : s.operands[i]);
        if (!fits) [[unlikely]]
            return plain_slow(s, address);
        m_top -= s.operand_count;
        for (uint32_t i = 0; i < s.result_count; ++i) *m_top++ = s.results[i];
        return true;
    }
}

// Instructions that make up most of real code are here, to be part of the reader's loop.

[[gnu::always_inline]] inline bool FunctionValidator::on_local_get(const LocalIdx& l)
{
    if (!check_local(l)) return false;
    if (m_has_uninitialized && !m_is_initialized[l.value]) [[unlikely]]
        return fail_index("uninitialized local", l.value);
    push(m_locals.at(l.value));
    return true;
}
[[gnu::always_inline]] inline bool FunctionValidator::on_local_set(const LocalIdx& l)
{
    if (!check_local(l) || !pop(m_locals.at(l.value))) return false;
    if (m_has_uninitialized && !m_is_initialized[l.value]) [[unlikely]] {
        m_is_initialized[l.value] = true;
        m_initialized.push_back(l.value);
    }
    return true;
}
[[gnu::always_inline]] inline bool FunctionValidator::on_local_tee(const LocalIdx& l)
{
    if (!on_local_set(l)) return false;
    push(m_locals.at(l.value));
    return true;
}
[[gnu::always_inline]] inline bool FunctionValidator::on_drop(const NoImm&)
{
    ValType dropped;
    return pop_any(dropped);
}
[[gnu::always_inline]] inline bool FunctionValidator::on_global_get(const GlobalIdx& g)
{
    if (g.value >= m_global_limit) [[unlikely]]
        return fail_index("unknown global", g.value);
    const GlobalType& type = m_module.globals[g.value].type;
    if (!m_function && type.mutability == Mutability::var) return fail("constant expression required: the global is mutable");
    push(type.type);
    return true;
}
[[gnu::always_inline]] inline bool FunctionValidator::on_global_set(const GlobalIdx& g)
{
    if (g.value >= m_module.globals.size()) [[unlikely]]
        return fail_index("unknown global", g.value);
    const GlobalType& type = m_module.globals[g.value].type;
    if (type.mutability == Mutability::const_) [[unlikely]]
        return fail_index("immutable global: cannot set global", g.value);
    return pop(type.type);
}
[[gnu::always_inline]] inline bool FunctionValidator::on_call(const FuncIdx& f)
{
    return check_function(f) && call_type(*m_facts.function_types[f.value]);
}

[[gnu::always_inline]] inline bool FunctionValidator::push_frame(FrameKind kind, const BlockType& type)
{
    if (m_frames.size() == max_nesting) [[unlikely]]
        return fail("blocks nest too deeply", ErrorKind::limit);
    Frame& frame = m_frames.emplace_back();
    frame.kind = kind;
    frame.height = height();
    frame.init_height = static_cast<uint32_t>(m_initialized.size());
    frame.type = type;
    m_floor = m_top;
    push_all(type.params);
    return true;
}
[[gnu::always_inline]] inline bool FunctionValidator::on_block(const BlockType& type)
{
    return pop_all(type.params) && push_frame(FrameKind::block, type);
}
[[gnu::always_inline]] inline bool FunctionValidator::on_loop(const BlockType& type)
{
    return pop_all(type.params) && push_frame(FrameKind::loop, type);
}
[[gnu::always_inline]] inline bool FunctionValidator::on_if_(const BlockType& type)
{
    return pop(i32) && pop_all(type.params) && push_frame(FrameKind::if_, type);
}
[[gnu::always_inline]] inline bool FunctionValidator::on_br(const LabelIdx& depth)
{
    std::span<const ValType> types;
    if (!label(depth, types) || !pop_all(types)) return false;
    set_unreachable();
    return true;
}
[[gnu::always_inline]] inline bool FunctionValidator::on_br_if(const LabelIdx& depth)
{
    std::span<const ValType> types;
    return pop(i32) && label(depth, types) && (types.empty() || replace(types));
}

}  // namespace weir::wasm
