#pragma once

#include "wasm/module.hpp"

#include <cstdint>

namespace weir::go {

/// Go's numbers of functions, PC_F, begin here with the first that is not imported. A program counter is PC_F << 16 | PC_B, where PC_B counts, in a
/// function, the points at which it can be resumed and some places in between (Go's cmd/link/internal/wasm and cmd/internal/obj/wasm).
inline constexpr uint64_t first_function_number = 0x1000;

/// PC_B of an instruction, as Go's tables of source lines are asked for it. Exact for calls, of which the code itself has the number that they
/// return to; of other instructions it is that of the nearest known place before them, which is where their statement or one before it begins.
/// @param wasm_offset  of the instruction, from the start of the function's body.
[[nodiscard]] uint32_t block_at(const wasm::Module& module, wasm::FuncIdx function, uint32_t wasm_offset);

}  // namespace weir::go
