#include "cli/value_text.hpp"

#include "base/assert.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

namespace weir::cli {

using runtime::Value;
using wasm::ValKind;

namespace {

/// All bits zero; `Value{}` would clear the first member alone.
Value zero()
{
    Value value;
    value.v128 = {};
    return value;
}

/// Takes a sign off; whether it was a minus.
bool take_sign(std::string_view& text)
{
    const bool is_negative = text.starts_with('-');
    if (is_negative || text.starts_with('+')) text.remove_prefix(1);
    return is_negative;
}

bool take_hex_prefix(std::string_view& text)
{
    const bool is_hex = text.starts_with("0x") || text.starts_with("0X");
    if (is_hex) text.remove_prefix(2);
    return is_hex;
}

/// An integer of so many bits, signed or not, as its bits.
std::optional<uint64_t> parse_integer(std::string_view text, unsigned bits)
{
    WEIR_ASSERT(bits >= 1 && bits <= 64, "an integer of a lane or a number");
    const bool is_negative = take_sign(text);
    const int base = take_hex_prefix(text) ? 16 : 10;
    uint64_t magnitude = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), magnitude, base);
    if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
    const uint64_t most_negative = uint64_t{1} << (bits - 1);
    const uint64_t mask = bits == 64 ? UINT64_MAX : (uint64_t{1} << bits) - 1;
    if (magnitude > (is_negative ? most_negative : mask)) return std::nullopt;
    return (is_negative ? 0 - magnitude : magnitude) & mask;
}

template <class Float>
std::optional<Float> parse_float(std::string_view text)
{
    const bool is_negative = take_sign(text);
    if (text.starts_with('-') || text.starts_with('+')) return std::nullopt;
    const auto format = take_hex_prefix(text) ? std::chars_format::hex : std::chars_format::general;
    Float value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, format);
    if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
    if (std::isnan(value)) value = std::numeric_limits<Float>::quiet_NaN();
    return std::copysign(value, is_negative ? Float{-1} : Float{1});
}

struct Shape {
    std::string_view name;
    size_t lane_bytes;
    bool is_float;
};
constexpr Shape shapes[] = {{"i8x16", 1, false}, {"i16x8", 2, false}, {"i32x4", 4, false},
                            {"i64x2", 8, false}, {"f32x4", 4, true},  {"f64x2", 8, true}};

std::optional<uint64_t> parse_lane(const Shape& shape, std::string_view text)
{
    if (!shape.is_float) return parse_integer(text, static_cast<unsigned>(shape.lane_bytes * 8));
    if (shape.lane_bytes == 4) {
        const auto f = parse_float<float>(text);
        return f ? std::optional<uint64_t>{std::bit_cast<uint32_t>(*f)} : std::nullopt;
    }
    const auto d = parse_float<double>(text);
    return d ? std::optional{std::bit_cast<uint64_t>(*d)} : std::nullopt;
}

std::optional<Value> parse_vector(std::string_view text)
{
    const size_t colon = text.find(':');
    const auto* const shape = std::ranges::find(shapes, text.substr(0, colon), &Shape::name);
    if (colon == std::string_view::npos || shape == std::end(shapes)) return std::nullopt;
    text.remove_prefix(colon + 1);
    Value value = zero();
    for (size_t at = 0; at < sizeof value.v128; at += shape->lane_bytes) {
        const size_t comma = text.find(',');
        const bool is_last = at + shape->lane_bytes == sizeof value.v128;
        if ((comma == std::string_view::npos) != is_last) return std::nullopt;
        const auto lane = parse_lane(*shape, text.substr(0, comma));
        if (!lane) return std::nullopt;
        std::memcpy(value.v128.data() + at, &*lane, shape->lane_bytes);
        text.remove_prefix(is_last ? text.size() : comma + 1);
    }
    return value;
}

template <class Float>
std::string format_float(Float value)
{
    if (std::isnan(value)) return std::signbit(value) ? "-nan" : "nan";
    return fmt::format("{}", value);
}

/// As many digits as the value needs, with no exponent.
template <class Float>
std::string format_digits(Float value)
{
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
    // std::chars_format::fixed would write all digits of a large number's binary value.
    std::array<char, 32> text{};  // "-1.2345678901234567e+308"
    const char* const end = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::scientific).ptr;
    const std::string_view all{text.data(), static_cast<size_t>(end - text.data())};
    const size_t e = all.find('e');
    std::string digits{all.substr(0, e)};
    const std::string sign = digits.starts_with('-') ? "-" : "";
    std::erase_if(digits, [](char c) { return c == '-' || c == '.'; });
    std::string_view exponent_text = all.substr(e + 1);
    if (exponent_text.starts_with('+')) exponent_text.remove_prefix(1);
    int exponent = 0;
    std::from_chars(exponent_text.data(), exponent_text.data() + exponent_text.size(), exponent);
    if (exponent < 0) return sign + "0." + std::string(static_cast<size_t>(-exponent - 1), '0') + digits;
    const size_t whole = static_cast<size_t>(exponent) + 1;
    if (digits.size() <= whole) return sign + digits + std::string(whole - digits.size(), '0');
    return sign + digits.substr(0, whole) + "." + digits.substr(whole);
}

}  // namespace

std::optional<Value> parse_value(wasm::ValType type, std::string_view text)
{
    Value value = zero();
    switch (type.kind()) {
    case ValKind::i32:
    case ValKind::i64: {
        const auto bits = parse_integer(text, type.kind() == ValKind::i32 ? 32 : 64);
        if (!bits) return std::nullopt;
        value.i64 = *bits;
        return value;
    }
    case ValKind::f32: {
        const auto f = parse_float<float>(text);
        if (!f) return std::nullopt;
        value.f32 = *f;
        return value;
    }
    case ValKind::f64: {
        const auto d = parse_float<double>(text);
        if (!d) return std::nullopt;
        value.f64 = *d;
        return value;
    }
    case ValKind::v128: return parse_vector(text);
    default: return text == "null" && type.is_nullable() ? std::optional{value} : std::nullopt;
    }
}

std::string format_value(wasm::ValType type, const Value& value)
{
    switch (type.kind()) {
    case ValKind::i32: return fmt::format("{}", static_cast<int32_t>(value.i32));
    case ValKind::i64: return fmt::format("{}", static_cast<int64_t>(value.i64));
    case ValKind::f32: return format_float(value.f32);
    case ValKind::f64: return format_float(value.f64);
    case ValKind::v128: {
        int32_t lanes[4];
        std::memcpy(lanes, value.v128.data(), sizeof lanes);
        return fmt::format("i32x4:{},{},{},{}", lanes[0], lanes[1], lanes[2], lanes[3]);
    }
    default: return value.ref == 0 ? "null" : to_string(type);
    }
}

std::string format_value(wasm::ValType type, const Value& value, ResultForm form)
{
    if (form == ResultForm::weir) return format_value(type, value);
    const bool is_unsigned = form == ResultForm::wasmedge;
    switch (type.kind()) {
    case ValKind::i32: return is_unsigned ? fmt::format("{}", value.i32) : format_value(type, value);
    case ValKind::i64: return is_unsigned ? fmt::format("{}", value.i64) : format_value(type, value);
    case ValKind::f32: return is_unsigned ? format_value(type, value) : format_digits(value.f32);
    case ValKind::f64: return is_unsigned ? format_value(type, value) : format_digits(value.f64);
    case ValKind::v128: {
        __extension__ unsigned __int128 bits = 0;
        std::memcpy(&bits, value.v128.data(), sizeof bits);
        return fmt::format("{}", bits);
    }
    default: return format_value(type, value);
    }
}

std::string_view value_form(wasm::ValType type)
{
    switch (type.kind()) {
    case ValKind::i32: return "a 32-bit integer";
    case ValKind::i64: return "a 64-bit integer";
    case ValKind::f32:
    case ValKind::f64: return "a number, inf or nan";
    case ValKind::v128: return "a vector such as i32x4:1,2,3,4";
    default: return type.is_nullable() ? "null" : "a reference, which cannot be written";
    }
}

}  // namespace weir::cli
