#include "host/wasip1/fd_table.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace weir::wasip1 {
namespace {

std::unique_ptr<OpenFile> file_marked(int mark)
{
    auto file = std::make_unique<OpenFile>();
    file->host_fd = mark;
    return file;
}

TEST(FdTable, takes_the_lowest_free_number)
{
    FdTable table{10};
    for (uint32_t i = 0; i < 5; ++i) EXPECT_EQ(table.add(file_marked(0)), Fd{i});
    EXPECT_TRUE(table.close(Fd{3}));
    EXPECT_TRUE(table.close(Fd{1}));
    EXPECT_EQ(table.add(file_marked(0)), Fd{1});
    EXPECT_EQ(table.add(file_marked(0)), Fd{3});
    EXPECT_EQ(table.add(file_marked(0)), Fd{5});
}

TEST(FdTable, tells_once_that_it_is_full)
{
    static uint32_t times, told;
    FdTable table{1, [](uint32_t limit) noexcept {
                      ++times;
                      told = limit;
                  }};
    EXPECT_TRUE(table.has_room());
    EXPECT_TRUE(table.add(file_marked(0)));
    EXPECT_EQ(times, 0U);
    EXPECT_FALSE(table.has_room());
    EXPECT_FALSE(table.has_room());
    EXPECT_EQ(times, 1U);
    EXPECT_EQ(told, 1U);
}

TEST(FdTable, holds_no_more_than_its_limit)
{
    FdTable table{2};
    EXPECT_TRUE(table.add(file_marked(0)));
    EXPECT_TRUE(table.add(file_marked(0)));
    EXPECT_FALSE(table.has_room());
    EXPECT_FALSE(table.add(file_marked(0)));
    EXPECT_TRUE(table.close(Fd{0}));
    EXPECT_TRUE(table.add(file_marked(0)));
}

TEST(FdTable, behaves_as_a_map_through_random_calls)
{
    constexpr uint32_t limit = 24;
    FdTable table{limit};
    std::map<uint32_t, int> model;
    std::minstd_rand random{12345};
    const auto lowest_free = [&] {
        uint32_t i = 0;
        while (model.contains(i)) ++i;
        return i;
    };
    for (int step = 0; step < 200'000; ++step) {
        const auto a = static_cast<uint32_t>(random() % (limit + 2)), b = static_cast<uint32_t>(random() % (limit + 2));
        switch (random() % 3) {
        case 0: {
            const auto added = table.add(file_marked(step));
            ASSERT_EQ(added.has_value(), model.size() < limit);
            if (added) {
                ASSERT_EQ(static_cast<uint32_t>(*added), lowest_free());
                model[static_cast<uint32_t>(*added)] = step;
            }
            break;
        }
        case 1: ASSERT_EQ(table.close(Fd{a}), model.erase(a) == 1); break;
        default:
            ASSERT_EQ(table.renumber(Fd{a}, Fd{b}), model.contains(a) && model.contains(b));
            if (model.contains(a) && model.contains(b) && a != b) {
                model[b] = model[a];
                model.erase(a);
            }
        }
        for (uint32_t fd = 0; fd < limit + 2; ++fd) {
            const OpenFile* const file = table.find(Fd{fd});
            ASSERT_EQ(file != nullptr, model.contains(fd));
            if (file != nullptr) ASSERT_EQ(file->host_fd, model[fd]);
        }
    }
    EXPECT_EQ(table.find(Fd{0xFFFFFFFF}), nullptr);
}

}  // namespace
}  // namespace weir::wasip1
