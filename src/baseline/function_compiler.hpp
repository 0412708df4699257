#pragma once

#include "baseline/local_ranking.hpp"
#include "baseline/masm.hpp"
#include "baseline/regs.hpp"
#include "baseline/value_stack.hpp"
#include "runtime/compiler.hpp"
#include "wasm/features.hpp"
#include "wasm/immediates.hpp"
#include "wasm/opcodes.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace weir::baseline {

class FunctionCompiler;

/// A register that an emitter holds. Releases it when it goes, unless it belongs to a pinned local or was pushed.
/// Read it freely; write to it only when `is_owned()`.
class HeldReg {
public:
    HeldReg() = default;
    HeldReg(FunctionCompiler* owner, PhysReg reg) : m_owner(owner), m_reg(reg) {}  // owner null: a pinned local's register
    HeldReg(HeldReg&& o) noexcept : m_owner(std::exchange(o.m_owner, nullptr)), m_reg(o.m_reg) {}
    HeldReg& operator=(HeldReg&& o) noexcept
    {
        if (this != &o) {
            release();
            m_owner = std::exchange(o.m_owner, nullptr);
            m_reg = o.m_reg;
        }
        return *this;
    }
    HeldReg(const HeldReg&) = delete;
    HeldReg& operator=(const HeldReg&) = delete;
    ~HeldReg() { release(); }

    [[nodiscard]] bool is_owned() const { return m_owner != nullptr; }
    [[nodiscard]] PhysReg phys() const { return m_reg; }
    [[nodiscard]] x86::Gp r32() const { return gp32(m_reg); }
    [[nodiscard]] x86::Gp r64() const { return gp64(m_reg); }
    [[nodiscard]] x86::Gp sized(bool is_64) const { return is_64 ? r64() : r32(); }
    [[nodiscard]] x86::Xmm xmm() const { return baseline::xmm(m_reg); }
    /// Gives the register up without freeing it: it is now somebody else's.
    PhysReg take()
    {
        m_owner = nullptr;
        return m_reg;
    }
    inline void release();

private:
    FunctionCompiler* m_owner = nullptr;
    PhysReg m_reg;
};

/// A guest address ready for use, with the register that its index lives in.
struct GuestAddress {
    x86::Mem mem;
    HeldReg index;
};

/// Whether the baseline has emitters for a feature's instructions; modules that use others are refused at load.
constexpr bool is_compiled(wasm::Feature f)
{
    return f != wasm::Feature::gc && f != wasm::Feature::exceptions && f != wasm::Feature::custom_descriptors;
}
/// Instructions that are looked at in unreachable code as well, to keep count of nesting.
constexpr bool is_structured(wasm::Opcode op)
{
    using enum wasm::Opcode;
    return op == block || op == loop || op == if_ || op == else_ || op == end;
}

/// Instructions that cost nothing: they mark places.
constexpr bool is_free_of_charge(wasm::Opcode op)
{
    using enum wasm::Opcode;
    return op == block || op == loop || op == else_ || op == end || op == nop;
}
/// Instructions behind which others are not always executed, or not only by way of them.
constexpr bool ends_straight_code(wasm::Opcode op)
{
    using enum wasm::Opcode;
    return op == loop || op == if_ || op == else_ || op == end || op == br_if || op == br_on_null || op == br_on_non_null;
}

/// Compiles one function in one pass: a visitor of its instructions. Reused from function to function for its buffers.
/// Emitters are in emit_*.cpp, one method `on_<opcode>` for each instruction that the baseline compiles.
class FunctionCompiler {
public:
    explicit FunctionCompiler(const CpuFeatures& features) : m_masm(features) {}

    [[nodiscard]] Result<void, runtime::CompileError> compile(const wasm::Module& module, const runtime::ContextLayout& layout,
                                                              const runtime::CompileOptions& options, wasm::FuncIdx function,
                                                              runtime::CompiledCode& out);

    // --- visitor ---
    void at(uint32_t offset_bytes)
    {
        m_offset = offset_bytes;
        m_masm.set_wasm_offset(offset_bytes - static_cast<uint32_t>(m_body_offset));
        if (m_masm.here() > m_max_code_bytes) m_masm.fail();
    }
#define WEIR_OP(code, ident, text, imm, signature, align, feature)          \
    bool ident(const wasm::imm& i)                                          \
    {                                                                       \
        if constexpr (!is_compiled(wasm::Feature::feature)) {               \
            return refuse(text);                                            \
        } else {                                                            \
            if (m_dead && !is_structured(wasm::Opcode::ident)) return true; \
            count_fuel<wasm::Opcode::ident>();                              \
            on_##ident(i);                                                  \
            return !m_masm.failed();                                        \
        }                                                                   \
    }
#include "wasm/opcodes.def"
#undef WEIR_OP

    // --- for emitters: registers and operands ---
    [[nodiscard]] Masm& masm() { return m_masm; }
    [[nodiscard]] const CpuFeatures& features() const { return m_masm.features(); }

    /// A free temporary; spills the deepest operand when there is none.
    HeldReg alloc_gp(RegSet avoid = {});
    HeldReg alloc_xmm();
    /// That very temporary; an operand that lives there is moved away. Precondition: no HeldReg holds it.
    HeldReg alloc_fixed(PhysReg reg);
    void free(PhysReg reg) { m_free.add(reg); }

    /// Pops an operand into a register that may be read. i32 are zero-extended to 64 bits.
    HeldReg pop_gp(RegSet avoid = {});
    HeldReg pop_xmm();
    /// Pops an operand into a register that may be overwritten.
    HeldReg pop_gp_owned(RegSet avoid = {});
    HeldReg pop_xmm_owned();
    /// Pops an operand into that very temporary, owned.
    HeldReg pop_gp_fixed(PhysReg reg);
    /// Pops a constant if the top is one.
    std::optional<uint64_t> pop_constant();
    void drop_top();

    void push(wasm::ValKind type, HeldReg&& reg);  // an owned register, or the destination hint's
    void push_constant(wasm::ValKind type, uint64_t bits);
    /// Pushes an i32 0/1 that is in the flags now; emits setcc unless the next instruction consumes flags.
    void push_condition(x86::CondCode cond);

    [[nodiscard]] const StackValue& top(size_t depth = 0) const { return m_stack[m_stack.size() - 1 - depth]; }
    [[nodiscard]] size_t stack_size() const { return m_stack.size(); }

    /// Where a result should go: the pinned register of the local that the next instruction sets, when that is safe, else a temporary.
    /// `a` and `b`, when given, are operands that are read after the destination was written: they never coincide with it.
    HeldReg alloc_result_gp(const HeldReg* a = nullptr, const HeldReg* b = nullptr);
    HeldReg alloc_result_xmm(const HeldReg* a = nullptr, const HeldReg* b = nullptr);

    /// As alloc_result, but takes over the operand's own register when it can. For machine instructions that read `operand`
    /// no later than they write their result; `read_later` is kept apart. `operand.phys()` stays readable.
    HeldReg result_over(HeldReg& operand, const HeldReg* read_later = nullptr);

    /// All temporaries and caller-saved pinned locals go to memory, before a call; the operands stay on the stack.
    void spill_for_call();
    void save_caller_saved_locals();
    void reload_after_call();
    /// Loads `count` operands (the topmost, in order) into C argument registers from rsi on, zero-extended; pops them.
    /// For builtins: integer and reference operands only. `first` is the index of the first register to use in gp_c_arguments.
    void pop_builtin_arguments(uint32_t count, uint32_t first);

    /// The one place that computes effective addresses. Pops the index (after the caller popped the value to store).
    /// The access is `size_bytes` wide. The caller records `masm().memory_site()` right before the access.
    /// With `alignment_bytes` > 1 (atomics) an unaligned effective address traps first.
    GuestAddress pop_address(const wasm::MemArg& arg, uint32_t size_bytes, uint32_t alignment_bytes = 1);
    /// A HeldReg with the effective address (64-bit, index + offset), for builtins that check bounds themselves. An overflow
    /// of 64 bits traps. Pops the index.
    HeldReg pop_effective_address(const wasm::MemArg& arg);

    [[nodiscard]] const wasm::Module& module() const { return *m_module; }
    [[nodiscard]] const runtime::ContextLayout& layout() const { return *m_layout; }
    [[nodiscard]] bool is_memory64(wasm::MemoryIdx m) const
    {
        return m_module->memories[m.value].address == wasm::AddressType::i64;
    }
    [[nodiscard]] bool is_table64(wasm::TableIdx t) const
    {
        return m_module->tables[t.value].type.address == wasm::AddressType::i64;
    }

private:
    friend class HeldReg;

    bool refuse(const char* text);

#define WEIR_OP(code, ident, text, imm, signature, align, feature) void on_##ident(const wasm::imm&);
#include "wasm/opcodes.def"
#undef WEIR_OP

    // --- structured control (emit_control.cpp) ---
    enum class ControlKind : uint8_t { function, block, loop, if_, else_ };
    struct Control {
        ControlKind kind;
        bool is_dead_outside;  // unreachable where it started: nothing inside is emitted
        bool is_label_used = false;
        uint32_t height;  // operands below its parameters
        wasm::BlockType type;
        asmjit::Label label;       // loop: the header; else: the end
        asmjit::Label else_label;  // if_ only
    };
    void push_control(ControlKind kind, const wasm::BlockType& type);
    [[nodiscard]] Control& control_at(wasm::LabelIdx depth) { return m_control[m_control.size() - 1 - depth.value]; }
    [[nodiscard]] static std::span<const wasm::ValType> label_types(const Control& c)
    {
        return c.kind == ControlKind::loop ? c.type.params : c.type.results;
    }
    /// Moves the top operands to where a label expects them; the abstract stack stays as it is. Keeps the flags.
    void move_to_label(const Control& target);
    [[nodiscard]] bool needs_moves(const Control& target) const;
    void branch_to(Control& target);                      // unconditional, moves included
    void branch_if(x86::CondCode cond, Control& target);  // conditional, moves included
    x86::CondCode pop_condition();                        // leaves the flags set for a following jcc
    void end_of_block(Control& c);
    void push_label_results(const Control& c);  // the state after a label with results was bound
    void emit_function_results();
    void emit_epilogue();  // restores registers, leaves the frame; no ret
    void set_dead();

    // --- calls (emit_call.cpp) ---
    enum class CallMode : uint8_t { normal, tail };
    void emit_call(const wasm::FuncType& type, CallMode mode, std::optional<wasm::FuncIdx> direct);
    void move_arguments(const wasm::FuncType& type);
    void store_to_transfer(const StackValue& v, size_t position, size_t slot);
    void push_call_results(const wasm::FuncType& type);
    void load_callee_indirect(const wasm::CallIndirectImm& imm);  // r11 = Function*
    void tail_or_call_indirect(const wasm::CallIndirectImm& imm, CallMode mode);
    void tail_or_call_ref(wasm::TypeIdx type, CallMode mode);
    void tail_or_call(wasm::FuncIdx function, CallMode mode);
    void builtin_call(runtime::Builtin builtin);  // arguments are in C registers
    [[nodiscard]] const wasm::FuncType& func_type(wasm::TypeIdx t) const;

    // --- fuel (emit_tier.cpp) ---
    struct FuelCharge {
        bool is_open = false;    // code that subtracts is emitted, and `amount` grows with what follows
        bool is_checked = true;  // the next one
        uint32_t amount = 0;
        uint32_t patch_offset = 0;  // of its 32-bit immediate
    };
    template <wasm::Opcode op>
    void count_fuel()
    {
        if (!m_options->counts_fuel) return;
        if (!m_dead && !is_free_of_charge(op)) {
            if (!m_fuel_charge.is_open) begin_fuel_charge();
            ++m_fuel_charge.amount;
        }
        if (m_dead || ends_straight_code(op)) end_fuel_charge();
        if (op == wasm::Opcode::loop) m_fuel_charge.is_checked = true;
    }
    void begin_fuel_charge();
    void end_fuel_charge();
    void patch_fuel(runtime::CompiledCode& out) const;

    // --- what is made when it is first looked at (emit_lazy.cpp) ---
    struct LazyPart {
        asmjit::Label cold{}, back{};
        uint32_t wasm_offset = 0;
        runtime::Builtin maker{};
        uint32_t index = 0;             // the builtin's first argument
        std::optional<x86::Gp> with{};  // and its second
        std::optional<x86::Gp> to{};    // what gets its answer
        runtime::TrapKind if_null = runtime::TrapKind::none;
    };
    /// Leaves the code for cold code that calls the maker when the flags say "zero", and comes back. All registers are kept but r11 and `to`.
    void make_if_zero(LazyPart part);
    /// For all but call_indirect: afterwards the table is not lazy. Changes r11 and flags.
    void open_table(wasm::TableIdx table);
    void emit_lazy_parts();  // behind the function's code

    // --- tiers (emit_tier.cpp) ---
    struct HotCheck {
        asmjit::Label cold, back;
        uint32_t wasm_offset = 0;  // of the loop, in the body; 0: the function's entry
        size_t first_operand = 0;  // in m_hot_operands, of all of the stack at the loop's header
        size_t operand_count = 0;
        bool can_leave = false;  // for another tier's code of that loop
    };
    void count_entry();
    void count_loop();
    void emit_hot_checks();  // behind the function's code
    void leave_for_other_tier(const HotCheck& check);

    // --- frame (frame.cpp) ---
    struct LocalHome {
        wasm::ValKind type = wasm::ValKind::i32;
        bool is_pinned = false;
        PhysReg reg{};
        int32_t frame_offset = 0;   // from rbp; pinned in a caller-saved register: where it is kept over calls
        uint32_t pending_gets = 0;  // operands with Place::local that refer to it
    };
    void assign_homes(const wasm::FuncType& type, std::span<const wasm::ValType> declared);
    void emit_prologue(const wasm::FuncType& type);
    void place_parameters(const wasm::FuncType& type);
    void zero_locals(size_t first);
    [[nodiscard]] x86::Mem home_mem(const LocalHome& home) const;
    [[nodiscard]] x86::Mem slot_mem(size_t position, wasm::ValKind type);
    struct RegMove {
        PhysReg to, from;
        wasm::ValKind type;
    };
    void emit_parallel_moves(std::span<RegMove> moves);
    void patch_frame(runtime::CompiledCode& out) const;

    // --- operands (operands.cpp) ---
    void put_on_stack(StackValue v);
    StackValue take_top();
    // These keep the machine's flags while m_flags_live.
    void load_value(const StackValue& v, size_t position, PhysReg dst);
    void store_value(const StackValue& v, size_t position, const x86::Mem& to, wasm::ValKind type);
    enum class Constants : uint8_t { stay, are_stored };
    void spill_position(size_t position, Constants constants = Constants::stay);
    void spill_register(PhysReg reg);
    void flush_stack(size_t keep_top = 0);  // canonical form below the topmost `keep_top` operands
    void materialize_gets_of(uint32_t local);
    void truncate_stack(size_t height);
    HeldReg alloc(bool is_xmm, RegSet avoid);
    HeldReg hold(PhysReg reg);  // takes a free temporary
    HeldReg into_register(const StackValue& v, size_t position, RegSet avoid);
    HeldReg into_owned(const StackValue& v, size_t position, RegSet avoid);
    /// The operand's place as a memory operand, when it is in memory; it must be the one popped last.
    [[nodiscard]] std::optional<x86::Mem> as_memory(const StackValue& v, size_t position);
    [[nodiscard]] std::optional<HeldReg> hinted(bool is_xmm, const HeldReg* a, const HeldReg* b);
    [[nodiscard]] HeldReg alloc_result(bool is_xmm, const HeldReg* a, const HeldReg* b);
    [[nodiscard]] size_t next_offset() const;                      // of the next instruction, in m_body
    [[nodiscard]] uint8_t next_opcode() const;                     // its first byte; `end` behind the last
    [[nodiscard]] std::optional<uint32_t> next_set_local() const;  // local index if the next instruction is local.set/tee
    void move_operands(size_t count, std::span<const std::optional<PhysReg>> to);  // nullopt: the next transfer slot

    // --- integer helpers (emit_int.cpp) ---
    enum class IntOp : uint8_t { add, sub, and_, or_, xor_ };
    void int_binary(IntOp op, bool is_64);
    void int_multiply(bool is_64);
    void int_divide(bool is_64, bool is_signed, bool is_remainder);
    enum class ShiftOp : uint8_t { shl, shr_s, shr_u, rotl, rotr };
    void int_shift(ShiftOp op, bool is_64);
    void int_compare(x86::CondCode cond, bool is_64);
    void int_eqz(bool is_64);
    enum class BitCount : uint8_t { clz, ctz, popcnt };
    void int_bit_count(BitCount op, bool is_64);
    void sign_extend(uint32_t from_bits, bool is_64);
    void wide_add_sub(bool is_sub);
    void wide_multiply(bool is_signed);
    void emit_int_op(IntOp op, x86::Gp dst, const asmjit::Operand_& src);

    // --- float helpers (emit_float.cpp, emit_convert.cpp) ---
    void float_binary(uint32_t sse, uint32_t avx, bool is_double);
    void float_min_max(bool is_max, bool is_double);
    void float_compare(x86::CondCode cond, bool is_swapped, bool is_double);
    void float_equal(bool is_ne, bool is_double);
    void float_round(int mode, bool is_double);
    void float_sign(bool is_neg, bool is_double);
    void float_sqrt(bool is_double);
    void float_copysign(bool is_double);
    enum class Truncation : uint8_t { trapping, saturating };
    void truncate_float(bool to_64, bool is_signed, bool from_double, Truncation mode);
    void convert_float(uint32_t sse, uint32_t avx, wasm::ValKind to);
    void reinterpret(wasm::ValKind to);
    void convert_int(bool from_64, bool is_signed, bool to_double);

    // --- memory, tables, globals (emit_memory.cpp, emit_bulk.cpp, emit_variable.cpp) ---
    enum class Extension : uint8_t { none, zero, sign };
    void load_int(const wasm::MemArg& arg, uint32_t bits, Extension extension, bool to_64);
    void store_int(const wasm::MemArg& arg, uint32_t bits);
    GuestAddress checked_address(wasm::MemoryIdx memory, uint64_t offset, uint32_t size_bytes, bool is_64);
    enum class BulkResult : uint8_t { nothing, value, trap_kind };
    void call_bulk(runtime::Builtin builtin, uint64_t indices, uint32_t count, BulkResult result,
                   wasm::ValKind type = wasm::ValKind::i32);
    void load_float(const wasm::MemArg& arg, bool is_double);
    void store_float(const wasm::MemArg& arg, bool is_double);
    void select_value();
    HeldReg pop_table_entry(wasm::TableIdx table, x86::Mem& entry);

    // --- vectors (emit_simd*.cpp) ---
    enum class Order : uint8_t { as_written, swapped };
    void vector_binary(uint32_t sse, uint32_t avx, Order order = Order::as_written);
    void vector_unary(uint32_t sse, uint32_t avx);
    void vector_with_constant(uint32_t sse, uint32_t avx, uint64_t low, uint64_t high);  // a op constant
    void vector_compare(uint32_t sse, uint32_t avx, Order order, bool is_negated);
    void vector_compare_unsigned(uint32_t extreme_sse, uint32_t extreme_avx, uint32_t equal_sse, uint32_t equal_avx,
                                 bool is_negated);
    void vector_float_compare(uint32_t sse, uint32_t avx, int predicate, Order order);
    void vector_invert(x86::Xmm v);
    void vector_compare_i64(Order order, bool is_negated);
    void vector_shift(uint32_t sse, uint32_t avx, uint32_t lane_bits);
    HeldReg pop_shift_count(uint32_t lane_bits, uint32_t bias);
    void i8x16_shift_left_or_unsigned(bool is_left);
    void vector_extend(uint32_t sse, uint32_t avx, bool is_high);
    void vector_extmul(uint32_t extend_sse, uint32_t extend_avx, uint32_t multiply_sse, uint32_t multiply_avx, bool is_high);
    void i64x2_extmul(uint32_t sse, uint32_t avx, bool is_high);
    void vector_float_extreme(bool is_max, bool is_double);
    void vector_round(int mode, bool is_double);
    void vector_truncate_f32x4_u();
    void vector_truncate_f32x4_s();
    void vector_truncate_f64x2(bool is_signed);
    void vector_fused(bool is_negated, bool is_double);
    void vector_select_bits();
    void vector_all_true(uint32_t equal_sse, uint32_t equal_avx);
    void dot_i8x16();
    void extract_lane(uint32_t sse, uint32_t avx, wasm::LaneIdx lane, uint32_t lane_bits, bool is_signed);
    void replace_lane(uint32_t sse, uint32_t avx, wasm::LaneIdx lane, bool is_64);
    void load_extended(const wasm::MemArg& arg, uint32_t sse, uint32_t avx);
    void load_splat(const wasm::MemArg& arg, uint32_t lane_bits);
    void load_lane(const wasm::MemArgLane& imm, uint32_t sse, uint32_t avx, uint32_t lane_bits);
    void store_lane(const wasm::MemArgLane& imm, uint32_t sse, uint32_t avx, uint32_t lane_bits);
    void splat_lane(x86::Xmm dst, x86::Xmm src, uint32_t lane_bits);

    // --- atomics (emit_atomic.cpp) ---
    enum class RmwOp : uint8_t { add, sub, and_, or_, xor_, xchg };
    void zero_extend(const HeldReg& r, uint32_t bits);
    void atomic_load(const wasm::MemArg& arg, uint32_t bits, bool is_64);
    void atomic_store(const wasm::MemArg& arg, uint32_t bits);
    void atomic_rmw(RmwOp op, const wasm::MemArg& arg, uint32_t bits, bool is_64);
    void atomic_cmpxchg(const wasm::MemArg& arg, uint32_t bits, bool is_64);
    void atomic_wait_or_notify(runtime::Builtin builtin, const wasm::MemArg& arg, uint32_t operands, uint32_t alignment_bytes);

    Masm m_masm;
    const wasm::Module* m_module = nullptr;
    const runtime::ContextLayout* m_layout = nullptr;
    const runtime::CompileOptions* m_options = nullptr;
    wasm::FuncIdx m_function{};
    const wasm::FuncType* m_type = nullptr;
    std::span<const std::byte> m_body;  // instructions
    size_t m_code_offset = 0;           // of m_body[0] in the module
    size_t m_body_offset = 0;           // of the body (locals first) in the module
    size_t m_offset = 0;                // of the current instruction in the module
    const char* m_refused = nullptr;
    uint32_t m_max_code_bytes = 0;

    LocalRanking m_ranking;
    std::vector<LocalHome> m_locals;
    std::vector<uint32_t> m_caller_saved_locals;  // pinned ones to keep over calls
    std::vector<PhysReg> m_saved;                 // callee-saved registers of this frame, r15 first; [rbp - 8 * (i + 1)]
    bool m_has_memory0_base = false;
    bool m_skips_stack_check = false;
    bool m_forces_stack_check = false;
    uint32_t m_fixed_frame_bytes = 0;  // saved registers and locals
    uint32_t m_max_slots = 0;
    uint32_t m_frame_patch_offset = 0;  // of the prologue's 32-bit frame size

    std::vector<StackValue> m_stack;
    size_t m_canonical_height = 0;  // operands below are constants or spilled
    RegSet m_temporaries;           // those of this function: pinned ones are taken out
    RegSet m_free;
    RegSet m_on_stack;                         // temporaries owned by operands,
    std::array<uint32_t, 32> m_position_of{};  // and which operand owns each
    std::optional<PhysReg> m_hint;             // pinned register that the current instruction may write its result to
    std::vector<Control> m_control;
    std::vector<uint32_t> m_target_of_depth;  // for br_table, all UINT32_MAX between two of them
    asmjit::Label m_return_label;
    bool m_dead = false;
    bool m_flags_live = false;  // moves must not touch the flags
    std::vector<RegMove> m_moves;
    FuelCharge m_fuel_charge;
    std::vector<FuelCharge> m_fuel_charges;  // that are complete
    std::vector<LazyPart> m_lazy_parts;
    std::vector<HotCheck> m_hot_checks;
    std::vector<StackValue> m_hot_operands;
};

inline void HeldReg::release()
{
    if (m_owner != nullptr) m_owner->free(m_reg);
    m_owner = nullptr;
}

/// The baseline compiles with C argument registers for builtins in this order, after rdi.
inline constexpr PhysReg gp_c_arguments[] = {rsi, rdx, rcx, r8, r9};

}  // namespace weir::baseline
