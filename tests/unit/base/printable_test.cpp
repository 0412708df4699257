#include "base/printable.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace weir {
namespace {

TEST(Printable, leaves_text_as_it_is)
{
    EXPECT_EQ(printable(""), "");
    EXPECT_EQ(printable("main.foo \xc3\xa9 \xf0\x9f\x98\x80"), "main.foo \xc3\xa9 \xf0\x9f\x98\x80");
}

TEST(Printable, shows_what_a_terminal_would_act_on)
{
    EXPECT_EQ(printable("\x1b[2J"), "\\u{1b}[2J");
    EXPECT_EQ(printable("a\nb\r\t"), "a\\u{a}b\\u{d}\\u{9}");
    EXPECT_EQ(printable(std::string_view{"\0", 1}), "\\u{0}");
    EXPECT_EQ(printable("\x7f"), "\\u{7f}");
    EXPECT_EQ(printable("\xc2\x9b"
                        "31m"),
              "\\u{9b}31m");  // C1 control sequence introducer
    EXPECT_EQ(printable("\xe2\x80\xae"
                        "exe"),
              "\\u{202e}exe");                          // right-to-left override
    EXPECT_EQ(printable("\xe2\x81\xa6"), "\\u{2066}");  // isolate
}

TEST(Printable, shows_bytes_that_are_no_text)
{
    EXPECT_EQ(printable("\xff\x80"
                        "a"),
              "\\xff\\x80a");
    EXPECT_EQ(printable("a\xe2\x80"), "a\\xe2\\x80");
}

TEST(Printable, cuts_at_a_character)
{
    EXPECT_EQ(printable("abcdef", 3), "abc...");
    EXPECT_EQ(printable("abc", 3), "abc");
    EXPECT_EQ(printable("ab\xc3\xa9"
                        "f",
                        3),
              "ab...");
    EXPECT_EQ(printable(std::string(1'000'000, 'x')).size(), 203U);
}

}  // namespace
}  // namespace weir
