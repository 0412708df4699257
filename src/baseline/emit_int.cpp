#include "baseline/function_compiler.hpp"

#include <bit>
#include <limits>

// Integer instructions. Every i32 in a register has a zero upper half, because only 32-bit instructions make one.

namespace weir::baseline {

using runtime::TrapKind;
using wasm::NoImm;
using wasm::ValKind;
using x86::CondCode;

namespace {
constexpr ValKind int_kind(bool is_64) { return is_64 ? ValKind::i64 : ValKind::i32; }
constexpr uint64_t truncated(uint64_t v, bool is_64) { return is_64 ? v : v & 0xffff'ffffU; }
/// Whether `bits`, a constant of the given width, is an immediate that the machine sign-extends from 32 bits.
constexpr bool fits_imm32(uint64_t bits, bool is_64)
{
    return !is_64 || (static_cast<int64_t>(bits) >= INT32_MIN && static_cast<int64_t>(bits) <= INT32_MAX);
}
asmjit::Imm imm32(uint64_t bits) { return asmjit::Imm(static_cast<int32_t>(static_cast<uint32_t>(bits))); }
}  // namespace

void FunctionCompiler::emit_int_op(IntOp op, x86::Gp dst, const asmjit::Operand_& src)
{
    switch (op) {
    case IntOp::add: m_masm.emit(x86::Inst::kIdAdd, dst, src); return;
    case IntOp::sub: m_masm.emit(x86::Inst::kIdSub, dst, src); return;
    case IntOp::and_: m_masm.emit(x86::Inst::kIdAnd, dst, src); return;
    case IntOp::or_: m_masm.emit(x86::Inst::kIdOr, dst, src); return;
    case IntOp::xor_: m_masm.emit(x86::Inst::kIdXor, dst, src); return;
    }
}

void FunctionCompiler::int_binary(IntOp op, bool is_64)
{
    StackValue b = take_top();
    StackValue a = take_top();
    const size_t a_position = m_stack.size(), b_position = a_position + 1;
    if (a.place == Place::constant && b.place == Place::constant) {
        uint64_t r = 0;
        switch (op) {
        case IntOp::add: r = a.bits + b.bits; break;
        case IntOp::sub: r = a.bits - b.bits; break;
        case IntOp::and_: r = a.bits & b.bits; break;
        case IntOp::or_: r = a.bits | b.bits; break;
        case IntOp::xor_: r = a.bits ^ b.bits; break;
        }
        push_constant(int_kind(is_64), truncated(r, is_64));
        return;
    }
    size_t positions[] = {a_position, b_position};
    const bool is_temp_b = b.place == Place::reg && !(a.place == Place::reg);
    if (op != IntOp::sub && (a.place == Place::constant || is_temp_b)) {
        std::swap(a, b);
        std::swap(positions[0], positions[1]);
    }
    const bool b_is_immediate = b.place == Place::constant && fits_imm32(b.bits, is_64);
    const auto b_memory = as_memory(b, positions[1]);

    // b stays where it is unless the machine has no form for it.
    HeldReg b_reg;
    if (!b_is_immediate && !b_memory) b_reg = into_register(b, positions[1], {});
    HeldReg a_reg;
    if (!as_memory(a, positions[0])) a_reg = into_register(a, positions[0], {});

    const bool a_in_reg = !as_memory(a, positions[0]);
    HeldReg dst;
    if (a_in_reg && a_reg.is_owned() && op != IntOp::add) {
        dst = std::move(a_reg);
    } else {
        const bool b_is_reg = !b_is_immediate && !b_memory;
        dst = result_over(a_reg, b_is_reg ? &b_reg : nullptr);
        if (!a_in_reg) {
            load_value(a, positions[0], dst.phys());
        } else if (op == IntOp::add && !(dst.phys() == a_reg.phys()) && (b_is_immediate || b_is_reg)) {
            const x86::Mem sum = b_is_reg ? x86::ptr(a_reg.r64(), b_reg.r64())
                                          : x86::ptr(a_reg.r64(), static_cast<int32_t>(static_cast<uint32_t>(b.bits)));
            m_masm.lea(dst.sized(is_64), sum);
            push(int_kind(is_64), std::move(dst));
            return;
        } else if (!(dst.phys() == a_reg.phys())) {
            m_masm.mov(dst.sized(is_64), a_reg.sized(is_64));
        }
    }
    if (b_is_immediate) emit_int_op(op, dst.sized(is_64), imm32(b.bits));
    else if (b_memory) emit_int_op(op, dst.sized(is_64), *b_memory);
    else emit_int_op(op, dst.sized(is_64), b_reg.sized(is_64));
    push(int_kind(is_64), std::move(dst));
}

void FunctionCompiler::int_multiply(bool is_64)
{
    StackValue b = take_top();
    StackValue a = take_top();
    size_t positions[] = {m_stack.size(), m_stack.size() + 1};
    if (a.place == Place::constant && b.place == Place::constant) {
        push_constant(int_kind(is_64), truncated(a.bits * b.bits, is_64));
        return;
    }
    if (a.place == Place::constant || (b.place == Place::reg && a.place != Place::reg)) {
        std::swap(a, b);
        std::swap(positions[0], positions[1]);
    }
    if (b.place == Place::constant && fits_imm32(b.bits, is_64)) {
        HeldReg a_reg = into_register(a, positions[0], {});
        HeldReg dst = result_over(a_reg);
        const uint64_t factor = b.bits;
        if (std::has_single_bit(factor)) {
            if (!(dst.phys() == a_reg.phys())) m_masm.mov(dst.sized(is_64), a_reg.sized(is_64));
            if (factor != 1) m_masm.shl(dst.sized(is_64), std::countr_zero(factor));
        } else {
            m_masm.imul(dst.sized(is_64), a_reg.sized(is_64), imm32(factor));
        }
        push(int_kind(is_64), std::move(dst));
        return;
    }
    HeldReg b_reg;
    const auto b_memory = as_memory(b, positions[1]);
    if (!b_memory) b_reg = into_register(b, positions[1], {});
    HeldReg dst = into_owned(a, positions[0], {});
    if (b_memory) m_masm.imul(dst.sized(is_64), *b_memory);
    else m_masm.imul(dst.sized(is_64), b_reg.sized(is_64));
    push(int_kind(is_64), std::move(dst));
}

void FunctionCompiler::int_divide(bool is_64, bool is_signed, bool is_remainder)
{
    // Unsigned division by a power of two is a shift or a mask, and a constant divisor needs no checks.
    const StackValue divisor_value = top();
    const bool is_constant = divisor_value.place == Place::constant;
    const uint64_t constant = divisor_value.bits;
    if (is_constant && !is_signed && std::has_single_bit(constant)) {
        drop_top();
        HeldReg dst = pop_gp_owned();
        if (!is_remainder) {
            if (constant != 1) m_masm.shr(dst.sized(is_64), std::countr_zero(constant));
        } else if (fits_imm32(constant - 1, is_64)) {
            m_masm.and_(dst.sized(is_64), imm32(constant - 1));
        } else {
            m_masm.load_imm64(scratch64, constant - 1);
            m_masm.and_(dst.r64(), scratch64);
        }
        push(int_kind(is_64), std::move(dst));
        return;
    }
    const RegSet fixed{rax.bit() | rdx.bit()};
    HeldReg divisor = pop_gp(fixed);
    HeldReg quotient = pop_gp_fixed(rax);
    HeldReg remainder = alloc_fixed(rdx);
    const x86::Gp d = divisor.sized(is_64);
    if (!is_constant || constant == 0) {
        m_masm.test(d, d);
        m_masm.jz(m_masm.trap_label(TrapKind::integer_divide_by_zero));
    }
    const asmjit::Label done = m_masm.newLabel();
    const bool may_be_minus_one = is_signed && (!is_constant || constant == truncated(UINT64_MAX, is_64));
    if (may_be_minus_one) {
        const asmjit::Label divide = m_masm.newLabel();
        m_masm.cmp(d, -1);
        m_masm.jne(divide);
        if (is_remainder) {  // x rem -1 is 0, also for the least x, where the machine would fault
            m_masm.xor_(x86::edx, x86::edx);
            m_masm.jmp(done);
        } else {  // x div -1 is -x, and overflows for the least x
            m_masm.neg(quotient.sized(is_64));
            m_masm.jo(m_masm.trap_label(TrapKind::integer_overflow));
            m_masm.jmp(done);
        }
        m_masm.bind(divide);
    }
    if (is_signed) {
        if (is_64) m_masm.cqo();
        else m_masm.cdq();
        m_masm.idiv(d);
    } else {
        m_masm.xor_(x86::edx, x86::edx);
        m_masm.div(d);
    }
    m_masm.bind(done);
    push(int_kind(is_64), is_remainder ? std::move(remainder) : std::move(quotient));
}

void FunctionCompiler::int_shift(ShiftOp op, bool is_64)
{
    const uint32_t mask = is_64 ? 63 : 31;
    const auto by_constant = [&](x86::Gp r, uint32_t n) {
        switch (op) {
        case ShiftOp::shl: m_masm.shl(r, n); return;
        case ShiftOp::shr_s: m_masm.sar(r, n); return;
        case ShiftOp::shr_u: m_masm.shr(r, n); return;
        case ShiftOp::rotl: m_masm.rol(r, n); return;
        case ShiftOp::rotr: m_masm.ror(r, n); return;
        }
    };
    if (const auto count = pop_constant()) {
        const auto n = static_cast<uint32_t>(*count) & mask;
        HeldReg value = pop_gp();
        HeldReg dst = result_over(value);
        const bool is_rotation = op == ShiftOp::rotl || op == ShiftOp::rotr;
        if (is_rotation && features().bmi2 && n != 0 && !(dst.phys() == value.phys())) {
            const uint32_t right = op == ShiftOp::rotr ? n : (mask + 1 - n) & mask;
            m_masm.rorx(dst.sized(is_64), value.sized(is_64), right);
        } else {
            if (!(dst.phys() == value.phys())) m_masm.mov(dst.sized(is_64), value.sized(is_64));
            if (n != 0) by_constant(dst.sized(is_64), n);
        }
        push(int_kind(is_64), std::move(dst));
        return;
    }
    if (features().bmi2 && op != ShiftOp::rotl && op != ShiftOp::rotr) {
        const HeldReg count = pop_gp();
        HeldReg value = pop_gp();
        HeldReg dst = result_over(value);
        const x86::Gp d = dst.sized(is_64), v = value.sized(is_64), c = count.sized(is_64);
        if (op == ShiftOp::shl) m_masm.shlx(d, v, c);
        else if (op == ShiftOp::shr_s) m_masm.sarx(d, v, c);
        else m_masm.shrx(d, v, c);
        push(int_kind(is_64), std::move(dst));
        return;
    }
    const HeldReg count = pop_gp_fixed(rcx);
    HeldReg dst = pop_gp_owned();
    const x86::Gp d = dst.sized(is_64);
    switch (op) {
    case ShiftOp::shl: m_masm.shl(d, x86::cl); break;
    case ShiftOp::shr_s: m_masm.sar(d, x86::cl); break;
    case ShiftOp::shr_u: m_masm.shr(d, x86::cl); break;
    case ShiftOp::rotl: m_masm.rol(d, x86::cl); break;
    case ShiftOp::rotr: m_masm.ror(d, x86::cl); break;
    }
    push(int_kind(is_64), std::move(dst));
}

void FunctionCompiler::int_compare(CondCode cond, bool is_64)
{
    StackValue b = take_top();
    StackValue a = take_top();
    const size_t a_position = m_stack.size(), b_position = a_position + 1;
    {
        HeldReg a_reg, b_reg;
        const auto a_memory = as_memory(a, a_position);
        const auto b_memory = as_memory(b, b_position);
        const bool b_is_immediate = b.place == Place::constant && fits_imm32(b.bits, is_64);
        if (!b_is_immediate && !(b_memory && !a_memory)) b_reg = into_register(b, b_position, {});
        const bool b_in_reg = !b_is_immediate && !(b_memory && !a_memory);
        if (!a_memory) a_reg = into_register(a, a_position, {});
        if (a_memory && b_is_immediate) m_masm.cmp(*a_memory, imm32(b.bits));
        else if (a_memory) m_masm.cmp(*a_memory, b_reg.sized(is_64));
        else if (b_is_immediate && b.bits == 0 && (cond == CondCode::kE || cond == CondCode::kNE))
            m_masm.test(a_reg.sized(is_64), a_reg.sized(is_64));
        else if (b_is_immediate) m_masm.cmp(a_reg.sized(is_64), imm32(b.bits));
        else if (b_in_reg) m_masm.cmp(a_reg.sized(is_64), b_reg.sized(is_64));
        else m_masm.cmp(a_reg.sized(is_64), *b_memory);
    }
    push_condition(cond);
}

void FunctionCompiler::int_eqz(bool is_64)
{
    const StackValue v = take_top();
    if (v.place == Place::flags) {
        push_condition(x86::negateCond(v.cond));
        return;
    }
    if (const auto memory = as_memory(v, m_stack.size())) {
        m_masm.cmp(*memory, 0);
    } else {
        const HeldReg reg = into_register(v, m_stack.size(), {});
        m_masm.test(reg.sized(is_64), reg.sized(is_64));
    }
    push_condition(CondCode::kE);
}

void FunctionCompiler::int_bit_count(BitCount op, bool is_64)
{
    const HeldReg value = pop_gp();
    HeldReg dst = alloc_gp();
    const x86::Gp v = value.sized(is_64), d = dst.sized(is_64);
    const uint32_t width = is_64 ? 64 : 32;
    switch (op) {
    case BitCount::clz:
        if (features().lzcnt) {
            m_masm.lzcnt(d, v);
        } else {  // bsr leaves its target open for 0: give it 2 * width - 1, whose complement below is the width
            m_masm.mov(scratch32, 2 * width - 1);
            m_masm.bsr(d, v);
            m_masm.cmovz(d, is_64 ? scratch64 : scratch32);
            m_masm.xor_(d, width - 1);
        }
        break;
    case BitCount::ctz:
        if (features().tzcnt) {
            m_masm.tzcnt(d, v);
        } else {
            m_masm.mov(scratch32, width);
            m_masm.bsf(d, v);
            m_masm.cmovz(d, is_64 ? scratch64 : scratch32);
        }
        break;
    case BitCount::popcnt:
        if (features().popcnt) {
            m_masm.popcnt(d, v);
        } else {  // sums of neighbouring bits, pairs, nibbles; then bytes by a multiplication
            HeldReg tmp = alloc_gp();
            const x86::Gp t = tmp.sized(is_64), s = is_64 ? scratch64 : scratch32;
            const auto pattern = [&](uint64_t p) { m_masm.load_imm64(scratch64, truncated(p, is_64)); };
            m_masm.mov(d, v);
            m_masm.mov(t, v);
            m_masm.shr(t, 1);
            pattern(0x5555'5555'5555'5555U);
            m_masm.and_(t, s);
            m_masm.sub(d, t);
            m_masm.mov(t, d);
            pattern(0x3333'3333'3333'3333U);
            m_masm.and_(d, s);
            m_masm.shr(t, 2);
            m_masm.and_(t, s);
            m_masm.add(d, t);
            m_masm.mov(t, d);
            m_masm.shr(t, 4);
            m_masm.add(d, t);
            pattern(0x0f0f'0f0f'0f0f'0f0fU);
            m_masm.and_(d, s);
            pattern(0x0101'0101'0101'0101U);
            m_masm.imul(d, s);
            m_masm.shr(d, width - 8);
        }
        break;
    }
    push(int_kind(is_64), std::move(dst));
}

void FunctionCompiler::sign_extend(uint32_t from_bits, bool is_64)
{
    HeldReg value = pop_gp();
    HeldReg dst = result_over(value);
    const x86::Gp d = dst.sized(is_64);
    if (from_bits == 8) m_masm.movsx(d, x86::gpb(value.phys().id()));
    else if (from_bits == 16) m_masm.movsx(d, x86::gpw(value.phys().id()));
    else m_masm.movsxd(dst.r64(), value.r32());
    push(int_kind(is_64), std::move(dst));
}

void FunctionCompiler::wide_add_sub(bool is_sub)
{
    const HeldReg b_high = pop_gp();
    const HeldReg b_low = pop_gp();
    HeldReg high = pop_gp_owned();
    HeldReg low = pop_gp_owned();
    if (is_sub) {
        m_masm.sub(low.r64(), b_low.r64());
        m_masm.sbb(high.r64(), b_high.r64());
    } else {
        m_masm.add(low.r64(), b_low.r64());
        m_masm.adc(high.r64(), b_high.r64());
    }
    push(ValKind::i64, std::move(low));
    push(ValKind::i64, std::move(high));
}

void FunctionCompiler::wide_multiply(bool is_signed)
{
    const RegSet fixed{rax.bit() | rdx.bit()};
    const HeldReg factor = pop_gp(fixed);
    HeldReg low = pop_gp_fixed(rax);
    HeldReg high = alloc_fixed(rdx);
    if (is_signed) m_masm.imul(factor.r64());
    else m_masm.mul(factor.r64());
    push(ValKind::i64, std::move(low));
    push(ValKind::i64, std::move(high));
}

// clang-format off
#define WEIR_INT(prefix, is_64) \
    void FunctionCompiler::on_##prefix##_add(const NoImm&) { int_binary(IntOp::add, is_64); } \
    void FunctionCompiler::on_##prefix##_sub(const NoImm&) { int_binary(IntOp::sub, is_64); } \
    void FunctionCompiler::on_##prefix##_and(const NoImm&) { int_binary(IntOp::and_, is_64); } \
    void FunctionCompiler::on_##prefix##_or(const NoImm&) { int_binary(IntOp::or_, is_64); } \
    void FunctionCompiler::on_##prefix##_xor(const NoImm&) { int_binary(IntOp::xor_, is_64); } \
    void FunctionCompiler::on_##prefix##_mul(const NoImm&) { int_multiply(is_64); } \
    void FunctionCompiler::on_##prefix##_div_s(const NoImm&) { int_divide(is_64, true, false); } \
    void FunctionCompiler::on_##prefix##_div_u(const NoImm&) { int_divide(is_64, false, false); } \
    void FunctionCompiler::on_##prefix##_rem_s(const NoImm&) { int_divide(is_64, true, true); } \
    void FunctionCompiler::on_##prefix##_rem_u(const NoImm&) { int_divide(is_64, false, true); } \
    void FunctionCompiler::on_##prefix##_shl(const NoImm&) { int_shift(ShiftOp::shl, is_64); } \
    void FunctionCompiler::on_##prefix##_shr_s(const NoImm&) { int_shift(ShiftOp::shr_s, is_64); } \
    void FunctionCompiler::on_##prefix##_shr_u(const NoImm&) { int_shift(ShiftOp::shr_u, is_64); } \
    void FunctionCompiler::on_##prefix##_rotl(const NoImm&) { int_shift(ShiftOp::rotl, is_64); } \
    void FunctionCompiler::on_##prefix##_rotr(const NoImm&) { int_shift(ShiftOp::rotr, is_64); } \
    void FunctionCompiler::on_##prefix##_clz(const NoImm&) { int_bit_count(BitCount::clz, is_64); } \
    void FunctionCompiler::on_##prefix##_ctz(const NoImm&) { int_bit_count(BitCount::ctz, is_64); } \
    void FunctionCompiler::on_##prefix##_popcnt(const NoImm&) { int_bit_count(BitCount::popcnt, is_64); } \
    void FunctionCompiler::on_##prefix##_eqz(const NoImm&) { int_eqz(is_64); } \
    void FunctionCompiler::on_##prefix##_eq(const NoImm&) { int_compare(CondCode::kE, is_64); } \
    void FunctionCompiler::on_##prefix##_ne(const NoImm&) { int_compare(CondCode::kNE, is_64); } \
    void FunctionCompiler::on_##prefix##_lt_s(const NoImm&) { int_compare(CondCode::kL, is_64); } \
    void FunctionCompiler::on_##prefix##_lt_u(const NoImm&) { int_compare(CondCode::kB, is_64); } \
    void FunctionCompiler::on_##prefix##_gt_s(const NoImm&) { int_compare(CondCode::kG, is_64); } \
    void FunctionCompiler::on_##prefix##_gt_u(const NoImm&) { int_compare(CondCode::kA, is_64); } \
    void FunctionCompiler::on_##prefix##_le_s(const NoImm&) { int_compare(CondCode::kLE, is_64); } \
    void FunctionCompiler::on_##prefix##_le_u(const NoImm&) { int_compare(CondCode::kBE, is_64); } \
    void FunctionCompiler::on_##prefix##_ge_s(const NoImm&) { int_compare(CondCode::kGE, is_64); } \
    void FunctionCompiler::on_##prefix##_ge_u(const NoImm&) { int_compare(CondCode::kAE, is_64); } \
    void FunctionCompiler::on_##prefix##_extend8_s(const NoImm&) { sign_extend(8, is_64); } \
    void FunctionCompiler::on_##prefix##_extend16_s(const NoImm&) { sign_extend(16, is_64); }
WEIR_INT(i32, false)
WEIR_INT(i64, true)
#undef WEIR_INT
void FunctionCompiler::on_i64_extend32_s(const NoImm&) { sign_extend(32, true); }
void FunctionCompiler::on_i64_add128(const NoImm&) { wide_add_sub(false); }
void FunctionCompiler::on_i64_sub128(const NoImm&) { wide_add_sub(true); }
void FunctionCompiler::on_i64_mul_wide_s(const NoImm&) { wide_multiply(true); }
void FunctionCompiler::on_i64_mul_wide_u(const NoImm&) { wide_multiply(false); }
// clang-format on

}  // namespace weir::baseline
