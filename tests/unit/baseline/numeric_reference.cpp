#include "unit/baseline/numeric_reference.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <concepts>
#include <limits>
#include <type_traits>

namespace weir::test {

using runtime::TrapKind;
using wasm::Opcode;
using wasm::ValKind;

namespace {

using Nan = Reference::Nan;

template <class U>
using Signed = std::make_signed_t<U>;

Reference trap(TrapKind kind) { return {kind, 0, Nan::not_nan}; }
Reference value(uint64_t bits) { return {TrapKind::none, bits, Nan::not_nan}; }

// --- integers: U is uint32_t or uint64_t ---

template <class U, class F>
Reference integer(uint64_t a, uint64_t b, F f)
{
    return value(static_cast<U>(f(static_cast<U>(a), static_cast<U>(b))));
}

template <class U>
Reference div_s(uint64_t a, uint64_t b)
{
    const auto x = static_cast<Signed<U>>(static_cast<U>(a)), y = static_cast<Signed<U>>(static_cast<U>(b));
    if (y == 0) return trap(TrapKind::integer_divide_by_zero);
    if (y == -1 && x == std::numeric_limits<Signed<U>>::min()) return trap(TrapKind::integer_overflow);
    return value(static_cast<U>(x / y));
}
template <class U>
Reference rem_s(uint64_t a, uint64_t b)
{
    const auto x = static_cast<Signed<U>>(static_cast<U>(a)), y = static_cast<Signed<U>>(static_cast<U>(b));
    if (y == 0) return trap(TrapKind::integer_divide_by_zero);
    return value(y == -1 ? U{0} : static_cast<U>(x % y));
}
template <class U>
Reference div_u(uint64_t a, uint64_t b)
{
    if (static_cast<U>(b) == 0) return trap(TrapKind::integer_divide_by_zero);
    return value(static_cast<U>(a) / static_cast<U>(b));
}
template <class U>
Reference rem_u(uint64_t a, uint64_t b)
{
    if (static_cast<U>(b) == 0) return trap(TrapKind::integer_divide_by_zero);
    return value(static_cast<U>(a) % static_cast<U>(b));
}

template <class U>
U shift_left(U x, U n)
{
    U result = x;
    for (U i = 0; i < n % (sizeof(U) * 8); ++i) result = static_cast<U>(result + result);
    return result;
}
template <class U>
U shift_right(U x, U n, bool fill)
{
    U result = x;
    const U top = static_cast<U>(U{1} << (sizeof(U) * 8 - 1));
    for (U i = 0; i < n % (sizeof(U) * 8); ++i) result = static_cast<U>(result / 2 | (fill ? top : U{0}));
    return result;
}
template <class U>
bool is_negative(U x)
{
    return static_cast<Signed<U>>(x) < 0;
}

template <class Narrow, class U>
U extend(U x)
{
    return static_cast<U>(static_cast<Signed<U>>(static_cast<Narrow>(x)));
}

// --- floats: F is float or double ---

template <class F>
using BitsOf = std::conditional_t<sizeof(F) == 4, uint32_t, uint64_t>;
template <class F>
constexpr BitsOf<F> quiet_bit = BitsOf<F>{1} << (sizeof(F) == 4 ? 22 : 51);
template <class F>
F as_float(uint64_t bits)
{
    return std::bit_cast<F>(static_cast<BitsOf<F>>(bits));
}
template <class F>
uint64_t as_bits(F x)
{
    return std::bit_cast<BitsOf<F>>(x);
}
template <class F>
bool is_canonical(F x)
{
    return (as_bits(x) & (quiet_bit<F> * 2 - 1)) == quiet_bit<F>;
}

/// The result of an operation on `operands`: a NaN is canonical when all NaN operands are.
template <class F, class... Operands>
Reference floating(F result, Operands... operands)
{
    if (!std::isnan(result)) return value(as_bits(result));
    const bool all_canonical = ((!std::isnan(operands) || is_canonical(operands)) && ...);
    return {TrapKind::none, 0, all_canonical ? Nan::canonical : Nan::arithmetic};
}

template <class F>
F min_of(F a, F b)
{
    if (std::isnan(a) || std::isnan(b)) return std::numeric_limits<F>::quiet_NaN();
    if (a == b) return std::signbit(a) ? a : b;
    return a < b ? a : b;
}
template <class F>
F max_of(F a, F b)
{
    if (std::isnan(a) || std::isnan(b)) return std::numeric_limits<F>::quiet_NaN();
    if (a == b) return std::signbit(a) ? b : a;
    return a > b ? a : b;
}
template <class F>
F nearest(F x)
{
    if (!std::isfinite(x)) return x;
    const F down = std::floor(x), up = std::ceil(x);
    const F to_down = x - down, to_up = up - x;
    F result = to_down < to_up ? down : up;
    if (to_down == to_up && down != up) result = std::fmod(down, F{2}) == 0 ? down : up;
    return std::copysign(result, x);
}

template <class To, class F>
Reference truncate(uint64_t bits, bool saturates)
{
    using Limits = std::numeric_limits<To>;
    const F x = as_float<F>(bits);
    if (std::isnan(x)) return saturates ? value(0) : trap(TrapKind::invalid_conversion);
    // 64 bits of mantissa hold every limit and every value.
    static_assert(std::numeric_limits<long double>::digits >= 64);
    const long double whole = std::trunc(static_cast<long double>(x));
    const auto to_bits = [](To v) { return static_cast<uint64_t>(static_cast<std::make_unsigned_t<To>>(v)); };
    if (whole < static_cast<long double>(Limits::min()))
        return saturates ? value(to_bits(Limits::min())) : trap(TrapKind::integer_overflow);
    if (whole > static_cast<long double>(Limits::max()))
        return saturates ? value(to_bits(Limits::max())) : trap(TrapKind::integer_overflow);
    return value(to_bits(static_cast<To>(whole)));
}

// clang-format off
#define ROW(op, expression) {Opcode::op, [](uint64_t a, [[maybe_unused]] uint64_t b) -> Reference { return expression; }}
#define INTEGERS(p, U) \
    ROW(p##_eqz, value(static_cast<U>(a) == 0)), \
    ROW(p##_eq, value(static_cast<U>(a) == static_cast<U>(b))), \
    ROW(p##_ne, value(static_cast<U>(a) != static_cast<U>(b))), \
    ROW(p##_lt_s, value(static_cast<Signed<U>>(a) < static_cast<Signed<U>>(b))), \
    ROW(p##_lt_u, value(static_cast<U>(a) < static_cast<U>(b))), \
    ROW(p##_gt_s, value(static_cast<Signed<U>>(a) > static_cast<Signed<U>>(b))), \
    ROW(p##_gt_u, value(static_cast<U>(a) > static_cast<U>(b))), \
    ROW(p##_le_s, value(static_cast<Signed<U>>(a) <= static_cast<Signed<U>>(b))), \
    ROW(p##_le_u, value(static_cast<U>(a) <= static_cast<U>(b))), \
    ROW(p##_ge_s, value(static_cast<Signed<U>>(a) >= static_cast<Signed<U>>(b))), \
    ROW(p##_ge_u, value(static_cast<U>(a) >= static_cast<U>(b))), \
    ROW(p##_clz, value(static_cast<uint64_t>(std::countl_zero(static_cast<U>(a))))), \
    ROW(p##_ctz, value(static_cast<uint64_t>(std::countr_zero(static_cast<U>(a))))), \
    ROW(p##_popcnt, value(static_cast<uint64_t>(std::popcount(static_cast<U>(a))))), \
    ROW(p##_add, integer<U>(a, b, [](U x, U y) { return x + y; })), \
    ROW(p##_sub, integer<U>(a, b, [](U x, U y) { return x - y; })), \
    ROW(p##_mul, integer<U>(a, b, [](U x, U y) { return x * y; })), \
    ROW(p##_and, integer<U>(a, b, [](U x, U y) { return x & y; })), \
    ROW(p##_or, integer<U>(a, b, [](U x, U y) { return x | y; })), \
    ROW(p##_xor, integer<U>(a, b, [](U x, U y) { return x ^ y; })), \
    ROW(p##_div_s, div_s<U>(a, b)), ROW(p##_div_u, div_u<U>(a, b)), ROW(p##_rem_s, rem_s<U>(a, b)), ROW(p##_rem_u, rem_u<U>(a, b)), \
    ROW(p##_shl, integer<U>(a, b, [](U x, U n) { return shift_left(x, n); })), \
    ROW(p##_shr_u, integer<U>(a, b, [](U x, U n) { return shift_right(x, n, false); })), \
    ROW(p##_shr_s, integer<U>(a, b, [](U x, U n) { return shift_right(x, n, is_negative(x)); })), \
    ROW(p##_rotl, integer<U>(a, b, [](U x, U n) { return std::rotl(x, static_cast<int>(n % (sizeof(U) * 8))); })), \
    ROW(p##_rotr, integer<U>(a, b, [](U x, U n) { return std::rotr(x, static_cast<int>(n % (sizeof(U) * 8))); })), \
    ROW(p##_extend8_s, integer<U>(a, b, [](U x, U) { return extend<int8_t>(x); })), \
    ROW(p##_extend16_s, integer<U>(a, b, [](U x, U) { return extend<int16_t>(x); }))
#define FLOATS(p, F) \
    ROW(p##_eq, value(as_float<F>(a) == as_float<F>(b))), ROW(p##_ne, value(as_float<F>(a) != as_float<F>(b))), \
    ROW(p##_lt, value(as_float<F>(a) < as_float<F>(b))), ROW(p##_gt, value(as_float<F>(a) > as_float<F>(b))), \
    ROW(p##_le, value(as_float<F>(a) <= as_float<F>(b))), ROW(p##_ge, value(as_float<F>(a) >= as_float<F>(b))), \
    ROW(p##_abs, value(static_cast<BitsOf<F>>(a) & (quiet_bit<F> << (sizeof(F) == 4 ? 9 : 12)) - 1)), \
    ROW(p##_neg, value(static_cast<BitsOf<F>>(a) ^ quiet_bit<F> << (sizeof(F) == 4 ? 9 : 12))), \
    ROW(p##_ceil, floating(std::ceil(as_float<F>(a)), as_float<F>(a))), \
    ROW(p##_floor, floating(std::floor(as_float<F>(a)), as_float<F>(a))), \
    ROW(p##_trunc, floating(std::trunc(as_float<F>(a)), as_float<F>(a))), \
    ROW(p##_nearest, floating(nearest(as_float<F>(a)), as_float<F>(a))), \
    ROW(p##_sqrt, floating(std::sqrt(as_float<F>(a)), as_float<F>(a))), \
    ROW(p##_add, floating(as_float<F>(a) + as_float<F>(b), as_float<F>(a), as_float<F>(b))), \
    ROW(p##_sub, floating(as_float<F>(a) - as_float<F>(b), as_float<F>(a), as_float<F>(b))), \
    ROW(p##_mul, floating(as_float<F>(a) * as_float<F>(b), as_float<F>(a), as_float<F>(b))), \
    ROW(p##_div, floating(as_float<F>(a) / as_float<F>(b), as_float<F>(a), as_float<F>(b))), \
    ROW(p##_min, floating(min_of(as_float<F>(a), as_float<F>(b)), as_float<F>(a), as_float<F>(b))), \
    ROW(p##_max, floating(max_of(as_float<F>(a), as_float<F>(b)), as_float<F>(a), as_float<F>(b))), \
    ROW(p##_copysign, value((static_cast<BitsOf<F>>(a) & (quiet_bit<F> << (sizeof(F) == 4 ? 9 : 12)) - 1) | \
                            (static_cast<BitsOf<F>>(b) & quiet_bit<F> << (sizeof(F) == 4 ? 9 : 12))))
#define CONVERSIONS(i, U, f, F) \
    ROW(i##_trunc_##f##_s, (truncate<Signed<U>, F>(a, false))), ROW(i##_trunc_##f##_u, (truncate<U, F>(a, false))), \
    ROW(i##_trunc_sat_##f##_s, (truncate<Signed<U>, F>(a, true))), ROW(i##_trunc_sat_##f##_u, (truncate<U, F>(a, true))), \
    ROW(f##_convert_##i##_s, value(as_bits(static_cast<F>(static_cast<Signed<U>>(static_cast<U>(a)))))), \
    ROW(f##_convert_##i##_u, value(as_bits(static_cast<F>(static_cast<U>(a)))))

constexpr NumericOp ops[] = {
    INTEGERS(i32, uint32_t),
    INTEGERS(i64, uint64_t),
    ROW(i64_extend32_s, integer<uint64_t>(a, b, [](uint64_t x, uint64_t) { return extend<int32_t>(x); })),
    FLOATS(f32, float),
    FLOATS(f64, double),
    CONVERSIONS(i32, uint32_t, f32, float),
    CONVERSIONS(i32, uint32_t, f64, double),
    CONVERSIONS(i64, uint64_t, f32, float),
    CONVERSIONS(i64, uint64_t, f64, double),
    ROW(i32_wrap_i64, value(static_cast<uint32_t>(a))),
    ROW(i64_extend_i32_s, value(extend<int32_t>(a))),
    ROW(i64_extend_i32_u, value(static_cast<uint32_t>(a))),
    ROW(f32_demote_f64, floating(static_cast<float>(as_float<double>(a)), as_float<double>(a))),
    ROW(f64_promote_f32, floating(static_cast<double>(as_float<float>(a)), as_float<float>(a))),
    ROW(i32_reinterpret_f32, value(static_cast<uint32_t>(a))), ROW(f32_reinterpret_i32, value(static_cast<uint32_t>(a))),
    ROW(i64_reinterpret_f64, value(a)), ROW(f64_reinterpret_i64, value(a)),
};
#undef ROW
#undef INTEGERS
#undef FLOATS
#undef CONVERSIONS

constexpr wasm::Signature signature_table[] = {
#define WEIR_SIGNATURE(ident, ...) wasm::signatures::ident,
#include "wasm/signatures.def"
#undef WEIR_SIGNATURE
};

// The divisors 0, 1, -1, powers of two and others; the least and greatest values; shift counts around the width.
constexpr uint64_t i32_edges[] = {0, 0xffff'ffff, 0x8000'0000, 7, 0x7fff'ffff, 32, 1, 31, 33, 0x80, 0xff7f, 0x8000, 0x1234'5678, 0x0001'0000, 64, 0xaaaa'aaaa};
constexpr uint64_t i64_edges[] = {0, UINT64_MAX, uint64_t{1} << 63, 7, INT64_MAX, 64, 1, 63, 65, 0x8000'0000, 0xffff'ffff, 0x1'0000'0000,
                                  0x7fff'ffff, 0x8000'0000'0000'0400, 0x0020'0000'0000'0001, 0xffff'ffff'8000'0000, 0xffff'fbff'ffff'ffff, 0x80, 0xff7f,
                                  0x7fff'ffff'ffff'fdff, 0x0000'0100'0000'8000, 0x8000'0080'0000'0001};
constexpr uint64_t f32_edges[] = {0, 0x8000'0000, 0x7fc0'0000, 0x3fc0'0000 /* 1.5 */, 0xff80'0000, 0x4f00'0000 /* 2^31 */, 0x7f80'0000,
                                  0xffc0'0000, 0x7fa0'0000 /* signalling */, 0xffe1'2345, 0x0000'0001, 0x807f'ffff, 0x7f7f'ffff, 0x3f00'0000 /* 0.5 */,
                                  0xbf00'0000, 0x4020'0000 /* 2.5 */, 0xc060'0000 /* -3.5 */, 0xcf00'0000 /* -2^31 */, 0xcf00'0001, 0x4eff'ffff,
                                  0x4f80'0000 /* 2^32 */, 0x4f7f'ffff, 0xbf80'0000 /* -1 */, 0xbf7f'ffff, 0x5f00'0000 /* 2^63 */, 0x5eff'ffff,
                                  0xdf00'0000, 0xdf00'0001, 0x5f80'0000 /* 2^64 */, 0x5f7f'ffff, 0x4b00'0001 /* 2^23 + 1 */, 0x4aff'ffff, 0x3eff'ffff};
constexpr uint64_t f64_edges[] = {0, uint64_t{1} << 63, 0x7ff8'0000'0000'0000, 0x3ff8'0000'0000'0000 /* 1.5 */, 0xfff0'0000'0000'0000,
                                  0x41e0'0000'0000'0000 /* 2^31 */, 0x7ff0'0000'0000'0000, 0xfff8'0000'0000'0000, 0x7ff4'0000'0000'0000 /* signalling */,
                                  0xfffc'1234'5678'9abc, 1, 0x800f'ffff'ffff'ffff, 0x7fef'ffff'ffff'ffff, 0x3fe0'0000'0000'0000 /* 0.5 */,
                                  0xbfe0'0000'0000'0000, 0x4004'0000'0000'0000 /* 2.5 */, 0xc00c'0000'0000'0000 /* -3.5 */,
                                  0xc1e0'0000'0000'0000 /* -2^31 */, 0xc1e0'0000'0010'0000 /* -2^31 - 0.5 */, 0xc1e0'0000'0020'0000 /* -2^31 - 1 */,
                                  0x41df'ffff'ffff'ffff, 0x41f0'0000'0000'0000 /* 2^32 */, 0x41ef'ffff'ffff'ffff, 0xbff0'0000'0000'0000 /* -1 */,
                                  0xbfef'ffff'ffff'ffff, 0x43e0'0000'0000'0000 /* 2^63 */, 0x43df'ffff'ffff'ffff, 0xc3e0'0000'0000'0000,
                                  0xc3e0'0000'0000'0001, 0x43f0'0000'0000'0000 /* 2^64 */, 0x43ef'ffff'ffff'ffff, 0x4330'0000'0000'0001,
                                  0x432f'ffff'ffff'ffff, 0x3fdf'ffff'ffff'ffff, 0x47ef'ffff'f000'0000 /* rounds to f32's infinity */,
                                  0x47ef'ffff'efff'ffff, 0x3690'0000'0000'0000, 0x3690'0000'0000'0001};
// clang-format on

}  // namespace

std::span<const NumericOp> numeric_ops() { return ops; }

namespace {
const wasm::OpInfo& row_of(Opcode opcode)
{
    return *std::find_if(std::begin(wasm::op_table), std::end(wasm::op_table),
                         [&](const wasm::OpInfo& row) { return row.opcode == opcode; });
}
}  // namespace
wasm::Signature signature_of(Opcode opcode) { return signature_table[static_cast<size_t>(row_of(opcode).signature)]; }
std::string_view name_of(Opcode opcode) { return row_of(opcode).text(); }

std::span<const uint64_t> edge_values(ValKind kind)
{
    switch (kind) {
    case ValKind::i32: return i32_edges;
    case ValKind::i64: return i64_edges;
    case ValKind::f32: return f32_edges;
    default: return f64_edges;
    }
}

bool is_allowed(const Reference& reference, ValKind kind, uint64_t actual)
{
    if (reference.nan == Nan::not_nan) return actual == reference.bits;
    const bool is_double = kind == ValKind::f64;
    if (!std::isnan(is_double ? as_float<double>(actual) : static_cast<double>(as_float<float>(actual)))) return false;
    if (reference.nan == Nan::canonical)
        return is_double ? is_canonical(as_float<double>(actual)) : is_canonical(as_float<float>(actual));
    return (actual & (is_double ? quiet_bit<double> : uint64_t{quiet_bit<float>})) != 0;
}

}  // namespace weir::test
