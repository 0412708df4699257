#include "values.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <charconv>
#include <cstring>
#include <string_view>

namespace weir::spec {

namespace {

using nlohmann::json;
using runtime::Value;

/// Scripts write integers of any width in decimal, negative ones included, and floats as the integer of their bits.
std::optional<uint64_t> parse_bits(std::string_view text)
{
    const char* const end = text.data() + text.size();
    if (text.starts_with('-')) {
        int64_t value = 0;
        const auto [rest, error] = std::from_chars(text.data(), end, value);
        return error == std::errc{} && rest == end ? std::optional{static_cast<uint64_t>(value)} : std::nullopt;
    }
    uint64_t value = 0;
    const auto [rest, error] = std::from_chars(text.data(), end, value);
    return error == std::errc{} && rest == end ? std::optional{value} : std::nullopt;
}

std::string_view text_of(const json& object, const char* key)
{
    const auto it = object.find(key);
    return it != object.end() && it->is_string() ? std::string_view{it->get_ref<const std::string&>()} : std::string_view{};
}

size_t lane_bytes(std::string_view lane_type)
{
    if (lane_type == "i8") return 1;
    if (lane_type == "i16") return 2;
    if (lane_type == "i32" || lane_type == "f32") return 4;
    return lane_type == "i64" || lane_type == "f64" ? 8 : 0;
}

/// Standard: Core 3.0, 4.3.3 "NaN Propagation": a canonical NaN has only the quiet bit set, an arithmetic one at least that.
bool float_matches(std::string_view expected, uint64_t actual, unsigned width_bits)
{
    const uint64_t sign = uint64_t{1} << (width_bits - 1);
    const uint64_t canonical = width_bits == 32 ? 0x7fc0'0000 : 0x7ff8'0000'0000'0000;
    if (expected == "nan:canonical") return (actual & ~sign) == canonical;
    if (expected == "nan:arithmetic") return (actual & canonical) == canonical;
    const auto bits = parse_bits(expected);
    const uint64_t mask = width_bits == 32 ? 0xffff'ffff : ~uint64_t{0};
    return bits && (*bits & mask) == (actual & mask);
}

bool vector_matches(const json& expected, const Value& actual)
{
    const std::string_view lane_type = text_of(expected, "lane_type");
    const size_t width = lane_bytes(lane_type);
    const auto& lanes = expected.at("value");
    if (width == 0 || lanes.size() * width != 16) return false;
    for (size_t i = 0; i < lanes.size(); ++i) {
        uint64_t lane = 0;
        std::memcpy(&lane, actual.v128.data() + i * width, width);
        const std::string_view want = lanes[i].get_ref<const std::string&>();
        if (lane_type.starts_with('f')) {
            if (!float_matches(want, lane, static_cast<unsigned>(width) * 8)) return false;
        } else {
            const auto bits = parse_bits(want);
            if (!bits || std::memcmp(&*bits, &lane, width) != 0) return false;
        }
    }
    return true;
}

bool is_null_pattern(std::string_view type) { return type == "refnull" || (type.starts_with("null") && type.ends_with("ref")); }

}  // namespace

std::optional<Value> parse_argument(const json& argument)
{
    Value value{};
    const std::string_view type = text_of(argument, "type");
    if (type == "v128") {
        const size_t width = lane_bytes(text_of(argument, "lane_type"));
        const auto& lanes = argument.at("value");
        if (width == 0 || lanes.size() * width != 16) return std::nullopt;
        for (size_t i = 0; i < lanes.size(); ++i) {
            const auto bits = parse_bits(lanes[i].get_ref<const std::string&>());
            if (!bits) return std::nullopt;
            std::memcpy(value.v128.data() + i * width, &*bits, width);
        }
        return value;
    }
    const std::string_view text = text_of(argument, "value");
    if (is_null_pattern(type) || text == "null") return value;
    const auto bits = parse_bits(text);
    if (!bits) return std::nullopt;
    if (type == "i32" || type == "f32") {
        value.i32 = static_cast<uint32_t>(*bits);
    } else if (type == "i64" || type == "f64") {
        value.i64 = *bits;
    } else if (type == "externref") {
        value.ref = *bits + 1;
    } else {
        return std::nullopt;
    }
    return value;
}

bool matches(const json& expected, wasm::ValType type, const Value& actual)
{
    const std::string_view kind = text_of(expected, "type");
    if (kind == "either") {
        for (const auto& choice : expected.at("values"))
            if (matches(choice, type, actual)) return true;
        return false;
    }
    const std::string_view text = text_of(expected, "value");
    switch (type.kind()) {
    case wasm::ValKind::i32: {
        const auto bits = parse_bits(text);
        return kind == "i32" && bits && static_cast<uint32_t>(*bits) == actual.i32;
    }
    case wasm::ValKind::i64: {
        const auto bits = parse_bits(text);
        return kind == "i64" && bits && *bits == actual.i64;
    }
    case wasm::ValKind::f32: return kind == "f32" && float_matches(text, actual.f32_bits, 32);
    case wasm::ValKind::f64: return kind == "f64" && float_matches(text, actual.f64_bits, 64);
    case wasm::ValKind::v128: return kind == "v128" && vector_matches(expected, actual);
    case wasm::ValKind::ref: {
        if (is_null_pattern(kind) || text == "null") return actual.ref == 0;
        if (actual.ref == 0) return false;
        // Without a value any non-null reference will do, of the hierarchy that is named.
        const bool is_external = type == wasm::externref || type.heap() == wasm::HeapKind::extern_;
        if (kind == "externref") return is_external && (text.empty() || parse_bits(text) == actual.ref - 1);
        return kind == "funcref" && text.empty() && !is_external;
    }
    case wasm::ValKind::bottom: break;
    }
    return false;
}

std::string to_string(wasm::ValType type, const Value& value)
{
    const std::string name = wasm::to_string(type);
    switch (type.kind()) {
    case wasm::ValKind::i32: return fmt::format("{} {:#x} ({})", name, value.i32, static_cast<int32_t>(value.i32));
    case wasm::ValKind::i64: return fmt::format("{} {:#x} ({})", name, value.i64, static_cast<int64_t>(value.i64));
    case wasm::ValKind::f32: return fmt::format("{} {} ({:#x})", name, value.f32, value.f32_bits);
    case wasm::ValKind::f64: return fmt::format("{} {} ({:#x})", name, value.f64, value.f64_bits);
    case wasm::ValKind::v128: {
        std::string bytes;
        for (const uint8_t byte : value.v128) bytes += fmt::format(" {:02x}", byte);
        return name + bytes;
    }
    default: return value.ref == 0 ? name + " null" : fmt::format("{} {:#x}", name, value.ref);
    }
}

}  // namespace weir::spec
