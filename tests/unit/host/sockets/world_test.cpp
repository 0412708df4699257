#include "host/sockets/world.hpp"

#include "addresses.hpp"

#include <gtest/gtest.h>

namespace weir::sockets::test {
namespace {

// No rule here spells a name out but localhost: weir would ask the network for it.

std::vector<std::string> reported;

class Permissions : public testing::Test {
protected:
    std::unique_ptr<wasip1::World> m_wasi;

    Permissions()
    {
        auto wasi = wasip1::World::create({});
        EXPECT_TRUE(wasi);
        m_wasi = *std::move(wasi);
        reported.clear();
    }
    World world(std::string_view rules, bool allows_all = false)
    {
        NetworkConfig config{
            .allows_all = allows_all, .rules = {}, .report = [](std::string_view line) { reported.emplace_back(line); }};
        if (!rules.empty()) config.rules = *parse_rules(rules);
        return World{*m_wasi, std::move(config)};
    }
    static Errno connect(World& w, const std::string& address, uint16_t port, Transport transport = Transport::tcp)
    {
        return w.check(transport, Direction::connect, address_of(address, port));
    }
};

TEST_F(Permissions, nothing_is_granted_without_rules)
{
    World w = world({});
    for (const Transport t : {Transport::tcp, Transport::udp, Transport::unix_domain}) EXPECT_EQ(w.check_open(t), Errno::acces);
    EXPECT_EQ(connect(w, "1.2.3.4", 80), Errno::acces);
    EXPECT_EQ(w.check(Transport::tcp, Direction::listen, address_of("127.0.0.1", 0)), Errno::acces);
    EXPECT_EQ(w.check_lookup("localhost"), Errno::acces);
    World all = world({}, true);
    EXPECT_EQ(all.check_open(Transport::udp), Errno::success);
    EXPECT_EQ(connect(all, "1.2.3.4", 80), Errno::success);
    EXPECT_EQ(all.check_lookup("any.name"), Errno::success);
}

TEST_F(Permissions, what_is_refused_is_told_with_the_flag_that_would_allow_it)
{
    World w = world("udp");
    EXPECT_EQ(w.check_open(Transport::tcp), Errno::acces);
    EXPECT_EQ(connect(w, "::1", 443), Errno::acces);
    EXPECT_EQ(w.check(Transport::tcp, Direction::listen, address_of("127.0.0.1", 80)), Errno::acces);
    EXPECT_EQ(w.check(Transport::unix_domain, Direction::connect, unix_address_of("/run/a.sock")), Errno::acces);
    EXPECT_EQ(reported, (std::vector<std::string>{
                            "refused to open a tcp socket; --net tcp  would allow it",
                            "refused to connect to tcp [::1]:443; --net tcp:connect=[::1]:443  would allow it",
                            "refused to bind to tcp 127.0.0.1:80; --net tcp:listen=127.0.0.1:80  would allow it",
                            "refused to connect to unix /run/a.sock; --net unix:connect=/run/a.sock  would allow it",
                        }));
    // The flag is right.
    EXPECT_TRUE(parse_rules("tcp:connect=[::1]:443"));
    EXPECT_TRUE(parse_rules("unix:connect=/run/a.sock"));
}

TEST_F(Permissions, at_most_sixteen_lines_and_each_once)
{
    World w = world("udp");
    for (int round = 0; round < 2; ++round)
        for (uint16_t port = 1; port <= 100; ++port) EXPECT_EQ(connect(w, "1.2.3.4", port), Errno::acces);
    EXPECT_EQ(reported.size(), 16U);
    EXPECT_NE(reported.back().find(":16 "), std::string::npos);
}

TEST_F(Permissions, a_name_allows_the_addresses_that_it_was_seen_to_have)
{
    World w = world("tcp:connect=*.example.com:443");
    EXPECT_EQ(connect(w, "93.184.216.34", 443), Errno::acces);
    w.remember("www.example.com", {address_of("93.184.216.34", 0), address_of("2606:2800::1", 0)});
    EXPECT_EQ(connect(w, "93.184.216.34", 443), Errno::success);
    EXPECT_EQ(connect(w, "::ffff:93.184.216.34", 443), Errno::success);
    EXPECT_EQ(connect(w, "2606:2800::1", 443), Errno::success);
    EXPECT_EQ(connect(w, "93.184.216.34", 80), Errno::acces);
    EXPECT_EQ(connect(w, "93.184.216.35", 443), Errno::acces);
    EXPECT_EQ(connect(w, "93.184.216.34", 443, Transport::udp), Errno::acces);
    w.remember("www.example.org", {address_of("93.184.216.35", 0)});
    EXPECT_EQ(connect(w, "93.184.216.35", 443), Errno::acces);
}

TEST_F(Permissions, a_name_that_leads_into_a_private_network_allows_nothing)
{
    World w = world("tcp:connect=*.example.com,tcp:connect=*.localhost");
    std::vector<SocketAddress> inside;
    const char* const texts[] = {"127.0.0.1", "10.0.0.1", "169.254.169.254",  "192.168.0.1",
                                 "::1",       "fd00::1",  "::ffff:127.0.0.1", "0.0.0.0"};
    for (const char* text : texts) inside.push_back(address_of(text, 0));
    w.remember("evil.example.com", inside);
    for (const char* text : texts) EXPECT_EQ(connect(w, text, 80), Errno::acces) << text;
    w.remember("app.localhost", {address_of("127.0.0.1", 0)});
    EXPECT_EQ(connect(w, "127.0.0.1", 80), Errno::success);
    EXPECT_EQ(connect(w, "10.0.0.1", 80), Errno::acces);
}

TEST_F(Permissions, a_rule_for_a_name_allows_to_look_it_up)
{
    World w = world("tcp:connect=*.example.com:443,dns:only.example.org,tcp:connect=1.2.3.4,unix:connect=/a");
    EXPECT_EQ(w.check_lookup("www.example.com"), Errno::success);
    EXPECT_EQ(w.check_lookup("only.example.org"), Errno::success);
    EXPECT_EQ(w.check_lookup("example.com"), Errno::acces);
    EXPECT_EQ(w.check_lookup("other.example.org"), Errno::acces);
    // Looking up is not connecting.
    w.remember("only.example.org", {address_of("93.184.216.34", 0)});
    EXPECT_EQ(connect(w, "93.184.216.34", 443), Errno::acces);
}

TEST_F(Permissions, what_is_remembered_is_bounded)
{
    World w = world("tcp:connect=*.example.com");
    w.remember("a.example.com", {address_of("93.184.216.34", 0)});
    for (uint32_t i = 0; i < 5000; ++i) {
        const std::string address = "8.1." + std::to_string(i / 250) + "." + std::to_string(i % 250);
        w.remember("b.example.com", {address_of(address, 0)});
    }
    EXPECT_EQ(connect(w, "93.184.216.34", 443), Errno::acces);  // the oldest went
    EXPECT_EQ(connect(w, "8.1.19.249", 443), Errno::success);
}

}  // namespace
}  // namespace weir::sockets::test
