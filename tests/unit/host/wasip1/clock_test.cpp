#include "fixture.hpp"

#include <ctime>

namespace weir::test {
namespace {

uint64_t host_now(clockid_t clock)
{
    timespec t{};
    ::clock_gettime(clock, &t);
    return static_cast<uint64_t>(t.tv_sec) * 1'000'000'000U + static_cast<uint64_t>(t.tv_nsec);
}

TEST_F(Wasi, clocks_read_as_the_host_reads_them)
{
    const clockid_t clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID};
    for (uint64_t id = 0; id < 4; ++id) {
        const uint64_t before = host_now(clocks[id]);
        ASSERT_EQ(call("clock_time_get", {id, 0, result_at}), Errno::success);
        EXPECT_GE(load<uint64_t>(result_at), before);
        EXPECT_LE(load<uint64_t>(result_at), host_now(clocks[id]));
        ASSERT_EQ(call("clock_res_get", {id, result_at}), Errno::success);
        EXPECT_GE(load<uint64_t>(result_at), 1U);
    }
}

TEST_F(Wasi, unknown_clocks_are_invalid)
{
    for (const uint64_t id : {4U, 255U, 0xFFFFFFFFU}) {
        EXPECT_EQ(call("clock_time_get", {id, 0, result_at}), Errno::inval);
        EXPECT_EQ(call("clock_res_get", {id, result_at}), Errno::inval);
    }
    EXPECT_EQ(call("clock_time_get", {0, 0, memory_bytes - 7}), Errno::fault);
}

TEST_F(Wasi, random_fills_just_the_buffer)
{
    fill_with_canary();
    ASSERT_EQ(call("random_get", {1000, 5000}), Errno::success);
    EXPECT_TRUE(is_untouched(0, 1000));
    EXPECT_TRUE(is_untouched(6000, memory_bytes));
    EXPECT_FALSE(is_untouched(1000, 1064));
    EXPECT_FALSE(is_untouched(5936, 6000));

    fill_with_canary();
    EXPECT_EQ(call("random_get", {memory_bytes - 10, 11}), Errno::fault);
    EXPECT_EQ(call("random_get", {memory_bytes, 0}), Errno::success);
    EXPECT_TRUE(is_untouched(0, memory_bytes));
}

}  // namespace
}  // namespace weir::test
