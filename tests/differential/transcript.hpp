#pragma once

#include "runtime/engine.hpp"

#include <memory>
#include <span>
#include <string>

namespace weir::differential {

/// Runs a module's exported functions and says all that can be seen of that, the same in every configuration that does what the standard
/// says: results, traps, and afterwards calls of imports, exported memories, globals and tables. Each function is called some times in an
/// instance of its own. oracle.mjs writes the same, taking the arguments from this one.
///
///     refused REASON                                     nothing else then
///     function EXPORT (i32 f64) (v128)                   its index among the exports, parameters, results
///     cannot start: KIND                                 no calls then; the state is still shown
///     call i32:0x1 f64:0x0 -> returned v128:0x...'...    or "-> trapped: KIND"
///     host CALLS HASH
///     memory EXPORT PAGES HASH, global EXPORT VALUE, table EXPORT SIZE HASH
std::string run_module(const std::shared_ptr<runtime::Engine>& engine, std::span<const std::byte> bytes);

}  // namespace weir::differential
