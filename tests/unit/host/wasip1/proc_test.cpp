#include "fixture.hpp"

namespace weir::test {
namespace {

TEST_F(Wasi, exit_codes_pass_through)
{
    for (const uint32_t code : {0U, 1U, 255U, 256U, 0xFFFFFFFFU}) EXPECT_EQ(exit_code_of("proc_exit", {code}), code);
}

TEST_F(Wasi, raising_ends_the_guest_as_the_signal_would)
{
    EXPECT_EQ(exit_code_of("proc_raise", {6}), 134U);   // abrt
    EXPECT_EQ(exit_code_of("proc_raise", {15}), 143U);  // term
    EXPECT_EQ(exit_code_of("proc_raise", {30}), 159U);  // sys is Linux' 31
    for (const uint64_t ignored : {0U, 16U, 17U, 22U, 27U}) EXPECT_EQ(call("proc_raise", {ignored}), Errno::success) << ignored;
    for (const uint64_t stopping : {18U, 19U, 20U, 21U}) EXPECT_EQ(call("proc_raise", {stopping}), Errno::notsup) << stopping;
    for (const uint64_t unknown : {31U, 255U, 256U, 0xFFFFFFFFU}) EXPECT_EQ(call("proc_raise", {unknown}), Errno::inval) << unknown;
}

TEST_F(Wasi, yield_comes_back) { EXPECT_EQ(call("sched_yield", {}), Errno::success); }

}  // namespace
}  // namespace weir::test
