#include "http/ja3.hpp"

#include <gtest/gtest.h>

namespace weir::http {
namespace {

using namespace std::string_literals;

const std::string hello = "\x01\x00\x00\x49\x03\x03"s + std::string(32, 'r') + "\x00"s  // type, size, version, random, session
                        + "\x00\x06\x0a\x0a\x13\x01\x13\x02"s + "\x01\x00"s          // cipher suites, the first GREASE; compression
                        + "\x00\x1a"s + "\x1a\x1a\x00\x00"s + "\x00\x00\x00\x02hi"s  // extensions: GREASE, server_name
                        + "\x00\x0a\x00\x06\x00\x04\x00\x1d\x00\x17"s + "\x00\x0b\x00\x02\x01\x00"s;

TEST(Ja3, lists_what_the_client_offers)
{
    EXPECT_EQ(ja3_text(hello), "771,4865-4866,0-10-11,29-23,0");
    EXPECT_TRUE(ja3_md5(hello));
}
TEST(Ja3, needs_the_whole_message)
{
    for (size_t size = 0; size < hello.size(); ++size) EXPECT_FALSE(ja3_text(hello.substr(0, size))) << size;
    EXPECT_FALSE(ja3_text("\x02" + hello.substr(1)));
}

}  // namespace
}  // namespace weir::http
