#include "runtime/table.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace weir::runtime {
namespace {

wasm::TableType elements(uint64_t min, std::optional<uint64_t> max = {})
{
    return {.element = wasm::funcref, .limits = {.min = min, .max = max}, .address = wasm::AddressType::i32};
}

uint64_t resident_bytes()
{
    uint64_t size = 0, resident = 0;
    std::ifstream{"/proc/self/statm"} >> size >> resident;
    return resident * 4096;
}

TEST(Table, starts_with_its_initial_value_and_grows_with_another)
{
    TableBudget budget{100};
    const auto table = Table::create(elements(2), 7, budget);
    ASSERT_TRUE(table);
    EXPECT_EQ(table->grow(3, 9), 2U);
    EXPECT_EQ(table->size, 5U);
    EXPECT_EQ(table->elements[1], 7U);
    EXPECT_EQ(table->elements[2], 9U);
    EXPECT_EQ(table->elements[4], 9U);
    EXPECT_EQ(table->type().limits.min, 5U);
}

TEST(Table, grows_to_its_maximum_and_no_further)
{
    TableBudget budget{100};
    const auto table = Table::create(elements(0, 3), 0, budget);
    ASSERT_TRUE(table);
    EXPECT_EQ(table->grow(4, 0), ~uint64_t{0});
    EXPECT_EQ(table->grow(~uint64_t{0}, 0), ~uint64_t{0});
    EXPECT_EQ(table->grow(3, 0), 0U);
    EXPECT_EQ(table->grow(1, 0), ~uint64_t{0});
    EXPECT_EQ(table->grow(0, 0), 3U);
}

TEST(Table, shares_its_budget_with_the_other_tables)
{
    TableBudget budget{10};
    const auto first = Table::create(elements(6), 0, budget);
    ASSERT_TRUE(first);
    EXPECT_FALSE(Table::create(elements(5), 0, budget));
    const auto second = Table::create(elements(3), 0, budget);
    ASSERT_TRUE(second);
    EXPECT_EQ(second->grow(2, 0), ~uint64_t{0});
    EXPECT_EQ(first->grow(1, 0), 6U);
    EXPECT_EQ(budget.elements_left, 0U);
}

TEST(Table, of_many_null_elements_costs_no_memory_until_written)
{
    constexpr uint64_t count = 10'000'000;
    TableBudget budget{count};
    const uint64_t before = resident_bytes();
    const auto table = Table::create(elements(count), 0, budget);
    ASSERT_TRUE(table);
    EXPECT_EQ(table->elements[count - 1], 0U);
    EXPECT_LT(resident_bytes() - before, count * sizeof(uint64_t) / 8);
}

TEST(Table, keeps_its_elements_over_many_small_growths)
{
    TableBudget budget{10'000};
    const auto table = Table::create(elements(1), 1, budget);
    ASSERT_TRUE(table);
    for (uint64_t i = 1; i < 5000; ++i) ASSERT_EQ(table->grow(1, i + 1), i);
    for (uint64_t i = 0; i < 5000; ++i) ASSERT_EQ(table->elements[i], i + 1);
}

}  // namespace
}  // namespace weir::runtime
