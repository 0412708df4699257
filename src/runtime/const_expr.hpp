#pragma once

#include "runtime/contract.hpp"
#include "wasm/module.hpp"

#include <cstdint>
#include <optional>

namespace weir::runtime {

class Instance;

/// Evaluates a validated constant expression. Standard: Core 3.0, 3.4 "Constant Expressions". Allocating ones (GC) do not
/// reach it: modules that use them are refused.
Value evaluate(const wasm::ConstExpr& expr, const Instance& instance);
/// Of an expression that is a single i32.const, as most are: its value.
std::optional<uint32_t> constant_i32(const wasm::ConstExpr& expr);

}  // namespace weir::runtime
