#include "base/file_watch.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

using weir::FileWatch;

namespace {

class FileWatchTest : public testing::Test {
protected:
    FileWatchTest()
    {
        std::string path = testing::TempDir() + "/watch-XXXXXX";
        EXPECT_NE(::mkdtemp(path.data()), nullptr);
        m_folder = path;
    }
    ~FileWatchTest() override { std::filesystem::remove_all(m_folder); }

    void put(const std::string& name) const { std::ofstream{m_folder + "/" + name} << "x"; }
    /// inotify tells of what a call did before that call returns.
    static bool notices(FileWatch& watch) { return watch.take_changes(); }

    std::string m_folder;
};

}  // namespace

TEST_F(FileWatchTest, notices_a_file_that_comes_changes_or_is_replaced)
{
    auto watch = FileWatch::create();
    ASSERT_TRUE(watch.has_value());
    ASSERT_TRUE(watch->follow({m_folder + "/a"}));
    EXPECT_FALSE(notices(*watch));
    put("a");
    EXPECT_TRUE(notices(*watch));
    EXPECT_FALSE(notices(*watch));
    put("a");
    EXPECT_TRUE(notices(*watch));
    put("b");
    EXPECT_FALSE(notices(*watch));
    std::filesystem::rename(m_folder + "/b", m_folder + "/a");
    EXPECT_TRUE(notices(*watch));
    std::filesystem::remove(m_folder + "/a");
    EXPECT_FALSE(notices(*watch));
}

TEST_F(FileWatchTest, notices_in_a_folder_what_counts_also_when_it_goes)
{
    auto watch = FileWatch::create([](std::string_view name) { return name.ends_with(".cpp"); });
    ASSERT_TRUE(watch.has_value());
    ASSERT_TRUE(watch->follow({m_folder + "/"}));
    put("a.txt");
    EXPECT_FALSE(notices(*watch));
    put("a.cpp");
    EXPECT_TRUE(notices(*watch));
    std::filesystem::remove(m_folder + "/a.cpp");
    EXPECT_TRUE(notices(*watch));
}

TEST_F(FileWatchTest, forgets_what_it_followed_before)
{
    std::filesystem::create_directory(m_folder + "/other");
    auto watch = FileWatch::create();
    ASSERT_TRUE(watch.has_value());
    ASSERT_TRUE(watch->follow({m_folder + "/a"}));
    ASSERT_TRUE(watch->follow({m_folder + "/other/b"}));
    put("a");
    EXPECT_FALSE(notices(*watch));
    put("other/b");
    EXPECT_TRUE(notices(*watch));
}

TEST_F(FileWatchTest, says_which_folder_is_not_there)
{
    auto watch = FileWatch::create();
    ASSERT_TRUE(watch.has_value());
    const auto followed = watch->follow({m_folder + "/nothing/a"});
    ASSERT_FALSE(followed.has_value());
    EXPECT_EQ(followed.error().code, ENOENT);
}
