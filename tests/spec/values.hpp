#pragma once

#include "runtime/contract.hpp"
#include "wasm/types.hpp"

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>

namespace weir::spec {

/// An argument of a script's invoke, e.g. {"type": "i32", "value": "-1"}. An external reference n is the host word n + 1, for
/// 0 is null. Empty when the form is unknown, or names a reference that only a garbage collector's host could make.
[[nodiscard]] std::optional<runtime::Value> parse_argument(const nlohmann::json& argument);

/// Whether a result of type `type` is what the script expects: bits, a NaN pattern, a kind of reference, or one of several.
[[nodiscard]] bool matches(const nlohmann::json& expected, wasm::ValType type, const runtime::Value& actual);

/// For messages, e.g. "f32 0x7fc00000".
[[nodiscard]] std::string to_string(wasm::ValType type, const runtime::Value& value);

}  // namespace weir::spec
