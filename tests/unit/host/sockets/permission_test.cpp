#include "host/sockets/permission.hpp"

#include "addresses.hpp"

#include <gtest/gtest.h>

namespace weir::sockets::test {
namespace {

Rule rule(std::string_view text)
{
    auto rules = parse_rules(text);
    EXPECT_TRUE(rules) << text << ": " << rules.error();
    EXPECT_EQ(rules->size(), 1U);
    return rules->at(0);
}
bool covers(std::string_view text, const std::string& address, uint16_t port)
{
    const Rule r = rule(text);
    return r.covers_address(ip_of(address_of(address, port))) && r.covers_port(port);
}

TEST(Rules, a_transport_alone_is_all_of_it)
{
    for (const std::string_view text : {"tcp", "udp", "unix", "dns"}) {
        const Rule r = rule(text);
        EXPECT_EQ(name_of(r.transport), text);
        EXPECT_TRUE(r.covers(Direction::listen));
        EXPECT_TRUE(r.covers(Direction::connect));
        EXPECT_TRUE(r.covers_port(0));
        EXPECT_TRUE(r.covers_port(65535));
        EXPECT_TRUE(r.covers_name("any.name"));
    }
}

TEST(Rules, directions_exclude_each_other)
{
    EXPECT_FALSE(rule("tcp:listen").covers(Direction::connect));
    EXPECT_TRUE(rule("tcp:listen").covers(Direction::listen));
    EXPECT_FALSE(rule("udp:connect=1.2.3.4").covers(Direction::listen));
}

TEST(Rules, addresses_and_networks)
{
    EXPECT_TRUE(covers("tcp:connect=1.2.3.4", "1.2.3.4", 9));
    EXPECT_FALSE(covers("tcp:connect=1.2.3.4", "1.2.3.5", 9));
    EXPECT_TRUE(covers("tcp:connect=10.0.0.0/8", "10.255.255.255", 9));
    EXPECT_FALSE(covers("tcp:connect=10.0.0.0/8", "11.0.0.0", 9));
    EXPECT_TRUE(covers("tcp:connect=0.0.0.0/0", "9.9.9.9", 9));
    EXPECT_FALSE(covers("tcp:connect=0.0.0.0/0", "2001:db8::1", 9));
    EXPECT_TRUE(covers("tcp:connect=10.0.0.128/25", "10.0.0.129", 9));
    EXPECT_FALSE(covers("tcp:connect=10.0.0.128/25", "10.0.0.127", 9));
    EXPECT_TRUE(covers("tcp:connect=[2001:db8::]/32", "2001:db8:1::1", 9));
    EXPECT_FALSE(covers("tcp:connect=[2001:db8::]/32", "2001:db9::1", 9));
    // An IPv4 address written in IPv6 is the same host.
    EXPECT_TRUE(covers("tcp:connect=127.0.0.1", "::ffff:127.0.0.1", 9));
    EXPECT_TRUE(covers("tcp:connect=[::ffff:127.0.0.1]", "127.0.0.1", 9));
    EXPECT_FALSE(covers("tcp:connect=[::1]", "127.0.0.1", 9));
}

TEST(Rules, ports)
{
    EXPECT_TRUE(covers("tcp:connect=*:80-90", "1.2.3.4", 80));
    EXPECT_TRUE(covers("tcp:connect=*:80-90", "1.2.3.4", 90));
    EXPECT_FALSE(covers("tcp:connect=*:80-90", "1.2.3.4", 79));
    EXPECT_FALSE(covers("tcp:connect=*:80-90", "1.2.3.4", 91));
    EXPECT_TRUE(covers("tcp:connect=[::1]:443", "::1", 443));
    EXPECT_FALSE(covers("tcp:connect=[::1]:443", "::1", 80));
    EXPECT_TRUE(covers("tcp:connect=1.2.3.4:*", "1.2.3.4", 1));
}

TEST(Rules, names)
{
    EXPECT_TRUE(rule("dns:example.com").covers_name("EXAMPLE.com."));
    EXPECT_FALSE(rule("dns:example.com").covers_name("www.example.com"));
    const Rule below = rule("tcp:connect=*.Example.com:443");
    EXPECT_TRUE(below.covers_name("a.b.example.com"));
    EXPECT_FALSE(below.covers_name("example.com"));
    EXPECT_FALSE(below.covers_name("badexample.com"));
    EXPECT_FALSE(below.covers_name("example.com.evil.org"));
    EXPECT_FALSE(below.covers_address(ip_of(address_of("1.2.3.4", 443))));
}

TEST(Rules, several_and_wrong_ones)
{
    EXPECT_EQ(parse_rules("tcp,udp:connect,dns:a.b")->size(), 3U);
    for (const std::string_view text :
         {"", "tc", "tcp:", "tcp:bind", "tcp:listenx", "tcp:listen=a b", "tcp:listen=1.2.3.4/33", "tcp:listen=[::1]/129",
          "tcp:listen=[::1", "tcp:listen=a/8", "tcp:listen=a:", "tcp:listen=a:65536", "tcp:listen=a:9-1", "tcp:listen=a:-1",
          "unix:listen=relative", "dns:1.2.3.4", "tcp,", ",tcp", "TCP"})
        EXPECT_FALSE(parse_rules(text)) << text;
    EXPECT_NE(parse_rules("udp,tcp:listen=a:x").error().find("tcp:listen=a:x"), std::string::npos);
}

TEST(Rules, words_that_are_meant_for_one)
{
    for (const std::string_view text : {"tcp", "tcp:x", "udp,tcp", "unix:"}) EXPECT_TRUE(is_like_rule(text)) << text;
    for (const std::string_view text : {"tcpdump.wasm", "x.wasm", "", "dnsmasq"}) EXPECT_FALSE(is_like_rule(text)) << text;
}

TEST(Addresses, private_ones)
{
    for (const char* text :
         {"127.0.0.1", "0.0.0.0", "10.1.2.3", "100.64.0.1", "169.254.169.254", "172.31.0.1", "192.168.1.1", "224.0.0.1",
          "255.255.255.255", "::", "::1", "::ffff:10.0.0.1", "fe80::1", "fd00::1", "ff02::1", "64:ff9b::a00:1", "2002:a00:1::"})
        EXPECT_TRUE(is_private(ip_of(address_of(text, 0)))) << text;
    for (const char* text :
         {"1.1.1.1", "9.255.255.255", "100.128.0.0", "172.32.0.0", "192.169.0.0", "2606:4700::1", "::ffff:8.8.8.8"})
        EXPECT_FALSE(is_private(ip_of(address_of(text, 0)))) << text;
}

}  // namespace
}  // namespace weir::sockets::test
