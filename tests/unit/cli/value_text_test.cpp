#include "cli/value_text.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <utility>

namespace weir::cli {
namespace {

using wasm::ValType;

constexpr ValType i32 = wasm::i32, i64 = wasm::i64, f32 = wasm::f32, f64 = wasm::f64, v128 = wasm::v128;

/// A text read and written again; "?" when it is none.
std::string again(ValType type, std::string_view text)
{
    const auto value = parse_value(type, text);
    return value ? format_value(type, *value) : "?";
}

TEST(ValueText, integers_are_decimal_or_hex_and_in_either_range)
{
    EXPECT_EQ(again(i32, "0"), "0");
    EXPECT_EQ(again(i32, "-2147483648"), "-2147483648");
    EXPECT_EQ(again(i32, "4294967295"), "-1");
    EXPECT_EQ(again(i32, "0xffffffff"), "-1");
    EXPECT_EQ(again(i32, "-0x1"), "-1");
    EXPECT_EQ(again(i32, "+7"), "7");
    EXPECT_EQ(again(i64, "18446744073709551615"), "-1");
    EXPECT_EQ(again(i64, "-9223372036854775808"), "-9223372036854775808");
    for (const std::string_view wrong : {"", "-", "+", "0x", "4294967296", "-2147483649", "1.0", "1 ", " 1", "--1", "0b1", "one"})
        EXPECT_EQ(again(i32, wrong), "?") << wrong;
    for (const std::string_view wrong : {"18446744073709551616", "-9223372036854775809"})
        EXPECT_EQ(again(i64, wrong), "?") << wrong;
}

TEST(ValueText, floats_come_back_with_as_many_digits_as_they_need)
{
    EXPECT_EQ(again(f64, "0.1"), "0.1");
    EXPECT_EQ(again(f32, "0.1"), "0.1");
    EXPECT_EQ(again(f64, "1e300"), "1e+300");
    EXPECT_EQ(again(f64, "0x1.8p1"), "3");
    EXPECT_EQ(again(f64, "-inf"), "-inf");
    EXPECT_EQ(again(f32, "inf"), "inf");
    EXPECT_EQ(again(f64, "nan"), "nan");
    EXPECT_EQ(again(f64, "-nan"), "-nan");
    EXPECT_EQ(again(f64, "-0"), "-0");
    for (const std::string_view wrong : {"", "-", "0x", "1e", "one", "--1", "-+1", "1,5"})
        EXPECT_EQ(again(f64, wrong), "?") << wrong;
}

TEST(ValueText, vectors_have_a_shape_and_all_of_its_lanes)
{
    EXPECT_EQ(again(v128, "i32x4:1,2,3,-4"), "i32x4:1,2,3,-4");
    EXPECT_EQ(again(v128, "i64x2:1,0x200000003"), "i32x4:1,0,3,2");
    EXPECT_EQ(again(v128, "i8x16:1,0,0,0,2,0,0,0,3,0,0,0,255,255,255,255"), "i32x4:1,2,3,-1");
    EXPECT_EQ(again(v128, "i16x8:1,0,2,0,3,0,4,0"), "i32x4:1,2,3,4");
    EXPECT_EQ(again(v128, "f32x4:1,0,0,0"), "i32x4:1065353216,0,0,0");
    EXPECT_EQ(again(v128, "f64x2:1,0"), "i32x4:0,1072693248,0,0");
    for (const std::string_view wrong : {"", "1,2,3,4", "i32x4", "i32x4:", "i32x4:1,2,3", "i32x4:1,2,3,4,5", "i32x4:1,2,3,",
                                         "i8x4:1,2,3,4", "i8x16:256,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0"})
        EXPECT_EQ(again(v128, wrong), "?") << wrong;
}

TEST(ValueText, the_only_reference_that_can_be_written_is_null)
{
    EXPECT_EQ(again(wasm::externref, "null"), "null");
    EXPECT_EQ(again(wasm::funcref, "null"), "null");
    EXPECT_EQ(again(wasm::externref, "0"), "?");
    EXPECT_EQ(again(ValType::ref(wasm::HeapKind::func, wasm::Nullability::non_null), "null"), "?");
    runtime::Value value{};
    value.ref = 1;
    EXPECT_EQ(format_value(wasm::externref, value), to_string(wasm::externref));
}

TEST(ValueText, numbers_as_other_tools_print_them)
{
    const auto digits = [](double value) {
        runtime::Value v{};
        v.f64 = value;
        return format_value(f64, v, ResultForm::wasmtime);
    };
    for (const auto& [value, text] : {std::pair{0.0, "0"},
                                      {-0.0, "-0"},
                                      {1.0, "1"},
                                      {-1.5, "-1.5"},
                                      {0.1, "0.1"},
                                      {1e21, "1000000000000000000000"},
                                      {1e23, "100000000000000000000000"},
                                      {123456.75, "123456.75"},
                                      {1e-7, "0.0000001"},
                                      {-1.25e-3, "-0.00125"}})
        EXPECT_EQ(digits(value), text);
    EXPECT_EQ(digits(std::numeric_limits<double>::infinity()), "inf");
    EXPECT_EQ(digits(-std::numeric_limits<double>::infinity()), "-inf");
    EXPECT_EQ(digits(std::numeric_limits<double>::quiet_NaN()), "NaN");
    EXPECT_EQ(digits(std::numeric_limits<double>::max()).size(), 309U);
    runtime::Value v{};
    v.i32 = 0xffff'ffff;
    EXPECT_EQ(format_value(i32, v, ResultForm::wasmtime), "-1");
    EXPECT_EQ(format_value(i32, v, ResultForm::wasmedge), "4294967295");
    v.i64 = UINT64_MAX;
    EXPECT_EQ(format_value(i64, v, ResultForm::wasmer), "-1");
    EXPECT_EQ(format_value(i64, v, ResultForm::wasmedge), "18446744073709551615");
    v.v128.fill(0xff);
    EXPECT_EQ(format_value(v128, v, ResultForm::wasmtime), "340282366920938463463374607431768211455");
}

}  // namespace
}  // namespace weir::cli
