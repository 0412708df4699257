#include "weir/net.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace weir::net {
namespace {

TEST(Address, is_read_and_written_alike)
{
    for (const std::string_view text : {"127.0.0.1:80", "0.0.0.0:0", "[::1]:65535", "[2001:db8::1]:443", "unix:/tmp/a.sock"}) {
        const auto address = Address::parse(text);
        ASSERT_TRUE(address) << text;
        EXPECT_EQ(address->to_string(), text);
        EXPECT_EQ(*address, *Address::parse(text));
    }
    EXPECT_EQ(Address{}.to_string(), "none");
    EXPECT_FALSE(*Address::parse("127.0.0.1:80") == *Address::parse("127.0.0.1:81"));
}

TEST(Address, what_is_none_is_refused)
{
    for (const std::string_view text : {"", ":", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:1x",
                                        "127.0.0:80", "::1:80", "[::1]", "[127.0.0.1:80", "localhost:80", "unix:"})
        EXPECT_FALSE(Address::parse(text)) << text;
    EXPECT_FALSE(Address::unix_path(std::string(108, 'a')));
    EXPECT_TRUE(Address::unix_path(std::string(107, 'a')));
    EXPECT_FALSE(Address::unix_path(std::string_view{"a\0b", 3}));
}

TEST(Resolve, addresses_stand_for_themselves)
{
    const auto found = resolve("::1", 80);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->at(0).to_string(), "[::1]:80");
    EXPECT_EQ(resolve("", 80).error(), ENOENT);
    EXPECT_EQ(resolve(std::string(300, 'a'), 80).error(), ENOENT);
}

void exchange(const Address& where)
{
    auto listener = Listener::listen(where);
    ASSERT_TRUE(listener) << listener.error().message();
    auto client = Stream::connect(*listener->local_address());
    ASSERT_TRUE(client) << client.error().message();
    auto server = listener->accept();
    ASSERT_TRUE(server);
    ASSERT_TRUE(client->write("hello"));
    std::array<std::byte, 16> buffer{};
    const auto size = server->read(buffer);
    ASSERT_TRUE(size);
    EXPECT_EQ((std::string_view{reinterpret_cast<char*>(buffer.data()), *size}), "hello");
    EXPECT_TRUE(client->finish_writing());
    const auto end = server->read(buffer);
    ASSERT_TRUE(end);
    EXPECT_EQ(*end, 0U);
    if (where.family() == Family::ipv4) EXPECT_EQ(*client->local_address(), *server->peer_address());
}

TEST(Stream, carries_bytes_over_ipv4) { exchange(Address::loopback(0)); }

TEST(Stream, carries_bytes_over_unix_sockets)
{
    const auto path = std::filesystem::path{testing::TempDir()} / ("weir-sdk-" + std::to_string(::getpid()) + ".sock");
    exchange(*Address::unix_path(path.string()));
    std::filesystem::remove(path);
}

TEST(Stream, a_peer_that_is_gone_is_an_error_and_no_signal)
{
    auto listener = Listener::listen(Address::loopback(0));
    auto client = Stream::connect(*listener->local_address());
    listener->accept()->close();
    Result<size_t> written{size_t{0}};
    while (written) written = client->write("x");
    EXPECT_TRUE(written.error() == EPIPE || written.error() == ECONNRESET) << written.error().message();
}

TEST(Stream, refusals_are_values)
{
    auto listener = Listener::listen(Address::loopback(0));
    const Address address = *listener->local_address();
    EXPECT_EQ(Listener::listen(address).error(), EADDRINUSE);
    listener->close();
    EXPECT_FALSE(listener->is_open());
    EXPECT_EQ(Stream::connect(address).error(), ECONNREFUSED);
    EXPECT_EQ(listener->accept().error(), EBADF);
    EXPECT_EQ(Stream{}.peer_address().error(), EBADF);
}

TEST(Stream, what_would_wait_says_so)
{
    auto listener = Listener::listen(Address::loopback(0));
    ASSERT_TRUE(listener->set_blocking(Blocking::no));
    EXPECT_EQ(listener->accept().error(), EAGAIN);
    auto client = Stream::connect(*listener->local_address());
    auto server = listener->accept(Blocking::no);
    while (!server) server = listener->accept(Blocking::no);  // the connection is there, the listener may not know yet
    std::array<std::byte, 1> buffer{};
    EXPECT_EQ(server->read(buffer).error(), EAGAIN);
}

TEST(Socket, belongs_to_one_object)
{
    auto listener = Listener::listen(Address::loopback(0));
    Listener moved = std::move(*listener);
    EXPECT_FALSE(listener->is_open());
    EXPECT_TRUE(moved.local_address());
    const int fd = moved.release();
    EXPECT_FALSE(moved.is_open());
    moved = Listener{fd};
    EXPECT_TRUE(moved.local_address());
}

TEST(Datagrams, carry_messages_whole_or_say_that_they_were_cut)
{
    auto a = Datagrams::bind(Address::loopback(0));
    auto b = Datagrams::bind(Address::loopback(0));
    ASSERT_TRUE(a && b);
    ASSERT_TRUE(a->send_to("message", *b->local_address()));
    ASSERT_TRUE(a->send_to("message", *b->local_address()));
    std::array<std::byte, 16> buffer{};
    auto received = b->receive(buffer);
    ASSERT_TRUE(received);
    EXPECT_EQ(received->size, 7U);
    EXPECT_EQ(received->from, *a->local_address());
    EXPECT_FALSE(received->is_cut);
    received = b->receive(std::span{buffer}.first(3));
    ASSERT_TRUE(received);
    EXPECT_EQ(received->size, 3U);
    EXPECT_TRUE(received->is_cut);
}

}  // namespace
}  // namespace weir::net
