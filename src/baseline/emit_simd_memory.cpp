#include "baseline/function_compiler.hpp"

// Vector loads and stores. An access reads or writes exactly its width, never more, and no load is folded into an instruction that
// would demand alignment.

namespace weir::baseline {

using wasm::MemArg;
using wasm::MemArgLane;
using wasm::ValKind;
namespace Inst = x86::Inst;

#define WEIR_SSE_AVX(sse, avx) Inst::kId##sse, Inst::kId##avx

void FunctionCompiler::on_v128_load(const MemArg& arg)
{
    const GuestAddress address = pop_address(arg, 16);
    HeldReg dst = alloc_xmm();
    m_masm.memory_site();
    m_masm.load_xmm(dst.xmm(), address.mem, ValKind::v128);
    push(ValKind::v128, std::move(dst));
}

void FunctionCompiler::on_v128_store(const MemArg& arg)
{
    const HeldReg value = pop_xmm();
    const GuestAddress address = pop_address(arg, 16);
    m_masm.memory_site();
    m_masm.store_xmm(address.mem, value.xmm(), ValKind::v128);
}

void FunctionCompiler::load_extended(const MemArg& arg, uint32_t sse, uint32_t avx)
{
    const GuestAddress address = pop_address(arg, 8);
    HeldReg dst = alloc_xmm();
    m_masm.memory_site();
    m_masm.op2(sse, avx, dst.xmm(), address.mem);
    push(ValKind::v128, std::move(dst));
}

void FunctionCompiler::load_splat(const MemArg& arg, uint32_t lane_bits)
{
    const GuestAddress address = pop_address(arg, lane_bits / 8);
    HeldReg dst = alloc_xmm();
    if (lane_bits <= 16) {  // an insertion into whatever the register holds: lane 0 alone is used
        m_masm.op3(WEIR_SSE_AVX(Pxor, Vpxor), dst.xmm(), dst.xmm(), dst.xmm());
        m_masm.memory_site();
        if (lane_bits == 8) m_masm.op3i(WEIR_SSE_AVX(Pinsrb, Vpinsrb), dst.xmm(), dst.xmm(), address.mem, 0);
        else m_masm.op3i(WEIR_SSE_AVX(Pinsrw, Vpinsrw), dst.xmm(), dst.xmm(), address.mem, 0);
    } else {
        m_masm.memory_site();
        m_masm.load_xmm(dst.xmm(), address.mem, lane_bits == 32 ? ValKind::f32 : ValKind::f64);
    }
    splat_lane(dst.xmm(), dst.xmm(), lane_bits);
    push(ValKind::v128, std::move(dst));
}

void FunctionCompiler::load_lane(const MemArgLane& imm, uint32_t sse, uint32_t avx, uint32_t lane_bits)
{
    HeldReg dst = pop_xmm_owned();
    const GuestAddress address = pop_address(imm.mem, lane_bits / 8);
    m_masm.memory_site();
    m_masm.op3i(sse, avx, dst.xmm(), dst.xmm(), address.mem, static_cast<int>(imm.lane.value));
    push(ValKind::v128, std::move(dst));
}

void FunctionCompiler::store_lane(const MemArgLane& imm, uint32_t sse, uint32_t avx, uint32_t lane_bits)
{
    const HeldReg value = pop_xmm();
    const GuestAddress address = pop_address(imm.mem, lane_bits / 8);
    m_masm.memory_site();
    m_masm.emit(features().avx ? avx : sse, address.mem, value.xmm(), asmjit::Imm(static_cast<int>(imm.lane.value)));
}

// clang-format off
void FunctionCompiler::on_v128_load8x8_s(const MemArg& a) { load_extended(a, WEIR_SSE_AVX(Pmovsxbw, Vpmovsxbw)); }
void FunctionCompiler::on_v128_load8x8_u(const MemArg& a) { load_extended(a, WEIR_SSE_AVX(Pmovzxbw, Vpmovzxbw)); }
void FunctionCompiler::on_v128_load16x4_s(const MemArg& a) { load_extended(a, WEIR_SSE_AVX(Pmovsxwd, Vpmovsxwd)); }
void FunctionCompiler::on_v128_load16x4_u(const MemArg& a) { load_extended(a, WEIR_SSE_AVX(Pmovzxwd, Vpmovzxwd)); }
void FunctionCompiler::on_v128_load32x2_s(const MemArg& a) { load_extended(a, WEIR_SSE_AVX(Pmovsxdq, Vpmovsxdq)); }
void FunctionCompiler::on_v128_load32x2_u(const MemArg& a) { load_extended(a, WEIR_SSE_AVX(Pmovzxdq, Vpmovzxdq)); }
void FunctionCompiler::on_v128_load8_splat(const MemArg& a) { load_splat(a, 8); }
void FunctionCompiler::on_v128_load16_splat(const MemArg& a) { load_splat(a, 16); }
void FunctionCompiler::on_v128_load32_splat(const MemArg& a) { load_splat(a, 32); }
void FunctionCompiler::on_v128_load64_splat(const MemArg& a) { load_splat(a, 64); }
void FunctionCompiler::on_v128_load8_lane(const MemArgLane& i) { load_lane(i, WEIR_SSE_AVX(Pinsrb, Vpinsrb), 8); }
void FunctionCompiler::on_v128_load16_lane(const MemArgLane& i) { load_lane(i, WEIR_SSE_AVX(Pinsrw, Vpinsrw), 16); }
void FunctionCompiler::on_v128_load32_lane(const MemArgLane& i) { load_lane(i, WEIR_SSE_AVX(Pinsrd, Vpinsrd), 32); }
void FunctionCompiler::on_v128_load64_lane(const MemArgLane& i) { load_lane(i, WEIR_SSE_AVX(Pinsrq, Vpinsrq), 64); }
void FunctionCompiler::on_v128_store8_lane(const MemArgLane& i) { store_lane(i, WEIR_SSE_AVX(Pextrb, Vpextrb), 8); }
void FunctionCompiler::on_v128_store16_lane(const MemArgLane& i) { store_lane(i, WEIR_SSE_AVX(Pextrw, Vpextrw), 16); }
void FunctionCompiler::on_v128_store32_lane(const MemArgLane& i) { store_lane(i, WEIR_SSE_AVX(Pextrd, Vpextrd), 32); }
void FunctionCompiler::on_v128_store64_lane(const MemArgLane& i) { store_lane(i, WEIR_SSE_AVX(Pextrq, Vpextrq), 64); }
// clang-format on

void FunctionCompiler::on_v128_load32_zero(const MemArg& arg)
{
    load_float(arg, false);
    HeldReg dst = pop_xmm_owned();  // movss from memory has cleared the rest
    push(ValKind::v128, std::move(dst));
}
void FunctionCompiler::on_v128_load64_zero(const MemArg& arg)
{
    load_float(arg, true);
    HeldReg dst = pop_xmm_owned();
    push(ValKind::v128, std::move(dst));
}

}  // namespace weir::baseline
