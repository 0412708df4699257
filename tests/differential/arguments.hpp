#pragma once

#include "runtime/contract.hpp"
#include "wasm/types.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace weir::differential {

/// Arguments for one call, the same wherever it is made: all zero in round 0, else from what lies at the edges of types, and some of any
/// bits. Of NaNs there is only the canonical one, the only one that JavaScript keeps. References are null.
std::vector<runtime::Value> make_arguments(const wasm::ResultType& types, uint64_t seed, unsigned round);

/// "i32:0xffffffff", "v128:0x...", "funcref:null". Of references only whether they are null.
std::string to_text(wasm::ValType type, const runtime::Value& value);

}  // namespace weir::differential
