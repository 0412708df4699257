#include "base/unique_fd.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>

#include <utility>

namespace weir {
namespace {

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) != -1; }
int open_something() { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }

TEST(UniqueFd, closes_once)
{
    int raw = -1;
    {
        const UniqueFd fd{open_something()};
        raw = fd.get();
        EXPECT_TRUE(fd);
        EXPECT_TRUE(is_open(raw));
    }
    EXPECT_FALSE(is_open(raw));
}

TEST(UniqueFd, is_empty_after_a_move)
{
    UniqueFd a{open_something()};
    const int raw = a.get();
    UniqueFd b{std::move(a)};
    EXPECT_EQ(b.get(), raw);
    EXPECT_FALSE(a);  // NOLINT(bugprone-use-after-move)
    UniqueFd c{open_something()};
    const int replaced = c.get();
    c = std::move(b);
    EXPECT_EQ(c.get(), raw);
    EXPECT_FALSE(is_open(replaced));
    EXPECT_TRUE(is_open(raw));
}

TEST(UniqueFd, gives_up_what_is_released)
{
    UniqueFd fd{open_something()};
    const int raw = fd.release();
    EXPECT_FALSE(fd);
    EXPECT_TRUE(is_open(raw));
    fd.reset(raw);
    fd.reset();
    EXPECT_FALSE(is_open(raw));
}

TEST(UniqueFd, zero_is_a_descriptor)
{
    UniqueFd fd{0};
    EXPECT_TRUE(fd);
    EXPECT_EQ(fd.release(), 0);
}

}  // namespace
}  // namespace weir
