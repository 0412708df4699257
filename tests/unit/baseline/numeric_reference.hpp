#pragma once

#include "runtime/contract.hpp"
#include "wasm/opcodes.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace weir::test {

/// What an instruction must come to, computed in C++ by another way than the compiler's.
struct Reference {
    runtime::TrapKind trap = runtime::TrapKind::none;
    uint64_t bits = 0;
    /// Float results that are NaN may have any payload the standard allows. Standard: Core 3.0, 4.3.3 "NaN Propagation".
    enum class Nan : uint8_t { not_nan, canonical, arithmetic } nan = Nan::not_nan;
};

struct NumericOp {
    wasm::Opcode opcode;
    Reference (*evaluate)(uint64_t a, uint64_t b);  // b of unary instructions is ignored
};

/// Every integer, float and conversion instruction with one or two operands and one result.
std::span<const NumericOp> numeric_ops();
wasm::Signature signature_of(wasm::Opcode opcode);
std::string_view name_of(wasm::Opcode opcode);
/// Values of a type at which instructions like to be wrong. The first few are the most telling.
std::span<const uint64_t> edge_values(wasm::ValKind kind);
/// Whether `actual` is one of the results that the reference allows.
bool is_allowed(const Reference& reference, wasm::ValKind kind, uint64_t actual);

}  // namespace weir::test
