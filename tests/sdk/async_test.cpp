#include "weir/async.hpp"

#include "weir/http.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::async {
namespace {

using namespace std::chrono_literals;

/// Counts objects that live, to see that cancelled tasks release what they hold.
struct Held {
    explicit Held(int& count) : m_count(count) { ++m_count; }
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;
    ~Held() { --m_count; }
    int& m_count;
};

Task<int> immediate(int value) { co_return value; }
Task<int> after(Loop& loop, Duration duration, int value)
{
    co_await loop.sleep(duration);
    co_return value;
}
Task<void> hold_for_ever(Loop& loop, int& count)
{
    const Held held{count};
    for (;;) co_await loop.sleep(1h);
}
std::span<std::byte> bytes_of(std::string& text) { return std::as_writable_bytes(std::span{text}); }

TEST(Task, values_come_through_tasks_that_wait_and_that_do_not)
{
    Loop loop;
    const auto sum = [](Loop& l) -> Task<int> {
        int total = 0;
        for (int i = 0; i < 100'000; ++i) total += co_await immediate(1);  // no stack is used up
        total += co_await after(l, 0s, 1);
        total += co_await after(l, 1ms, 1);
        co_return total;
    };
    EXPECT_EQ(loop.run(sum(loop)), 100'002);
}

TEST(Task, values_may_only_be_movable)
{
    Loop loop;
    const auto make = []() -> Task<std::unique_ptr<int>> { co_return std::make_unique<int>(7); };
    EXPECT_EQ(*loop.run(make()), 7);
}

TEST(Task, destroyed_it_releases_what_it_and_those_it_awaits_hold)
{
    Loop loop;
    int count = 0;
    const auto outer = [](Loop& l, int& c) -> Task<void> {
        const Held held{c};
        co_await hold_for_ever(l, c);
    };
    {
        Group group{loop};
        group.spawn(outer(loop, count));
        group.spawn(outer(loop, count));
        EXPECT_EQ(count, 4);
        EXPECT_EQ(group.size(), 2U);
    }
    EXPECT_EQ(count, 0);
}

TEST(Loop, sleepers_wake_in_order_of_their_times)
{
    Loop loop;
    std::string order;
    const auto sleeper = [](Loop& l, std::string& o, Duration d, char name) -> Task<void> {
        co_await l.sleep(d);
        o += name;
    };
    const auto all = [&](Loop& l) -> Task<void> {
        Group group{l};
        group.spawn(sleeper(l, order, 3ms, 'd'));
        group.spawn(sleeper(l, order, 1ms, 'b'));
        group.spawn(sleeper(l, order, 2ms, 'c'));
        group.spawn(sleeper(l, order, 0ms, 'a'));
        co_await group.join();
    };
    loop.run(all(loop));
    EXPECT_EQ(order, "abcd");
}

TEST(Group, join_waits_for_all_and_not_without_any)
{
    Loop loop;
    const auto joins = [](Loop& l) -> Task<int> {
        Group group{l};
        co_await group.join();
        int ended = 0;
        const auto one = [](Loop& inner, int& e) -> Task<void> {
            co_await inner.sleep(1ms);
            ++e;
        };
        for (int i = 0; i < 5; ++i) group.spawn(one(l, ended));
        co_await group.join();
        co_return ended;
    };
    EXPECT_EQ(loop.run(joins(loop)), 5);
}

TEST(Timeout, gives_the_value_or_cancels)
{
    Loop loop;
    int count = 0;
    const auto tries = [&](Loop& l) -> Task<void> {
        const auto value = co_await timeout(l, 1h, after(l, 1ms, 5));
        EXPECT_TRUE(value && *value == 5);
        const auto at_once = co_await timeout(l, 0s, immediate(6));
        EXPECT_TRUE(at_once && *at_once == 6);
        const auto none = co_await timeout(l, 1ms, hold_for_ever(l, count));
        EXPECT_EQ(none.error(), ETIMEDOUT);
        EXPECT_EQ(count, 0);
    };
    loop.run(tries(loop));
}

TEST(Timers, a_time_may_be_moved_either_way)
{
    detail::TimerHeap heap;
    struct Mark final : detail::Timer {
        explicit Mark(detail::TimerHeap& h) : Timer(h) {}
        void on_due() override { ++calls; }
        int calls = 0;
    };
    std::vector<std::unique_ptr<Mark>> marks;
    for (int i = 0; i < 100; ++i) {
        marks.push_back(std::make_unique<Mark>(heap));
        marks.back()->set(TimePoint{(i * 37) % 100 + 1});
    }
    marks[0]->set(TimePoint{1000});  // later
    marks[1]->set(TimePoint{0});     // earlier
    marks[2]->set(never);
    marks[3].reset();
    detail::List<detail::Due> due;
    TimePoint last{0};
    for (TimePoint now{0}; now <= TimePoint{100}; ++now) {
        heap.collect(now, due);
        while (!due.is_empty()) due.pop_front().on_due();
        EXPECT_GE(heap.next(), last);
        last = now;
    }
    EXPECT_EQ(marks[0]->calls, 0);
    EXPECT_EQ(marks[2]->calls, 0);
    for (size_t i = 4; i < marks.size(); ++i) EXPECT_EQ(marks[i]->calls, 1) << i;
    EXPECT_EQ(heap.next(), TimePoint{1000});
}

/// Both ends of a connection.
struct Pair {
    explicit Pair(Loop& loop)
    {
        auto listener = net::Listener::listen(net::Address::loopback(0));
        auto connected = net::Stream::connect(*listener->local_address());
        a.emplace(loop, std::move(*connected));
        b.emplace(loop, std::move(*listener->accept()));
    }
    std::optional<Stream> a, b;
};

TEST(Stream, large_writes_wait_for_the_reader)
{
    Loop loop;
    Pair pair{loop};
    std::string sent(8U << 20U, '\0');
    for (size_t i = 0; i < sent.size(); ++i) sent[i] = static_cast<char>(i * 31 >> 3);
    const auto writes = [](Stream& stream, std::string_view text) -> Task<void> {
        EXPECT_TRUE(co_await stream.write(text.substr(0, 10), text.substr(10)));
        static_cast<void>(stream.socket().finish_writing());
    };
    const auto reads = [&](Loop& l) -> Task<std::string> {
        Group group{l};
        group.spawn(writes(*pair.a, sent));
        std::string got, part(100'000, '\0');
        for (;;) {
            const auto size = co_await pair.b->read(bytes_of(part));
            EXPECT_TRUE(size);
            if (!size || *size == 0) co_return got;
            got.append(part, 0, *size);
        }
    };
    EXPECT_EQ(loop.run(reads(loop)), sent);
}

TEST(Stream, deadlines_end_what_waits_until_another_is_set)
{
    Loop loop;
    Pair pair{loop};
    const auto tries = [&](Loop& l) -> Task<void> {
        std::string part(10, '\0');
        pair.a->set_deadline(l.now() + 1ms);
        EXPECT_EQ((co_await pair.a->read(bytes_of(part))).error(), ETIMEDOUT);
        EXPECT_EQ((co_await pair.a->read(bytes_of(part))).error(), ETIMEDOUT);
        EXPECT_EQ((co_await pair.a->write("x")).error(), ETIMEDOUT);
        pair.a->set_deadline(never);
        EXPECT_TRUE(co_await pair.b->write("x"));
        const auto size = co_await pair.a->read(bytes_of(part));
        EXPECT_TRUE(size && *size == 1);
    };
    loop.run(tries(loop));
}

TEST(Stream, reading_and_writing_both_end_at_the_deadline)
{
    Loop loop;
    Pair pair{loop};
    const auto writes = [](Stream& stream, int& error) -> Task<void> {
        const std::string much(64U << 20U, 'x');
        error = (co_await stream.write(much)).error().code;
    };
    const auto tries = [&](Loop& l) -> Task<void> {
        Group group{l};
        int error = 0;
        group.spawn(writes(*pair.a, error));
        pair.a->set_deadline(l.now() + 1ms);
        std::string part(10, '\0');
        EXPECT_EQ((co_await pair.a->read(bytes_of(part))).error(), ETIMEDOUT);
        co_await group.join();
        EXPECT_EQ(error, ETIMEDOUT);
    };
    loop.run(tries(loop));
}

TEST(Stream, a_cancelled_read_leaves_the_stream_usable)
{
    Loop loop;
    Pair pair{loop};
    const auto reads = [](Stream& stream) -> Task<Result<size_t>> {
        std::string part(10, '\0');
        co_return co_await stream.read(bytes_of(part));
    };
    const auto tries = [&](Loop& l) -> Task<void> {
        for (int i = 0; i < 3; ++i) {
            EXPECT_EQ((co_await timeout(l, 1ms, reads(*pair.a))).error(), ETIMEDOUT);
            EXPECT_TRUE(co_await pair.b->write("ab"));
            const auto size = co_await timeout(l, 1h, reads(*pair.a));
            EXPECT_TRUE(size && *size == 2);
        }
    };
    loop.run(tries(loop));
}

TEST(Stream, a_stream_that_is_always_ready_leaves_others_their_turn)
{
    Loop loop;
    Pair pair{loop};
    const auto other = [](Loop& l, int& turns) -> Task<void> {
        for (;;) {
            co_await l.sleep(0s);
            ++turns;
        }
    };
    const auto reads = [&](Loop& l) -> Task<int> {
        Group group{l};
        int turns = 0;
        group.spawn(other(l, turns));
        EXPECT_TRUE(co_await pair.b->write(std::string(1000, 'x')));
        std::string part(1, '\0');
        for (int i = 0; i < 1000; ++i) EXPECT_TRUE(co_await pair.a->read(bytes_of(part)));
        co_return turns;
    };
    EXPECT_GE(loop.run(reads(loop)), 50);
}

TEST(Connect, refusals_are_values)
{
    Loop loop;
    net::Address address;
    {
        const auto listener = net::Listener::listen(net::Address::loopback(0));
        address = *listener->local_address();
    }
    EXPECT_EQ(loop.run(connect(loop, address)).error(), ECONNREFUSED);
}

TEST(Datagrams, wait_for_messages)
{
    Loop loop;
    Datagrams a{loop, *net::Datagrams::bind(net::Address::loopback(0))}, b{loop, *net::Datagrams::bind(net::Address::loopback(0))};
    const auto tries = [&](Loop& l) -> Task<void> {
        Group group{l};
        const auto sends = [](Loop& inner, Datagrams& from, net::Address to) -> Task<void> {
            co_await inner.sleep(1ms);
            EXPECT_TRUE(co_await from.send_to("message", to));
        };
        group.spawn(sends(l, a, *b.socket().local_address()));
        std::string part(10, '\0');
        const auto received = co_await b.receive(bytes_of(part));
        EXPECT_TRUE(received && received->size == 7);
    };
    loop.run(tries(loop));
}

TEST(Http, server_and_client_speak_with_one_another)
{
    Loop loop;
    auto listener = net::Listener::listen(net::Address::loopback(0));
    const net::Address address = *listener->local_address();
    const auto echo = [](http::Request& request, http::Response& response) -> Task<void> {
        std::string part(1000, '\0');
        for (;;) {
            const auto size = co_await request.read(bytes_of(part));
            if (!size) co_return;
            if (*size == 0) break;
            if (!co_await response.write({part.data(), *size})) co_return;
        }
    };
    const auto tries = [&](Loop& l) -> Task<void> {
        Group group{l};
        const auto serves = [](Loop& inner, net::Listener socket, auto handler) -> Task<void> {
            static_cast<void>(co_await http::serve(inner, std::move(socket), handler));
        };
        group.spawn(serves(l, std::move(*listener), echo));

        http::Client client{l};
        EXPECT_EQ((co_await client.exchange(http::ClientRequest{})).error(), ENOTCONN);
        EXPECT_EQ((co_await client.read_all(1)).error(), ENOTCONN);
        EXPECT_TRUE(co_await client.connect("127.0.0.1", address.port()));
        http::ClientRequest whole{"POST", "/"};
        whole.set_body("whole");
        EXPECT_TRUE(co_await client.exchange(whole));
        EXPECT_EQ(client.response().status, 200);
        EXPECT_FALSE(client.is_reusable());
        EXPECT_EQ((co_await client.exchange(whole)).error(), EISCONN);  // the body is not read
    };
    loop.run(tries(loop));
}

TEST(Http, bodies_in_parts_and_a_second_request_on_the_connection)
{
    Loop loop;
    auto listener = net::Listener::listen(net::Address::loopback(0));
    const net::Address address = *listener->local_address();
    const auto sized = [](http::Request& request, http::Response& response) -> Task<void> {
        const auto body = co_await request.read_all(100);
        response.set_body(body ? std::to_string(body->size()) : body.error().message());
    };
    const auto tries = [&](Loop& l) -> Task<void> {
        Group group{l};
        const auto serves = [](Loop& inner, net::Listener socket, auto handler) -> Task<void> {
            static_cast<void>(co_await http::serve(inner, std::move(socket), handler));
        };
        group.spawn(serves(l, std::move(*listener), sized));

        http::Client client{l};
        EXPECT_TRUE(co_await client.connect(address, "test"));
        for (int i = 0; i < 2; ++i) {
            EXPECT_TRUE(client.begin(http::ClientRequest{"POST", "/"}));
            EXPECT_TRUE(co_await client.write("ab"));
            EXPECT_TRUE(co_await client.write(""));
            EXPECT_TRUE(co_await client.write("cde"));
            EXPECT_TRUE(co_await client.finish());
            EXPECT_TRUE(co_await client.receive());
            const auto body = co_await client.read_all(10);
            EXPECT_TRUE(body && *body == "5");
            EXPECT_TRUE(client.is_reusable());
        }
        EXPECT_TRUE(client.begin(http::ClientRequest{"POST", "/"}, 3));
        EXPECT_EQ((co_await client.write("abcd")).error(), EINVAL);
        EXPECT_EQ((co_await client.finish()).error(), EINVAL);
        EXPECT_TRUE(co_await client.write("abc"));
        EXPECT_TRUE(co_await client.finish());
        EXPECT_TRUE(co_await client.receive());
        EXPECT_EQ((co_await client.read_all(0)).error(), EMSGSIZE);
    };
    loop.run(tries(loop));
}

}  // namespace
}  // namespace weir::async
