#include "baseline/function_compiler.hpp"

#include <array>
#include <cstring>

// Vector instructions on values. The three-operand forms of AVX and the two-operand ones of SSE4.1 differ in Masm::op3 alone.
// Constants come from the pool behind the code; xmm15 is scratch between two instructions of a sequence.

namespace weir::baseline {

using wasm::LaneIdx;
using wasm::NoImm;
using wasm::ValKind;
using x86::CondCode;
namespace Inst = x86::Inst;

namespace {
constexpr uint64_t splat8(uint8_t b) { return 0x0101'0101'0101'0101U * b; }
constexpr uint64_t splat16(uint16_t w) { return 0x0001'0001'0001'0001U * w; }
constexpr uint64_t splat32(uint32_t d) { return uint64_t{d} << 32 | d; }
}  // namespace

// The SSE and the AVX id of an instruction.
#define WEIR_SSE_AVX(sse, avx) Inst::kId##sse, Inst::kId##avx

void FunctionCompiler::vector_binary(uint32_t sse, uint32_t avx, Order order)
{
    HeldReg b = pop_xmm();
    HeldReg a = pop_xmm();
    HeldReg& first = order == Order::as_written ? a : b;
    HeldReg& second = order == Order::as_written ? b : a;
    HeldReg dst = result_over(first, features().avx ? nullptr : &second);
    m_masm.op3(sse, avx, dst.xmm(), first.xmm(), second.xmm());
    push(ValKind::v128, std::move(dst));
}

void FunctionCompiler::vector_unary(uint32_t sse, uint32_t avx)
{
    HeldReg a = pop_xmm();
    HeldReg dst = result_over(a);
    m_masm.op2(sse, avx, dst.xmm(), a.xmm());
    push(ValKind::v128, std::move(dst));
}

void FunctionCompiler::vector_with_constant(uint32_t sse, uint32_t avx, uint64_t low, uint64_t high)
{
    HeldReg a = pop_xmm();
    HeldReg dst = result_over(a);
    m_masm.op3(sse, avx, dst.xmm(), a.xmm(), m_masm.pool128(low, high));
    push(ValKind::v128, std::move(dst));
}

void FunctionCompiler::vector_invert(x86::Xmm v)
{
    m_masm.op3(WEIR_SSE_AVX(Pxor, Vpxor), v, v, m_masm.pool128(UINT64_MAX, UINT64_MAX));
}

void FunctionCompiler::vector_compare(uint32_t sse, uint32_t avx, Order order, bool is_negated)
{
    vector_binary(sse, avx, order);
    if (!is_negated) return;
    HeldReg v = pop_xmm_owned();
    vector_invert(v.xmm());
    push(ValKind::v128, std::move(v));
}

/// a <= b as min(a, b) == a, a >= b as max(a, b) == a; the strict ones are the other's negation.
void FunctionCompiler::vector_compare_unsigned(uint32_t extreme_sse, uint32_t extreme_avx, uint32_t equal_sse, uint32_t equal_avx,
                                               bool is_negated)
{
    const HeldReg b = pop_xmm();
    const HeldReg a = pop_xmm();
    HeldReg dst = alloc_xmm();
    m_masm.op3(extreme_sse, extreme_avx, dst.xmm(), a.xmm(), b.xmm());
    m_masm.op3(equal_sse, equal_avx, dst.xmm(), dst.xmm(), a.xmm());
    if (is_negated) vector_invert(dst.xmm());
    push(ValKind::v128, std::move(dst));
}

void FunctionCompiler::vector_float_compare(uint32_t sse, uint32_t avx, int predicate, Order order)
{
    HeldReg b = pop_xmm();
    HeldReg a = pop_xmm();
    if (order == Order::swapped) std::swap(a, b);
    HeldReg dst = result_over(a, features().avx ? nullptr : &b);
    m_masm.op3i(sse, avx, dst.xmm(), a.xmm(), b.xmm(), predicate);
    push(ValKind::v128, std::move(dst));
}

/// a > b in 64-bit lanes; pcmpgtq is SSE4.2, above the floor.
void FunctionCompiler::vector_compare_i64(Order order, bool is_negated)
{
    HeldReg b = pop_xmm();
    HeldReg a = pop_xmm();
    if (order == Order::swapped) std::swap(a, b);
    HeldReg dst = alloc_xmm();
    if (features().avx) {
        m_masm.vpcmpgtq(dst.xmm(), a.xmm(), b.xmm());
    } else {
        // The high halves decide; where they are equal, the borrow of b - a does, which stands in its high half.
        m_masm.movaps(dst.xmm(), b.xmm());
        m_masm.psubq(dst.xmm(), a.xmm());
        m_masm.movaps(scratch_xmm, a.xmm());
        m_masm.pcmpeqd(scratch_xmm, b.xmm());
        m_masm.pand(dst.xmm(), scratch_xmm);
        m_masm.movaps(scratch_xmm, a.xmm());
        m_masm.pcmpgtd(scratch_xmm, b.xmm());
        m_masm.por(dst.xmm(), scratch_xmm);
        m_masm.pshufd(dst.xmm(), dst.xmm(), 0xf5);
    }
    if (is_negated) vector_invert(dst.xmm());
    push(ValKind::v128, std::move(dst));
}

// --- shifts: the count is taken modulo the lane's width ---

/// The count, masked, plus `bias`, in the low lane of a vector register.
HeldReg FunctionCompiler::pop_shift_count(uint32_t lane_bits, uint32_t bias)
{
    const HeldReg count = pop_gp();
    HeldReg v = alloc_xmm();
    m_masm.mov(scratch32, count.r32());
    m_masm.and_(scratch32, lane_bits - 1);
    if (bias != 0) m_masm.add(scratch32, bias);
    m_masm.op2(WEIR_SSE_AVX(Movd, Vmovd), v.xmm(), scratch32);
    return v;
}

void FunctionCompiler::vector_shift(uint32_t sse, uint32_t avx, uint32_t lane_bits)
{
    const HeldReg count = pop_shift_count(lane_bits, 0);
    HeldReg a = pop_xmm();
    HeldReg dst = result_over(a, &count);
    m_masm.op3(sse, avx, dst.xmm(), a.xmm(), count.xmm());
    push(ValKind::v128, std::move(dst));
}

/// Bytes are shifted as words; a mask clears what came over from the neighbour.
void FunctionCompiler::i8x16_shift_left_or_unsigned(bool is_left)
{
    Masm& m = m_masm;
    const HeldReg count = pop_shift_count(8, 0);
    HeldReg dst = pop_xmm_owned();
    HeldReg mask = alloc_xmm();
    m.op3(WEIR_SSE_AVX(Pcmpeqw, Vpcmpeqw), mask.xmm(), mask.xmm(), mask.xmm());
    if (is_left) {
        m.op3(WEIR_SSE_AVX(Psllw, Vpsllw), dst.xmm(), dst.xmm(), count.xmm());
        m.op3(WEIR_SSE_AVX(Psllw, Vpsllw), mask.xmm(), mask.xmm(), count.xmm());
    } else {
        m.op3(WEIR_SSE_AVX(Psrlw, Vpsrlw), dst.xmm(), dst.xmm(), count.xmm());
        m.shift_imm(WEIR_SSE_AVX(Psrlw, Vpsrlw), mask.xmm(), mask.xmm(), 8);
        m.op3(WEIR_SSE_AVX(Psrlw, Vpsrlw), mask.xmm(), mask.xmm(), count.xmm());
    }
    splat_lane(mask.xmm(), mask.xmm(), 8);
    m.op3(WEIR_SSE_AVX(Pand, Vpand), dst.xmm(), dst.xmm(), mask.xmm());
    push(ValKind::v128, std::move(dst));
}

void FunctionCompiler::on_i8x16_shl(const NoImm&) { i8x16_shift_left_or_unsigned(true); }
void FunctionCompiler::on_i8x16_shr_u(const NoImm&) { i8x16_shift_left_or_unsigned(false); }

void FunctionCompiler::on_i8x16_shr_s(const NoImm&)
{
    // Each byte in the upper half of a word, shifted by eight more, then packed again.
    const HeldReg count = pop_shift_count(8, 8);
    HeldReg low = pop_xmm_owned();
    HeldReg high = alloc_xmm();
    m_masm.op3(WEIR_SSE_AVX(Punpckhbw, Vpunpckhbw), high.xmm(), low.xmm(), low.xmm());
    m_masm.op3(WEIR_SSE_AVX(Punpcklbw, Vpunpcklbw), low.xmm(), low.xmm(), low.xmm());
    m_masm.op3(WEIR_SSE_AVX(Psraw, Vpsraw), high.xmm(), high.xmm(), count.xmm());
    m_masm.op3(WEIR_SSE_AVX(Psraw, Vpsraw), low.xmm(), low.xmm(), count.xmm());
    m_masm.op3(WEIR_SSE_AVX(Packsswb, Vpacksswb), low.xmm(), low.xmm(), high.xmm());
    push(ValKind::v128, std::move(low));
}

void FunctionCompiler::on_i64x2_shr_s(const NoImm&)
{
    // There is no psraq: shift the sign bit along, and let a subtraction spread it.
    const HeldReg count = pop_shift_count(64, 0);
    HeldReg dst = pop_xmm_owned();
    HeldReg sign = alloc_xmm();
    m_masm.load_xmm(sign.xmm(), m_masm.pool128(uint64_t{1} << 63, uint64_t{1} << 63), ValKind::v128);
    m_masm.op3(WEIR_SSE_AVX(Psrlq, Vpsrlq), sign.xmm(), sign.xmm(), count.xmm());
    m_masm.op3(WEIR_SSE_AVX(Psrlq, Vpsrlq), dst.xmm(), dst.xmm(), count.xmm());
    m_masm.op3(WEIR_SSE_AVX(Pxor, Vpxor), dst.xmm(), dst.xmm(), sign.xmm());
    m_masm.op3(WEIR_SSE_AVX(Psubq, Vpsubq), dst.xmm(), dst.xmm(), sign.xmm());
    push(ValKind::v128, std::move(dst));
}

// --- integer arithmetic ---

void FunctionCompiler::on_i64x2_mul(const NoImm&)
{
    // a.low * b.low + ((a.high * b.low + a.low * b.high) << 32)
    const HeldReg b = pop_xmm();
    const HeldReg a = pop_xmm();
    HeldReg dst = alloc_xmm(), t = alloc_xmm();
    m_masm.shift_imm(WEIR_SSE_AVX(Psrlq, Vpsrlq), t.xmm(), a.xmm(), 32);
    m_masm.op3(WEIR_SSE_AVX(Pmuludq, Vpmuludq), t.xmm(), t.xmm(), b.xmm());
    m_masm.shift_imm(WEIR_SSE_AVX(Psrlq, Vpsrlq), dst.xmm(), b.xmm(), 32);
    m_masm.op3(WEIR_SSE_AVX(Pmuludq, Vpmuludq), dst.xmm(), dst.xmm(), a.xmm());
    m_masm.op3(WEIR_SSE_AVX(Paddq, Vpaddq), dst.xmm(), dst.xmm(), t.xmm());
    m_masm.shift_imm(WEIR_SSE_AVX(Psllq, Vpsllq), dst.xmm(), dst.xmm(), 32);
    m_masm.op3(WEIR_SSE_AVX(Pmuludq, Vpmuludq), t.xmm(), a.xmm(), b.xmm());
    m_masm.op3(WEIR_SSE_AVX(Paddq, Vpaddq), dst.xmm(), dst.xmm(), t.xmm());
    push(ValKind::v128, std::move(dst));
}

void FunctionCompiler::on_i64x2_abs(const NoImm&)
{
    HeldReg dst = pop_xmm_owned();
    HeldReg sign = alloc_xmm();
    m_masm.op2i(WEIR_SSE_AVX(Pshufd, Vpshufd), sign.xmm(), dst.xmm(), 0xf5);
    m_masm.shift_imm(WEIR_SSE_AVX(Psrad, Vpsrad), sign.xmm(), sign.xmm(), 31);
    m_masm.op3(WEIR_SSE_AVX(Pxor, Vpxor), dst.xmm(), dst.xmm(), sign.xmm());
    m_masm.op3(WEIR_SSE_AVX(Psubq, Vpsubq), dst.xmm(), dst.xmm(), sign.xmm());
    push(ValKind::v128, std::move(dst));
}

void FunctionCompiler::on_i8x16_popcnt(const NoImm&)
{
    // A table of the sixteen nibbles' counts, looked up for both halves of each byte.
    constexpr uint64_t counts_low = 0x0302'0201'0201'0100U, counts_high = 0x0403'0302'0302'0201U;
    const HeldReg a = pop_xmm();
    HeldReg low = alloc_xmm(), high = alloc_xmm(), dst = alloc_xmm();
    const x86::Mem nibble = m_masm.pool128(splat8(0x0f), splat8(0x0f));
    const x86::Mem counts = m_masm.pool128(counts_low, counts_high);
    m_masm.op3(WEIR_SSE_AVX(Pand, Vpand), low.xmm(), a.xmm(), nibble);
    m_masm.shift_imm(WEIR_SSE_AVX(Psrlw, Vpsrlw), high.xmm(), a.xmm(), 4);
    m_masm.op3(WEIR_SSE_AVX(Pand, Vpand), high.xmm(), high.xmm(), nibble);
    m_masm.load_xmm(dst.xmm(), counts, ValKind::v128);
    m_masm.op3(WEIR_SSE_AVX(Pshufb, Vpshufb), dst.xmm(), dst.xmm(), low.xmm());
    m_masm.load_xmm(low.xmm(), counts, ValKind::v128);
    m_masm.op3(WEIR_SSE_AVX(Pshufb, Vpshufb), low.xmm(), low.xmm(), high.xmm());
    m_masm.op3(WEIR_SSE_AVX(Paddb, Vpaddb), dst.xmm(), dst.xmm(), low.xmm());
    push(ValKind::v128, std::move(dst));
}

#define WEIR_NEG(shape, sse, avx)                                               \
    void FunctionCompiler::on_##shape##_neg(const NoImm&)                       \
    {                                                                           \
        const HeldReg a = pop_xmm();                                            \
        HeldReg dst = alloc_xmm();                                              \
        m_masm.op3(WEIR_SSE_AVX(Pxor, Vpxor), dst.xmm(), dst.xmm(), dst.xmm()); \
        m_masm.op3(WEIR_SSE_AVX(sse, avx), dst.xmm(), dst.xmm(), a.xmm());      \
        push(ValKind::v128, std::move(dst));                                    \
    }
WEIR_NEG(i8x16, Psubb, Vpsubb)
WEIR_NEG(i16x8, Psubw, Vpsubw)
WEIR_NEG(i32x4, Psubd, Vpsubd)
WEIR_NEG(i64x2, Psubq, Vpsubq)
#undef WEIR_NEG

void FunctionCompiler::vector_extend(uint32_t sse, uint32_t avx, bool is_high)
{
    HeldReg a = pop_xmm();
    HeldReg dst = result_over(a);
    if (is_high) {
        m_masm.op2i(WEIR_SSE_AVX(Pshufd, Vpshufd), dst.xmm(), a.xmm(), 0xee);
        m_masm.op2(sse, avx, dst.xmm(), dst.xmm());
    } else {
        m_masm.op2(sse, avx, dst.xmm(), a.xmm());
    }
    push(ValKind::v128, std::move(dst));
}

void FunctionCompiler::vector_extmul(uint32_t extend_sse, uint32_t extend_avx, uint32_t multiply_sse, uint32_t multiply_avx,
                                     bool is_high)
{
    const HeldReg b = pop_xmm();
    const HeldReg a = pop_xmm();
    HeldReg x = alloc_xmm(), y = alloc_xmm();
    if (is_high) {
        m_masm.op2i(WEIR_SSE_AVX(Pshufd, Vpshufd), x.xmm(), a.xmm(), 0xee);
        m_masm.op2i(WEIR_SSE_AVX(Pshufd, Vpshufd), y.xmm(), b.xmm(), 0xee);
        m_masm.op2(extend_sse, extend_avx, x.xmm(), x.xmm());
        m_masm.op2(extend_sse, extend_avx, y.xmm(), y.xmm());
    } else {
        m_masm.op2(extend_sse, extend_avx, x.xmm(), a.xmm());
        m_masm.op2(extend_sse, extend_avx, y.xmm(), b.xmm());
    }
    m_masm.op3(multiply_sse, multiply_avx, x.xmm(), x.xmm(), y.xmm());
    push(ValKind::v128, std::move(x));
}

void FunctionCompiler::i64x2_extmul(uint32_t sse, uint32_t avx, bool is_high)
{
    // The instruction multiplies lanes 0 and 2: bring the two wanted ones there.
    const HeldReg b = pop_xmm();
    const HeldReg a = pop_xmm();
    HeldReg x = alloc_xmm(), y = alloc_xmm();
    const int lanes = is_high ? 0xfa : 0x50;
    m_masm.op2i(WEIR_SSE_AVX(Pshufd, Vpshufd), x.xmm(), a.xmm(), lanes);
    m_masm.op2i(WEIR_SSE_AVX(Pshufd, Vpshufd), y.xmm(), b.xmm(), lanes);
    m_masm.op3(sse, avx, x.xmm(), x.xmm(), y.xmm());
    push(ValKind::v128, std::move(x));
}

void FunctionCompiler::on_i16x8_extadd_pairwise_i8x16_s(const NoImm&)
{
    // pmaddubsw takes its first operand as unsigned: the ones.
    const HeldReg a = pop_xmm();
    HeldReg dst = alloc_xmm();
    m_masm.load_xmm(dst.xmm(), m_masm.pool128(splat8(1), splat8(1)), ValKind::v128);
    m_masm.op3(WEIR_SSE_AVX(Pmaddubsw, Vpmaddubsw), dst.xmm(), dst.xmm(), a.xmm());
    push(ValKind::v128, std::move(dst));
}
void FunctionCompiler::on_i16x8_extadd_pairwise_i8x16_u(const NoImm&)
{
    vector_with_constant(WEIR_SSE_AVX(Pmaddubsw, Vpmaddubsw), splat8(1), splat8(1));
}
void FunctionCompiler::on_i32x4_extadd_pairwise_i16x8_s(const NoImm&)
{
    vector_with_constant(WEIR_SSE_AVX(Pmaddwd, Vpmaddwd), splat16(1), splat16(1));
}
void FunctionCompiler::on_i32x4_extadd_pairwise_i16x8_u(const NoImm&)
{
    // As signed, each word is 2^15 too small; two of them make 2^16.
    HeldReg dst = pop_xmm_owned();
    m_masm.op3(WEIR_SSE_AVX(Pxor, Vpxor), dst.xmm(), dst.xmm(), m_masm.pool128(splat16(0x8000), splat16(0x8000)));
    m_masm.op3(WEIR_SSE_AVX(Pmaddwd, Vpmaddwd), dst.xmm(), dst.xmm(), m_masm.pool128(splat16(1), splat16(1)));
    m_masm.op3(WEIR_SSE_AVX(Paddd, Vpaddd), dst.xmm(), dst.xmm(), m_masm.pool128(splat32(0x1'0000), splat32(0x1'0000)));
    push(ValKind::v128, std::move(dst));
}

void FunctionCompiler::on_i16x8_q15mulr_sat_s(const NoImm&)
{
    // pmulhrsw is exact but for -1 * -1, whose 0x8000 must be 0x7fff.
    vector_binary(WEIR_SSE_AVX(Pmulhrsw, Vpmulhrsw));
    HeldReg dst = pop_xmm_owned();
    HeldReg overflow = alloc_xmm();
    m_masm.op3(WEIR_SSE_AVX(Pcmpeqw, Vpcmpeqw), overflow.xmm(), dst.xmm(), m_masm.pool128(splat16(0x8000), splat16(0x8000)));
    m_masm.op3(WEIR_SSE_AVX(Pxor, Vpxor), dst.xmm(), dst.xmm(), overflow.xmm());
    push(ValKind::v128, std::move(dst));
}
void FunctionCompiler::on_i16x8_relaxed_q15mulr_s(const NoImm& i) { on_i16x8_q15mulr_sat_s(i); }

/// Signed bytes times signed bytes, neighbours added, in words that wrap.
void FunctionCompiler::dot_i8x16()
{
    const HeldReg b = pop_xmm();
    const HeldReg a = pop_xmm();
    HeldReg low = alloc_xmm(), high = alloc_xmm(), t = alloc_xmm();
    m_masm.op2(WEIR_SSE_AVX(Pmovsxbw, Vpmovsxbw), low.xmm(), a.xmm());
    m_masm.op2(WEIR_SSE_AVX(Pmovsxbw, Vpmovsxbw), t.xmm(), b.xmm());
    m_masm.op3(WEIR_SSE_AVX(Pmullw, Vpmullw), low.xmm(), low.xmm(), t.xmm());
    m_masm.op2i(WEIR_SSE_AVX(Pshufd, Vpshufd), high.xmm(), a.xmm(), 0xee);
    m_masm.op2i(WEIR_SSE_AVX(Pshufd, Vpshufd), t.xmm(), b.xmm(), 0xee);
    m_masm.op2(WEIR_SSE_AVX(Pmovsxbw, Vpmovsxbw), high.xmm(), high.xmm());
    m_masm.op2(WEIR_SSE_AVX(Pmovsxbw, Vpmovsxbw), t.xmm(), t.xmm());
    m_masm.op3(WEIR_SSE_AVX(Pmullw, Vpmullw), high.xmm(), high.xmm(), t.xmm());
    m_masm.op3(WEIR_SSE_AVX(Phaddw, Vphaddw), low.xmm(), low.xmm(), high.xmm());
    push(ValKind::v128, std::move(low));
}
void FunctionCompiler::on_i16x8_relaxed_dot_i8x16_i7x16_s(const NoImm&) { dot_i8x16(); }
void FunctionCompiler::on_i32x4_relaxed_dot_i8x16_i7x16_add_s(const NoImm& i)
{
    const HeldReg sum = pop_xmm();
    dot_i8x16();
    on_i32x4_extadd_pairwise_i16x8_s(i);
    HeldReg dst = pop_xmm_owned();
    m_masm.op3(WEIR_SSE_AVX(Paddd, Vpaddd), dst.xmm(), dst.xmm(), sum.xmm());
    push(ValKind::v128, std::move(dst));
}

// --- bits ---

void FunctionCompiler::on_v128_not(const NoImm&)
{
    HeldReg v = pop_xmm_owned();
    vector_invert(v.xmm());
    push(ValKind::v128, std::move(v));
}
void FunctionCompiler::on_v128_andnot(const NoImm&) { vector_binary(WEIR_SSE_AVX(Pandn, Vpandn), Order::swapped); }

void FunctionCompiler::vector_select_bits()
{
    // (a & mask) | (b & ~mask) as ((a ^ b) & mask) ^ b
    const HeldReg mask = pop_xmm();
    const HeldReg b = pop_xmm();
    HeldReg dst = pop_xmm_owned();
    m_masm.op3(WEIR_SSE_AVX(Pxor, Vpxor), dst.xmm(), dst.xmm(), b.xmm());
    m_masm.op3(WEIR_SSE_AVX(Pand, Vpand), dst.xmm(), dst.xmm(), mask.xmm());
    m_masm.op3(WEIR_SSE_AVX(Pxor, Vpxor), dst.xmm(), dst.xmm(), b.xmm());
    push(ValKind::v128, std::move(dst));
}

void FunctionCompiler::on_v128_any_true(const NoImm&)
{
    {
        const HeldReg a = pop_xmm();
        m_masm.op2(WEIR_SSE_AVX(Ptest, Vptest), a.xmm(), a.xmm());
    }
    push_condition(CondCode::kNE);
}

void FunctionCompiler::vector_all_true(uint32_t equal_sse, uint32_t equal_avx)
{
    {
        const HeldReg a = pop_xmm();
        HeldReg zeros = alloc_xmm();
        m_masm.op3(WEIR_SSE_AVX(Pxor, Vpxor), zeros.xmm(), zeros.xmm(), zeros.xmm());
        m_masm.op3(equal_sse, equal_avx, zeros.xmm(), zeros.xmm(), a.xmm());
        m_masm.op2(WEIR_SSE_AVX(Ptest, Vptest), zeros.xmm(), zeros.xmm());
    }
    push_condition(CondCode::kE);
}

#define WEIR_BITMASK(shape, sse, vector)                                                             \
    void FunctionCompiler::on_##shape##_bitmask(const NoImm&)                                        \
    {                                                                                                \
        const HeldReg a = pop_xmm();                                                                 \
        HeldReg dst = alloc_gp();                                                                    \
        m_masm.emit(masm().features().avx ? Inst::kId##vector : Inst::kId##sse, dst.r32(), a.xmm()); \
        push(ValKind::i32, std::move(dst));                                                          \
    }
WEIR_BITMASK(i8x16, Pmovmskb, Vpmovmskb)
WEIR_BITMASK(i32x4, Movmskps, Vmovmskps)
WEIR_BITMASK(i64x2, Movmskpd, Vmovmskpd)
#undef WEIR_BITMASK
void FunctionCompiler::on_i16x8_bitmask(const NoImm&)
{
    // Saturation keeps each word's sign in its byte.
    const HeldReg a = pop_xmm();
    HeldReg dst = alloc_gp();
    m_masm.op3(WEIR_SSE_AVX(Packsswb, Vpacksswb), scratch_xmm, a.xmm(), a.xmm());
    m_masm.emit(features().avx ? Inst::kIdVpmovmskb : Inst::kIdPmovmskb, dst.r32(), scratch_xmm);
    m_masm.movzx(dst.r32(), x86::gpb(dst.phys().id()));
    push(ValKind::i32, std::move(dst));
}

// --- lanes ---

void FunctionCompiler::on_v128_const(const wasm::V128Const& c)
{
    uint64_t words[2];
    std::memcpy(words, c.bytes.data(), sizeof words);
    HeldReg dst = alloc_xmm();
    if (words[0] == 0 && words[1] == 0) m_masm.op3(WEIR_SSE_AVX(Pxor, Vpxor), dst.xmm(), dst.xmm(), dst.xmm());
    else m_masm.load_xmm(dst.xmm(), m_masm.pool128(words[0], words[1]), ValKind::v128);
    push(ValKind::v128, std::move(dst));
}

/// Copies lane 0 to all lanes.
void FunctionCompiler::splat_lane(x86::Xmm dst, x86::Xmm src, uint32_t lane_bits)
{
    Masm& m = m_masm;
    switch (lane_bits) {
    case 8:
        m.op3(WEIR_SSE_AVX(Pxor, Vpxor), scratch_xmm, scratch_xmm, scratch_xmm);
        m.op3(WEIR_SSE_AVX(Pshufb, Vpshufb), dst, src, scratch_xmm);
        return;
    case 16:
        m.op2i(WEIR_SSE_AVX(Pshuflw, Vpshuflw), dst, src, 0);
        m.op2i(WEIR_SSE_AVX(Pshufd, Vpshufd), dst, dst, 0);
        return;
    case 32: m.op2i(WEIR_SSE_AVX(Pshufd, Vpshufd), dst, src, 0); return;
    default: m.op2i(WEIR_SSE_AVX(Pshufd, Vpshufd), dst, src, 0x44); return;
    }
}

#define WEIR_INT_SPLAT(shape, bits)                                                 \
    void FunctionCompiler::on_##shape##_splat(const NoImm&)                         \
    {                                                                               \
        const HeldReg a = pop_gp();                                                 \
        HeldReg dst = alloc_xmm();                                                  \
        m_masm.emit(bits == 64 ? (features().avx ? Inst::kIdVmovq : Inst::kIdMovq)  \
                               : (features().avx ? Inst::kIdVmovd : Inst::kIdMovd), \
                    dst.xmm(), a.sized(bits == 64));                                \
        splat_lane(dst.xmm(), dst.xmm(), bits);                                     \
        push(ValKind::v128, std::move(dst));                                        \
    }
WEIR_INT_SPLAT(i8x16, 8)
WEIR_INT_SPLAT(i16x8, 16)
WEIR_INT_SPLAT(i32x4, 32)
WEIR_INT_SPLAT(i64x2, 64)
#undef WEIR_INT_SPLAT

#define WEIR_FLOAT_SPLAT(shape, bits)                       \
    void FunctionCompiler::on_##shape##_splat(const NoImm&) \
    {                                                       \
        const HeldReg a = pop_xmm();                        \
        HeldReg dst = alloc_xmm();                          \
        splat_lane(dst.xmm(), a.xmm(), bits);               \
        push(ValKind::v128, std::move(dst));                \
    }
WEIR_FLOAT_SPLAT(f32x4, 32)
WEIR_FLOAT_SPLAT(f64x2, 64)
#undef WEIR_FLOAT_SPLAT

void FunctionCompiler::extract_lane(uint32_t sse, uint32_t avx, LaneIdx lane, uint32_t lane_bits, bool is_signed)
{
    const HeldReg a = pop_xmm();
    HeldReg dst = alloc_gp();
    m_masm.emit(features().avx ? avx : sse, dst.sized(lane_bits == 64), a.xmm(), asmjit::Imm(static_cast<int>(lane.value)));
    if (is_signed && lane_bits == 8) m_masm.movsx(dst.r32(), x86::gpb(dst.phys().id()));
    if (is_signed && lane_bits == 16) m_masm.movsx(dst.r32(), x86::gpw(dst.phys().id()));
    push(lane_bits == 64 ? ValKind::i64 : ValKind::i32, std::move(dst));
}

void FunctionCompiler::replace_lane(uint32_t sse, uint32_t avx, LaneIdx lane, bool is_64)
{
    const HeldReg value = pop_gp();
    HeldReg dst = pop_xmm_owned();
    m_masm.op3i(sse, avx, dst.xmm(), dst.xmm(), value.sized(is_64), static_cast<int>(lane.value));
    push(ValKind::v128, std::move(dst));
}

// clang-format off
void FunctionCompiler::on_i8x16_extract_lane_s(const LaneIdx& l) { extract_lane(WEIR_SSE_AVX(Pextrb, Vpextrb), l, 8, true); }
void FunctionCompiler::on_i8x16_extract_lane_u(const LaneIdx& l) { extract_lane(WEIR_SSE_AVX(Pextrb, Vpextrb), l, 8, false); }
void FunctionCompiler::on_i16x8_extract_lane_s(const LaneIdx& l) { extract_lane(WEIR_SSE_AVX(Pextrw, Vpextrw), l, 16, true); }
void FunctionCompiler::on_i16x8_extract_lane_u(const LaneIdx& l) { extract_lane(WEIR_SSE_AVX(Pextrw, Vpextrw), l, 16, false); }
void FunctionCompiler::on_i32x4_extract_lane(const LaneIdx& l) { extract_lane(WEIR_SSE_AVX(Pextrd, Vpextrd), l, 32, false); }
void FunctionCompiler::on_i64x2_extract_lane(const LaneIdx& l) { extract_lane(WEIR_SSE_AVX(Pextrq, Vpextrq), l, 64, false); }
void FunctionCompiler::on_i8x16_replace_lane(const LaneIdx& l) { replace_lane(WEIR_SSE_AVX(Pinsrb, Vpinsrb), l, false); }
void FunctionCompiler::on_i16x8_replace_lane(const LaneIdx& l) { replace_lane(WEIR_SSE_AVX(Pinsrw, Vpinsrw), l, false); }
void FunctionCompiler::on_i32x4_replace_lane(const LaneIdx& l) { replace_lane(WEIR_SSE_AVX(Pinsrd, Vpinsrd), l, false); }
void FunctionCompiler::on_i64x2_replace_lane(const LaneIdx& l) { replace_lane(WEIR_SSE_AVX(Pinsrq, Vpinsrq), l, true); }
// clang-format on

void FunctionCompiler::on_f32x4_extract_lane(const LaneIdx& l)
{
    HeldReg a = pop_xmm();
    HeldReg dst = result_over(a);
    m_masm.op2i(WEIR_SSE_AVX(Pshufd, Vpshufd), dst.xmm(), a.xmm(), static_cast<int>(l.value));
    push(ValKind::f32, std::move(dst));
}
void FunctionCompiler::on_f64x2_extract_lane(const LaneIdx& l)
{
    HeldReg a = pop_xmm();
    HeldReg dst = result_over(a);
    m_masm.op2i(WEIR_SSE_AVX(Pshufd, Vpshufd), dst.xmm(), a.xmm(), l.value == 0 ? 0x44 : 0xee);
    push(ValKind::f64, std::move(dst));
}
void FunctionCompiler::on_f32x4_replace_lane(const LaneIdx& l)
{
    const HeldReg value = pop_xmm();
    HeldReg dst = pop_xmm_owned();
    m_masm.op3i(WEIR_SSE_AVX(Insertps, Vinsertps), dst.xmm(), dst.xmm(), value.xmm(), static_cast<int>(l.value << 4));
    push(ValKind::v128, std::move(dst));
}
void FunctionCompiler::on_f64x2_replace_lane(const LaneIdx& l)
{
    const HeldReg value = pop_xmm();
    HeldReg dst = pop_xmm_owned();
    if (l.value == 0)  // between registers movsd keeps the other lane
        m_masm.op3(WEIR_SSE_AVX(Movsd, Vmovsd), dst.xmm(), dst.xmm(), value.xmm());
    else m_masm.op3(WEIR_SSE_AVX(Unpcklpd, Vunpcklpd), dst.xmm(), dst.xmm(), value.xmm());
    push(ValKind::v128, std::move(dst));
}

void FunctionCompiler::on_i8x16_swizzle(const NoImm&)
{
    // pshufb clears a lane for an index with the top bit set: saturation gives it to all indices from 16 on.
    const HeldReg indices = pop_xmm();
    HeldReg dst = pop_xmm_owned();
    HeldReg t = alloc_xmm();
    m_masm.op3(WEIR_SSE_AVX(Paddusb, Vpaddusb), t.xmm(), indices.xmm(), m_masm.pool128(splat8(0x70), splat8(0x70)));
    m_masm.op3(WEIR_SSE_AVX(Pshufb, Vpshufb), dst.xmm(), dst.xmm(), t.xmm());
    push(ValKind::v128, std::move(dst));
}
void FunctionCompiler::on_i8x16_relaxed_swizzle(const NoImm& i) { on_i8x16_swizzle(i); }

void FunctionCompiler::on_i8x16_shuffle(const wasm::ShuffleLanes& imm)
{
    // One pshufb for each operand, with the other's lanes cleared.
    std::array<uint8_t, 16> from_a, from_b;
    for (size_t i = 0; i < 16; ++i) {
        from_a[i] = imm.lanes[i] < 16 ? imm.lanes[i] : 0x80;
        from_b[i] = imm.lanes[i] >= 16 ? static_cast<uint8_t>(imm.lanes[i] - 16) : 0x80;
    }
    const auto pool = [&](const std::array<uint8_t, 16>& bytes) {
        uint64_t words[2];
        std::memcpy(words, bytes.data(), sizeof words);
        return m_masm.pool128(words[0], words[1]);
    };
    HeldReg b = pop_xmm_owned();
    HeldReg a = pop_xmm_owned();
    m_masm.op3(WEIR_SSE_AVX(Pshufb, Vpshufb), a.xmm(), a.xmm(), pool(from_a));
    m_masm.op3(WEIR_SSE_AVX(Pshufb, Vpshufb), b.xmm(), b.xmm(), pool(from_b));
    m_masm.op3(WEIR_SSE_AVX(Por, Vpor), a.xmm(), a.xmm(), b.xmm());
    push(ValKind::v128, std::move(a));
}

// --- rows ---
// clang-format off
#define WEIR_BINARY(name, sse, avx)  void FunctionCompiler::on_##name(const NoImm&) { vector_binary(WEIR_SSE_AVX(sse, avx)); }
#define WEIR_UNARY(name, sse, avx)   void FunctionCompiler::on_##name(const NoImm&) { vector_unary(WEIR_SSE_AVX(sse, avx)); }
#define WEIR_SHIFT(name, sse, avx, bits) void FunctionCompiler::on_##name(const NoImm&) { vector_shift(WEIR_SSE_AVX(sse, avx), bits); }
WEIR_BINARY(v128_and, Pand, Vpand)
WEIR_BINARY(v128_or, Por, Vpor)
WEIR_BINARY(v128_xor, Pxor, Vpxor)
WEIR_BINARY(i8x16_narrow_i16x8_s, Packsswb, Vpacksswb)
WEIR_BINARY(i8x16_narrow_i16x8_u, Packuswb, Vpackuswb)
WEIR_BINARY(i16x8_narrow_i32x4_s, Packssdw, Vpackssdw)
WEIR_BINARY(i16x8_narrow_i32x4_u, Packusdw, Vpackusdw)
WEIR_BINARY(i8x16_add, Paddb, Vpaddb)
WEIR_BINARY(i8x16_add_sat_s, Paddsb, Vpaddsb)
WEIR_BINARY(i8x16_add_sat_u, Paddusb, Vpaddusb)
WEIR_BINARY(i8x16_sub, Psubb, Vpsubb)
WEIR_BINARY(i8x16_sub_sat_s, Psubsb, Vpsubsb)
WEIR_BINARY(i8x16_sub_sat_u, Psubusb, Vpsubusb)
WEIR_BINARY(i8x16_min_s, Pminsb, Vpminsb)
WEIR_BINARY(i8x16_min_u, Pminub, Vpminub)
WEIR_BINARY(i8x16_max_s, Pmaxsb, Vpmaxsb)
WEIR_BINARY(i8x16_max_u, Pmaxub, Vpmaxub)
WEIR_BINARY(i8x16_avgr_u, Pavgb, Vpavgb)
WEIR_BINARY(i16x8_add, Paddw, Vpaddw)
WEIR_BINARY(i16x8_add_sat_s, Paddsw, Vpaddsw)
WEIR_BINARY(i16x8_add_sat_u, Paddusw, Vpaddusw)
WEIR_BINARY(i16x8_sub, Psubw, Vpsubw)
WEIR_BINARY(i16x8_sub_sat_s, Psubsw, Vpsubsw)
WEIR_BINARY(i16x8_sub_sat_u, Psubusw, Vpsubusw)
WEIR_BINARY(i16x8_mul, Pmullw, Vpmullw)
WEIR_BINARY(i16x8_min_s, Pminsw, Vpminsw)
WEIR_BINARY(i16x8_min_u, Pminuw, Vpminuw)
WEIR_BINARY(i16x8_max_s, Pmaxsw, Vpmaxsw)
WEIR_BINARY(i16x8_max_u, Pmaxuw, Vpmaxuw)
WEIR_BINARY(i16x8_avgr_u, Pavgw, Vpavgw)
WEIR_BINARY(i32x4_add, Paddd, Vpaddd)
WEIR_BINARY(i32x4_sub, Psubd, Vpsubd)
WEIR_BINARY(i32x4_mul, Pmulld, Vpmulld)
WEIR_BINARY(i32x4_min_s, Pminsd, Vpminsd)
WEIR_BINARY(i32x4_min_u, Pminud, Vpminud)
WEIR_BINARY(i32x4_max_s, Pmaxsd, Vpmaxsd)
WEIR_BINARY(i32x4_max_u, Pmaxud, Vpmaxud)
WEIR_BINARY(i32x4_dot_i16x8_s, Pmaddwd, Vpmaddwd)
WEIR_BINARY(i64x2_add, Paddq, Vpaddq)
WEIR_BINARY(i64x2_sub, Psubq, Vpsubq)
WEIR_UNARY(i8x16_abs, Pabsb, Vpabsb)
WEIR_UNARY(i16x8_abs, Pabsw, Vpabsw)
WEIR_UNARY(i32x4_abs, Pabsd, Vpabsd)
WEIR_SHIFT(i16x8_shl, Psllw, Vpsllw, 16)
WEIR_SHIFT(i16x8_shr_s, Psraw, Vpsraw, 16)
WEIR_SHIFT(i16x8_shr_u, Psrlw, Vpsrlw, 16)
WEIR_SHIFT(i32x4_shl, Pslld, Vpslld, 32)
WEIR_SHIFT(i32x4_shr_s, Psrad, Vpsrad, 32)
WEIR_SHIFT(i32x4_shr_u, Psrld, Vpsrld, 32)
WEIR_SHIFT(i64x2_shl, Psllq, Vpsllq, 64)
WEIR_SHIFT(i64x2_shr_u, Psrlq, Vpsrlq, 64)

#define WEIR_COMPARES(shape, x) \
    void FunctionCompiler::on_##shape##_eq(const NoImm&) { vector_compare(WEIR_SSE_AVX(Pcmpeq##x, Vpcmpeq##x), Order::as_written, false); } \
    void FunctionCompiler::on_##shape##_ne(const NoImm&) { vector_compare(WEIR_SSE_AVX(Pcmpeq##x, Vpcmpeq##x), Order::as_written, true); } \
    void FunctionCompiler::on_##shape##_gt_s(const NoImm&) { vector_compare(WEIR_SSE_AVX(Pcmpgt##x, Vpcmpgt##x), Order::as_written, false); } \
    void FunctionCompiler::on_##shape##_lt_s(const NoImm&) { vector_compare(WEIR_SSE_AVX(Pcmpgt##x, Vpcmpgt##x), Order::swapped, false); } \
    void FunctionCompiler::on_##shape##_ge_s(const NoImm&) { vector_compare(WEIR_SSE_AVX(Pcmpgt##x, Vpcmpgt##x), Order::swapped, true); } \
    void FunctionCompiler::on_##shape##_le_s(const NoImm&) { vector_compare(WEIR_SSE_AVX(Pcmpgt##x, Vpcmpgt##x), Order::as_written, true); } \
    void FunctionCompiler::on_##shape##_le_u(const NoImm&) { vector_compare_unsigned(WEIR_SSE_AVX(Pminu##x, Vpminu##x), WEIR_SSE_AVX(Pcmpeq##x, Vpcmpeq##x), false); } \
    void FunctionCompiler::on_##shape##_gt_u(const NoImm&) { vector_compare_unsigned(WEIR_SSE_AVX(Pminu##x, Vpminu##x), WEIR_SSE_AVX(Pcmpeq##x, Vpcmpeq##x), true); } \
    void FunctionCompiler::on_##shape##_ge_u(const NoImm&) { vector_compare_unsigned(WEIR_SSE_AVX(Pmaxu##x, Vpmaxu##x), WEIR_SSE_AVX(Pcmpeq##x, Vpcmpeq##x), false); } \
    void FunctionCompiler::on_##shape##_lt_u(const NoImm&) { vector_compare_unsigned(WEIR_SSE_AVX(Pmaxu##x, Vpmaxu##x), WEIR_SSE_AVX(Pcmpeq##x, Vpcmpeq##x), true); } \
    void FunctionCompiler::on_##shape##_all_true(const NoImm&) { vector_all_true(WEIR_SSE_AVX(Pcmpeq##x, Vpcmpeq##x)); }
WEIR_COMPARES(i8x16, b)
WEIR_COMPARES(i16x8, w)
WEIR_COMPARES(i32x4, d)
void FunctionCompiler::on_i64x2_all_true(const NoImm&) { vector_all_true(WEIR_SSE_AVX(Pcmpeqq, Vpcmpeqq)); }
void FunctionCompiler::on_i64x2_eq(const NoImm&) { vector_compare(WEIR_SSE_AVX(Pcmpeqq, Vpcmpeqq), Order::as_written, false); }
void FunctionCompiler::on_i64x2_ne(const NoImm&) { vector_compare(WEIR_SSE_AVX(Pcmpeqq, Vpcmpeqq), Order::as_written, true); }
void FunctionCompiler::on_i64x2_gt_s(const NoImm&) { vector_compare_i64(Order::as_written, false); }
void FunctionCompiler::on_i64x2_lt_s(const NoImm&) { vector_compare_i64(Order::swapped, false); }
void FunctionCompiler::on_i64x2_ge_s(const NoImm&) { vector_compare_i64(Order::swapped, true); }
void FunctionCompiler::on_i64x2_le_s(const NoImm&) { vector_compare_i64(Order::as_written, true); }

#define WEIR_EXTENDS(shape, from, x) \
    void FunctionCompiler::on_##shape##_extend_low_##from##_s(const NoImm&) { vector_extend(WEIR_SSE_AVX(Pmovsx##x, Vpmovsx##x), false); } \
    void FunctionCompiler::on_##shape##_extend_high_##from##_s(const NoImm&) { vector_extend(WEIR_SSE_AVX(Pmovsx##x, Vpmovsx##x), true); } \
    void FunctionCompiler::on_##shape##_extend_low_##from##_u(const NoImm&) { vector_extend(WEIR_SSE_AVX(Pmovzx##x, Vpmovzx##x), false); } \
    void FunctionCompiler::on_##shape##_extend_high_##from##_u(const NoImm&) { vector_extend(WEIR_SSE_AVX(Pmovzx##x, Vpmovzx##x), true); }
WEIR_EXTENDS(i16x8, i8x16, bw)
WEIR_EXTENDS(i32x4, i16x8, wd)
WEIR_EXTENDS(i64x2, i32x4, dq)

#define WEIR_EXTMULS(shape, from, x, mul) \
    void FunctionCompiler::on_##shape##_extmul_low_##from##_s(const NoImm&) { vector_extmul(WEIR_SSE_AVX(Pmovsx##x, Vpmovsx##x), WEIR_SSE_AVX(Pmull##mul, Vpmull##mul), false); } \
    void FunctionCompiler::on_##shape##_extmul_high_##from##_s(const NoImm&) { vector_extmul(WEIR_SSE_AVX(Pmovsx##x, Vpmovsx##x), WEIR_SSE_AVX(Pmull##mul, Vpmull##mul), true); } \
    void FunctionCompiler::on_##shape##_extmul_low_##from##_u(const NoImm&) { vector_extmul(WEIR_SSE_AVX(Pmovzx##x, Vpmovzx##x), WEIR_SSE_AVX(Pmull##mul, Vpmull##mul), false); } \
    void FunctionCompiler::on_##shape##_extmul_high_##from##_u(const NoImm&) { vector_extmul(WEIR_SSE_AVX(Pmovzx##x, Vpmovzx##x), WEIR_SSE_AVX(Pmull##mul, Vpmull##mul), true); }
WEIR_EXTMULS(i16x8, i8x16, bw, w)
WEIR_EXTMULS(i32x4, i16x8, wd, d)
void FunctionCompiler::on_i64x2_extmul_low_i32x4_s(const NoImm&) { i64x2_extmul(WEIR_SSE_AVX(Pmuldq, Vpmuldq), false); }
void FunctionCompiler::on_i64x2_extmul_high_i32x4_s(const NoImm&) { i64x2_extmul(WEIR_SSE_AVX(Pmuldq, Vpmuldq), true); }
void FunctionCompiler::on_i64x2_extmul_low_i32x4_u(const NoImm&) { i64x2_extmul(WEIR_SSE_AVX(Pmuludq, Vpmuludq), false); }
void FunctionCompiler::on_i64x2_extmul_high_i32x4_u(const NoImm&) { i64x2_extmul(WEIR_SSE_AVX(Pmuludq, Vpmuludq), true); }

void FunctionCompiler::on_v128_bitselect(const NoImm&) { vector_select_bits(); }
void FunctionCompiler::on_i8x16_relaxed_laneselect(const NoImm&) { vector_select_bits(); }
void FunctionCompiler::on_i16x8_relaxed_laneselect(const NoImm&) { vector_select_bits(); }
void FunctionCompiler::on_i32x4_relaxed_laneselect(const NoImm&) { vector_select_bits(); }
void FunctionCompiler::on_i64x2_relaxed_laneselect(const NoImm&) { vector_select_bits(); }
// clang-format on

}  // namespace weir::baseline
