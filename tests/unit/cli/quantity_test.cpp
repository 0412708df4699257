#include "cli/quantity.hpp"

#include <gtest/gtest.h>

namespace weir::cli {
namespace {

TEST(Quantity, durations_are_seconds_or_have_a_unit)
{
    const struct {
        std::string_view text;
        uint64_t ns;
    } cases[] = {{"2", 2'000'000'000},
                 {"2s", 2'000'000'000},
                 {"1.5", 1'500'000'000},
                 {"500ms", 500'000'000},
                 {"0.25ms", 250'000},
                 {"10us", 10'000},
                 {"7ns", 7},
                 {"1m", 60'000'000'000},
                 {"1.5m", 90'000'000'000},
                 {"2h", 7'200'000'000'000},
                 {"0", 0},
                 {"2S", 2'000'000'000},
                 {"0.000001", 1000},
                 {"1.9ns", 1},
                 {"0.1234567", 123'456'000},
                 {"9223372036", 9'223'372'036'000'000'000}};
    for (const auto& c : cases) EXPECT_EQ(parse_duration(c.text), c.ns) << c.text;
}

TEST(Quantity, sizes_are_bytes_or_have_a_unit)
{
    const struct {
        std::string_view text;
        uint64_t bytes;
    } cases[] = {{"64MiB", 64 << 20},
                 {"1GiB", 1 << 30},
                 {"65536", 65536},
                 {"65536B", 65536},
                 {"64k", 65536},
                 {"64K", 65536},
                 {"64kib", 65536},
                 {"64KB", 64'000},
                 {"1.5G", 3 << 29},
                 {"1MB", 1'000'000},
                 {"0", 0},
                 {"1T", uint64_t{1} << 40},
                 {"0.5", 0},
                 {"9223372036854775807", 9'223'372'036'854'775'807}};
    for (const auto& c : cases) EXPECT_EQ(parse_size(c.text), c.bytes) << c.text;
}

TEST(Quantity, what_is_not_a_quantity_is_none)
{
    for (const std::string_view text : {"",
                                        "s",
                                        ".5",
                                        "1.",
                                        "1..2",
                                        "-1",
                                        "+1",
                                        " 1",
                                        "1 ",
                                        "1 s",
                                        "2x",
                                        "1e3",
                                        "0x10",
                                        "1,5",
                                        "1.5.5s",
                                        "ms",
                                        "1sm",
                                        "10000000000",
                                        "99999999999999999999",
                                        "18446744073709551617",
                                        "3000000h"})
        EXPECT_EQ(parse_duration(text), std::nullopt) << text;
    for (const std::string_view text :
         {"", "MiB", "-1", "1.", "1 MiB", "64MiBs", "64m s", "9223372036854775808", "8388608T", "99999999999999999999", "1s"})
        EXPECT_EQ(parse_size(text), std::nullopt) << text;
}

TEST(Quantity, sizes_are_shown_without_a_fraction)
{
    EXPECT_EQ(format_size(0), "0B");
    EXPECT_EQ(format_size(1), "1B");
    EXPECT_EQ(format_size(1000), "1000B");
    EXPECT_EQ(format_size(64 << 10), "64KiB");
    EXPECT_EQ(format_size(3 << 29), "1536MiB");
    EXPECT_EQ(format_size(uint64_t{5} << 40), "5TiB");
}

}  // namespace
}  // namespace weir::cli
