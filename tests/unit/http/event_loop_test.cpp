#include "http/event_loop.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <thread>

namespace weir::http {
namespace {

TEST(EventLoop, deferred_tasks_run_in_order_and_later)
{
    EventLoop loop;
    std::vector<int> order;
    loop.defer([&] {
        order.push_back(1);
        loop.defer([&] {
            order.push_back(4);
            loop.stop();
        });
        order.push_back(2);
    });
    loop.defer([&] { order.push_back(3); });
    loop.run();
    EXPECT_EQ(order, (std::vector<int>{1, 2, 3, 4}));
}

TEST(EventLoop, tasks_are_posted_from_other_threads)
{
    EventLoop loop;
    std::thread::id ran_on;
    std::thread other{[&] {
        loop.post([&] {
            ran_on = std::this_thread::get_id();
            loop.stop();
        });
    }};
    loop.run();
    other.join();
    EXPECT_EQ(ran_on, std::this_thread::get_id());
}

TEST(EventLoop, tasks_that_did_not_run_are_destroyed_with_it)
{
    const auto held = std::make_shared<int>(1);
    {
        EventLoop loop;
        loop.post([held] {});
        // One that defers another as it goes.
        loop.defer([held, again = std::shared_ptr<void>{nullptr, [&loop](void*) { loop.defer([] {}); }}] {});
        EXPECT_EQ(held.use_count(), 3);
    }
    EXPECT_EQ(held.use_count(), 1);
}

TEST(EventLoop, timers_fire_at_the_latest_deadline_that_was_set)
{
    EventLoop loop;
    const auto began = Clock::now();
    Timer timer{loop, [&] { loop.stop(); }};
    timer.set_after(std::chrono::milliseconds{1});
    timer.set_after(std::chrono::milliseconds{20});
    loop.run();
    EXPECT_GE(Clock::now() - began, std::chrono::milliseconds{20});
    EXPECT_FALSE(timer.is_set());
}

TEST(EventLoop, timers_that_were_cleared_or_destroyed_do_not_fire)
{
    EventLoop loop;
    Timer cleared{loop, [] { FAIL(); }};
    cleared.set_after(std::chrono::milliseconds{1});
    cleared.clear();
    auto destroyed = std::make_unique<Timer>(loop, [] { FAIL(); });
    destroyed->set_after(std::chrono::milliseconds{1});
    destroyed.reset();
    Timer last{loop, [&] { loop.stop(); }};
    last.set_after(std::chrono::milliseconds{10});
    loop.run();
}

TEST(EventLoop, timers_may_destroy_themselves)
{
    EventLoop loop;
    std::unique_ptr<Timer> timer;
    timer = std::make_unique<Timer>(loop, [&] {
        timer.reset();
        loop.stop();
    });
    timer->set_after(Duration{0});
    loop.run();
    EXPECT_EQ(timer, nullptr);
}

TEST(EventLoop, descriptors_wake_once_for_each_wait)
{
    EventLoop loop;
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe2(ends.data(), O_NONBLOCK | O_CLOEXEC), 0);
    FdWatch reading{loop, UniqueFd{ends[0]}};
    const UniqueFd writing{ends[1]};
    int woken = 0;
    reading.wait_readable([&] {
        ++woken;
        loop.stop();
    });
    ASSERT_EQ(::write(writing.get(), "x", 1), 1);
    loop.run();
    EXPECT_EQ(woken, 1);
    // The byte is still there: a new wait sees it at once.
    reading.wait_readable([&] { loop.stop(); });
    loop.run();
    reading.wait_readable([] { FAIL(); });
    reading.close();
    EXPECT_EQ(reading.fd(), -1);
    loop.defer([&] { loop.defer([&] { loop.stop(); }); });
    loop.run();
}

}  // namespace
}  // namespace weir::http
