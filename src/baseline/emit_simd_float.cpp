#include "baseline/function_compiler.hpp"

#include <bit>

// Vector instructions on floats, and conversions of vectors.

namespace weir::baseline {

using wasm::NoImm;
using wasm::ValKind;
namespace Inst = x86::Inst;

namespace {
constexpr uint64_t splat32(uint32_t d) { return uint64_t{d} << 32 | d; }
constexpr uint64_t bits_of(double d) { return std::bit_cast<uint64_t>(d); }
// Predicates of cmpps and cmppd.
constexpr int cmp_eq = 0, cmp_lt = 1, cmp_le = 2, cmp_unord = 3, cmp_neq = 4;
constexpr int round_nearest = 0, round_down = 1, round_up = 2, round_zero = 3;
}  // namespace

#define WEIR_SSE_AVX(sse, avx) Inst::kId##sse, Inst::kId##avx

/// The machine's min and max answer their second operand for NaN and for zeros of both signs: both orders are taken and combined,
/// and NaN made canonical by clearing its payload.
void FunctionCompiler::vector_float_extreme(bool is_max, bool is_double)
{
    Masm& m = m_masm;
    const HeldReg b = pop_xmm();
    const HeldReg a = pop_xmm();
    HeldReg x = alloc_xmm(), y = alloc_xmm();
    const auto extreme = [&](x86::Xmm dst, x86::Xmm p, x86::Xmm q) {
        if (is_max) m.op3(is_double ? Inst::kIdMaxpd : Inst::kIdMaxps, is_double ? Inst::kIdVmaxpd : Inst::kIdVmaxps, dst, p, q);
        else m.op3(is_double ? Inst::kIdMinpd : Inst::kIdMinps, is_double ? Inst::kIdVminpd : Inst::kIdVminps, dst, p, q);
    };
    extreme(x.xmm(), a.xmm(), b.xmm());
    extreme(y.xmm(), b.xmm(), a.xmm());
    if (is_max) {  // where they differ (NaN, zeros), x - difference gives +0 and quiets NaN
        m.op3(WEIR_SSE_AVX(Xorps, Vxorps), y.xmm(), y.xmm(), x.xmm());
        m.op3(WEIR_SSE_AVX(Orps, Vorps), x.xmm(), x.xmm(), y.xmm());
        m.op3(is_double ? Inst::kIdSubpd : Inst::kIdSubps, is_double ? Inst::kIdVsubpd : Inst::kIdVsubps, x.xmm(), x.xmm(),
              y.xmm());
        m.op3i(is_double ? Inst::kIdCmppd : Inst::kIdCmpps, is_double ? Inst::kIdVcmppd : Inst::kIdVcmpps, y.xmm(), y.xmm(),
               x.xmm(), cmp_unord);
    } else {
        m.op3(WEIR_SSE_AVX(Orps, Vorps), x.xmm(), x.xmm(), y.xmm());
        m.op3i(is_double ? Inst::kIdCmppd : Inst::kIdCmpps, is_double ? Inst::kIdVcmppd : Inst::kIdVcmpps, y.xmm(), y.xmm(),
               x.xmm(), cmp_unord);
        m.op3(WEIR_SSE_AVX(Orps, Vorps), x.xmm(), x.xmm(), y.xmm());
    }
    // In NaN lanes all ones shifted below exponent and quiet bit: those payload bits are cleared.
    if (is_double) m.shift_imm(WEIR_SSE_AVX(Psrlq, Vpsrlq), y.xmm(), y.xmm(), 13);
    else m.shift_imm(WEIR_SSE_AVX(Psrld, Vpsrld), y.xmm(), y.xmm(), 10);
    m.op3(WEIR_SSE_AVX(Andnps, Vandnps), y.xmm(), y.xmm(), x.xmm());
    push(ValKind::v128, std::move(y));
}

void FunctionCompiler::vector_round(int mode, bool is_double)
{
    constexpr int no_precision_exception = 8;
    HeldReg a = pop_xmm();
    HeldReg dst = result_over(a);
    m_masm.op2i(is_double ? Inst::kIdRoundpd : Inst::kIdRoundps, is_double ? Inst::kIdVroundpd : Inst::kIdVroundps, dst.xmm(),
                a.xmm(), mode | no_precision_exception);
    push(ValKind::v128, std::move(dst));
}

void FunctionCompiler::vector_truncate_f32x4_s()
{
    // NaN becomes 0 first. The conversion answers 0x80000000 for what is out of range: where the float was positive that is
    // turned into 0x7fffffff.
    Masm& m = m_masm;
    HeldReg dst = pop_xmm_owned();
    HeldReg t = alloc_xmm();
    m.op3i(WEIR_SSE_AVX(Cmpps, Vcmpps), t.xmm(), dst.xmm(), dst.xmm(), cmp_eq);
    m.op3(WEIR_SSE_AVX(Andps, Vandps), dst.xmm(), dst.xmm(), t.xmm());
    m.op3(WEIR_SSE_AVX(Pxor, Vpxor), t.xmm(), t.xmm(), dst.xmm());  // top bit: the lane is not negative
    m.op2(WEIR_SSE_AVX(Cvttps2dq, Vcvttps2dq), dst.xmm(), dst.xmm());
    m.op3(WEIR_SSE_AVX(Pand, Vpand), t.xmm(), t.xmm(), dst.xmm());  // and the result is
    m.shift_imm(WEIR_SSE_AVX(Psrad, Vpsrad), t.xmm(), t.xmm(), 31);
    m.op3(WEIR_SSE_AVX(Pxor, Vpxor), dst.xmm(), dst.xmm(), t.xmm());
    push(ValKind::v128, std::move(dst));
}

void FunctionCompiler::vector_truncate_f32x4_u()
{
    // The value in two parts: up to 2^31, where the conversion answers 2^31 for more, and what is above, clamped to 2^31 - 1.
    Masm& m = m_masm;
    HeldReg dst = pop_xmm_owned();
    HeldReg rest = alloc_xmm(), t = alloc_xmm();
    const x86::Mem two31 = m.pool128(splat32(0x4f00'0000), splat32(0x4f00'0000));
    m.op3(WEIR_SSE_AVX(Xorps, Vxorps), t.xmm(), t.xmm(), t.xmm());
    m.op3(WEIR_SSE_AVX(Maxps, Vmaxps), dst.xmm(), dst.xmm(), t.xmm());  // NaN and negative: 0
    m.op3(WEIR_SSE_AVX(Subps, Vsubps), rest.xmm(), dst.xmm(), two31);
    m.load_xmm(t.xmm(), two31, ValKind::v128);
    m.op3i(WEIR_SSE_AVX(Cmpps, Vcmpps), t.xmm(), t.xmm(), rest.xmm(), cmp_le);  // the rest itself overflows
    m.op2(WEIR_SSE_AVX(Cvttps2dq, Vcvttps2dq), rest.xmm(), rest.xmm());
    m.op3(WEIR_SSE_AVX(Pxor, Vpxor), rest.xmm(), rest.xmm(), t.xmm());  // 0x80000000 -> 0x7fffffff
    m.op3(WEIR_SSE_AVX(Pxor, Vpxor), t.xmm(), t.xmm(), t.xmm());
    m.op3(WEIR_SSE_AVX(Pmaxsd, Vpmaxsd), rest.xmm(), rest.xmm(), t.xmm());
    m.op2(WEIR_SSE_AVX(Cvttps2dq, Vcvttps2dq), dst.xmm(), dst.xmm());
    m.op3(WEIR_SSE_AVX(Paddd, Vpaddd), dst.xmm(), dst.xmm(), rest.xmm());
    push(ValKind::v128, std::move(dst));
}

void FunctionCompiler::vector_truncate_f64x2(bool is_signed)
{
    Masm& m = m_masm;
    HeldReg dst = pop_xmm_owned();
    HeldReg t = alloc_xmm();
    if (is_signed) {
        // min(x, NaN ? 0 : 2^31 - 1): the machine's min answers its second operand for NaN. Below the range it converts to -2^31.
        m.op3i(WEIR_SSE_AVX(Cmppd, Vcmppd), t.xmm(), dst.xmm(), dst.xmm(), cmp_eq);
        m.op3(WEIR_SSE_AVX(Andps, Vandps), t.xmm(), t.xmm(), m.pool128(bits_of(2147483647.0), bits_of(2147483647.0)));
        m.op3(WEIR_SSE_AVX(Minpd, Vminpd), dst.xmm(), dst.xmm(), t.xmm());
        m.op2(WEIR_SSE_AVX(Cvttpd2dq, Vcvttpd2dq), dst.xmm(), dst.xmm());
    } else {
        // Clamped and truncated, then added to 2^52: the integer stands in the low half of each lane.
        m.op3(WEIR_SSE_AVX(Xorps, Vxorps), t.xmm(), t.xmm(), t.xmm());
        m.op3(WEIR_SSE_AVX(Maxpd, Vmaxpd), dst.xmm(), dst.xmm(), t.xmm());
        m.op3(WEIR_SSE_AVX(Minpd, Vminpd), dst.xmm(), dst.xmm(), m.pool128(bits_of(4294967295.0), bits_of(4294967295.0)));
        m.op2i(WEIR_SSE_AVX(Roundpd, Vroundpd), dst.xmm(), dst.xmm(), round_zero | 8);
        m.op3(WEIR_SSE_AVX(Addpd, Vaddpd), dst.xmm(), dst.xmm(), m.pool128(bits_of(0x1p52), bits_of(0x1p52)));
        m.op3i(WEIR_SSE_AVX(Shufps, Vshufps), dst.xmm(), dst.xmm(), t.xmm(), 0x88);
    }
    push(ValKind::v128, std::move(dst));
}

void FunctionCompiler::on_f32x4_convert_i32x4_u(const NoImm&)
{
    // Low and high halves apart, both exact; one rounding in the sum.
    Masm& m = m_masm;
    const HeldReg a = pop_xmm();
    HeldReg low = alloc_xmm(), high = alloc_xmm();
    m.op3(WEIR_SSE_AVX(Pand, Vpand), low.xmm(), a.xmm(), m.pool128(splat32(0xffff), splat32(0xffff)));
    m.shift_imm(WEIR_SSE_AVX(Psrld, Vpsrld), high.xmm(), a.xmm(), 16);
    m.op2(WEIR_SSE_AVX(Cvtdq2ps, Vcvtdq2ps), low.xmm(), low.xmm());
    m.op2(WEIR_SSE_AVX(Cvtdq2ps, Vcvtdq2ps), high.xmm(), high.xmm());
    m.op3(WEIR_SSE_AVX(Mulps, Vmulps), high.xmm(), high.xmm(), m.pool128(splat32(0x4780'0000), splat32(0x4780'0000)));  // 2^16
    m.op3(WEIR_SSE_AVX(Addps, Vaddps), low.xmm(), low.xmm(), high.xmm());
    push(ValKind::v128, std::move(low));
}

void FunctionCompiler::on_f64x2_convert_low_i32x4_u(const NoImm&)
{
    // The integer as the low half of 2^52 + x, less 2^52.
    HeldReg dst = pop_xmm_owned();
    m_masm.op3(WEIR_SSE_AVX(Unpcklps, Vunpcklps), dst.xmm(), dst.xmm(), m_masm.pool128(splat32(0x4330'0000), splat32(0x4330'0000)));
    m_masm.op3(WEIR_SSE_AVX(Subpd, Vsubpd), dst.xmm(), dst.xmm(), m_masm.pool128(bits_of(0x1p52), bits_of(0x1p52)));
    push(ValKind::v128, std::move(dst));
}

/// a * b + c, or -(a * b) + c; fused where the machine has it, as the relaxed instructions allow.
void FunctionCompiler::vector_fused(bool is_negated, bool is_double)
{
    Masm& m = m_masm;
    const HeldReg c = pop_xmm();
    const HeldReg b = pop_xmm();
    HeldReg dst = pop_xmm_owned();
    if (features().fma) {
        const uint32_t id = is_negated ? (is_double ? Inst::kIdVfnmadd213pd : Inst::kIdVfnmadd213ps)
                                       : (is_double ? Inst::kIdVfmadd213pd : Inst::kIdVfmadd213ps);
        m.emit(id, dst.xmm(), b.xmm(), c.xmm());
    } else {
        m.op3(is_double ? Inst::kIdMulpd : Inst::kIdMulps, is_double ? Inst::kIdVmulpd : Inst::kIdVmulps, dst.xmm(), dst.xmm(),
              b.xmm());
        if (is_negated) {
            HeldReg t = alloc_xmm();
            m.mov_xmm(t.xmm(), c.xmm());
            m.op3(is_double ? Inst::kIdSubpd : Inst::kIdSubps, is_double ? Inst::kIdVsubpd : Inst::kIdVsubps, t.xmm(), t.xmm(),
                  dst.xmm());
            push(ValKind::v128, std::move(t));
            return;
        }
        m.op3(is_double ? Inst::kIdAddpd : Inst::kIdAddps, is_double ? Inst::kIdVaddpd : Inst::kIdVaddps, dst.xmm(), dst.xmm(),
              c.xmm());
    }
    push(ValKind::v128, std::move(dst));
}

// clang-format off
#define WEIR_VECTOR_FLOAT(shape, p, is_double, abs_mask, sign_mask) \
    void FunctionCompiler::on_##shape##_add(const NoImm&) { vector_binary(WEIR_SSE_AVX(Add##p, Vadd##p)); } \
    void FunctionCompiler::on_##shape##_sub(const NoImm&) { vector_binary(WEIR_SSE_AVX(Sub##p, Vsub##p)); } \
    void FunctionCompiler::on_##shape##_mul(const NoImm&) { vector_binary(WEIR_SSE_AVX(Mul##p, Vmul##p)); } \
    void FunctionCompiler::on_##shape##_div(const NoImm&) { vector_binary(WEIR_SSE_AVX(Div##p, Vdiv##p)); } \
    void FunctionCompiler::on_##shape##_sqrt(const NoImm&) { vector_unary(WEIR_SSE_AVX(Sqrt##p, Vsqrt##p)); } \
    void FunctionCompiler::on_##shape##_abs(const NoImm&) { vector_with_constant(WEIR_SSE_AVX(Andps, Vandps), abs_mask, abs_mask); } \
    void FunctionCompiler::on_##shape##_neg(const NoImm&) { vector_with_constant(WEIR_SSE_AVX(Xorps, Vxorps), sign_mask, sign_mask); } \
    void FunctionCompiler::on_##shape##_ceil(const NoImm&) { vector_round(round_up, is_double); } \
    void FunctionCompiler::on_##shape##_floor(const NoImm&) { vector_round(round_down, is_double); } \
    void FunctionCompiler::on_##shape##_trunc(const NoImm&) { vector_round(round_zero, is_double); } \
    void FunctionCompiler::on_##shape##_nearest(const NoImm&) { vector_round(round_nearest, is_double); } \
    void FunctionCompiler::on_##shape##_min(const NoImm&) { vector_float_extreme(false, is_double); } \
    void FunctionCompiler::on_##shape##_max(const NoImm&) { vector_float_extreme(true, is_double); } \
    void FunctionCompiler::on_##shape##_relaxed_min(const NoImm&) { vector_float_extreme(false, is_double); } \
    void FunctionCompiler::on_##shape##_relaxed_max(const NoImm&) { vector_float_extreme(true, is_double); } \
    void FunctionCompiler::on_##shape##_pmin(const NoImm&) { vector_binary(WEIR_SSE_AVX(Min##p, Vmin##p), Order::swapped); } \
    void FunctionCompiler::on_##shape##_pmax(const NoImm&) { vector_binary(WEIR_SSE_AVX(Max##p, Vmax##p), Order::swapped); } \
    void FunctionCompiler::on_##shape##_relaxed_madd(const NoImm&) { vector_fused(false, is_double); } \
    void FunctionCompiler::on_##shape##_relaxed_nmadd(const NoImm&) { vector_fused(true, is_double); } \
    void FunctionCompiler::on_##shape##_eq(const NoImm&) { vector_float_compare(WEIR_SSE_AVX(Cmp##p, Vcmp##p), cmp_eq, Order::as_written); } \
    void FunctionCompiler::on_##shape##_ne(const NoImm&) { vector_float_compare(WEIR_SSE_AVX(Cmp##p, Vcmp##p), cmp_neq, Order::as_written); } \
    void FunctionCompiler::on_##shape##_lt(const NoImm&) { vector_float_compare(WEIR_SSE_AVX(Cmp##p, Vcmp##p), cmp_lt, Order::as_written); } \
    void FunctionCompiler::on_##shape##_gt(const NoImm&) { vector_float_compare(WEIR_SSE_AVX(Cmp##p, Vcmp##p), cmp_lt, Order::swapped); } \
    void FunctionCompiler::on_##shape##_le(const NoImm&) { vector_float_compare(WEIR_SSE_AVX(Cmp##p, Vcmp##p), cmp_le, Order::as_written); } \
    void FunctionCompiler::on_##shape##_ge(const NoImm&) { vector_float_compare(WEIR_SSE_AVX(Cmp##p, Vcmp##p), cmp_le, Order::swapped); }
WEIR_VECTOR_FLOAT(f32x4, ps, false, splat32(0x7fff'ffff), splat32(0x8000'0000))
WEIR_VECTOR_FLOAT(f64x2, pd, true, (uint64_t{1} << 63) - 1, uint64_t{1} << 63)

void FunctionCompiler::on_f32x4_demote_f64x2_zero(const NoImm&) { vector_unary(WEIR_SSE_AVX(Cvtpd2ps, Vcvtpd2ps)); }
void FunctionCompiler::on_f64x2_promote_low_f32x4(const NoImm&) { vector_unary(WEIR_SSE_AVX(Cvtps2pd, Vcvtps2pd)); }
void FunctionCompiler::on_f32x4_convert_i32x4_s(const NoImm&) { vector_unary(WEIR_SSE_AVX(Cvtdq2ps, Vcvtdq2ps)); }
void FunctionCompiler::on_f64x2_convert_low_i32x4_s(const NoImm&) { vector_unary(WEIR_SSE_AVX(Cvtdq2pd, Vcvtdq2pd)); }
void FunctionCompiler::on_i32x4_trunc_sat_f32x4_s(const NoImm&) { vector_truncate_f32x4_s(); }
void FunctionCompiler::on_i32x4_trunc_sat_f32x4_u(const NoImm&) { vector_truncate_f32x4_u(); }
void FunctionCompiler::on_i32x4_trunc_sat_f64x2_s_zero(const NoImm&) { vector_truncate_f64x2(true); }
void FunctionCompiler::on_i32x4_trunc_sat_f64x2_u_zero(const NoImm&) { vector_truncate_f64x2(false); }
void FunctionCompiler::on_i32x4_relaxed_trunc_f32x4_s(const NoImm&) { vector_truncate_f32x4_s(); }
void FunctionCompiler::on_i32x4_relaxed_trunc_f32x4_u(const NoImm&) { vector_truncate_f32x4_u(); }
void FunctionCompiler::on_i32x4_relaxed_trunc_f64x2_s_zero(const NoImm&) { vector_truncate_f64x2(true); }
void FunctionCompiler::on_i32x4_relaxed_trunc_f64x2_u_zero(const NoImm&) { vector_truncate_f64x2(false); }
// clang-format on

}  // namespace weir::baseline
