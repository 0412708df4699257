#include "base/zeroed_memory.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace weir {
namespace {

bool is_zero(const ZeroedMemory& memory, size_t from = 0)
{
    return std::all_of(memory.data() + from, memory.data() + memory.size_bytes(), [](std::byte b) { return b == std::byte{}; });
}

// Below and above where it becomes a mapping.
constexpr size_t sizes[] = {1, 24, 4096, 16383, 16384, 100'000, 1'000'000};

TEST(ZeroedMemory, is_zero_also_where_others_have_written)
{
    for (const size_t size : sizes) {
        for (int round = 0; round < 3; ++round) {
            const ZeroedMemory memory{size};
            ASSERT_NE(memory.data(), nullptr) << size;
            EXPECT_EQ(memory.size_bytes(), size);
            EXPECT_TRUE(is_zero(memory)) << size;
            EXPECT_EQ(reinterpret_cast<uintptr_t>(memory.data()) % alignof(std::max_align_t), 0U);
            std::fill_n(memory.data(), size, std::byte{0xff});
        }
    }
}

TEST(ZeroedMemory, growth_keeps_what_is_there_and_adds_zeros)
{
    for (const size_t from : sizes) {
        for (const size_t to : sizes) {
            ZeroedMemory memory{from};
            std::fill_n(memory.data(), from, std::byte{7});
            ASSERT_TRUE(memory.grow(to));
            EXPECT_EQ(memory.size_bytes(), std::max(from, to));
            EXPECT_EQ(std::count(memory.data(), memory.data() + from, std::byte{7}), static_cast<std::ptrdiff_t>(from));
            EXPECT_TRUE(is_zero(memory, from)) << from << " " << to;
        }
    }
}

TEST(ZeroedMemory, what_nobody_touches_costs_nothing)
{
    constexpr size_t size = size_t{1} << 20, page = 4096;
    const ZeroedMemory memory{size};
    memory.data()[size / 2] = std::byte{1};
    std::vector<unsigned char> is_resident(size / page);
    ASSERT_EQ(::mincore(memory.data(), size, is_resident.data()), 0);
    EXPECT_EQ(std::ranges::count_if(is_resident, [](unsigned char flags) { return (flags & 1U) != 0; }), 1);
}

TEST(ZeroedMemory, refuses_what_there_is_no_room_for)
{
    EXPECT_EQ(ZeroedMemory{size_t{1} << 60}.data(), nullptr);
    EXPECT_EQ(ZeroedMemory{0}.data(), nullptr);
    for (const size_t size : sizes) {
        ZeroedMemory memory{size};
        EXPECT_FALSE(memory.grow(size_t{1} << 60));
        EXPECT_EQ(memory.size_bytes(), size);
        EXPECT_TRUE(is_zero(memory));
    }
}

TEST(ZeroedMemory, moves)
{
    ZeroedMemory first{100'000}, second{10};
    std::byte* const data = first.data();
    second = std::move(first);
    EXPECT_EQ(second.data(), data);
    const ZeroedMemory third{std::move(second)};
    EXPECT_EQ(third.data(), data);
    EXPECT_EQ(third.size_bytes(), 100'000U);
}

}  // namespace
}  // namespace weir
