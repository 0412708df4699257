#pragma once

#include "runtime/contract.hpp"
#include "wasm/types.hpp"

#include <bit>
#include <concepts>
#include <cstdint>
#include <ostream>
#include <vector>

namespace weir::test {

/// A number or reference with its type, compared bit by bit. Of a vector, see `high`.
struct TypedValue {
    wasm::ValKind kind = wasm::ValKind::i32;
    uint64_t bits = 0;
    uint64_t high = 0;  // upper half of a v128
    friend bool operator==(const TypedValue&, const TypedValue&) = default;
};
using Values = std::vector<TypedValue>;

constexpr TypedValue i32(uint32_t v) { return {wasm::ValKind::i32, v}; }
constexpr TypedValue i32(int32_t v) { return i32(static_cast<uint32_t>(v)); }
template <std::integral T>
constexpr TypedValue i64(T v)  // signed ones are sign-extended
{
    return {wasm::ValKind::i64, static_cast<uint64_t>(v)};
}
constexpr TypedValue f32_bits(uint32_t bits) { return {wasm::ValKind::f32, bits}; }
constexpr TypedValue f64_bits(uint64_t bits) { return {wasm::ValKind::f64, bits}; }
constexpr TypedValue f32(float v) { return f32_bits(std::bit_cast<uint32_t>(v)); }
constexpr TypedValue f64(double v) { return f64_bits(std::bit_cast<uint64_t>(v)); }
constexpr TypedValue v128(uint64_t low, uint64_t high) { return {wasm::ValKind::v128, low, high}; }
constexpr TypedValue ref(uint64_t v) { return {wasm::ValKind::ref, v}; }

runtime::Value to_value(const TypedValue& v);
TypedValue from_value(wasm::ValKind kind, const runtime::Value& v);
std::ostream& operator<<(std::ostream& out, const TypedValue& v);

}  // namespace weir::test
