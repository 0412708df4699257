#include "baseline/function_compiler.hpp"

// Float instructions. Where the machine's rule for NaN or zero differs from the standard's (4.3.3), the difference is handled out
// of the common path.

namespace weir::baseline {

using wasm::NoImm;
using wasm::ValKind;
using x86::CondCode;
namespace Inst = x86::Inst;

namespace {
constexpr ValKind float_kind(bool is_double) { return is_double ? ValKind::f64 : ValKind::f32; }
constexpr uint64_t sign_bit(bool is_double) { return is_double ? uint64_t{1} << 63 : uint64_t{1} << 31; }
}  // namespace

void FunctionCompiler::float_binary(uint32_t sse, uint32_t avx, bool is_double)
{
    const StackValue b = take_top();
    const StackValue a = take_top();
    const size_t a_position = m_stack.size(), b_position = a_position + 1;
    const auto b_memory = as_memory(b, b_position);
    HeldReg b_reg;
    if (!b_memory) b_reg = into_register(b, b_position, {});
    HeldReg a_reg = into_register(a, a_position, {});
    HeldReg dst = result_over(a_reg, features().avx || b_memory ? nullptr : &b_reg);
    if (b_memory) m_masm.op3(sse, avx, dst.xmm(), a_reg.xmm(), *b_memory);
    else m_masm.op3(sse, avx, dst.xmm(), a_reg.xmm(), b_reg.xmm());
    push(float_kind(is_double), std::move(dst));
}

void FunctionCompiler::float_min_max(bool is_max, bool is_double)
{
    // minss and maxss answer their second operand for NaN and for zeros of different sign. Equal operands (zeros) are combined by
    // or / and, NaN by an addition, which makes it quiet.
    const HeldReg b = pop_xmm();
    HeldReg dst = pop_xmm_owned();
    const x86::Xmm d = dst.xmm(), s = b.xmm();
    const asmjit::Label differ = m_masm.newLabel(), nan = m_masm.newLabel(), done = m_masm.newLabel();
    m_masm.op2(is_double ? Inst::kIdUcomisd : Inst::kIdUcomiss, is_double ? Inst::kIdVucomisd : Inst::kIdVucomiss, d, s);
    m_masm.jne(differ);
    m_masm.jp(nan);
    if (is_max) m_masm.op3(Inst::kIdAndps, Inst::kIdVandps, d, d, s);
    else m_masm.op3(Inst::kIdOrps, Inst::kIdVorps, d, d, s);
    m_masm.jmp(done);
    m_masm.bind(nan);
    m_masm.op3(is_double ? Inst::kIdAddsd : Inst::kIdAddss, is_double ? Inst::kIdVaddsd : Inst::kIdVaddss, d, d, s);
    m_masm.jmp(done);
    m_masm.bind(differ);
    if (is_max) m_masm.op3(is_double ? Inst::kIdMaxsd : Inst::kIdMaxss, is_double ? Inst::kIdVmaxsd : Inst::kIdVmaxss, d, d, s);
    else m_masm.op3(is_double ? Inst::kIdMinsd : Inst::kIdMinss, is_double ? Inst::kIdVminsd : Inst::kIdVminss, d, d, s);
    m_masm.bind(done);
    push(float_kind(is_double), std::move(dst));
}

void FunctionCompiler::float_compare(CondCode cond, bool is_swapped, bool is_double)
{
    // `above` conditions are false for unordered operands, `below` ones true: less-than compares the other way round.
    {
        const HeldReg b = pop_xmm();
        const HeldReg a = pop_xmm();
        m_masm.op2(is_double ? Inst::kIdUcomisd : Inst::kIdUcomiss, is_double ? Inst::kIdVucomisd : Inst::kIdVucomiss,
                   is_swapped ? b.xmm() : a.xmm(), is_swapped ? a.xmm() : b.xmm());
    }
    push_condition(cond);
}

void FunctionCompiler::float_equal(bool is_ne, bool is_double)
{
    // Equality needs two flags (ZF and not PF); a mask of the compare instruction needs none.
    constexpr int cmp_eq = 0, cmp_neq = 4;
    const HeldReg b = pop_xmm();
    const HeldReg a = pop_xmm();
    m_masm.op3i(is_double ? Inst::kIdCmpsd : Inst::kIdCmpss, is_double ? Inst::kIdVcmpsd : Inst::kIdVcmpss, scratch_xmm, a.xmm(),
                b.xmm(), is_ne ? cmp_neq : cmp_eq);
    HeldReg dst = alloc_gp();
    m_masm.emit(features().avx ? Inst::kIdVmovd : Inst::kIdMovd, dst.r32(), scratch_xmm);
    m_masm.and_(dst.r32(), 1);
    push(ValKind::i32, std::move(dst));
}

void FunctionCompiler::float_round(int mode, bool is_double)
{
    constexpr int no_precision_exception = 8;
    HeldReg src = pop_xmm();
    HeldReg dst = result_over(src);
    const int imm = mode | no_precision_exception;
    if (features().avx)
        m_masm.emit(is_double ? Inst::kIdVroundsd : Inst::kIdVroundss, dst.xmm(), src.xmm(), src.xmm(), asmjit::Imm(imm));
    else m_masm.emit(is_double ? Inst::kIdRoundsd : Inst::kIdRoundss, dst.xmm(), src.xmm(), asmjit::Imm(imm));
    push(float_kind(is_double), std::move(dst));
}

void FunctionCompiler::float_sign(bool is_neg, bool is_double)
{
    HeldReg src = pop_xmm();
    HeldReg dst = result_over(src);
    const uint64_t sign = sign_bit(is_double);
    const uint64_t mask = is_neg ? sign : (is_double ? ~sign : ~sign & 0xffff'ffffU);
    const x86::Mem pool = m_masm.pool128(mask, 0);
    if (is_neg) m_masm.op3(Inst::kIdXorps, Inst::kIdVxorps, dst.xmm(), src.xmm(), pool);
    else m_masm.op3(Inst::kIdAndps, Inst::kIdVandps, dst.xmm(), src.xmm(), pool);
    push(float_kind(is_double), std::move(dst));
}

void FunctionCompiler::float_sqrt(bool is_double)
{
    HeldReg src = pop_xmm();
    HeldReg dst = result_over(src);
    if (features().avx) m_masm.emit(is_double ? Inst::kIdVsqrtsd : Inst::kIdVsqrtss, dst.xmm(), src.xmm(), src.xmm());
    else m_masm.emit(is_double ? Inst::kIdSqrtsd : Inst::kIdSqrtss, dst.xmm(), src.xmm());
    push(float_kind(is_double), std::move(dst));
}

void FunctionCompiler::float_copysign(bool is_double)
{
    // Only the width of the operands is read: the masks come from the pool, the values from registers.
    const HeldReg sign = pop_xmm();
    HeldReg dst = pop_xmm_owned();
    const uint64_t bit = sign_bit(is_double);
    const x86::Mem sign_mask = m_masm.pool128(bit, 0);
    const x86::Mem rest_mask = m_masm.pool128(is_double ? ~bit : ~bit & 0xffff'ffffU, 0);
    HeldReg tmp = alloc_xmm();
    m_masm.op3(Inst::kIdAndps, Inst::kIdVandps, tmp.xmm(), sign.xmm(), sign_mask);
    m_masm.op3(Inst::kIdAndps, Inst::kIdVandps, dst.xmm(), dst.xmm(), rest_mask);
    m_masm.op3(Inst::kIdOrps, Inst::kIdVorps, dst.xmm(), dst.xmm(), tmp.xmm());
    push(float_kind(is_double), std::move(dst));
}

// clang-format off
namespace {
constexpr int round_nearest = 0, round_down = 1, round_up = 2, round_zero = 3;
}
#define WEIR_FLOAT(prefix, s, is_double) \
    void FunctionCompiler::on_##prefix##_abs(const NoImm&) { float_sign(false, is_double); } \
    void FunctionCompiler::on_##prefix##_neg(const NoImm&) { float_sign(true, is_double); } \
    void FunctionCompiler::on_##prefix##_ceil(const NoImm&) { float_round(round_up, is_double); } \
    void FunctionCompiler::on_##prefix##_floor(const NoImm&) { float_round(round_down, is_double); } \
    void FunctionCompiler::on_##prefix##_trunc(const NoImm&) { float_round(round_zero, is_double); } \
    void FunctionCompiler::on_##prefix##_nearest(const NoImm&) { float_round(round_nearest, is_double); } \
    void FunctionCompiler::on_##prefix##_sqrt(const NoImm&) { float_sqrt(is_double); } \
    void FunctionCompiler::on_##prefix##_add(const NoImm&) { float_binary(Inst::kIdAdds##s, Inst::kIdVadds##s, is_double); } \
    void FunctionCompiler::on_##prefix##_sub(const NoImm&) { float_binary(Inst::kIdSubs##s, Inst::kIdVsubs##s, is_double); } \
    void FunctionCompiler::on_##prefix##_mul(const NoImm&) { float_binary(Inst::kIdMuls##s, Inst::kIdVmuls##s, is_double); } \
    void FunctionCompiler::on_##prefix##_div(const NoImm&) { float_binary(Inst::kIdDivs##s, Inst::kIdVdivs##s, is_double); } \
    void FunctionCompiler::on_##prefix##_min(const NoImm&) { float_min_max(false, is_double); } \
    void FunctionCompiler::on_##prefix##_max(const NoImm&) { float_min_max(true, is_double); } \
    void FunctionCompiler::on_##prefix##_copysign(const NoImm&) { float_copysign(is_double); } \
    void FunctionCompiler::on_##prefix##_eq(const NoImm&) { float_equal(false, is_double); } \
    void FunctionCompiler::on_##prefix##_ne(const NoImm&) { float_equal(true, is_double); } \
    void FunctionCompiler::on_##prefix##_lt(const NoImm&) { float_compare(CondCode::kA, true, is_double); } \
    void FunctionCompiler::on_##prefix##_gt(const NoImm&) { float_compare(CondCode::kA, false, is_double); } \
    void FunctionCompiler::on_##prefix##_le(const NoImm&) { float_compare(CondCode::kAE, true, is_double); } \
    void FunctionCompiler::on_##prefix##_ge(const NoImm&) { float_compare(CondCode::kAE, false, is_double); }
WEIR_FLOAT(f32, s, false)
WEIR_FLOAT(f64, d, true)
#undef WEIR_FLOAT
// clang-format on

}  // namespace weir::baseline
