#pragma once

#include "baseline/masm.hpp"
#include "runtime/compiler.hpp"

namespace weir::baseline {

/// See runtime::Compiler::compile_entry and compile_host_call. False: the assembler failed.
[[nodiscard]] bool emit_entry(Masm& masm, const wasm::FuncType& type, runtime::CompiledCode& out);
[[nodiscard]] bool emit_host_call(Masm& masm, const wasm::FuncType& type, runtime::CompiledCode& out);

}  // namespace weir::baseline
