#include "runtime/range_registry.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <vector>

namespace weir::runtime {
namespace {

TEST(RangeRegistry, finds_what_is_inside_only)
{
    int a = 0, b = 0;
    RangeRegistry<int, 4> registry;
    ASSERT_TRUE(registry.add(100, 200, &a));
    ASSERT_TRUE(registry.add(200, 300, &b));
    EXPECT_EQ(registry.find(99), nullptr);
    EXPECT_EQ(registry.find(100), &a);
    EXPECT_EQ(registry.find(199), &a);
    EXPECT_EQ(registry.find(200), &b);
    EXPECT_EQ(registry.find(300), nullptr);
    registry.remove(&a);
    EXPECT_EQ(registry.find(150), nullptr);
    EXPECT_EQ(registry.find(250), &b);
}

TEST(RangeRegistry, says_when_it_is_full_and_takes_again_what_became_free)
{
    int values[4]{};
    RangeRegistry<int, 3> registry;
    for (uintptr_t i = 0; i < 3; ++i) ASSERT_TRUE(registry.add(100 * i + 1, 100 * i + 50, &values[i]));
    EXPECT_FALSE(registry.add(500, 600, &values[3]));
    registry.remove(&values[0]);
    EXPECT_TRUE(registry.add(500, 600, &values[3]));
    EXPECT_EQ(registry.find(550), &values[3]);
    EXPECT_EQ(registry.find(10), nullptr);
}

// Ranges on both sides come and go in one entry while a third stays: a reader that mixed the begin of one with the end of the
// other would see a range over the third.
TEST(RangeRegistry, finds_a_range_that_stays_whatever_happens_beside_it)
{
    constexpr int rounds = 200'000;
    int below = 0, above = 0, stays = 0;
    const auto registry = std::make_unique<RangeRegistry<int, 4>>();
    ASSERT_TRUE(registry->add(1, 10, &below));
    ASSERT_TRUE(registry->add(1000, 2000, &stays));
    registry->remove(&below);
    std::atomic<bool> is_done{false};
    std::jthread changing{[&] {
        for (int i = 0; i < rounds; ++i) {
            registry->add(1, 10, &below);
            registry->remove(&below);
            registry->add(5000, 6000, &above);
            registry->remove(&above);
        }
        is_done = true;
    }};
    while (!is_done) ASSERT_EQ(registry->find(1500), &stays);
}

}  // namespace
}  // namespace weir::runtime
