#include "optimizing/translator.hpp"

#include "optimizing/quiet_nans.hpp"

// Vector instructions on floating-point lanes, and vector loads and stores.

namespace weir::optimizing {

using llvm::Instruction;
using wasm::MemArg;
using wasm::Opcode;

bool FunctionTranslator::translate_simd_float(Opcode op)
{
    const auto binary = [&](Shape shape, Instruction::BinaryOps operation) {
        llvm::Value* const b = pop_vector(shape);
        llvm::Value* const a = pop_vector(shape);
        push_vector(keep_quieting(m_b, m_b.CreateBinOp(operation, a, b)));
        return true;
    };
    const auto unary = [&](Shape shape, llvm::Intrinsic::ID id) {
        llvm::Value* const a = pop_vector(shape);
        push_vector(m_b.CreateIntrinsic(id, {a->getType()}, {a}));
        return true;
    };
    const auto extreme = [&](Shape shape, bool is_max) {
        llvm::Value* const b = pop_vector(shape);
        llvm::Value* const a = pop_vector(shape);
        push_vector(float_extreme(a, b, is_max));
        return true;
    };
    // pmin is `b < a ? b : a`, pmax `a < b ? b : a`, bit by bit.
    const auto pseudo_extreme = [&](Shape shape, bool is_max) {
        llvm::Value* const b = pop_vector(shape);
        llvm::Value* const a = pop_vector(shape);
        push_vector(m_b.CreateSelect(is_max ? m_b.CreateFCmpOLT(a, b) : m_b.CreateFCmpOLT(b, a), b, a));
        return true;
    };
    // Fused where the machine has it, as the baseline does: the standard allows both, one program wants one.
    const auto multiply_add = [&](Shape shape, bool is_negated) {
        llvm::Value* const c = pop_vector(shape);
        llvm::Value* const b = pop_vector(shape);
        llvm::Value* a = pop_vector(shape);
        if (is_negated) a = m_b.CreateFNeg(a);
        if (m_host.has_fma) push_vector(keep_quieting(m_b, m_b.CreateIntrinsic(llvm::Intrinsic::fma, {a->getType()}, {a, b, c})));
        else push_vector(keep_quieting(m_b, m_b.CreateFAdd(keep_quieting(m_b, m_b.CreateFMul(a, b)), c)));
        return true;
    };
    llvm::Type* const two_i32 = llvm::FixedVectorType::get(m_b.getInt32Ty(), 2);
    const auto with_zeros = [&](llvm::Value* two) {  // two lanes become four
        const std::array lanes{0, 1, 2, 3};
        push_vector(m_b.CreateShuffleVector(two, llvm::Constant::getNullValue(two->getType()), lanes));
        return true;
    };
    using enum Shape;
    switch (op) {
#define WEIR_FLOAT(shape)                                                                  \
    case Opcode::shape##_add: return binary(shape, Instruction::FAdd);                     \
    case Opcode::shape##_sub: return binary(shape, Instruction::FSub);                     \
    case Opcode::shape##_mul: return binary(shape, Instruction::FMul);                     \
    case Opcode::shape##_div: return binary(shape, Instruction::FDiv);                     \
    case Opcode::shape##_abs: return unary(shape, llvm::Intrinsic::fabs);                  \
    case Opcode::shape##_neg: push_vector(m_b.CreateFNeg(pop_vector(shape))); return true; \
    case Opcode::shape##_sqrt: return unary(shape, llvm::Intrinsic::sqrt);                 \
    case Opcode::shape##_ceil: return unary(shape, llvm::Intrinsic::ceil);                 \
    case Opcode::shape##_floor: return unary(shape, llvm::Intrinsic::floor);               \
    case Opcode::shape##_trunc: return unary(shape, llvm::Intrinsic::trunc);               \
    case Opcode::shape##_nearest: return unary(shape, llvm::Intrinsic::roundeven);         \
    case Opcode::shape##_min:                                                              \
    case Opcode::shape##_relaxed_min: return extreme(shape, false);                        \
    case Opcode::shape##_max:                                                              \
    case Opcode::shape##_relaxed_max: return extreme(shape, true);                         \
    case Opcode::shape##_pmin: return pseudo_extreme(shape, false);                        \
    case Opcode::shape##_pmax: return pseudo_extreme(shape, true);                         \
    case Opcode::shape##_relaxed_madd: return multiply_add(shape, false);                  \
    case Opcode::shape##_relaxed_nmadd: return multiply_add(shape, true);
        WEIR_FLOAT(f32x4)
        WEIR_FLOAT(f64x2)
#undef WEIR_FLOAT
    case Opcode::i32x4_trunc_sat_f32x4_s:
    case Opcode::i32x4_relaxed_trunc_f32x4_s:
        push_vector(truncate_saturating(pop_vector(f32x4), vector_type(i32x4), true));
        return true;
    case Opcode::i32x4_trunc_sat_f32x4_u:
    case Opcode::i32x4_relaxed_trunc_f32x4_u:
        push_vector(truncate_saturating(pop_vector(f32x4), vector_type(i32x4), false));
        return true;
    case Opcode::i32x4_trunc_sat_f64x2_s_zero:
    case Opcode::i32x4_relaxed_trunc_f64x2_s_zero: return with_zeros(truncate_saturating(pop_vector(f64x2), two_i32, true));
    case Opcode::i32x4_trunc_sat_f64x2_u_zero:
    case Opcode::i32x4_relaxed_trunc_f64x2_u_zero: return with_zeros(truncate_saturating(pop_vector(f64x2), two_i32, false));
    case Opcode::f32x4_convert_i32x4_s: push_vector(m_b.CreateSIToFP(pop_vector(i32x4), vector_type(f32x4))); return true;
    case Opcode::f32x4_convert_i32x4_u: push_vector(m_b.CreateUIToFP(pop_vector(i32x4), vector_type(f32x4))); return true;
    case Opcode::f64x2_convert_low_i32x4_s:
        push_vector(m_b.CreateSIToFP(half(pop_vector(i32x4), false), vector_type(f64x2)));
        return true;
    case Opcode::f64x2_convert_low_i32x4_u:
        push_vector(m_b.CreateUIToFP(half(pop_vector(i32x4), false), vector_type(f64x2)));
        return true;
    case Opcode::f32x4_demote_f64x2_zero:
        return with_zeros(m_b.CreateFPTrunc(pop_vector(f64x2), llvm::FixedVectorType::get(m_b.getFloatTy(), 2)));
    case Opcode::f64x2_promote_low_f32x4:
        push_vector(keep_quieting(m_b, m_b.CreateFPExt(half(pop_vector(f32x4), false), vector_type(f64x2))));
        return true;
    default: return false;
    }
}

bool FunctionTranslator::translate_simd_memory(Opcode op, const MemArg& arg)
{
    const auto load_extended = [&](unsigned bits, bool is_signed) {
        llvm::Type* const type = llvm::FixedVectorType::get(m_b.getIntNTy(bits), 64 / bits);
        push_vector(extend(load_from(pop_address(arg, 8), type), is_signed));
        return true;
    };
    const auto load_splat = [&](unsigned bits) {
        push_vector(m_b.CreateVectorSplat(128 / bits, load_from(pop_address(arg, bits / 8), m_b.getIntNTy(bits))));
        return true;
    };
    const auto load_zero = [&](unsigned bits) {
        llvm::Value* const v = load_from(pop_address(arg, bits / 8), m_b.getIntNTy(bits));
        llvm::Type* const type = llvm::FixedVectorType::get(v->getType(), 128 / bits);
        push_vector(m_b.CreateInsertElement(llvm::Constant::getNullValue(type), v, uint64_t{0}));
        return true;
    };
    switch (op) {
    case Opcode::v128_load: load(arg, vector_type(Shape::i64x2)); return true;
    case Opcode::v128_store: store(arg, vector_type(Shape::i64x2)); return true;
    case Opcode::v128_load8x8_s: return load_extended(8, true);
    case Opcode::v128_load8x8_u: return load_extended(8, false);
    case Opcode::v128_load16x4_s: return load_extended(16, true);
    case Opcode::v128_load16x4_u: return load_extended(16, false);
    case Opcode::v128_load32x2_s: return load_extended(32, true);
    case Opcode::v128_load32x2_u: return load_extended(32, false);
    case Opcode::v128_load8_splat: return load_splat(8);
    case Opcode::v128_load16_splat: return load_splat(16);
    case Opcode::v128_load32_splat: return load_splat(32);
    case Opcode::v128_load64_splat: return load_splat(64);
    case Opcode::v128_load32_zero: return load_zero(32);
    case Opcode::v128_load64_zero: return load_zero(64);
    default: return false;
    }
}

void FunctionTranslator::translate(Opcode op, const wasm::MemArgLane& arg)
{
    const auto shape = [&] {
        switch (op) {
        case Opcode::v128_load8_lane:
        case Opcode::v128_store8_lane: return Shape::i8x16;
        case Opcode::v128_load16_lane:
        case Opcode::v128_store16_lane: return Shape::i16x8;
        case Opcode::v128_load32_lane:
        case Opcode::v128_store32_lane: return Shape::i32x4;
        default: return Shape::i64x2;
        }
    }();
    const bool is_load = op == Opcode::v128_load8_lane || op == Opcode::v128_load16_lane || op == Opcode::v128_load32_lane ||
                         op == Opcode::v128_load64_lane;
    llvm::Value* const vector = pop_vector(shape);
    llvm::Type* const element = vector_type(shape)->getElementType();
    llvm::Value* const address = pop_address(arg.mem, element->getIntegerBitWidth() / 8);
    const uint64_t lane = arg.lane.value;
    if (is_load) push_vector(m_b.CreateInsertElement(vector, load_from(address, element), lane));
    else store_to(address, m_b.CreateExtractElement(vector, lane));
}

}  // namespace weir::optimizing
