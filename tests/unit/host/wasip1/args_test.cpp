#include "fixture.hpp"

namespace weir::test {
namespace {

TEST_F(Wasi, arguments_are_stored_with_their_nuls_and_nothing_else_is)
{
    WorldConfig config;
    config.args = {"prog", "", "x y"};
    start(std::move(config));
    ASSERT_EQ(call("args_sizes_get", {result_at, second_result_at}), Errno::success);
    EXPECT_EQ(load<uint32_t>(result_at), 3U);
    EXPECT_EQ(load<uint32_t>(second_result_at), 10U);

    fill_with_canary();
    ASSERT_EQ(call("args_get", {result_at, buffer_at}), Errno::success);
    EXPECT_EQ(text_at(buffer_at, 10), std::string("prog\0\0x y\0", 10));
    EXPECT_EQ(load<uint32_t>(result_at), buffer_at);
    EXPECT_EQ(load<uint32_t>(result_at + 4), buffer_at + 5);
    EXPECT_EQ(load<uint32_t>(result_at + 8), buffer_at + 6);
    EXPECT_TRUE(is_untouched(0, result_at));
    EXPECT_TRUE(is_untouched(result_at + 12, buffer_at));
    EXPECT_TRUE(is_untouched(buffer_at + 10, memory_bytes));
}

TEST_F(Wasi, environment_is_only_what_was_given)
{
    ASSERT_EQ(call("environ_sizes_get", {result_at, second_result_at}), Errno::success);
    EXPECT_EQ(load<uint32_t>(result_at), 0U);
    EXPECT_EQ(load<uint32_t>(second_result_at), 0U);

    WorldConfig config;
    config.environment = {"A=1", "B="};
    start(std::move(config));
    ASSERT_EQ(call("environ_get", {result_at, buffer_at}), Errno::success);
    EXPECT_EQ(text_at(buffer_at, 7), std::string("A=1\0B=\0", 7));
}

TEST_F(Wasi, arguments_that_do_not_fit_are_not_stored_in_part)
{
    WorldConfig config;
    config.args = {"prog", "argument"};
    start(std::move(config));
    fill_with_canary();
    EXPECT_EQ(call("args_get", {result_at, memory_bytes - 8}), Errno::fault);
    EXPECT_EQ(call("args_get", {memory_bytes - 7, buffer_at}), Errno::fault);
    EXPECT_EQ(call("args_get", {0xFFFFFFFC, buffer_at}), Errno::fault);
    EXPECT_TRUE(is_untouched(0, memory_bytes));
    EXPECT_EQ(call("args_get", {memory_bytes - 8, memory_bytes - 30}), Errno::success);
    EXPECT_EQ(call("args_sizes_get", {memory_bytes, 0}), Errno::fault);
}

}  // namespace
}  // namespace weir::test
