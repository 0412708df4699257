#include "runtime/written_pages.hpp"

#include "base/mapping.hpp"
#include "runtime/memory_image.hpp"

#include <gtest/gtest.h>

#include <sys/mman.h>

#include <cstring>
#include <utility>
#include <vector>

namespace weir::runtime {
namespace {

using Runs = std::vector<std::pair<size_t, size_t>>;  // first page, and how many

Runs written(std::span<std::byte> mapping)
{
    Runs runs;
    EXPECT_TRUE(visit_written_pages(mapping, [&](std::span<std::byte> run) {
        runs.emplace_back(static_cast<size_t>(run.data() - mapping.data()) / host_page_bytes, run.size() / host_page_bytes);
        return true;
    }));
    return runs;
}

class WrittenPages : public testing::Test {
protected:
    std::span<std::byte> map(size_t pages)
    {
        auto mapping =
            Mapping::map(pages * host_page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
        EXPECT_TRUE(mapping.has_value());
        m_mapping = std::move(*mapping);
        return {m_mapping.data(), m_mapping.size_bytes()};
    }
    static void write(std::span<std::byte> mapping, size_t page) { mapping[page * host_page_bytes + 17] = std::byte{1}; }

    Mapping m_mapping;
};

TEST_F(WrittenPages, of_a_new_mapping_there_are_none) { EXPECT_EQ(written(map(8)), Runs{}); }

TEST_F(WrittenPages, are_told_in_runs)
{
    const auto mapping = map(3000);  // more than are asked for at once
    for (const size_t page : {0U, 1U, 5U, 1022U, 1023U, 1024U, 2999U}) write(mapping, page);
    // A run may be told in two where one question to the kernel ends and the next begins.
    EXPECT_EQ(written(mapping), (Runs{{0, 2}, {5, 1}, {1022, 2}, {1024, 1}, {2999, 1}}));
}

TEST_F(WrittenPages, are_not_told_any_more_when_they_were_given_back)
{
    const auto mapping = map(4);
    write(mapping, 2);
    ASSERT_EQ(::madvise(mapping.data(), mapping.size(), MADV_DONTNEED), 0);
    EXPECT_EQ(written(mapping), Runs{});
}

TEST_F(WrittenPages, of_a_file_are_those_that_were_copied)
{
    const auto mapping = map(8);
    const std::vector<std::byte> content(4 * host_page_bytes, std::byte{7});
    const auto image = MemoryImage::create(content);
    ASSERT_TRUE(image.has_value());
    ASSERT_TRUE((*image)->map_at(mapping.data()));
    EXPECT_EQ(mapping[0], std::byte{7});  // reads a page of the file
    write(mapping, 1);
    write(mapping, 6);
    EXPECT_EQ(written(mapping), (Runs{{1, 1}, {6, 1}}));
}

TEST_F(WrittenPages, visiting_ends_when_the_visitor_says_so)
{
    const auto mapping = map(8);
    write(mapping, 1);
    write(mapping, 3);
    size_t visits = 0;
    EXPECT_TRUE(visit_written_pages(mapping, [&](std::span<std::byte>) { return ++visits < 1; }));
    EXPECT_EQ(visits, 1U);
}

}  // namespace
}  // namespace weir::runtime
