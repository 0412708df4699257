#include "http/url.hpp"

#include <gtest/gtest.h>

namespace weir::http {
namespace {

TEST(Url, authority)
{
    struct Case {
        const char* text;
        const char* host;
        int port;  // -1: none
    };
    for (const auto& [text, host, port] :
         {Case{"example.com", "example.com", -1}, Case{"a_b-c.d:8080", "a_b-c.d", 8080}, Case{"127.0.0.1:0", "127.0.0.1", 0},
          Case{"[::1]:443", "::1", 443}, Case{"[2001:db8::1]", "2001:db8::1", -1}, Case{"host:", "host", -1},
          Case{"h:65535", "h", 65535}}) {
        const auto authority = parse_authority(text);
        ASSERT_TRUE(authority) << text;
        EXPECT_EQ(authority->host, host);
        EXPECT_EQ(authority->port ? *authority->port : -1, port) << text;
    }
    EXPECT_EQ(parse_authority("[::1]:443")->to_string(), "[::1]:443");
    EXPECT_EQ(parse_authority("host:")->to_string(), "host");
    for (const char* bad : {"", ":80", "a b", "user@host", "host:65536", "host:8a", "host:-1", "::1", "[::1", "[]", "[::1]x",
                            "[1.2.3.4]", "a/b", "a%41", "host:80:80", "ho\nst", "[::1%eth0]", "a,b"}) {
        EXPECT_FALSE(parse_authority(bad)) << bad;
    }
    EXPECT_FALSE(parse_authority(std::string(256, 'a')));
    EXPECT_FALSE(parse_authority(std::string_view{"a\0b", 3}));
}

TEST(Url, parts)
{
    const auto url = parse_url("HTTPS://Example.com:8443/a/b?c=d&e#fragment");
    ASSERT_TRUE(url);
    EXPECT_EQ(url->scheme, "https");
    EXPECT_EQ(url->authority.host, "Example.com");
    EXPECT_EQ(url->effective_port(), 8443);
    EXPECT_EQ(url->path, "/a/b");
    EXPECT_EQ(url->query, "c=d&e");
    EXPECT_EQ(url->to_string(), "https://Example.com:8443/a/b?c=d&e");
}

TEST(Url, defaults)
{
    EXPECT_EQ(parse_url("http://h")->path_and_query(), "/");
    EXPECT_EQ(parse_url("http://h")->effective_port(), 80);
    EXPECT_EQ(parse_url("wss://h")->effective_port(), 443);
    EXPECT_EQ(parse_url("http://h?")->path_and_query(), "/?");
    EXPECT_EQ(parse_url("http://h?x")->path_and_query(), "/?x");
    EXPECT_EQ(parse_url("http://h/a|b{}\"<>\xc3\xa9")->path, "/a|b{}\"<>\xc3\xa9");
}

TEST(Url, refuses)
{
    for (const char* bad : {"", "/", "h", "http:/h", "http://", "http:///p", "ftp://h/", "http://u:p@h/", "http://h/a b",
                            "http://h/\x01", "http://h:x/", "http://h\\@evil/", "javascript://h", "http://h/\r\nX: y"}) {
        EXPECT_FALSE(parse_url(bad)) << bad;
    }
}

TEST(Url, path_and_query)
{
    for (const char* good : {"/", "/a?b", "//x", "/\xff", "/%zz"}) EXPECT_TRUE(is_valid_path_and_query(good)) << good;
    for (const char* bad : {"", "a", "*", "/a b", "/a#b", "/\t", "/\x7f", "http://h/"})
        EXPECT_FALSE(is_valid_path_and_query(bad)) << bad;
}

}  // namespace
}  // namespace weir::http
