#pragma once

#include "wasm/module.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace weir::compile_process {

/// Which functions of a validated module are worth the optimizer's time, when nothing is known of how the program runs: those in which an instruction is
/// probably executed most often. The guess is that of compilers without a profile: a loop runs some times, a call in it is made as often, and
/// a function is called as often as all that calls it, in so many rounds as are worth the time. Calls that a trap follows are never made.
///
/// @return  numbers of bodies (functions without the imported ones) in descending order, until their instructions take `max_bytes`; none
///          is larger than `max_function_bytes`.
[[nodiscard]] std::vector<uint32_t> most_important(const wasm::Module& module, size_t max_bytes, size_t max_function_bytes);

}  // namespace weir::compile_process
