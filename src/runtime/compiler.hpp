#pragma once

#include "base/result.hpp"
#include "runtime/context_layout.hpp"
#include "runtime/contract.hpp"
#include "wasm/module.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace weir::runtime {

/// Position-independent machine code as a compiler hands it over; the code space gives it its place.
/// Where the code of an instruction begins. One instruction's may be in several places, and that of several mixed up.
struct CodeLine {
    uint32_t code_offset;
    uint32_t wasm_offset;  // from the start of the function's body; no_instruction for what is no single instruction's
    static constexpr uint32_t no_instruction = UINT32_MAX;
};

struct CompiledCode {
    std::vector<std::byte> bytes;
    std::vector<CodeSite> sites;  // sorted by code_offset
    std::vector<InlinedCall> inlined_calls;
    std::vector<Relocation> relocations;
    uint32_t alignment_bytes = 16;  // of the first byte; a power of two, at most 64
    bool wants_lines = false;       // set by who asks for code, for people to read
    std::vector<CodeLine> lines{};  // then, sorted by code_offset
};

struct CompileError {
    std::string message;
};

/// What code depends on besides the module; part of the cache key.
struct CompileOptions {
    std::vector<MemoryMode> memory_modes;  // one per memory of the index space
    bool counts = false;                   // calls and loops, and says what is hot; for a tier that another one follows
    /// Code subtracts its instructions from ExecContext::fuel, those up to the next branch or label at once, and traps when it is negative at a
    /// function's entry or a loop's header. Only the baseline does.
    bool counts_fuel = false;
};

/// A tier. Thread-safe: several functions may be compiled at once.
class Compiler {
public:
    virtual ~Compiler() = default;

    /// Compiles one defined function of a validated module. The output's buffers are reused, not appended to.
    [[nodiscard]] virtual Result<void, CompileError> compile_function(const wasm::Module& module, const ContextLayout& layout,
                                                                      const CompileOptions& options, wasm::FuncIdx function,
                                                                      CompiledCode& out) const = 0;

    /// Compiles the function for entry at the header of the loop that begins at `loop_offset` in its body, with what the contract says in
    /// ExecContext::transfer. Parameters are none.
    [[nodiscard]] virtual Result<void, CompileError> compile_loop(const wasm::Module& module, const ContextLayout& layout,
                                                                  const CompileOptions& options, wasm::FuncIdx function,
                                                                  uint32_t loop_offset, CompiledCode& out) const = 0;

    /// `void (void* context, const CodeSlot* slot, ExecContext* exec, Value* values)` by C convention: loads the parameters from
    /// `values`, calls [slot] by the wasm convention, stores the results to `values` in order.
    [[nodiscard]] virtual Result<void, CompileError> compile_entry(const wasm::FuncType& type, CompiledCode& out) const = 0;

    /// Called by the wasm convention with a HostFunctionContext: spills the parameters to an array on the stack, notes
    /// host_exit_rbp and host_exit_pc, calls `entry`, raises when that answers false, loads the results.
    [[nodiscard]] virtual Result<void, CompileError> compile_host_call(const wasm::FuncType& type, CompiledCode& out) const = 0;
};

}  // namespace weir::runtime
