#include "base/utf8.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace weir {
namespace {

bool is_text(std::string_view text) { return is_utf8(std::as_bytes(std::span{text.data(), text.size()})); }

TEST(Utf8, accepts_the_ends_of_every_length)
{
    for (const std::string_view text :
         {std::string_view{}, std::string_view{"\0", 1}, std::string_view{"\x7f"}, std::string_view{"\xc2\x80"},
          std::string_view{"\xdf\xbf"}, std::string_view{"\xe0\xa0\x80"}, std::string_view{"\xed\x9f\xbf"},
          std::string_view{"\xee\x80\x80"}, std::string_view{"\xef\xbf\xbf"}, std::string_view{"\xf0\x90\x80\x80"},
          std::string_view{"\xf4\x8f\xbf\xbf"}})
        EXPECT_TRUE(is_text(text)) << testing::PrintToString(text);
}

TEST(Utf8, refuses_what_table_3_7_does_not_list)
{
    for (const std::string_view text : {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2\x7f", "\xc2\xc0", "\xe0\x9f\xbf",
                                        "\xe1\x80", "\xed\xa0\x80", "\xed\xbf\xbf", "\xe1\x80\xc0", "\xf0\x8f\xbf\xbf",
                                        "\xf0\x90\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xfe"})
        EXPECT_FALSE(is_text(text)) << testing::PrintToString(text);
}

TEST(Utf8, finds_a_bad_byte_at_every_place_of_a_long_text)
{
    for (size_t length = 1; length < 40; ++length) {
        std::string text(length, 'a');
        EXPECT_TRUE(is_text(text));
        for (size_t bad = 0; bad < length; ++bad) {
            text[bad] = '\x80';
            EXPECT_FALSE(is_text(text)) << length << ", " << bad;
            text[bad] = 'a';
        }
    }
}

TEST(Utf8, goes_on_after_other_characters)
{
    for (size_t before = 0; before < 20; ++before) {
        EXPECT_TRUE(is_text(std::string(before, 'a') + "\xc3\xa9" + std::string(20, 'b')));
        EXPECT_FALSE(is_text(std::string(before, 'a') + "\xc3\xa9" + std::string(20, 'b') + "\xc3"));
    }
}

}  // namespace
}  // namespace weir
