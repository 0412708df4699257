#include "runtime/memory.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <thread>
#include <vector>

namespace weir::runtime {
namespace {

constexpr uint64_t wasm_page = 65536;
constexpr uint64_t no_limit = uint64_t{1} << 36;

/// Whether a byte can be read, asked of the kernel.
bool is_readable(const std::byte* address)
{
    std::array<int, 2> fds{};
    if (::pipe(fds.data()) != 0) return false;
    const bool readable = ::write(fds[1], address, 1) == 1;
    ::close(fds[0]);
    ::close(fds[1]);
    return readable;
}

bool is_zero(std::span<const std::byte> bytes)
{
    return std::ranges::all_of(bytes, [](std::byte b) { return b == std::byte{0}; });
}

wasm::MemoryType pages(uint64_t min, std::optional<uint64_t> max = {})
{
    wasm::MemoryType type;
    type.limits = {.min = min, .max = max};
    return type;
}

std::unique_ptr<Memory> make(const wasm::MemoryType& type, MemoryMode mode, MemoryPool& pool, uint64_t limit_bytes = no_limit)
{
    auto memory = Memory::create(type, mode, limit_bytes, pool);
    if (!memory) {
        ADD_FAILURE() << memory.error().to_string();
        return nullptr;
    }
    return std::move(*memory);
}

class MemoryModes : public testing::TestWithParam<MemoryMode> {
protected:
    MemoryPool m_pool{8};
};
INSTANTIATE_TEST_SUITE_P(All, MemoryModes, testing::Values(MemoryMode::guard, MemoryMode::checked),
                         [](const auto& test) { return std::string{test.param == MemoryMode::guard ? "guard" : "checked"}; });

TEST_P(MemoryModes, holds_zeros_up_to_its_size_and_faults_on_both_sides)
{
    const auto memory = make(pages(2), GetParam(), m_pool);
    ASSERT_TRUE(memory);
    EXPECT_EQ(memory->size_bytes, 2 * wasm_page);
    EXPECT_TRUE(is_zero(memory->bytes()));
    EXPECT_FALSE(is_readable(memory->base - 1));
    EXPECT_FALSE(is_readable(memory->base + 2 * wasm_page));
}

TEST_P(MemoryModes, grows_to_its_maximum_and_no_further)
{
    const auto memory = make(pages(1, 3), GetParam(), m_pool);
    ASSERT_TRUE(memory);
    EXPECT_EQ(memory->grow(3), ~uint64_t{0});
    EXPECT_EQ(memory->grow(0), 1U);
    EXPECT_EQ(memory->grow(2), 1U);
    EXPECT_EQ(memory->grow(1), ~uint64_t{0});
    EXPECT_EQ(memory->grow(~uint64_t{0}), ~uint64_t{0});
    EXPECT_EQ(memory->pages(), 3U);
    EXPECT_TRUE(is_zero(memory->bytes()));
}

TEST_P(MemoryModes, grows_to_the_limit_of_the_embedder)
{
    const auto memory = make(pages(1), GetParam(), m_pool, 2 * wasm_page + 1);
    ASSERT_TRUE(memory);
    EXPECT_EQ(memory->grow(2), ~uint64_t{0});
    EXPECT_EQ(memory->grow(1), 1U);
}

TEST_P(MemoryModes, refuses_a_minimum_beyond_the_limit)
{
    EXPECT_FALSE(Memory::create(pages(3), GetParam(), 2 * wasm_page, m_pool).has_value());
    EXPECT_FALSE(Memory::create(pages(65537), GetParam(), no_limit, m_pool).has_value());
}

TEST_P(MemoryModes, contains_tells_the_last_byte_from_one_past_it_without_wrapping)
{
    const auto memory = make(pages(1), GetParam(), m_pool);
    ASSERT_TRUE(memory);
    EXPECT_TRUE(memory->contains(wasm_page - 1, 1));
    EXPECT_TRUE(memory->contains(wasm_page, 0));
    EXPECT_FALSE(memory->contains(wasm_page, 1));
    EXPECT_FALSE(memory->contains(wasm_page + 1, 0));
    EXPECT_FALSE(memory->contains(~uint64_t{0}, 2));
    EXPECT_FALSE(memory->contains(2, ~uint64_t{0}));
}

TEST_P(MemoryModes, growth_by_several_threads_loses_no_page)
{
    constexpr unsigned threads = 4, pages_each = 50;
    wasm::MemoryType type = pages(0, threads * pages_each);
    type.is_shared = true;
    const auto memory = make(type, GetParam(), m_pool);
    ASSERT_TRUE(memory);
    std::array<std::vector<uint64_t>, threads> old_sizes;
    {
        std::vector<std::jthread> growing;
        for (auto& mine : old_sizes)
            growing.emplace_back([&] {
                for (unsigned i = 0; i < pages_each; ++i) mine.push_back(memory->grow(1));
            });
    }
    std::vector<uint64_t> all;
    for (const auto& mine : old_sizes) all.insert(all.end(), mine.begin(), mine.end());
    std::ranges::sort(all);
    for (size_t i = 0; i < all.size(); ++i) ASSERT_EQ(all[i], i);
    EXPECT_TRUE(is_zero(memory->bytes()));
}

TEST(Memory, of_one_byte_pages_has_any_size)
{
    MemoryPool pool{1};
    wasm::MemoryType type = pages(5);
    type.page_size_log2 = 0;
    const auto memory = make(type, MemoryMode::checked, pool);
    ASSERT_TRUE(memory);
    EXPECT_EQ(memory->size_bytes, 5U);
    EXPECT_EQ(memory->grow(4092), 5U);
    EXPECT_EQ(memory->size_bytes, 4097U);
    EXPECT_TRUE(memory->contains(4096, 1));
    EXPECT_FALSE(memory->contains(4097, 1));
}

// Pages are kept and restored, or given back: where there are more than are kept, and now and then.
TEST_P(MemoryModes, a_reset_leaves_nothing_of_what_was_written)
{
    constexpr uint64_t initial = 128, grown_by = 32;  // together more than are kept
    const auto memory = make(pages(initial), GetParam(), m_pool);
    ASSERT_TRUE(memory);
    std::vector<std::byte> content(3 * wasm_page, std::byte{7});
    const auto image = MemoryImage::create(content);
    ASSERT_TRUE(image.has_value());
    for (const bool has_image : {false, true}) {
        if (has_image) ASSERT_TRUE(memory->use_image(*image));
        for (const uint64_t written : {uint64_t{1}, uint64_t{5}, initial + grown_by}) {
            ASSERT_EQ(memory->grow(grown_by), initial);
            std::ranges::fill(memory->bytes().last(written * wasm_page), std::byte{0xa5});
            std::ranges::fill(memory->bytes().first(written * wasm_page), std::byte{0xa5});
            ASSERT_TRUE(memory->reset(initial * wasm_page));
            ASSERT_EQ(memory->size_bytes, initial * wasm_page);
            const size_t from_image = has_image ? content.size() : 0;
            ASSERT_TRUE(std::ranges::equal(memory->bytes().first(from_image), std::span{content}.first(from_image))) << written;
            ASSERT_TRUE(is_zero(memory->bytes().subspan(from_image))) << written;
            ASSERT_FALSE(is_readable(memory->base + initial * wasm_page));
        }
    }
    for (int i = 0; i < 1100; ++i) {
        memory->base[5 * wasm_page] = memory->base[wasm_page] = std::byte{1};
        ASSERT_TRUE(memory->reset(initial * wasm_page));
        ASSERT_EQ(memory->base[5 * wasm_page], std::byte{0}) << i;
        ASSERT_EQ(memory->base[wasm_page], std::byte{7}) << i;
    }
}

// Every size of the guest before with every size of the guest after: nothing of the first is seen by the second, and what is not
// the second's faults.
TEST(MemoryPool, gives_a_slot_back_as_if_it_were_new)
{
    constexpr std::array<uint64_t, 6> sizes{0, 1, 2, 7, 1024, 1025};  // 1,025 pages are more than a pool keeps
    for (const uint64_t before : sizes)
        for (const uint64_t grown_by : {uint64_t{0}, uint64_t{1}, uint64_t{3}})
            for (const uint64_t after : sizes) {
                MemoryPool pool{1};
                {
                    const auto first = make(pages(before), MemoryMode::guard, pool);
                    ASSERT_TRUE(first);
                    ASSERT_EQ(first->grow(grown_by), before);
                    std::memset(first->base, 0xa5, first->size_bytes);
                }
                const bool was_kept = pool.idle_count() == 1;
                EXPECT_EQ(was_kept, before + grown_by <= 1024) << before;
                const auto second = make(pages(after), MemoryMode::guard, pool);
                ASSERT_TRUE(second);
                EXPECT_EQ(pool.idle_count(), 0U);
                ASSERT_EQ(second->size_bytes, after * wasm_page);
                ASSERT_TRUE(is_zero(second->bytes())) << before << " pages, grown by " << grown_by << ", then " << after;
                ASSERT_FALSE(is_readable(second->base - 1));
                ASSERT_FALSE(is_readable(second->base + after * wasm_page))
                    << before << " pages, grown by " << grown_by << ", then " << after;
                ASSERT_EQ(second->grow(2), after);
                ASSERT_TRUE(is_zero(second->bytes()));
                ASSERT_FALSE(is_readable(second->base + (after + 2) * wasm_page));
            }
}

TEST(MemoryPool, keeps_no_more_than_it_may)
{
    MemoryPool pool{2};
    {
        std::vector<std::unique_ptr<Memory>> memories;
        for (int i = 0; i < 5; ++i) memories.push_back(make(pages(1), MemoryMode::guard, pool));
        EXPECT_EQ(pool.idle_count(), 0U);
    }
    EXPECT_EQ(pool.idle_count(), 2U);
}

TEST(MemoryPool, takes_nothing_of_checked_memories)
{
    MemoryPool pool{2};
    make(pages(1), MemoryMode::checked, pool);
    EXPECT_EQ(pool.idle_count(), 0U);
}

TEST(Memory, reservation_is_known_from_front_guard_to_end_while_it_lives)
{
    MemoryPool pool{0};
    uintptr_t base = 0;
    {
        const auto memory = make(pages(1), MemoryMode::guard, pool);
        ASSERT_TRUE(memory);
        base = reinterpret_cast<uintptr_t>(memory->base);
        EXPECT_TRUE(Memory::is_in_reservation(base - front_guard_bytes));
        EXPECT_FALSE(Memory::is_in_reservation(base - front_guard_bytes - 1));
        EXPECT_TRUE(Memory::is_in_reservation(base + guard_reservation_bytes - 1));
        EXPECT_FALSE(Memory::is_in_reservation(base + guard_reservation_bytes));
    }
    EXPECT_FALSE(Memory::is_in_reservation(base));
}

}  // namespace
}  // namespace weir::runtime
