#pragma once

#include <asmjit/x86.h>

#include <bit>
#include <cstdint>

// How the baseline uses the machine's registers.
//
//   rbp       frame pointer            r15   the InstanceContext
//   r14       base of memory 0, in functions that access it
//   r11       scratch of Masm and of call sequences; never holds a value across an emitter
//   xmm15     scratch of Masm
//   rbx r12 r13                 pinned locals in every function (callee-saved)
//   r8 r9 r10, xmm8..xmm14      pinned locals where calls are rare; r8 r9 r10 are temporaries otherwise
//   rax rcx rdx rsi rdi, xmm0..xmm7   temporaries

namespace weir::baseline {

namespace x86 = asmjit::x86;

/// A physical register: 0-15 general purpose, 16-31 xmm.
struct PhysReg {
    uint8_t index = 0;
    [[nodiscard]] constexpr bool is_xmm() const { return index >= 16; }
    [[nodiscard]] constexpr uint32_t bit() const { return 1U << index; }
    [[nodiscard]] constexpr uint32_t id() const { return index & 15U; }
    friend constexpr bool operator==(PhysReg, PhysReg) = default;
};
constexpr PhysReg gp_reg(uint32_t id) { return PhysReg{static_cast<uint8_t>(id)}; }
constexpr PhysReg xmm_reg(uint32_t id) { return PhysReg{static_cast<uint8_t>(16 + id)}; }

/// A set of physical registers.
class RegSet {
public:
    constexpr RegSet() = default;
    constexpr explicit RegSet(uint32_t bits) : m_bits(bits) {}
    [[nodiscard]] constexpr bool has(PhysReg r) const { return (m_bits & r.bit()) != 0; }
    constexpr void add(PhysReg r) { m_bits |= r.bit(); }
    constexpr void remove(PhysReg r) { m_bits &= ~r.bit(); }
    [[nodiscard]] constexpr bool empty() const { return m_bits == 0; }
    [[nodiscard]] constexpr PhysReg lowest() const { return PhysReg{static_cast<uint8_t>(std::countr_zero(m_bits))}; }
    [[nodiscard]] constexpr RegSet operator&(RegSet o) const { return RegSet{m_bits & o.m_bits}; }
    [[nodiscard]] constexpr RegSet operator|(RegSet o) const { return RegSet{m_bits | o.m_bits}; }
    [[nodiscard]] constexpr RegSet without(RegSet o) const { return RegSet{m_bits & ~o.m_bits}; }

private:
    uint32_t m_bits = 0;
};

inline constexpr PhysReg rax = gp_reg(0), rcx = gp_reg(1), rdx = gp_reg(2), rbx = gp_reg(3), rsi = gp_reg(6), rdi = gp_reg(7);
inline constexpr PhysReg r8 = gp_reg(8), r9 = gp_reg(9), r10 = gp_reg(10), r11 = gp_reg(11), r12 = gp_reg(12), r13 = gp_reg(13);
inline constexpr PhysReg r14 = gp_reg(14), r15 = gp_reg(15);

inline constexpr RegSet gp_temporaries{0b0000'0111'1100'0111};  // rax rcx rdx rsi rdi r8 r9 r10
inline constexpr RegSet xmm_temporaries{0x00ffU << 16};         // xmm0..xmm7
inline constexpr PhysReg callee_saved_pins[] = {rbx, r12, r13};
inline constexpr PhysReg caller_saved_gp_pins[] = {r10, r9, r8};

inline constexpr PhysReg gp_arguments[] = {rsi, rdx, rcx, r8, r9};  // wasm convention, contract.hpp
inline constexpr uint32_t xmm_argument_count = 8;

}  // namespace weir::baseline
