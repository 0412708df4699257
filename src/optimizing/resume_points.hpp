#pragma once

#include "wasm/module.hpp"

#include <cstddef>
#include <span>

// What Go's compiler makes of a function that calls others: a loop that begins with a br_table over all points at which the function can
// be entered, chosen by its parameter. Go's scheduler leaves a goroutine by returning from all its functions and comes back to it by calling
// them again with the numbers of those points; calls in between pass 0. Jumps inside the function go through the loop as well:
// `i32.const N, local.set 0, br LOOP`.
//
// To LLVM that is one loop in which everything may follow everything. The translator undoes it:
//   - a jump with a known number goes to where the table leads, so the function's own loops are loops again;
//   - code that a lower tier accompanies is for calls with 0 only. Others go on in that tier's code, so that nothing enters a loop in its middle.

namespace weir::optimizing {

/// Whether a function has that form: one i32 parameter, and in front of the table nothing but blocks and globals that go to locals. `code` is its
/// instructions.
[[nodiscard]] bool is_resumable(const wasm::Module& module, const wasm::FuncType& type, std::span<const std::byte> code);

}  // namespace weir::optimizing
