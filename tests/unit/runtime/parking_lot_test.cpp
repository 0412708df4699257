#include "runtime/parking_lot.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>
#include <vector>

namespace weir::runtime {
namespace {

TEST(ParkingLot, does_not_sleep_on_another_value)
{
    std::atomic<uint32_t> word{1};
    EXPECT_EQ(park(&word, 2, -1), ParkResult::not_equal);
    std::atomic<uint64_t> wide{uint64_t{1} << 32};
    EXPECT_EQ(park(&wide, uint64_t{0}, -1), ParkResult::not_equal);
}

TEST(ParkingLot, gives_up_after_its_timeout_and_not_before)
{
    std::atomic<uint32_t> word{0};
    EXPECT_EQ(park(&word, 0, 0), ParkResult::timed_out);
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(park(&word, 0, 2'000'000), ParkResult::timed_out);
    EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds{2});
}

TEST(ParkingLot, wakes_none_where_none_sleeps)
{
    std::atomic<uint32_t> word{0};
    EXPECT_EQ(unpark(&word, 10), 0U);
}

TEST(ParkingLot, wakes_as_many_as_asked_and_only_of_that_address)
{
    constexpr uint32_t sleepers = 4;
    std::atomic<uint32_t> word{0}, other{0};
    std::atomic<uint32_t> woken{0};
    std::vector<std::jthread> threads;
    for (uint32_t i = 0; i < sleepers; ++i)
        threads.emplace_back([&] {
            if (park(&word, 0, -1) == ParkResult::woken) ++woken;
        });
    std::jthread elsewhere{[&] { static_cast<void>(park(&other, 0, -1)); }};
    // Whoever has gone to sleep is counted by unpark itself: asked often enough, it adds up to all, and never to more.
    uint32_t told = 0;
    while (told < sleepers) {
        const uint32_t now = unpark(&word, 1);
        ASSERT_LE(now, 1U);
        told += now;
        std::this_thread::yield();
    }
    threads.clear();
    EXPECT_EQ(woken, sleepers);
    while (unpark(&other, UINT32_MAX) == 0) std::this_thread::yield();
}

TEST(ParkingLot, loses_no_wake_between_compare_and_sleep)
{
    constexpr uint32_t rounds = 2000;
    std::atomic<uint32_t> turn{0};
    // Two threads hand the turn to one another; a lost wake would hang here.
    const auto play = [&](uint32_t me) {
        for (uint32_t i = 0; i < rounds; ++i) {
            for (uint32_t now = turn.load(); now % 2 != me; now = turn.load()) static_cast<void>(park(&turn, now, -1));
            turn.fetch_add(1);
            unpark(&turn, 1);
        }
    };
    std::jthread one{play, 0U};
    play(1);
    one.join();
    EXPECT_EQ(turn, 2 * rounds);
}

}  // namespace
}  // namespace weir::runtime
