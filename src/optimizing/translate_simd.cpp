#include "optimizing/translator.hpp"

#include <llvm/IR/IntrinsicsX86.h>

#include <array>
#include <numeric>

// Vector instructions on integers and bits. A v128 is <2 x i64> between instructions.

namespace weir::optimizing {

using llvm::CmpInst;
using llvm::Instruction;
using wasm::Opcode;

namespace {

constexpr unsigned lanes_of(Shape s)
{
    switch (s) {
    case Shape::i8x16: return 16;
    case Shape::i16x8: return 8;
    case Shape::i32x4:
    case Shape::f32x4: return 4;
    default: return 2;
    }
}

}  // namespace

llvm::FixedVectorType* FunctionTranslator::vector_type(Shape shape)
{
    llvm::Type* element = nullptr;
    switch (shape) {
    case Shape::i8x16: element = m_b.getInt8Ty(); break;
    case Shape::i16x8: element = m_b.getInt16Ty(); break;
    case Shape::i32x4: element = m_b.getInt32Ty(); break;
    case Shape::i64x2: element = m_b.getInt64Ty(); break;
    case Shape::f32x4: element = m_b.getFloatTy(); break;
    case Shape::f64x2: element = m_b.getDoubleTy(); break;
    }
    return llvm::FixedVectorType::get(element, lanes_of(shape));
}

llvm::Value* FunctionTranslator::pop_vector(Shape shape) { return m_b.CreateBitCast(pop(), vector_type(shape)); }
void FunctionTranslator::push_vector(llvm::Value* v) { push(m_b.CreateBitCast(v, vector_type(Shape::i64x2))); }

void FunctionTranslator::vector_compare(Shape shape, CmpInst::Predicate predicate)
{
    llvm::Value* const b = pop_vector(shape);
    llvm::Value* const a = pop_vector(shape);
    llvm::Value* const answer =
        CmpInst::isFPPredicate(predicate) ? m_b.CreateFCmp(predicate, a, b) : m_b.CreateICmp(predicate, a, b);
    llvm::Type* const lane = m_b.getIntNTy(128 / lanes_of(shape));
    push_vector(m_b.CreateSExt(answer, llvm::FixedVectorType::get(lane, lanes_of(shape))));
}

void FunctionTranslator::vector_shift(Shape shape, Instruction::BinaryOps op)
{
    llvm::Value* const count = m_b.CreateAnd(pop(), const_u32(128 / lanes_of(shape) - 1));
    llvm::Value* const a = pop_vector(shape);
    llvm::Value* const lane_count = m_b.CreateZExtOrTrunc(count, vector_type(shape)->getElementType());
    push_vector(m_b.CreateBinOp(op, a, m_b.CreateVectorSplat(lanes_of(shape), lane_count)));
}

/// The lower or upper half of the lanes.
llvm::Value* FunctionTranslator::half(llvm::Value* v, bool is_high)
{
    const unsigned count = llvm::cast<llvm::FixedVectorType>(v->getType())->getNumElements();
    std::vector<int> lanes(count / 2);
    std::iota(lanes.begin(), lanes.end(), is_high ? static_cast<int>(count / 2) : 0);
    return m_b.CreateShuffleVector(v, lanes);
}

/// Every second lane.
llvm::Value* FunctionTranslator::alternate(llvm::Value* v, bool is_odd)
{
    const unsigned count = llvm::cast<llvm::FixedVectorType>(v->getType())->getNumElements();
    std::vector<int> lanes;
    for (unsigned i = is_odd ? 1 : 0; i < count; i += 2) lanes.push_back(static_cast<int>(i));
    return m_b.CreateShuffleVector(v, lanes);
}

/// Each lane twice as wide.
llvm::Value* FunctionTranslator::extend(llvm::Value* v, bool is_signed)
{
    llvm::Type* const type = llvm::VectorType::getExtendedElementVectorType(llvm::cast<llvm::VectorType>(v->getType()));
    return is_signed ? m_b.CreateSExt(v, type) : m_b.CreateZExt(v, type);
}

void FunctionTranslator::translate(Opcode, const wasm::V128Const& c)
{
    push_vector(llvm::ConstantDataVector::get(m_context, llvm::ArrayRef<uint8_t>{c.bytes}));
}

void FunctionTranslator::translate(Opcode, const wasm::ShuffleLanes& lanes)
{
    llvm::Value* const b = pop_vector(Shape::i8x16);
    llvm::Value* const a = pop_vector(Shape::i8x16);
    const std::vector<int> mask(lanes.lanes.begin(), lanes.lanes.end());
    push_vector(m_b.CreateShuffleVector(a, b, mask));
}

void FunctionTranslator::translate(Opcode op, const wasm::LaneIdx& lane)
{
    const auto extract = [&](Shape shape) { return m_b.CreateExtractElement(pop_vector(shape), uint64_t{lane.value}); };
    const auto replace = [&](Shape shape) {
        llvm::Value* value = pop();
        llvm::Type* const element = vector_type(shape)->getElementType();
        if (element->isIntegerTy()) value = m_b.CreateTrunc(value, element);
        push_vector(m_b.CreateInsertElement(pop_vector(shape), value, uint64_t{lane.value}));
    };
    llvm::Type* const i32 = m_b.getInt32Ty();
    switch (op) {
    case Opcode::i8x16_extract_lane_s: return push(m_b.CreateSExt(extract(Shape::i8x16), i32));
    case Opcode::i8x16_extract_lane_u: return push(m_b.CreateZExt(extract(Shape::i8x16), i32));
    case Opcode::i16x8_extract_lane_s: return push(m_b.CreateSExt(extract(Shape::i16x8), i32));
    case Opcode::i16x8_extract_lane_u: return push(m_b.CreateZExt(extract(Shape::i16x8), i32));
    case Opcode::i32x4_extract_lane: return push(extract(Shape::i32x4));
    case Opcode::i64x2_extract_lane: return push(extract(Shape::i64x2));
    case Opcode::f32x4_extract_lane: return push(extract(Shape::f32x4));
    case Opcode::f64x2_extract_lane: return push(extract(Shape::f64x2));
    case Opcode::i8x16_replace_lane: return replace(Shape::i8x16);
    case Opcode::i16x8_replace_lane: return replace(Shape::i16x8);
    case Opcode::i32x4_replace_lane: return replace(Shape::i32x4);
    case Opcode::i64x2_replace_lane: return replace(Shape::i64x2);
    case Opcode::f32x4_replace_lane: return replace(Shape::f32x4);
    case Opcode::f64x2_replace_lane: return replace(Shape::f64x2);
    default: return refuse();
    }
}

bool FunctionTranslator::translate_simd(Opcode op)
{
    if (translate_simd_integer(op) || translate_simd_compare(op) || translate_simd_float(op)) return true;
    constexpr Shape bits = Shape::i64x2;
    const auto splat = [&](Shape shape) {
        llvm::Value* v = pop();
        llvm::Type* const element = vector_type(shape)->getElementType();
        if (element->isIntegerTy()) v = m_b.CreateTrunc(v, element);
        push_vector(m_b.CreateVectorSplat(lanes_of(shape), v));
        return true;
    };
    const auto binary = [&](Instruction::BinaryOps operation) {
        llvm::Value* const b = pop_vector(bits);
        llvm::Value* const a = pop_vector(bits);
        push_vector(m_b.CreateBinOp(operation, a, b));
        return true;
    };
    switch (op) {
    case Opcode::i8x16_splat: return splat(Shape::i8x16);
    case Opcode::i16x8_splat: return splat(Shape::i16x8);
    case Opcode::i32x4_splat: return splat(Shape::i32x4);
    case Opcode::i64x2_splat: return splat(Shape::i64x2);
    case Opcode::f32x4_splat: return splat(Shape::f32x4);
    case Opcode::f64x2_splat: return splat(Shape::f64x2);
    case Opcode::v128_and: return binary(Instruction::And);
    case Opcode::v128_or: return binary(Instruction::Or);
    case Opcode::v128_xor: return binary(Instruction::Xor);
    case Opcode::v128_not: push_vector(m_b.CreateNot(pop_vector(bits))); return true;
    case Opcode::v128_andnot: {
        llvm::Value* const b = pop_vector(bits);
        llvm::Value* const a = pop_vector(bits);
        push_vector(m_b.CreateAnd(a, m_b.CreateNot(b)));
        return true;
    }
    case Opcode::v128_bitselect:
    case Opcode::i8x16_relaxed_laneselect:
    case Opcode::i16x8_relaxed_laneselect:
    case Opcode::i32x4_relaxed_laneselect:
    case Opcode::i64x2_relaxed_laneselect: {
        llvm::Value* const mask = pop_vector(bits);
        llvm::Value* const b = pop_vector(bits);
        llvm::Value* const a = pop_vector(bits);
        push_vector(m_b.CreateOr(m_b.CreateAnd(a, mask), m_b.CreateAnd(b, m_b.CreateNot(mask))));
        return true;
    }
    case Opcode::v128_any_true: {
        llvm::Value* const all = m_b.CreateBitCast(pop(), m_b.getIntNTy(128));
        push_bool(m_b.CreateICmpNE(all, llvm::ConstantInt::get(all->getType(), 0)));
        return true;
    }
    case Opcode::i8x16_swizzle:
    case Opcode::i8x16_relaxed_swizzle: {
        // pshufb takes a lane's low four bits, and zero where the top bit is set: saturation sets that for 16 and more.
        llvm::Value* const lanes = pop_vector(Shape::i8x16);
        llvm::Value* const a = pop_vector(Shape::i8x16);
        llvm::Value* const limit = m_b.CreateVectorSplat(16, m_b.getInt8(0x70));
        llvm::Value* const safe = m_b.CreateIntrinsic(llvm::Intrinsic::uadd_sat, {lanes->getType()}, {lanes, limit});
        push_vector(m_b.CreateIntrinsic(llvm::Intrinsic::x86_ssse3_pshuf_b_128, {}, {a, safe}));
        return true;
    }
    default: return false;
    }
}

bool FunctionTranslator::translate_simd_integer(Opcode op)
{
    const auto binary = [&](Shape shape, Instruction::BinaryOps operation) {
        llvm::Value* const b = pop_vector(shape);
        llvm::Value* const a = pop_vector(shape);
        push_vector(m_b.CreateBinOp(operation, a, b));
        return true;
    };
    const auto binary_intrinsic = [&](Shape shape, llvm::Intrinsic::ID id) {
        llvm::Value* const b = pop_vector(shape);
        llvm::Value* const a = pop_vector(shape);
        push_vector(m_b.CreateIntrinsic(id, {a->getType()}, {a, b}));
        return true;
    };
    const auto machine = [&](Shape shape, llvm::Intrinsic::ID id) {
        llvm::Value* const b = pop_vector(shape);
        llvm::Value* const a = pop_vector(shape);
        push_vector(m_b.CreateIntrinsic(id, {}, {a, b}));
        return true;
    };
    const auto shift = [&](Shape shape, Instruction::BinaryOps operation) {
        vector_shift(shape, operation);
        return true;
    };
    const auto absolute = [&](Shape shape) {
        llvm::Value* const a = pop_vector(shape);
        push_vector(m_b.CreateIntrinsic(llvm::Intrinsic::abs, {a->getType()}, {a, m_b.getFalse()}));
        return true;
    };
    const auto negate = [&](Shape shape) {
        push_vector(m_b.CreateNeg(pop_vector(shape)));
        return true;
    };
    const auto all_true = [&](Shape shape) {
        llvm::Value* const a = pop_vector(shape);
        push_bool(m_b.CreateAndReduce(m_b.CreateICmpNE(a, llvm::Constant::getNullValue(a->getType()))));
        return true;
    };
    const auto bitmask = [&](Shape shape) {
        llvm::Value* const a = pop_vector(shape);
        llvm::Value* const signs = m_b.CreateICmpSLT(a, llvm::Constant::getNullValue(a->getType()));
        push(m_b.CreateZExt(m_b.CreateBitCast(signs, m_b.getIntNTy(lanes_of(shape))), m_b.getInt32Ty()));
        return true;
    };
    const auto average = [&](Shape shape) {
        llvm::Value* const b = extend(pop_vector(shape), false);
        llvm::Value* const a = extend(pop_vector(shape), false);
        llvm::Value* const one = llvm::ConstantInt::get(a->getType(), 1);
        llvm::Value* const sum = m_b.CreateAdd(m_b.CreateAdd(a, b), one);
        push_vector(m_b.CreateTrunc(m_b.CreateLShr(sum, one), vector_type(shape)));
        return true;
    };
    const auto extended = [&](Shape from, bool is_high, bool is_signed) {
        push_vector(extend(half(pop_vector(from), is_high), is_signed));
        return true;
    };
    const auto extended_product = [&](Shape from, bool is_high, bool is_signed) {
        llvm::Value* const b = extend(half(pop_vector(from), is_high), is_signed);
        llvm::Value* const a = extend(half(pop_vector(from), is_high), is_signed);
        push_vector(m_b.CreateMul(a, b));
        return true;
    };
    const auto pair_sums = [&](llvm::Value* v, bool is_signed) {
        return m_b.CreateAdd(extend(alternate(v, false), is_signed), extend(alternate(v, true), is_signed));
    };
    const auto extended_sum = [&](Shape from, bool is_signed) {
        push_vector(pair_sums(pop_vector(from), is_signed));
        return true;
    };
    const auto dot = [&](Shape from) {  // products of signed lanes, neighbours added, wrapping
        llvm::Value* const b = pop_vector(from);
        llvm::Value* const a = pop_vector(from);
        const auto products = [&](bool is_odd) {
            return m_b.CreateMul(extend(alternate(a, is_odd), true), extend(alternate(b, is_odd), true));
        };
        return m_b.CreateAdd(products(false), products(true));
    };
    using enum Shape;
    switch (op) {
    case Opcode::i8x16_abs: return absolute(i8x16);
    case Opcode::i16x8_abs: return absolute(i16x8);
    case Opcode::i32x4_abs: return absolute(i32x4);
    case Opcode::i64x2_abs: return absolute(i64x2);
    case Opcode::i8x16_neg: return negate(i8x16);
    case Opcode::i16x8_neg: return negate(i16x8);
    case Opcode::i32x4_neg: return negate(i32x4);
    case Opcode::i64x2_neg: return negate(i64x2);
    case Opcode::i8x16_all_true: return all_true(i8x16);
    case Opcode::i16x8_all_true: return all_true(i16x8);
    case Opcode::i32x4_all_true: return all_true(i32x4);
    case Opcode::i64x2_all_true: return all_true(i64x2);
    case Opcode::i8x16_bitmask: return bitmask(i8x16);
    case Opcode::i16x8_bitmask: return bitmask(i16x8);
    case Opcode::i32x4_bitmask: return bitmask(i32x4);
    case Opcode::i64x2_bitmask: return bitmask(i64x2);
    case Opcode::i8x16_popcnt: {
        llvm::Value* const a = pop_vector(i8x16);
        push_vector(m_b.CreateIntrinsic(llvm::Intrinsic::ctpop, {a->getType()}, {a}));
        return true;
    }
    case Opcode::i8x16_narrow_i16x8_s: return machine(i16x8, llvm::Intrinsic::x86_sse2_packsswb_128);
    case Opcode::i8x16_narrow_i16x8_u: return machine(i16x8, llvm::Intrinsic::x86_sse2_packuswb_128);
    case Opcode::i16x8_narrow_i32x4_s: return machine(i32x4, llvm::Intrinsic::x86_sse2_packssdw_128);
    case Opcode::i16x8_narrow_i32x4_u: return machine(i32x4, llvm::Intrinsic::x86_sse41_packusdw);
#define WEIR_SHIFTS(shape)                                              \
    case Opcode::shape##_shl: return shift(shape, Instruction::Shl);    \
    case Opcode::shape##_shr_s: return shift(shape, Instruction::AShr); \
    case Opcode::shape##_shr_u: return shift(shape, Instruction::LShr); \
    case Opcode::shape##_add: return binary(shape, Instruction::Add);   \
    case Opcode::shape##_sub: return binary(shape, Instruction::Sub);
        WEIR_SHIFTS(i8x16)
        WEIR_SHIFTS(i16x8)
        WEIR_SHIFTS(i32x4)
        WEIR_SHIFTS(i64x2)
#undef WEIR_SHIFTS
    case Opcode::i16x8_mul: return binary(i16x8, Instruction::Mul);
    case Opcode::i32x4_mul: return binary(i32x4, Instruction::Mul);
    case Opcode::i64x2_mul: return binary(i64x2, Instruction::Mul);
#define WEIR_SATURATING(shape)                                                                 \
    case Opcode::shape##_add_sat_s: return binary_intrinsic(shape, llvm::Intrinsic::sadd_sat); \
    case Opcode::shape##_add_sat_u: return binary_intrinsic(shape, llvm::Intrinsic::uadd_sat); \
    case Opcode::shape##_sub_sat_s: return binary_intrinsic(shape, llvm::Intrinsic::ssub_sat); \
    case Opcode::shape##_sub_sat_u: return binary_intrinsic(shape, llvm::Intrinsic::usub_sat); \
    case Opcode::shape##_avgr_u: return average(shape);
        WEIR_SATURATING(i8x16)
        WEIR_SATURATING(i16x8)
#undef WEIR_SATURATING
#define WEIR_EXTREMES(shape)                                                           \
    case Opcode::shape##_min_s: return binary_intrinsic(shape, llvm::Intrinsic::smin); \
    case Opcode::shape##_min_u: return binary_intrinsic(shape, llvm::Intrinsic::umin); \
    case Opcode::shape##_max_s: return binary_intrinsic(shape, llvm::Intrinsic::smax); \
    case Opcode::shape##_max_u: return binary_intrinsic(shape, llvm::Intrinsic::umax);
        WEIR_EXTREMES(i8x16)
        WEIR_EXTREMES(i16x8)
        WEIR_EXTREMES(i32x4)
#undef WEIR_EXTREMES
#define WEIR_WIDENING(to, from)                                                           \
    case Opcode::to##_extend_low_##from##_s: return extended(from, false, true);          \
    case Opcode::to##_extend_high_##from##_s: return extended(from, true, true);          \
    case Opcode::to##_extend_low_##from##_u: return extended(from, false, false);         \
    case Opcode::to##_extend_high_##from##_u: return extended(from, true, false);         \
    case Opcode::to##_extmul_low_##from##_s: return extended_product(from, false, true);  \
    case Opcode::to##_extmul_high_##from##_s: return extended_product(from, true, true);  \
    case Opcode::to##_extmul_low_##from##_u: return extended_product(from, false, false); \
    case Opcode::to##_extmul_high_##from##_u: return extended_product(from, true, false);
        WEIR_WIDENING(i16x8, i8x16)
        WEIR_WIDENING(i32x4, i16x8)
        WEIR_WIDENING(i64x2, i32x4)
#undef WEIR_WIDENING
    case Opcode::i16x8_extadd_pairwise_i8x16_s: return extended_sum(i8x16, true);
    case Opcode::i16x8_extadd_pairwise_i8x16_u: return extended_sum(i8x16, false);
    case Opcode::i32x4_extadd_pairwise_i16x8_s: return extended_sum(i16x8, true);
    case Opcode::i32x4_extadd_pairwise_i16x8_u: return extended_sum(i16x8, false);
    case Opcode::i16x8_q15mulr_sat_s:
    case Opcode::i16x8_relaxed_q15mulr_s: {
        // pmulhrsw is exact but for -1 * -1, whose 0x8000 must be 0x7fff.
        llvm::Value* const b = pop_vector(i16x8);
        llvm::Value* const a = pop_vector(i16x8);
        llvm::Value* const product = m_b.CreateIntrinsic(llvm::Intrinsic::x86_ssse3_pmul_hr_sw_128, {}, {a, b});
        llvm::Value* const overflow = m_b.CreateICmpEQ(product, m_b.CreateVectorSplat(8, m_b.getInt16(0x8000)));
        push_vector(m_b.CreateXor(product, m_b.CreateSExt(overflow, product->getType())));
        return true;
    }
    case Opcode::i32x4_dot_i16x8_s: return machine(i16x8, llvm::Intrinsic::x86_sse2_pmadd_wd);
    case Opcode::i16x8_relaxed_dot_i8x16_i7x16_s: push_vector(dot(i8x16)); return true;
    case Opcode::i32x4_relaxed_dot_i8x16_i7x16_add_s: {
        llvm::Value* const sum = pop_vector(i32x4);
        push_vector(m_b.CreateAdd(pair_sums(dot(i8x16), true), sum));
        return true;
    }
    default: return false;
    }
}

bool FunctionTranslator::translate_simd_compare(Opcode op)
{
    const auto compares = [&](Shape shape, CmpInst::Predicate predicate) {
        vector_compare(shape, predicate);
        return true;
    };
    using enum Shape;
    switch (op) {
#define WEIR_SIGNED(shape)                                                \
    case Opcode::shape##_eq: return compares(shape, CmpInst::ICMP_EQ);    \
    case Opcode::shape##_ne: return compares(shape, CmpInst::ICMP_NE);    \
    case Opcode::shape##_lt_s: return compares(shape, CmpInst::ICMP_SLT); \
    case Opcode::shape##_gt_s: return compares(shape, CmpInst::ICMP_SGT); \
    case Opcode::shape##_le_s: return compares(shape, CmpInst::ICMP_SLE); \
    case Opcode::shape##_ge_s: return compares(shape, CmpInst::ICMP_SGE);
#define WEIR_UNSIGNED(shape)                                              \
    case Opcode::shape##_lt_u: return compares(shape, CmpInst::ICMP_ULT); \
    case Opcode::shape##_gt_u: return compares(shape, CmpInst::ICMP_UGT); \
    case Opcode::shape##_le_u: return compares(shape, CmpInst::ICMP_ULE); \
    case Opcode::shape##_ge_u: return compares(shape, CmpInst::ICMP_UGE);
#define WEIR_FLOAT(shape)                                               \
    case Opcode::shape##_eq: return compares(shape, CmpInst::FCMP_OEQ); \
    case Opcode::shape##_ne: return compares(shape, CmpInst::FCMP_UNE); \
    case Opcode::shape##_lt: return compares(shape, CmpInst::FCMP_OLT); \
    case Opcode::shape##_gt: return compares(shape, CmpInst::FCMP_OGT); \
    case Opcode::shape##_le: return compares(shape, CmpInst::FCMP_OLE); \
    case Opcode::shape##_ge: return compares(shape, CmpInst::FCMP_OGE);
        WEIR_SIGNED(i8x16)
        WEIR_UNSIGNED(i8x16)
        WEIR_SIGNED(i16x8)
        WEIR_UNSIGNED(i16x8)
        WEIR_SIGNED(i32x4)
        WEIR_UNSIGNED(i32x4)
        WEIR_SIGNED(i64x2)
        WEIR_FLOAT(f32x4)
        WEIR_FLOAT(f64x2)
#undef WEIR_SIGNED
#undef WEIR_UNSIGNED
#undef WEIR_FLOAT
    default: return false;
    }
}

}  // namespace weir::optimizing
