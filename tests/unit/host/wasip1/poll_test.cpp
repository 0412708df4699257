#include "fixture.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <ctime>
#include <thread>

namespace weir::test {
namespace {

constexpr uint64_t ms = 1'000'000;

// Few subscriptions are waited for with ppoll, more by registrations that stand from call to call: both answer alike.
enum class Way : uint8_t { direct, registered };

class Poll : public Wasi, public testing::WithParamInterface<Way> {
protected:
    static constexpr uint32_t in_at = 1024, out_at = 65536;
    Pipe input, output;
    Poll()
    {
        WorldConfig config;
        config.stdin_fd = input.reader.get();
        config.stdout_fd = output.writer.get();
        start(std::move(config));
        fill_with_canary();
    }
    void subscribe(uint32_t index, const Subscription& s) { store(in_at + index * static_cast<uint32_t>(sizeof s), s); }
    static Subscription to_fd(EventType type, uint32_t fd, uint64_t userdata)
    {
        Subscription s{};
        s.userdata = userdata;
        s.type = type;
        s.fd = Fd{fd};
        return s;
    }
    static Subscription to_clock(ClockId id, uint64_t timeout, uint64_t userdata, SubClockFlags flags = {})
    {
        Subscription s{};
        s.userdata = userdata;
        s.type = EventType::clock;
        s.clock = {id, 0, Timestamp{timeout}, Timestamp{0}, flags, {}};
        return s;
    }
    /// Waits for the first `count` subscriptions, and so that there are many for times that never come.
    Answer poll(uint32_t count)
    {
        if (GetParam() == Way::registered)
            for (int i = 0; i < 8; ++i) subscribe(count++, to_clock(ClockId::monotonic, UINT64_MAX, 0xbad));
        const Errno e = call("poll_oneoff", {in_at, out_at, count, result_at});
        return {e, load<uint32_t>(result_at)};
    }
    Event event(uint32_t index) { return load<Event>(out_at + index * static_cast<uint32_t>(sizeof(Event))); }
    static uint64_t now(clockid_t clock)
    {
        timespec t{};
        ::clock_gettime(clock, &t);
        return static_cast<uint64_t>(t.tv_sec) * 1'000'000'000U + static_cast<uint64_t>(t.tv_nsec);
    }
};

TEST_P(Poll, counts_are_bounded_and_multiplied_without_wrapping)
{
    for (const uint32_t count : {0xFFFFFFFFU, 0x80000000U, 0x08000001U, 0x05555556U})
        EXPECT_EQ(call("poll_oneoff", {in_at, out_at, count, result_at}), Errno::fault) << count;
    EXPECT_EQ(call("poll_oneoff", {in_at, out_at, 0, result_at}), Errno::inval);
    subscribe(0, to_clock(ClockId::monotonic, 0, 1));
    EXPECT_EQ(call("poll_oneoff", {in_at, memory_bytes - 31, 1, result_at}), Errno::fault);
    EXPECT_EQ(call("poll_oneoff", {memory_bytes - 47, out_at, 1, result_at}), Errno::fault);
    EXPECT_EQ(call("poll_oneoff", {in_at, memory_bytes - 32, 1, result_at}), Errno::success);
}

TEST_P(Poll, a_relative_clock_never_fires_early)
{
    for (const ClockId id : {ClockId::realtime, ClockId::monotonic}) {
        subscribe(0, to_clock(id, 20 * ms, 42));
        const uint64_t before = now(CLOCK_MONOTONIC);
        ASSERT_EQ(poll(1).value, 1U);
        EXPECT_GE(now(CLOCK_MONOTONIC) - before, 20 * ms);
        EXPECT_EQ(event(0).userdata, 42U);
        EXPECT_EQ(event(0).error, Errno::success);
        EXPECT_EQ(event(0).type, EventType::clock);
    }
}

TEST_P(Poll, an_absolute_clock_fires_at_its_time_or_at_once_when_that_is_past)
{
    for (const auto& [id, clock] : {std::pair{ClockId::realtime, CLOCK_REALTIME}, std::pair{ClockId::monotonic, CLOCK_MONOTONIC}}) {
        const uint64_t due = now(clock) + 20 * ms;
        subscribe(0, to_clock(id, due, 1, subclock_abstime));
        ASSERT_EQ(poll(1).value, 1U);
        EXPECT_GE(now(clock), due);
        for (const uint64_t past : {uint64_t{0}, uint64_t{1}, now(clock) - 1}) {
            subscribe(0, to_clock(id, past, 1, subclock_abstime));
            EXPECT_EQ(poll(1).value, 1U);
        }
    }
}

TEST_P(Poll, sleeping_uses_no_time_of_the_processor)
{
    subscribe(0, to_clock(ClockId::monotonic, 200 * ms, 1));
    const uint64_t before = now(CLOCK_THREAD_CPUTIME_ID);
    ASSERT_EQ(poll(1).value, 1U);
    EXPECT_LT(now(CLOCK_THREAD_CPUTIME_ID) - before, 50 * ms);
}

TEST_P(Poll, the_earliest_of_several_clocks_comes_alone)
{
    subscribe(0, to_clock(ClockId::monotonic, UINT64_MAX, 1));
    subscribe(1, to_clock(ClockId::monotonic, 1, 2));
    subscribe(2, to_clock(ClockId::realtime, 3'600'000 * ms, 3));
    ASSERT_EQ(poll(3).value, 1U);
    EXPECT_EQ(event(0).userdata, 2U);
    EXPECT_TRUE(is_untouched(out_at + sizeof(Event), memory_bytes));
}

TEST_P(Poll, input_comes_with_its_size_and_events_have_no_padding)
{
    ASSERT_EQ(::write(input.writer.get(), "abc", 3), 3);
    subscribe(0, to_fd(EventType::fd_read, 0, 7));
    subscribe(1, to_clock(ClockId::monotonic, 3'600'000 * ms, 8));
    ASSERT_EQ(poll(2).value, 1U);
    EXPECT_EQ(event(0).userdata, 7U);
    EXPECT_EQ(event(0).type, EventType::fd_read);
    EXPECT_EQ(event(0).nbytes, FileSize{3});
    EXPECT_EQ(event(0).flags, 0);
    for (const uint32_t i : {11U, 15U, 26U, 31U}) EXPECT_EQ(memory()[out_at + i], std::byte{0});
}

TEST_P(Poll, input_that_comes_later_wakes)
{
    subscribe(0, to_fd(EventType::fd_read, 0, 7));
    std::thread writer{[&] { EXPECT_EQ(::write(input.writer.get(), "x", 1), 1); }};
    EXPECT_EQ(poll(1).value, 1U);
    writer.join();
    EXPECT_EQ(event(0).nbytes, FileSize{1});
}

TEST_P(Poll, the_end_of_input_is_a_hangup)
{
    input.writer.reset();
    subscribe(0, to_fd(EventType::fd_read, 0, 7));
    ASSERT_EQ(poll(1).value, 1U);
    EXPECT_EQ(event(0).flags, event_hangup);
    EXPECT_EQ(event(0).error, Errno::success);
}

TEST_P(Poll, output_is_ready_and_input_without_data_is_not)
{
    subscribe(0, to_fd(EventType::fd_read, 0, 1));
    subscribe(1, to_fd(EventType::fd_write, 1, 2));
    ASSERT_EQ(poll(2).value, 1U);
    EXPECT_EQ(event(0).userdata, 2U);
    EXPECT_EQ(event(0).type, EventType::fd_write);
}

TEST_P(Poll, files_are_always_ready_for_both)
{
    const Answer fd = create("file");
    fill_with_canary();
    subscribe(0, to_fd(EventType::fd_read, static_cast<uint32_t>(fd.value), 1));
    subscribe(1, to_fd(EventType::fd_write, static_cast<uint32_t>(fd.value), 2));
    EXPECT_EQ(poll(2).value, 2U);
}

TEST_P(Poll, what_cannot_be_waited_for_is_an_event_with_its_error)
{
    subscribe(0, to_fd(EventType::fd_read, 99, 1));
    subscribe(1, to_clock(ClockId::process_cputime, 1, 2));
    subscribe(2, to_clock(ClockId{4}, 1, 3));
    subscribe(3, to_clock(ClockId::monotonic, 3'600'000 * ms, 4));
    subscribe(4, to_clock(ClockId::monotonic, 1, 5, SubClockFlags{2}));
    ASSERT_EQ(poll(5).value, 4U);
    EXPECT_EQ(event(0).error, Errno::badf);
    EXPECT_EQ(event(1).error, Errno::notsup);
    EXPECT_EQ(event(2).error, Errno::inval);
    EXPECT_EQ(event(3).error, Errno::inval);
    Subscription unknown = to_fd(EventType{3}, 0, 1);
    subscribe(0, unknown);
    EXPECT_EQ(poll(1).error, Errno::inval);
}

TEST_P(Poll, many_subscriptions_to_one_descriptor_each_have_their_event)
{
    ASSERT_EQ(::write(input.writer.get(), "x", 1), 1);
    for (uint32_t i = 0; i < 1000; ++i)
        subscribe(i, i % 2 == 0 ? to_fd(EventType::fd_read, 0, i) : to_fd(EventType::fd_write, 1, i));
    ASSERT_EQ(poll(1000).value, 1000U);
    for (uint32_t i = 0; i < 1000; ++i) ASSERT_EQ(event(i).userdata, i);
}

TEST_P(Poll, the_older_layout_is_read_as_such)
{
    unstable::Subscription s{};
    s.userdata = 9;
    s.type = EventType::clock;
    s.clock = {77, ClockId::monotonic, 0, Timestamp{1}, Timestamp{0}, {}, {}};
    store(in_at, s);
    s.userdata = 10;
    s.type = EventType::fd_write;
    s.fd = Fd{1};
    store(in_at + 56, s);
    uint32_t count = 2;
    s.type = EventType::clock;
    s.clock = {77, ClockId::monotonic, 0, Timestamp{UINT64_MAX}, Timestamp{0}, {}, {}};
    for (int i = 0; i < 8 && GetParam() == Way::registered; ++i) store(in_at + 56 * count++, s);
    ASSERT_EQ(call("poll_oneoff", {in_at, out_at, count, result_at}, "wasi_unstable"), Errno::success);
    EXPECT_GE(load<uint32_t>(result_at), 1U);
    const Event last = event(load<uint32_t>(result_at) - 1);
    EXPECT_EQ(last.userdata, 10U);
    EXPECT_EQ(last.type, EventType::fd_write);
}

INSTANTIATE_TEST_SUITE_P(Ways, Poll, testing::Values(Way::direct, Way::registered),
                         [](const auto& info) { return info.param == Way::direct ? "direct" : "registered"; });

}  // namespace
}  // namespace weir::test
