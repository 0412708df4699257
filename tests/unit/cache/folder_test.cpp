#include "cache/folder.hpp"

#include "temporary_folder.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

using namespace weir;
using namespace weir::cache;
using weir::test::TemporaryFolder;

namespace {

Folder open_new(const std::string& path)
{
    auto folder = Folder::open(path, Folder::IfMissing::create);
    EXPECT_TRUE(folder.has_value());
    return std::move(*folder);
}

void put(const Folder& folder, const std::string& name, const std::string& text)
{
    const auto write = [&](int file) -> Result<void, SysError> {
        if (::write(file, text.data(), text.size()) != static_cast<ssize_t>(text.size())) return Unexpected{last_error("write")};
        return {};
    };
    EXPECT_TRUE(folder.put_entry(name, write).has_value());
}

std::string content(const Folder& folder, const std::string& name)
{
    const UniqueFd file = folder.open_entry(name);
    std::string text(1000, ' ');
    const ssize_t n = ::read(file.get(), text.data(), text.size());
    text.resize(n < 0 ? 0 : static_cast<size_t>(n));
    return text;
}

/// Makes an entry one that was used so long ago.
void age(const std::string& path, long seconds)
{
    const timespec then{.tv_sec = ::time(nullptr) - seconds, .tv_nsec = 0};
    const timespec times[]{then, then};
    ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW), 0);
}

int error_of_opening(const std::string& path)
{
    const auto folder = Folder::open(path, Folder::IfMissing::fail);
    return folder ? 0 : folder.error().code;
}

std::vector<std::string> names(const Folder& folder)
{
    std::vector<std::string> all;
    for (const auto& entry : folder.entries()) all.push_back(entry.name);
    return all;
}

TEST(Folder, is_made_for_its_user_alone)
{
    const TemporaryFolder here;
    EXPECT_EQ(error_of_opening(here / "a/b/weir"), ENOENT);
    open_new(here / "a/b/weir");
    struct stat status{};
    ASSERT_EQ(::stat((here / "a/b/weir").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0700U);
    EXPECT_EQ(error_of_opening(here / "a/b/weir"), 0);
}

TEST(Folder, is_not_used_when_others_may_enter_it)
{
    const TemporaryFolder here;
    open_new(here / "weir");
    for (const mode_t mode : {0701U, 0710U, 0704U, 0720U, 0777U}) {
        ASSERT_EQ(::chmod((here / "weir").c_str(), mode), 0);
        EXPECT_EQ(error_of_opening(here / "weir"), EACCES) << std::oct << mode;
    }
}

TEST(Folder, is_not_used_when_it_is_somebody_elses)
{
    if (::geteuid() != 0) GTEST_SKIP() << "only root can give a folder away";
    const TemporaryFolder here;
    open_new(here / "weir");
    ASSERT_EQ(::chown((here / "weir").c_str(), 1, 1), 0);
    EXPECT_EQ(error_of_opening(here / "weir"), EACCES);
}

TEST(Folder, is_no_link_and_no_file)
{
    const TemporaryFolder here;
    open_new(here / "weir");
    ASSERT_EQ(::symlink("weir", (here / "link").c_str()), 0);
    EXPECT_EQ(error_of_opening(here / "link"), ENOTDIR);
    const UniqueFd file{::open((here / "file").c_str(), O_WRONLY | O_CREAT, 0600)};
    EXPECT_EQ(error_of_opening(here / "file"), ENOTDIR);
}

TEST(Folder, keeps_entries_under_their_own_name_and_a_memos)
{
    const TemporaryFolder here;
    const Folder folder = open_new(here / "weir");
    EXPECT_FALSE(folder.open_entry("a.code"));
    put(folder, "a.code", "one");
    put(folder, "a.code", "two");
    EXPECT_EQ(content(folder, "a.code"), "two");
    put(folder, "b.code", "three");
    folder.put_memo("x.file", "a.code");
    EXPECT_EQ(content(folder, "x.file"), "two");
    folder.put_memo("x.file", "b.code");
    EXPECT_EQ(content(folder, "x.file"), "three");
    EXPECT_TRUE(folder.remove("b.code"));
    EXPECT_FALSE(folder.open_entry("x.file"));
    EXPECT_EQ(names(folder), std::vector<std::string>{"a.code"});
}

TEST(Folder, leaves_nothing_of_an_entry_that_could_not_be_written)
{
    const TemporaryFolder here;
    const Folder folder = open_new(here / "weir");
    put(folder, "a.code", "old");
    const auto fail = [](int file) -> Result<void, SysError> {
        EXPECT_EQ(::write(file, "half", 4), 4);
        return Unexpected{SysError{ENOSPC, "write", {}}};
    };
    const auto result = folder.put_entry("a.code", fail);
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, ENOSPC);
    EXPECT_EQ(content(folder, "a.code"), "old");
    EXPECT_TRUE(folder.remove("a.code"));
    EXPECT_EQ(::rmdir((here / "weir").c_str()), 0) << "something was left";
}

TEST(Folder, forgets_what_was_used_longest_ago)
{
    const TemporaryFolder here;
    const Folder folder = open_new(here / "weir");
    for (const char* const name : {"a.code", "b.code", "c.code", "d.code"}) put(folder, name, std::string(100, 'x'));
    age(here / "weir/a.code", 10);
    age(here / "weir/b.code", 9'000);
    age(here / "weir/c.code", 8'000);
    age(here / "weir/d.code", 7'000);
    folder.touch(folder.open_entry("b.code"));  // used now
    folder.put_memo("c.file", "c.code");
    folder.put_memo("d.data", "d.code");
    EXPECT_EQ(folder.prune(400).entries, 0U);
    const auto removed = folder.prune(250);
    EXPECT_EQ(removed.entries, 2U);
    EXPECT_EQ(removed.bytes, 200U);
    EXPECT_EQ(names(folder), (std::vector<std::string>{"b.code", "a.code"}));
    struct stat status{};
    EXPECT_NE(::lstat((here / "weir/d.data").c_str(), &status), 0) << "the memo of an entry that is gone";
    EXPECT_EQ(folder.prune(0).entries, 2U);
}

TEST(Folder, prunes_what_crashed_writers_left_and_nothing_that_is_not_its_own)
{
    const TemporaryFolder here;
    const Folder folder = open_new(here / "weir");
    for (const char* const name : {"old.new", "young.new", "notes.txt"})
        EXPECT_TRUE(UniqueFd{::open((here / ("weir/" + std::string{name})).c_str(), O_WRONLY | O_CREAT, 0600)});
    age(here / "weir/old.new", 2 * 3600);
    age(here / "weir/notes.txt", 1'000'000);
    folder.prune(0);
    EXPECT_NE(::access((here / "weir/old.new").c_str(), F_OK), 0);
    EXPECT_EQ(::access((here / "weir/young.new").c_str(), F_OK), 0);
    EXPECT_EQ(::access((here / "weir/notes.txt").c_str(), F_OK), 0);
}

TEST(Folder, notes_something_once)
{
    const TemporaryFolder here;
    const Folder folder = open_new(here / "weir");
    EXPECT_TRUE(folder.note("x.file"));
    EXPECT_FALSE(folder.note("x.file"));
    EXPECT_FALSE(folder.open_entry("x.file"));
    folder.prune(0);
    EXPECT_FALSE(folder.note("x.file"));
    age(here / "weir/x.file", 30 * 24 * 3600);
    folder.prune(0);
    EXPECT_TRUE(folder.note("x.file"));
}

TEST(Folder, has_whole_entries_while_several_write_the_same)
{
    const TemporaryFolder here;
    const Folder folder = open_new(here / "weir");
    put(folder, "a.code", std::string(500, 'x'));
    {
        std::vector<std::jthread> writers;
        for (const char letter : {'a', 'b', 'c', 'd'})
            writers.emplace_back([&folder, letter] {
                for (int i = 0; i < 50; ++i) put(folder, "a.code", std::string(500, letter));
            });
        for (int i = 0; i < 500; ++i) {
            const std::string text = content(folder, "a.code");
            ASSERT_EQ(text.size(), 500U);
            ASSERT_EQ(text, std::string(500, text[0]));
        }
    }
    EXPECT_EQ(names(folder), std::vector<std::string>{"a.code"});
    EXPECT_TRUE(folder.remove("a.code"));
    EXPECT_EQ(::rmdir((here / "weir").c_str()), 0) << "something was left";
}

TEST(Folder, default_path_is_where_xdg_says)
{
    ::setenv("XDG_CACHE_HOME", "/x/cache", 1);
    ::setenv("HOME", "/home/me", 1);
    EXPECT_EQ(Folder::default_path(), "/x/cache/weir");
    ::setenv("XDG_CACHE_HOME", "relative", 1);  // which the specification says to ignore
    EXPECT_EQ(Folder::default_path(), "/home/me/.cache/weir");
    ::unsetenv("XDG_CACHE_HOME");
    ::setenv("HOME", "", 1);
    EXPECT_EQ(Folder::default_path(), std::nullopt);
    ::unsetenv("HOME");
    EXPECT_EQ(Folder::default_path(), std::nullopt);
}

}  // namespace
