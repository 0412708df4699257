#include "optimizing/kept_loads.hpp"
#include "optimizing/translator.hpp"

#include <cstddef>

// Effective addresses, and the loads and stores that use them; atomic accesses.

namespace weir::optimizing {

using runtime::Builtin;
using runtime::MemoryHeader;
using runtime::MemoryMode;
using runtime::TrapKind;
using wasm::MemArg;
using wasm::Opcode;

/// zext(index) + offset in 64 bits; a 64-bit sum that overflows traps. Pops the index.
llvm::Value* FunctionTranslator::pop_effective_address(const MemArg& arg)
{
    llvm::Value* const index = pop_u64();
    if (arg.offset == 0) return index;
    llvm::Value* const address = m_b.CreateAdd(index, const_u64(arg.offset));
    if (is_memory64(arg.memory)) trap_if(m_b.CreateICmpULT(address, index), TrapKind::memory_out_of_bounds);
    return address;
}

// The effective address is zext(index) + offset in unbounded arithmetic (spec 4.6.9), computed here and nowhere else. None of it promises
// anything of the guest's values: plain additions, a plain address computation.
//
//   guard mode    32-bit index and offset: the sum is below 2^33, and base + sum + width stays inside the reservation.
//   checked mode  out of bounds when size < offset + width, or else index > size - (offset + width).
llvm::Value* FunctionTranslator::pop_address(const MemArg& arg, uint32_t size_bytes, bool must_be_aligned)
{
    const bool is_guarded = m_options.memory_modes[arg.memory.value] == MemoryMode::guard;
    uint64_t offset = arg.offset;
    llvm::Value* index = nullptr;
    if (must_be_aligned && size_bytes > 1) {  // alignment comes before bounds
        index = pop_effective_address(arg);
        offset = 0;
        llvm::Value* const misaligned = m_b.CreateAnd(index, const_u64(size_bytes - 1));
        trap_if(m_b.CreateICmpNE(misaligned, const_u64(0)), TrapKind::unaligned_atomic);
    } else {
        index = pop_u64();
    }
    if (!is_guarded) {
        llvm::Value* is_outside = m_b.getTrue();
        if (offset <= UINT64_MAX - size_bytes) is_outside = is_out_of_bounds(arg.memory, index, offset + size_bytes);
        trap_if(is_outside, TrapKind::memory_out_of_bounds);
    }
    llvm::Value* const base = context_field(m_layout.memory_base(arg.memory), m_b.getPtrTy());
    // Two steps, so that the offset can become the machine instruction's displacement.
    return offset_pointer(m_b.CreateGEP(m_b.getInt8Ty(), base, index), offset);
}

llvm::Value* FunctionTranslator::size_of(wasm::MemoryIdx memory)
{
    llvm::Value* const header = context_field(m_layout.memory_header(memory), m_b.getPtrTy());
    llvm::LoadInst* const size =
        m_b.CreateAlignedLoad(m_b.getInt64Ty(), offset_pointer(header, offsetof(MemoryHeader, size_bytes)), llvm::Align{8});
    size->setAtomic(llvm::AtomicOrdering::Monotonic);  // other threads may grow the memory
    size->setMetadata(llvm::LLVMContext::MD_tbaa, m_alias_context);
    return size;
}

llvm::Value* FunctionTranslator::is_out_of_bounds(wasm::MemoryIdx memory, llvm::Value* index, uint64_t size_bytes)
{
    llvm::Value* const size = size_of(memory);
    llvm::Value* const needed = const_u64(size_bytes);
    return m_b.CreateOr(m_b.CreateICmpULT(size, needed), m_b.CreateICmpUGT(index, m_b.CreateSub(size, needed)));
}

llvm::Value* FunctionTranslator::load_from(llvm::Value* address, llvm::Type* type)
{
    llvm::LoadInst* const load = m_b.CreateAlignedLoad(type, address, llvm::Align{1});
    load->setMetadata(llvm::LLVMContext::MD_tbaa, m_alias_memory);
    keep_load(m_b, load);
    return load;
}

void FunctionTranslator::store_to(llvm::Value* address, llvm::Value* value)
{
    llvm::StoreInst* const store = m_b.CreateAlignedStore(value, address, llvm::Align{1});
    store->setMetadata(llvm::LLVMContext::MD_tbaa, m_alias_memory);
}

namespace {
uint32_t bytes_of(llvm::Type* type) { return static_cast<uint32_t>(type->getPrimitiveSizeInBits().getFixedValue() / 8); }
}  // namespace

void FunctionTranslator::load(const MemArg& arg, llvm::Type* type, llvm::Type* extended, bool is_signed)
{
    llvm::Value* v = load_from(pop_address(arg, bytes_of(type)), type);
    if (extended != nullptr) v = is_signed ? m_b.CreateSExt(v, extended) : m_b.CreateZExt(v, extended);
    push(v);
}

void FunctionTranslator::store(const MemArg& arg, llvm::Type* type)
{
    llvm::Value* value = pop();
    if (value->getType() != type) value = m_b.CreateTrunc(value, type);
    store_to(pop_address(arg, bytes_of(type)), value);
}

void FunctionTranslator::translate(Opcode op, const MemArg& arg)
{
    llvm::Type* const i8 = m_b.getInt8Ty();
    llvm::Type* const i16 = m_b.getInt16Ty();
    llvm::Type* const i32 = m_b.getInt32Ty();
    llvm::Type* const i64 = m_b.getInt64Ty();
    switch (op) {
    case Opcode::i32_load: return load(arg, i32);
    case Opcode::i64_load: return load(arg, i64);
    case Opcode::f32_load: return load(arg, m_b.getFloatTy());
    case Opcode::f64_load: return load(arg, m_b.getDoubleTy());
    case Opcode::i32_load8_s: return load(arg, i8, i32, true);
    case Opcode::i32_load8_u: return load(arg, i8, i32);
    case Opcode::i32_load16_s: return load(arg, i16, i32, true);
    case Opcode::i32_load16_u: return load(arg, i16, i32);
    case Opcode::i64_load8_s: return load(arg, i8, i64, true);
    case Opcode::i64_load8_u: return load(arg, i8, i64);
    case Opcode::i64_load16_s: return load(arg, i16, i64, true);
    case Opcode::i64_load16_u: return load(arg, i16, i64);
    case Opcode::i64_load32_s: return load(arg, i32, i64, true);
    case Opcode::i64_load32_u: return load(arg, i32, i64);
    case Opcode::i32_store:
    case Opcode::i64_store32: return store(arg, i32);
    case Opcode::i64_store: return store(arg, i64);
    case Opcode::f32_store: return store(arg, m_b.getFloatTy());
    case Opcode::f64_store: return store(arg, m_b.getDoubleTy());
    case Opcode::i32_store8:
    case Opcode::i64_store8: return store(arg, i8);
    case Opcode::i32_store16:
    case Opcode::i64_store16: return store(arg, i16);
    default: break;
    }
    if (!translate_simd_memory(op, arg) && !translate_atomic(op, arg)) refuse();
}

void FunctionTranslator::translate(Opcode op, const wasm::MemoryIdx& memory)
{
    llvm::Type* const index_type = is_memory64(memory) ? m_b.getInt64Ty() : m_b.getInt32Ty();
    switch (op) {
    case Opcode::memory_size:
        return push(m_b.CreateTrunc(m_b.CreateLShr(size_of(memory), m_module.memories[memory.value].page_size_log2), index_type));
    case Opcode::memory_grow: {
        llvm::Value* const delta = pop_u64();
        return push(
            m_b.CreateTrunc(call_builtin(Builtin::memory_grow, m_b.getInt64Ty(), {{const_u32(memory.value), delta}}), index_type));
    }
    case Opcode::memory_fill: {
        llvm::Value* const count = pop_u64();
        llvm::Value* const value = pop();
        llvm::Value* const address = pop_u64();
        if (const auto few = few_bytes(count)) return fill_few(memory, address, value, *few);
        return trap_if_builtin_failed(
            call_builtin(Builtin::memory_fill, m_b.getInt32Ty(), {{const_u32(memory.value), address, value, count}}));
    }
    default: return refuse();
    }
}

// --- of a few bytes, whose number is known: without a call ---

namespace {

constexpr uint64_t most_few_bytes = 256;

/// Calls `visit(offset, bytes)` for accesses of up to 32 bytes that together are one of `count`.
template <class Visit>
void for_each_part(uint64_t count, Visit visit)
{
    for (uint64_t offset = 0, bytes = 32; offset < count; offset += bytes) {
        while (bytes > count - offset) bytes /= 2;
        visit(offset, static_cast<uint32_t>(bytes));
    }
}

}  // namespace

std::optional<uint64_t> FunctionTranslator::few_bytes(llvm::Value* count)
{
    const auto* const constant = llvm::dyn_cast<llvm::ConstantInt>(count);
    if (constant == nullptr || constant->getZExtValue() > most_few_bytes) return std::nullopt;
    return constant->getZExtValue();
}

/// Memory in which all of [address, address + count) is, or else a trap before anything is written.
llvm::Value* FunctionTranslator::bulk_address(wasm::MemoryIdx memory, llvm::Value* address, uint64_t count)
{
    trap_if(is_out_of_bounds(memory, address, count), TrapKind::memory_out_of_bounds);
    return m_b.CreateGEP(m_b.getInt8Ty(), context_field(m_layout.memory_base(memory), m_b.getPtrTy()), address);
}

void FunctionTranslator::fill_few(wasm::MemoryIdx memory, llvm::Value* address, llvm::Value* value, uint64_t count)
{
    llvm::Value* const to = bulk_address(memory, address, count);
    llvm::Value* const byte = m_b.CreateTrunc(value, m_b.getInt8Ty());
    for_each_part(count, [&](uint64_t offset, uint32_t bytes) {
        store_to(offset_pointer(to, offset), bytes == 1 ? byte : m_b.CreateVectorSplat(bytes, byte));
    });
}

void FunctionTranslator::copy_few(const wasm::MemoryCopyImm& i, llvm::Value* destination, llvm::Value* source, uint64_t count)
{
    llvm::Value* const to = bulk_address(i.destination, destination, count);
    llvm::Value* const from = bulk_address(i.source, source, count);
    Values parts;  // all are read before one is written: the two may overlap
    for_each_part(count, [&](uint64_t offset, uint32_t bytes) {
        llvm::Type* const type = bytes <= 8 ? static_cast<llvm::Type*>(m_b.getIntNTy(bytes * 8))
                                            : llvm::FixedVectorType::get(m_b.getInt64Ty(), bytes / 8);
        parts.push_back(load_from(offset_pointer(from, offset), type));
    });
    auto part = parts.begin();
    for_each_part(count, [&](uint64_t offset, uint32_t) { store_to(offset_pointer(to, offset), *part++); });
}

void FunctionTranslator::translate(Opcode, const wasm::MemoryCopyImm& i)
{
    const auto few = few_bytes(m_stack.back());
    if (!few) return call_bulk(Builtin::memory_copy, packed(i.destination.value, i.source.value), 3);
    pop();
    llvm::Value* const source = pop_u64();
    llvm::Value* const destination = pop_u64();
    copy_few(i, destination, source, *few);
}

// --- atomics: all sequentially consistent, all aligned once checked ---

void FunctionTranslator::atomic_load(const MemArg& arg, uint32_t bits, bool is_64)
{
    llvm::LoadInst* const load =
        m_b.CreateAlignedLoad(m_b.getIntNTy(bits), pop_address(arg, bits / 8, true), llvm::Align{bits / 8});
    load->setAtomic(llvm::AtomicOrdering::SequentiallyConsistent);
    load->setVolatile(true);  // its trap is not to be lost either
    push(m_b.CreateZExt(load, m_b.getIntNTy(is_64 ? 64 : 32)));
}

void FunctionTranslator::atomic_store(const MemArg& arg, uint32_t bits)
{
    llvm::Value* const value = m_b.CreateTrunc(pop(), m_b.getIntNTy(bits));
    llvm::StoreInst* const store = m_b.CreateAlignedStore(value, pop_address(arg, bits / 8, true), llvm::Align{bits / 8});
    store->setAtomic(llvm::AtomicOrdering::SequentiallyConsistent);
    store->setVolatile(true);
}

void FunctionTranslator::atomic_rmw(llvm::AtomicRMWInst::BinOp op, const MemArg& arg, uint32_t bits, bool is_64)
{
    llvm::Value* const value = m_b.CreateTrunc(pop(), m_b.getIntNTy(bits));
    llvm::AtomicRMWInst* const rmw = m_b.CreateAtomicRMW(op, pop_address(arg, bits / 8, true), value, llvm::Align{bits / 8},
                                                         llvm::AtomicOrdering::SequentiallyConsistent);
    rmw->setVolatile(true);
    push(m_b.CreateZExt(rmw, m_b.getIntNTy(is_64 ? 64 : 32)));
}

void FunctionTranslator::atomic_cmpxchg(const MemArg& arg, uint32_t bits, bool is_64)
{
    llvm::Type* const type = m_b.getIntNTy(bits);
    llvm::Type* const full = m_b.getIntNTy(is_64 ? 64 : 32);
    llvm::Value* const replacement = m_b.CreateTrunc(pop(), type);
    llvm::Value* const expected = pop();
    // Compares as many bits as it accesses: the expected value is wrapped.
    llvm::Value* const narrow = m_b.CreateTrunc(expected, type);
    constexpr auto order = llvm::AtomicOrdering::SequentiallyConsistent;
    llvm::AtomicCmpXchgInst* const exchange =
        m_b.CreateAtomicCmpXchg(pop_address(arg, bits / 8, true), narrow, replacement, llvm::Align{bits / 8}, order, order);
    exchange->setVolatile(true);
    push(m_b.CreateZExt(m_b.CreateExtractValue(exchange, 0), full));
}

/// memory.atomic.wait and notify: the builtin checks bounds and alignment itself and answers TrapKind << 32 | result.
void FunctionTranslator::atomic_builtin(Builtin builtin, const MemArg& arg, size_t operand_count)
{
    Values arguments(operand_count + 2);
    for (size_t i = operand_count; i > 0; --i) arguments[i + 1] = pop();
    arguments[0] = const_u32(arg.memory.value);
    arguments[1] = pop_effective_address(arg);
    llvm::Value* const answer = call_builtin(builtin, m_b.getInt64Ty(), arguments);
    trap_if_builtin_failed(m_b.CreateTrunc(m_b.CreateLShr(answer, 32), m_b.getInt32Ty()));
    push(m_b.CreateTrunc(answer, m_b.getInt32Ty()));
}

bool FunctionTranslator::translate_atomic(Opcode op, const MemArg& arg)
{
    using Rmw = llvm::AtomicRMWInst;
#define WEIR_RMW(name, binop)                                                                      \
    case Opcode::i32_atomic_rmw_##name: return atomic_rmw(Rmw::binop, arg, 32, false), true;       \
    case Opcode::i64_atomic_rmw_##name: return atomic_rmw(Rmw::binop, arg, 64, true), true;        \
    case Opcode::i32_atomic_rmw8_##name##_u: return atomic_rmw(Rmw::binop, arg, 8, false), true;   \
    case Opcode::i32_atomic_rmw16_##name##_u: return atomic_rmw(Rmw::binop, arg, 16, false), true; \
    case Opcode::i64_atomic_rmw8_##name##_u: return atomic_rmw(Rmw::binop, arg, 8, true), true;    \
    case Opcode::i64_atomic_rmw16_##name##_u: return atomic_rmw(Rmw::binop, arg, 16, true), true;  \
    case Opcode::i64_atomic_rmw32_##name##_u: return atomic_rmw(Rmw::binop, arg, 32, true), true;
    switch (op) {
        WEIR_RMW(add, Add)
        WEIR_RMW(sub, Sub)
        WEIR_RMW(and, And)
        WEIR_RMW(or, Or)
        WEIR_RMW(xor, Xor)
        WEIR_RMW(xchg, Xchg)
    case Opcode::i32_atomic_load: return atomic_load(arg, 32, false), true;
    case Opcode::i64_atomic_load: return atomic_load(arg, 64, true), true;
    case Opcode::i32_atomic_load8_u: return atomic_load(arg, 8, false), true;
    case Opcode::i32_atomic_load16_u: return atomic_load(arg, 16, false), true;
    case Opcode::i64_atomic_load8_u: return atomic_load(arg, 8, true), true;
    case Opcode::i64_atomic_load16_u: return atomic_load(arg, 16, true), true;
    case Opcode::i64_atomic_load32_u: return atomic_load(arg, 32, true), true;
    case Opcode::i32_atomic_store:
    case Opcode::i64_atomic_store32: return atomic_store(arg, 32), true;
    case Opcode::i64_atomic_store: return atomic_store(arg, 64), true;
    case Opcode::i32_atomic_store8:
    case Opcode::i64_atomic_store8: return atomic_store(arg, 8), true;
    case Opcode::i32_atomic_store16:
    case Opcode::i64_atomic_store16: return atomic_store(arg, 16), true;
    case Opcode::i32_atomic_rmw_cmpxchg: return atomic_cmpxchg(arg, 32, false), true;
    case Opcode::i64_atomic_rmw_cmpxchg: return atomic_cmpxchg(arg, 64, true), true;
    case Opcode::i32_atomic_rmw8_cmpxchg_u: return atomic_cmpxchg(arg, 8, false), true;
    case Opcode::i32_atomic_rmw16_cmpxchg_u: return atomic_cmpxchg(arg, 16, false), true;
    case Opcode::i64_atomic_rmw8_cmpxchg_u: return atomic_cmpxchg(arg, 8, true), true;
    case Opcode::i64_atomic_rmw16_cmpxchg_u: return atomic_cmpxchg(arg, 16, true), true;
    case Opcode::i64_atomic_rmw32_cmpxchg_u: return atomic_cmpxchg(arg, 32, true), true;
    case Opcode::memory_atomic_wait32: return atomic_builtin(Builtin::atomic_wait32, arg, 2), true;
    case Opcode::memory_atomic_wait64: return atomic_builtin(Builtin::atomic_wait64, arg, 2), true;
    case Opcode::memory_atomic_notify: return atomic_builtin(Builtin::atomic_notify, arg, 1), true;
    default: return false;
    }
#undef WEIR_RMW
}

void FunctionTranslator::translate(Opcode, const wasm::AtomicFenceImm&)
{
    m_b.CreateFence(llvm::AtomicOrdering::SequentiallyConsistent);
}

}  // namespace weir::optimizing
