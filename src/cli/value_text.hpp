#pragma once

#include "cli/run.hpp"
#include "runtime/contract.hpp"
#include "wasm/types.hpp"

#include <optional>
#include <string>
#include <string_view>

// Values as people write them, for --invoke.

namespace weir::cli {

/// i32 and i64: decimal or 0x..., signed or unsigned, in the range of either. f32 and f64: decimal, 0x1.8p3, inf, nan. v128: SHAPE:LANE,...
/// with a shape of i8x16 i16x8 i32x4 i64x2 f32x4 f64x2. References: null. Empty for anything else.
[[nodiscard]] std::optional<runtime::Value> parse_value(wasm::ValType type, std::string_view text);

/// The same the other way round: integers signed, floats with as many digits as they need, v128 as i32x4. A reference that is
/// not null has no text that could be given again: its kind stands there.
[[nodiscard]] std::string format_value(wasm::ValType type, const runtime::Value& value);
/// The same as another tool prints it: a vector is one unsigned number, floats of wasmtime and wasmer have all their digits and no
/// exponent, integers of WasmEdge are unsigned.
[[nodiscard]] std::string format_value(wasm::ValType type, const runtime::Value& value, ResultForm form);

/// What parse_value takes, for messages: "a 32-bit integer".
[[nodiscard]] std::string_view value_form(wasm::ValType type);

}  // namespace weir::cli
