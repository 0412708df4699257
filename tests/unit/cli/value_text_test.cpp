#include "cli/value_text.hpp"

#include <gtest/gtest.h>

#include <cmath>

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

}  // namespace
}  // namespace weir::cli
