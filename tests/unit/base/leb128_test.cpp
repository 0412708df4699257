#include "base/leb128.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <vector>

namespace weir {
namespace {

struct Case {
    const char* name;
    std::vector<uint8_t> bytes;
    LebStatus status;
    int64_t value;  // as the signed or unsigned 64 bits
    size_t length;  // bytes read, when ok
};

template <class Read>
void expect(const Case& c, Read read)
{
    SCOPED_TRACE(c.name);
    const uint8_t* next = c.bytes.data();
    LebStatus status{};
    const auto value = static_cast<int64_t>(read(next, c.bytes.data() + c.bytes.size(), status));
    EXPECT_EQ(status, c.status);
    if (c.status != LebStatus::ok) return;
    EXPECT_EQ(value, c.value);
    EXPECT_EQ(static_cast<size_t>(next - c.bytes.data()), c.length);
}

using enum LebStatus;

TEST(Leb128, unsigned_32_bits_are_read_strictly)
{
    const Case cases[] = {
        {"zero", {0x00}, ok, 0, 1},
        {"one_byte", {0x7f, 0x55}, ok, 127, 1},
        {"two_bytes", {0xe5, 0x8e, 0x26}, ok, 624485, 3},
        {"padded_zero", {0x80, 0x80, 0x80, 0x80, 0x00}, ok, 0, 5},
        {"largest", {0xff, 0xff, 0xff, 0xff, 0x0f}, ok, 0xffffffff, 5},
        {"bit_32", {0xff, 0xff, 0xff, 0xff, 0x1f}, too_large, 0, 0},
        {"six_bytes", {0x80, 0x80, 0x80, 0x80, 0x80, 0x00}, too_long, 0, 0},
        {"six_bytes_and_too_large", {0xff, 0xff, 0xff, 0xff, 0xff, 0x01}, too_long, 0, 0},
        {"nothing", {}, unexpected_end, 0, 0},
        {"cut", {0x80, 0x80}, unexpected_end, 0, 0},
    };
    for (const Case& c : cases) expect(c, read_unsigned_leb<32>);
}

TEST(Leb128, unsigned_64_bits_are_read_strictly)
{
    const Case cases[] = {
        {"largest", {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}, ok, -1, 10},
        {"bit_64", {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02}, too_large, 0, 0},
        {"eleven_bytes", {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00}, too_long, 0, 0},
    };
    for (const Case& c : cases) expect(c, read_unsigned_leb<64>);
}

TEST(Leb128, signed_32_bits_are_read_strictly)
{
    const Case cases[] = {
        {"zero", {0x00}, ok, 0, 1},
        {"minus_one", {0x7f}, ok, -1, 1},
        {"minus_64", {0x40}, ok, -64, 1},
        {"64_needs_two_bytes", {0xc0, 0x00}, ok, 64, 2},
        {"minus_123456", {0xc0, 0xbb, 0x78}, ok, -123456, 3},
        {"padded_minus_one", {0xff, 0xff, 0xff, 0xff, 0x7f}, ok, -1, 5},
        {"largest", {0xff, 0xff, 0xff, 0xff, 0x07}, ok, std::numeric_limits<int32_t>::max(), 5},
        {"smallest", {0x80, 0x80, 0x80, 0x80, 0x78}, ok, std::numeric_limits<int32_t>::min(), 5},
        {"above_largest", {0x80, 0x80, 0x80, 0x80, 0x08}, too_large, 0, 0},
        {"below_smallest", {0xff, 0xff, 0xff, 0xff, 0x77}, too_large, 0, 0},
        {"unused_bits_unlike_the_sign", {0xff, 0xff, 0xff, 0xff, 0x0f}, too_large, 0, 0},
        {"six_bytes", {0x80, 0x80, 0x80, 0x80, 0x80, 0x00}, too_long, 0, 0},
        {"cut", {0xff}, unexpected_end, 0, 0},
    };
    for (const Case& c : cases) expect(c, read_signed_leb<32>);
}

TEST(Leb128, signed_33_and_64_bits_reach_their_ends)
{
    const Case cases33[] = {
        {"largest", {0xff, 0xff, 0xff, 0xff, 0x0f}, ok, 0xffffffff, 5},
        {"smallest", {0x80, 0x80, 0x80, 0x80, 0x70}, ok, -0x100000000, 5},
        {"above", {0x80, 0x80, 0x80, 0x80, 0x10}, too_large, 0, 0},
    };
    for (const Case& c : cases33) expect(c, read_signed_leb<33>);
    const Case cases64[] = {
        {"largest", {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00}, ok, std::numeric_limits<int64_t>::max(), 10},
        {"smallest", {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f}, ok, std::numeric_limits<int64_t>::min(), 10},
        {"above", {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01}, too_large, 0, 0},
        {"eleven_bytes", {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}, too_long, 0, 0},
    };
    for (const Case& c : cases64) expect(c, read_signed_leb<64>);
}

std::vector<uint8_t> written(uint64_t v, bool is_signed)
{
    std::vector<uint8_t> bytes;
    for (;;) {
        const auto low = static_cast<uint8_t>(v & 0x7fU);
        v = is_signed ? static_cast<uint64_t>(static_cast<int64_t>(v) >> 7) : v >> 7;
        const bool is_last = is_signed ? (v == 0 && (low & 0x40U) == 0) || (v == ~uint64_t{0} && (low & 0x40U) != 0) : v == 0;
        bytes.push_back(is_last ? low : static_cast<uint8_t>(low | 0x80U));
        if (is_last) return bytes;
    }
}

TEST(Leb128, strict_and_trusted_readers_agree_around_every_power_of_two)
{
    for (unsigned bit = 0; bit < 64; ++bit) {
        for (const uint64_t v : {(uint64_t{1} << bit) - 1, uint64_t{1} << bit, ~(uint64_t{1} << bit), ~uint64_t{0} << bit}) {
            for (const bool is_signed : {false, true}) {
                const auto bytes = written(v, is_signed);
                const uint8_t* strict = bytes.data();
                const uint8_t* trusted = bytes.data();
                const uint8_t* const end = bytes.data() + bytes.size();
                LebStatus status{};
                const uint64_t a = is_signed ? static_cast<uint64_t>(read_signed_leb<64>(strict, end, status))
                                             : read_unsigned_leb<64>(strict, end, status);
                const uint64_t b =
                    is_signed ? static_cast<uint64_t>(read_trusted_signed_leb(trusted)) : read_trusted_unsigned_leb(trusted);
                EXPECT_EQ(status, ok);
                EXPECT_EQ(a, v);
                EXPECT_EQ(b, v);
                EXPECT_EQ(strict, end);
                EXPECT_EQ(trusted, end);
            }
        }
    }
}

}  // namespace
}  // namespace weir
