#include "base/result.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace weir {
namespace {

Result<int, std::string> parsed(int v)
{
    if (v < 0) return Unexpected{"negative"};
    return v;
}
Result<int, std::string> doubled(int v)
{
    WEIR_TRY(value, parsed(v));
    return 2 * value;
}
Result<void, std::string> checked(int v)
{
    WEIR_CHECK(doubled(v));
    return {};
}

TEST(Result, holds_a_value_or_an_error)
{
    EXPECT_EQ(*parsed(4), 4);
    EXPECT_FALSE(parsed(-1));
    EXPECT_EQ(parsed(-1).error(), "negative");
    EXPECT_EQ(parsed(-1).value_or(7), 7);
    EXPECT_EQ(parsed(3).value_or(7), 3);
}

TEST(Result, macros_pass_the_error_on)
{
    EXPECT_EQ(*doubled(4), 8);
    EXPECT_EQ(doubled(-1).error(), "negative");
    EXPECT_TRUE(checked(1));
    EXPECT_EQ(checked(-1).error(), "negative");
}

TEST(Result, holds_what_only_moves)
{
    Result<std::unique_ptr<int>, int> r = std::make_unique<int>(5);
    const std::unique_ptr<int> taken = *std::move(r);
    EXPECT_EQ(*taken, 5);
}

TEST(Result, value_and_error_may_be_of_one_type)
{
    Result<int, int> bad = Unexpected{3};
    EXPECT_FALSE(bad);
    EXPECT_EQ(bad.error(), 3);
    EXPECT_EQ(*(Result<int, int>{3}), 3);
}

}  // namespace
}  // namespace weir
