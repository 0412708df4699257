// What net_test.cpp and async_test.cpp test natively, as far as the two platforms differ: sdk_test.py runs this as a guest and natively.
// Usage: net_guest CASE [PATH]

#include "weir/async.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace {

using namespace weir;
using net::Address;

#define CHECK(expression)                                            \
    do {                                                             \
        if (!(expression)) {                                         \
            std::printf("line %d: not %s\n", __LINE__, #expression); \
            std::exit(1);                                            \
        }                                                            \
    } while (false)

/// The value; without one the program ends with what was wrong.
template <class T>
T must(Result<T> result, int line = __builtin_LINE())
{
    if (!result) {
        std::printf("line %d: %s\n", line, result.error().message().c_str());
        std::exit(1);
    }
    return std::move(*result);
}

std::string read_some(net::Stream& stream)
{
    std::array<std::byte, 64> buffer{};
    const size_t size = must(stream.read(buffer));
    return {reinterpret_cast<const char*>(buffer.data()), size};
}

void stream(const Address& where)
{
    net::Listener listener = must(net::Listener::listen(where));
    const Address bound = must(listener.local_address());
    CHECK(bound.family() == where.family());
    CHECK(where.family() == net::Family::unix_path ? bound == where : bound.port() != 0);
    CHECK(net::Listener::listen(bound).error() == EADDRINUSE);

    net::Stream client = must(net::Stream::connect(bound));
    net::Stream server = must(listener.accept());
    CHECK(must(client.peer_address()) == bound);
    if (where.family() != net::Family::unix_path) {
        CHECK(must(client.local_address()) == must(server.peer_address()));
        CHECK(client.set_no_delay(true));
        CHECK(client.set_keep_alive(true));
    }
    CHECK(must(client.write("hello")) == 5);
    CHECK(read_some(server) == "hello");
    CHECK(must(server.write("there")) == 5);
    CHECK(read_some(client) == "there");
    CHECK(client.set_blocking(net::Blocking::no));
    std::array<std::byte, 1> one{};
    CHECK(client.read(one).error() == EAGAIN);
    CHECK(server.finish_writing());
    CHECK(client.set_blocking(net::Blocking::yes));
    CHECK(read_some(client).empty());
    client.close();
    CHECK(!client.is_open());
    CHECK(client.write("x").error() == EBADF);
    Result<size_t> written{size_t{0}};
    while (written) written = server.write("x");
    CHECK(written.error() == EPIPE || written.error() == ECONNRESET);
}

void datagrams(const Address& where)
{
    net::Datagrams a = must(net::Datagrams::bind(where)), b = must(net::Datagrams::bind(where));
    const Address to = must(b.local_address());
    CHECK(a.send_to("message", to));
    CHECK(a.send_to("message", to));
    CHECK(a.set_broadcast(true));
    std::array<std::byte, 16> buffer{};
    auto received = must(b.receive(buffer));
    CHECK(received.size == 7 && received.from == must(a.local_address()) && !received.is_cut);
    received = must(b.receive(std::span{buffer}.first(3)));
    CHECK(received.size == 3 && received.is_cut);
}

void names()
{
    const auto found = must(net::resolve("localhost", 80));
    CHECK(std::any_of(found.begin(), found.end(), [](const Address& a) { return a == Address::loopback(80); }));
    CHECK(net::resolve("a..b", 80).error() == ENOENT);  // no name server is asked for what cannot be a name
}

async::Task<void> wait(async::Loop& loop, Address where)
{
    using namespace std::chrono_literals;
    net::Listener socket = must(net::Listener::listen(where));
    const Address bound = must(socket.local_address());
    {
        async::Listener listener{loop, std::move(socket)};
        async::Stream client{loop, must(co_await async::connect(loop, bound))};
        async::Stream server{loop, must(co_await listener.accept())};
        std::array<std::byte, 8> buffer{};
        client.set_deadline(loop.now() + 1ms);
        CHECK((co_await client.read(buffer)).error() == ETIMEDOUT);
        client.set_deadline(async::never);
        CHECK(co_await server.write("hello ", "there"));
        CHECK(must(co_await client.read(buffer)) == 8);
        CHECK(must(co_await client.read(buffer)) == 3);
    }
    CHECK((co_await async::connect(loop, bound)).error() == ECONNREFUSED);
    const async::TimePoint before = loop.now();
    co_await loop.sleep(2ms);
    CHECK(loop.now() - before >= 2ms);
}

}  // namespace

int main(int argc, char** argv)
{
    const std::string_view name = argc > 1 ? argv[1] : "";
    const Address ipv6 = Address::ipv6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 0);
    if (name == "ipv4") stream(Address::loopback(0));
    else if (name == "ipv6") stream(ipv6);
    else if (name == "unix") stream(must(Address::unix_path(argc > 2 ? argv[2] : "")));
    else if (name == "datagrams") datagrams(Address::loopback(0));
    else if (name == "datagrams-ipv6") datagrams(ipv6);
    else if (name == "names") names();
    else if (name == "wait") {
        async::Loop loop;
        loop.run(wait(loop, Address::loopback(0)));
    } else return 2;
    std::puts("ok");
}
