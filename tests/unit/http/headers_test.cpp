#include "http/headers.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace weir::http {
namespace {

std::string listed(const Headers& headers)
{
    std::string text;
    for (const auto& [name, value] : headers) text.append(name).append("=").append(value).append(";");
    return text;
}

TEST(Headers, keep_order_case_and_bytes)
{
    const Headers headers{{"X-B", "1"}, {"x-a", "\xff\x80"}, {"X-B", ""}};
    EXPECT_EQ(listed(headers), "X-B=1;x-a=\xff\x80;X-B=;");
    EXPECT_EQ(headers.find("x-b"), "1");
    EXPECT_EQ(headers.find("absent"), std::nullopt);
    EXPECT_EQ(headers.count("X-b"), 2U);
    EXPECT_EQ(headers.size_bytes(), 12U);
}

TEST(Headers, set_replaces_the_first_and_removes_the_others)
{
    Headers headers{{"a", "1"}, {"b", "2"}, {"A", "3"}, {"c", "4"}};
    headers.set("A", "five");
    EXPECT_EQ(listed(headers), "A=five;b=2;c=4;");
    headers.set("d", "6");
    EXPECT_EQ(headers.remove("B"), 1U);
    EXPECT_EQ(headers.remove("B"), 0U);
    EXPECT_EQ(listed(headers), "A=five;c=4;d=6;");
    EXPECT_EQ(headers.size_bytes(), 9U);
}

TEST(Headers, replacing_often_does_not_grow)
{
    Headers headers{{"first", "kept"}};
    for (int i = 0; i < 10'000; ++i) headers.set("again", std::string(100, static_cast<char>('a' + i % 26)));
    EXPECT_EQ(headers.size_bytes(), 9U + 105U);
    EXPECT_EQ(headers.find("first"), "kept");
    EXPECT_EQ(headers.find("again"), std::string(100, static_cast<char>('a' + 9'999 % 26)));
}

TEST(Headers, names_are_tokens)
{
    for (const char* good : {"a", "X-Forwarded-For", "!#$%&'*+-.^_`|~09"}) EXPECT_TRUE(is_valid_header_name(good)) << good;
    for (const char* bad : {"", " a", "a ", "a:", "a\tb", "a\"", "(a)", "\xc3\xa9", "a\r\n"})
        EXPECT_FALSE(is_valid_header_name(bad)) << bad;
    EXPECT_FALSE(is_valid_header_name(std::string_view{"a\0b", 3}));
}

TEST(Headers, values_have_no_control_characters)
{
    for (const char* good : {"", "a", "a b\tc", "\xc3\xa9\xff", "\"quoted, text\""})
        EXPECT_TRUE(is_valid_header_value(good)) << good;
    for (const char* bad : {" a", "a ", "\ta", "a\r\nb", "a\nb", "a\rb", "\x7f", "\x01"})
        EXPECT_FALSE(is_valid_header_value(bad)) << bad;
    EXPECT_FALSE(is_valid_header_value(std::string_view{"a\0b", 3}));
}

TEST(Headers, content_length_is_digits)
{
    EXPECT_EQ(parse_content_length("0"), 0U);
    EXPECT_EQ(parse_content_length("0042"), 42U);
    EXPECT_EQ(parse_content_length("18446744073709551615"), UINT64_MAX);
    for (const char* bad : {"", " 1", "1 ", "+1", "-1", "0x10", "1,1", "18446744073709551616", "99999999999999999999"}) {
        EXPECT_EQ(parse_content_length(bad), std::nullopt) << bad;
    }
}

TEST(Headers, elements_are_split_over_fields)
{
    const Headers headers{{"Connection", "close, , X-A"}, {"connection", "\tUpgrade\t"}};
    std::vector<std::string> seen;
    for_each_element(headers, "connection", [&](std::string_view element) { seen.emplace_back(element); });
    EXPECT_EQ(seen, (std::vector<std::string>{"close", "X-A", "Upgrade"}));
    EXPECT_TRUE(has_element(headers, "connection", "CLOSE"));
    EXPECT_FALSE(has_element(headers, "connection", "clos"));
}

TEST(Headers, hop_by_hop_fields_go_with_what_connection_names)
{
    Headers headers{{"Host", "h"},
                    {"Connection", "X-Secret, content-length, host"},
                    {"X-Secret", "1"},
                    {"Keep-Alive", "5"},
                    {"TE", "trailers"},
                    {"Transfer-Encoding", "chunked"},
                    {"Upgrade", "h2c"},
                    {"Content-Length", "3"},
                    {"X-Kept", "2"},
                    {"Proxy-Connection", "close"},
                    {"HTTP2-Settings", "AAMAAABkAAQAAP__"}};
    remove_hop_by_hop(headers);
    EXPECT_EQ(listed(headers), "Host=h;Content-Length=3;X-Kept=2;");
}

TEST(Headers, trailers_frame_nothing)
{
    for (const char* name :
         {"Content-Length", "transfer-encoding", "HOST", "Trailer", "Connection", "Set-Cookie", "Authorization"}) {
        EXPECT_TRUE(is_forbidden_trailer(name)) << name;
    }
    EXPECT_FALSE(is_forbidden_trailer("grpc-status"));
}

}  // namespace
}  // namespace weir::http
