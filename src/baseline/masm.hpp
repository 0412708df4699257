#pragma once

#include "baseline/cpu_features.hpp"
#include "baseline/regs.hpp"
#include "runtime/compiler.hpp"

#include <asmjit/x86.h>

#include <array>
#include <cstdint>
#include <vector>

namespace weir::baseline {

inline x86::Gp gp32(PhysReg r) { return x86::gpd(r.id()); }
inline x86::Gp gp64(PhysReg r) { return x86::gpq(r.id()); }
inline x86::Xmm xmm(PhysReg r) { return x86::xmm(r.id()); }

inline const x86::Gp scratch32 = x86::r11d;
inline const x86::Gp scratch64 = x86::r11;
inline const x86::Xmm scratch_xmm = x86::xmm15;
inline const x86::Gp context = x86::r15;
inline const x86::Gp memory0_base = x86::r14;

/// The assembler of one function, with what hangs on positions in its code: trap sites, call sites, relocations, jump
/// tables and the constant pool. Knows the machine, not wasm's stack.
/// Operand suffixes: `op3` takes dst, a, b and hides whether the machine has three-operand (AVX) forms.
class Masm : public x86::Assembler {
public:
    explicit Masm(const CpuFeatures& features);
    ~Masm() override;
    Masm(const Masm&) = delete;
    Masm& operator=(const Masm&) = delete;

    /// Forgets everything of the last function, keeps buffers.
    void start();
    /// Binds cold code, tables and constants, patches, and copies all into `out`. False: the assembler ran out of memory or
    /// of 32-bit reach.
    [[nodiscard]] bool finish(runtime::CompiledCode& out);

    [[nodiscard]] const CpuFeatures& features() const { return m_features; }
    [[nodiscard]] uint32_t here() const { return static_cast<uint32_t>(offset()); }
    [[nodiscard]] bool failed() const { return m_failed; }
    void fail() { m_failed = true; }

    /// The wasm offset that sites recorded from now on carry.
    void set_wasm_offset(uint32_t offset)
    {
        m_wasm_offset = offset;
        if (m_lines != nullptr) m_lines->push_back({here(), offset});
    }
    /// Where the code of each instruction begins is noted there, until `start`. Null: nowhere.
    void note_lines(std::vector<runtime::CodeLine>* lines) { m_lines = lines; }
    [[nodiscard]] uint32_t wasm_offset() const { return m_wasm_offset; }

    // Sites. Call `memory_site` directly before the accessing instruction, `call_site` directly after a call.
    void memory_site();
    void call_site();
    /// A label of cold code that traps for `kind` at the current wasm offset.
    asmjit::Label trap_label(runtime::TrapKind kind);
    /// Traps here and now.
    void trap(runtime::TrapKind kind);
    /// After a call of a builtin that answers a TrapKind in eax.
    void trap_if_builtin_failed();

    /// `call` / `jmp` through the CodeSlot of a defined function.
    void call_slot(wasm::FuncIdx target);
    void jump_slot(wasm::FuncIdx target);
    /// Subtracts one from a counter of a defined function, `calls` or `loops`; the flags then say whether it is negative.
    void count_down(wasm::FuncIdx function, runtime::Relocation::Kind counter);
    /// Calls a builtin; rdi must not be prepared, it is loaded here from `context`. Other arguments stand in C registers.
    void call_builtin(runtime::Builtin builtin);

    /// jmp table[index]; `index` below targets.size(), zero-extended; clobbers r11 and index.
    void jump_table(x86::Gp index, std::vector<asmjit::Label> targets);

    /// A 16-byte, 8-byte or 4-byte constant in the pool behind the code, naturally aligned.
    x86::Mem pool128(uint64_t low, uint64_t high);
    x86::Mem pool64(uint64_t bits);
    x86::Mem pool32(uint32_t bits);

    // Moves that leave the flags alone.
    void load_imm64(x86::Gp dst, uint64_t value);
    /// Bits of a float constant; `is_double` selects the width. Uses the pool, or xorps for +0.
    void load_float_bits(x86::Xmm dst, uint64_t bits, bool is_double);
    void mov_xmm(x86::Xmm dst, x86::Xmm src);                              // whole register
    void load_xmm(x86::Xmm dst, const x86::Mem& src, wasm::ValKind kind);  // f32, f64 (upper lanes zero), v128 (unaligned)
    void store_xmm(const x86::Mem& dst, x86::Xmm src, wasm::ValKind kind);
    void load_gp(x86::Gp dst64, const x86::Mem& src, wasm::ValKind kind);  // i32 zero-extended
    void store_gp(const x86::Mem& dst, x86::Gp src64, wasm::ValKind kind);

    /// dst = a op b for instructions whose SSE form destroys its first operand. `b` is a register or a memory operand (SSE:
    /// aligned if 16 bytes wide). Any of the registers may coincide; clobbers xmm15 in the SSE form when b == dst != a.
    void op3(uint32_t sse, uint32_t avx, x86::Xmm dst, x86::Xmm a, const asmjit::Operand_& b);
    /// dst = op(src) for instructions with two operands in both forms.
    void op2(uint32_t sse, uint32_t avx, x86::Xmm dst, const asmjit::Operand_& src);
    /// As op3 with an immediate behind.
    void op3i(uint32_t sse, uint32_t avx, x86::Xmm dst, x86::Xmm a, const asmjit::Operand_& b, int imm);
    void op2i(uint32_t sse, uint32_t avx, x86::Xmm dst, const asmjit::Operand_& src, int imm);
    /// dst = a op imm: shifts of whole vectors by a constant.
    void shift_imm(uint32_t sse, uint32_t avx, x86::Xmm dst, x86::Xmm a, int imm);

private:
    struct ColdTrap {
        asmjit::Label label;
        runtime::TrapKind kind;
        uint32_t wasm_offset;
    };
    struct ColdRaise {
        asmjit::Label label;
        uint32_t wasm_offset;
    };
    struct JumpTable {
        asmjit::Label label;
        std::vector<asmjit::Label> targets;
        uint32_t offset = 0;
    };
    struct PoolEntry {
        asmjit::Label label;
        uint64_t low, high;
        uint32_t size_bytes;
    };
    x86::Mem pool(uint64_t low, uint64_t high, uint32_t size_bytes);
    void emit_cold();
    void emit_tables();
    void emit_pool();

    void lend_buffer();
    void take_buffer_back();

    CpuFeatures m_features;
    // What asmjit writes to: lent, since it would free its own after each function and take another, in other pages, for the next.
    uint8_t* m_buffer = nullptr;
    size_t m_buffer_bytes = 0;
    asmjit::CodeHolder m_code;
    class Errors final : public asmjit::ErrorHandler {
    public:
        explicit Errors(Masm& masm) : m_masm(masm) {}
        void handleError(asmjit::Error, const char*, asmjit::BaseEmitter*) override { m_masm.fail(); }

    private:
        Masm& m_masm;
    } m_errors{*this};
    bool m_failed = false;
    uint32_t m_wasm_offset = 0;
    std::vector<runtime::CodeLine>* m_lines = nullptr;
    std::vector<runtime::CodeSite> m_sites;
    std::vector<runtime::Relocation> m_relocations;
    std::vector<ColdTrap> m_traps;
    std::vector<ColdRaise> m_raises;
    std::vector<JumpTable> m_jump_tables;
    std::vector<PoolEntry> m_pool;
};

}  // namespace weir::baseline
