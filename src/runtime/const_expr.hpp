#pragma once

#include "runtime/contract.hpp"
#include "wasm/module.hpp"

namespace weir::runtime {

class Instance;

/// Evaluates a validated constant expression. Standard: Core 3.0, 3.4 "Constant Expressions". Allocating ones (GC) do not
/// reach it: modules that use them are refused.
Value evaluate(const wasm::ConstExpr& expr, const Instance& instance);

}  // namespace weir::runtime
