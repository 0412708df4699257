#include "baseline/function_compiler.hpp"

// Atomic instructions (threads proposal). All are sequentially consistent: on x86 plain loads, exchanging stores, locked
// read-modify-writes. An unaligned effective address traps before bounds are looked at.

namespace weir::baseline {

using runtime::Builtin;
using wasm::MemArg;
using wasm::ValKind;

namespace {
constexpr ValKind int_kind(bool is_64) { return is_64 ? ValKind::i64 : ValKind::i32; }
x86::Gp sized(const HeldReg& r, uint32_t bits)
{
    const uint32_t id = r.phys().id();
    if (bits == 64) return x86::gpq(id);
    if (bits == 32) return x86::gpd(id);
    if (bits == 16) return x86::gpw(id);
    return x86::gpb(id);
}
}  // namespace

/// Zero-extends a result that an instruction left in the low `bits` of a register.
void FunctionCompiler::zero_extend(const HeldReg& r, uint32_t bits)
{
    if (bits <= 16) m_masm.movzx(r.r32(), sized(r, bits));
}

void FunctionCompiler::atomic_load(const MemArg& arg, uint32_t bits, bool is_64)
{
    const GuestAddress address = pop_address(arg, bits / 8, bits / 8);
    HeldReg dst = alloc_gp();
    m_masm.memory_site();
    if (bits <= 16) m_masm.movzx(dst.r32(), address.mem);
    else m_masm.mov(sized(dst, bits), address.mem);
    push(int_kind(is_64), std::move(dst));
}

void FunctionCompiler::atomic_store(const MemArg& arg, uint32_t bits)
{
    const HeldReg value = pop_gp_owned();
    const GuestAddress address = pop_address(arg, bits / 8, bits / 8);
    m_masm.memory_site();
    m_masm.xchg(address.mem, sized(value, bits));
}

void FunctionCompiler::atomic_rmw(RmwOp op, const MemArg& arg, uint32_t bits, bool is_64)
{
    Masm& m = m_masm;
    if (op == RmwOp::add || op == RmwOp::sub || op == RmwOp::xchg) {
        HeldReg value = pop_gp_owned();
        if (op == RmwOp::sub) m.neg(value.sized(is_64));
        const GuestAddress address = pop_address(arg, bits / 8, bits / 8);
        m.memory_site();
        if (op == RmwOp::xchg) m.xchg(address.mem, sized(value, bits));
        else m.lock().xadd(address.mem, sized(value, bits));
        zero_extend(value, bits);
        if (bits == 32) m.mov(value.r32(), value.r32());
        push(int_kind(is_64), std::move(value));
        return;
    }
    // The others have no form that answers the old value: compare and exchange until nobody came between.
    const RegSet fixed{rax.bit()};
    const HeldReg value = pop_gp(fixed);
    HeldReg old = alloc_fixed(rax);
    const GuestAddress address = pop_address(arg, bits / 8, bits / 8);
    HeldReg desired = alloc_gp();
    const asmjit::Label again = m.newLabel();
    m.memory_site();
    if (bits <= 16) m.movzx(old.r32(), address.mem);
    else m.mov(sized(old, bits), address.mem);
    m.bind(again);
    m.mov(desired.r64(), old.r64());
    if (op == RmwOp::and_) m.and_(desired.sized(is_64), value.sized(is_64));
    else if (op == RmwOp::or_) m.or_(desired.sized(is_64), value.sized(is_64));
    else m.xor_(desired.sized(is_64), value.sized(is_64));
    m.memory_site();
    m.lock().cmpxchg(address.mem, sized(desired, bits), sized(old, bits));
    m.jne(again);
    zero_extend(old, bits);
    push(int_kind(is_64), std::move(old));
}

void FunctionCompiler::atomic_cmpxchg(const MemArg& arg, uint32_t bits, bool is_64)
{
    const RegSet fixed{rax.bit()};
    const HeldReg replacement = pop_gp(fixed);
    HeldReg expected = pop_gp_fixed(rax);
    const GuestAddress address = pop_address(arg, bits / 8, bits / 8);
    m_masm.memory_site();
    // Compares as many bits as it accesses: the expected value is wrapped (threads proposal, "Compare Exchange").
    m_masm.lock().cmpxchg(address.mem, sized(replacement, bits), sized(expected, bits));
    zero_extend(expected, bits);
    if (bits == 32) m_masm.mov(expected.r32(), expected.r32());
    push(int_kind(is_64), std::move(expected));
}

void FunctionCompiler::atomic_wait_or_notify(Builtin builtin, const MemArg& arg, uint32_t operands, uint32_t alignment_bytes)
{
    Masm& m = m_masm;
    // The operands behind the address go to memory, so that the address is on top to be computed and checked.
    for (size_t i = m_stack.size() - operands; i < m_stack.size(); ++i) spill_position(i, Constants::are_stored);
    std::vector<StackValue> behind;
    behind.reserve(operands);
    for (uint32_t i = 0; i < operands; ++i) behind.push_back(take_top());
    {
        HeldReg address = pop_effective_address(arg);
        m.test(address.r32(), alignment_bytes - 1);
        m.jnz(m.trap_label(runtime::TrapKind::unaligned_atomic));
        push(ValKind::i64, std::move(address));
    }
    for (uint32_t i = operands; i-- > 0;) put_on_stack(behind[i]);
    call_bulk(builtin, arg.memory.value, operands + 1, BulkResult::value, ValKind::i64);
    HeldReg result = pop_gp_fixed(rax);
    HeldReg trap = alloc_gp();
    m.mov(trap.r64(), result.r64());
    m.shr(trap.r64(), 32);
    m.mov(result.r32(), result.r32());
    const asmjit::Label fine = m.newLabel();
    m.test(trap.r32(), trap.r32());
    m.jz(fine);
    m.mov(x86::esi, trap.r32());
    m.call_builtin(Builtin::raise);
    m.bind(fine);
    push(ValKind::i32, std::move(result));
}

// clang-format off
void FunctionCompiler::on_atomic_fence(const wasm::AtomicFenceImm&) { m_masm.mfence(); }
void FunctionCompiler::on_memory_atomic_notify(const MemArg& a) { atomic_wait_or_notify(Builtin::atomic_notify, a, 1, 4); }
void FunctionCompiler::on_memory_atomic_wait32(const MemArg& a) { atomic_wait_or_notify(Builtin::atomic_wait32, a, 2, 4); }
void FunctionCompiler::on_memory_atomic_wait64(const MemArg& a) { atomic_wait_or_notify(Builtin::atomic_wait64, a, 2, 8); }

#define WEIR_ATOMIC(type, width, suffix, bits, is_64) \
    void FunctionCompiler::on_##type##_atomic_load##width##suffix(const MemArg& a) { atomic_load(a, bits, is_64); } \
    void FunctionCompiler::on_##type##_atomic_store##width(const MemArg& a) { atomic_store(a, bits); } \
    void FunctionCompiler::on_##type##_atomic_rmw##width##_add##suffix(const MemArg& a) { atomic_rmw(RmwOp::add, a, bits, is_64); } \
    void FunctionCompiler::on_##type##_atomic_rmw##width##_sub##suffix(const MemArg& a) { atomic_rmw(RmwOp::sub, a, bits, is_64); } \
    void FunctionCompiler::on_##type##_atomic_rmw##width##_and##suffix(const MemArg& a) { atomic_rmw(RmwOp::and_, a, bits, is_64); } \
    void FunctionCompiler::on_##type##_atomic_rmw##width##_or##suffix(const MemArg& a) { atomic_rmw(RmwOp::or_, a, bits, is_64); } \
    void FunctionCompiler::on_##type##_atomic_rmw##width##_xor##suffix(const MemArg& a) { atomic_rmw(RmwOp::xor_, a, bits, is_64); } \
    void FunctionCompiler::on_##type##_atomic_rmw##width##_xchg##suffix(const MemArg& a) { atomic_rmw(RmwOp::xchg, a, bits, is_64); } \
    void FunctionCompiler::on_##type##_atomic_rmw##width##_cmpxchg##suffix(const MemArg& a) { atomic_cmpxchg(a, bits, is_64); }
WEIR_ATOMIC(i32, , , 32, false)
WEIR_ATOMIC(i64, , , 64, true)
WEIR_ATOMIC(i32, 8, _u, 8, false)
WEIR_ATOMIC(i32, 16, _u, 16, false)
WEIR_ATOMIC(i64, 8, _u, 8, true)
WEIR_ATOMIC(i64, 16, _u, 16, true)
WEIR_ATOMIC(i64, 32, _u, 32, true)
// clang-format on

}  // namespace weir::baseline
