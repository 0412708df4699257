#include "fixture.hpp"

#include <filesystem>

// A read-only mount refuses every change with rofs, whatever rights there are and whichever side of a call it is on.

namespace weir::test {
namespace {

namespace fs = std::filesystem;

class ReadOnly : public Wasi {
protected:
    static constexpr uint32_t writable = 4;
    ReadOnly()
    {
        write_file(m_box + "/file", "text");
        fs::create_directory(m_box + "/dir");
        fs::create_directory(m_temp / "writable");
        write_file(m_temp / "writable/file", "W");
        WorldConfig config;
        config.preopens = {{m_box, "/box", true}, {m_temp / "writable", "/writable", false}};
        start(std::move(config));
    }
    void TearDown() override
    {
        EXPECT_EQ(read_file(m_box + "/file"), "text");
        EXPECT_EQ(std::distance(fs::directory_iterator{m_box}, {}), 2);
    }
};

TEST_F(ReadOnly, reading_works)
{
    EXPECT_EQ(contents("file"), "text");
    EXPECT_EQ(stat("dir").error, Errno::success);
    EXPECT_EQ(open_directory("dir").error, Errno::success);
}

TEST_F(ReadOnly, opening_for_a_change_is_refused)
{
    EXPECT_EQ(open("file", 0, right_fd_write).error, Errno::rofs);
    EXPECT_EQ(open("file", 0, right_fd_read | right_fd_write).error, Errno::rofs);
    EXPECT_EQ(open("file", 0, right_fd_allocate).error, Errno::rofs);
    EXPECT_EQ(open("file", oflag_trunc, right_fd_read).error, Errno::rofs);
    EXPECT_EQ(open("file", oflag_trunc, 0).error, Errno::rofs);
    EXPECT_EQ(open("file", oflag_creat, right_fd_read).error, Errno::rofs);
    EXPECT_EQ(open("new", oflag_creat, right_fd_read).error, Errno::rofs);
}

TEST_F(ReadOnly, names_cannot_be_changed)
{
    EXPECT_EQ(with_path("path_create_directory", "new"), Errno::rofs);
    EXPECT_EQ(with_path("path_remove_directory", "dir"), Errno::rofs);
    EXPECT_EQ(with_path("path_unlink_file", "file"), Errno::rofs);
    EXPECT_EQ(symlink("x", "new"), Errno::rofs);
    EXPECT_EQ(rename("file", "new"), Errno::rofs);
    EXPECT_EQ(link("file", "new"), Errno::rofs);
    EXPECT_EQ(set_times("file", 1, 1, fstflag_mtim), Errno::rofs);
}

TEST_F(ReadOnly, neither_linking_nor_renaming_takes_a_file_out_or_in)
{
    EXPECT_EQ(link("file", "out", preopen, writable), Errno::rofs);
    EXPECT_EQ(link("file", "out", preopen, writable, lookup_symlink_follow), Errno::rofs);
    EXPECT_EQ(rename("file", "out", preopen, writable), Errno::rofs);
    EXPECT_EQ(link("file", "in", writable, preopen), Errno::rofs);
    EXPECT_EQ(rename("file", "in", writable, preopen), Errno::rofs);
    EXPECT_FALSE(exists(m_temp / "writable/out"));
    EXPECT_EQ(read_file(m_temp / "writable/file"), "W");
}

TEST_F(ReadOnly, descriptors_opened_beneath_are_read_only_too)
{
    const auto dir = static_cast<uint32_t>(open_directory("dir").value);
    EXPECT_EQ(open("new", oflag_creat, file_rights, 0, 1, dir).error, Errno::rofs);
    EXPECT_EQ(with_path("path_create_directory", "new", dir), Errno::rofs);
    EXPECT_EQ(call("fd_filestat_set_times", {dir, 1, 1, fstflag_mtim}), Errno::rofs);
    const auto file = static_cast<uint32_t>(open("file", 0, right_fd_read | right_fd_filestat_set_times).value);
    EXPECT_EQ(call("fd_filestat_set_times", {file, 1, 1, fstflag_mtim}), Errno::rofs);
    EXPECT_EQ(write(file, "x").error, Errno::badf);  // it is not open for writing either
    // Another number does not help.
    ASSERT_EQ(call("fd_renumber", {dir, writable}), Errno::success);
    EXPECT_EQ(with_path("path_create_directory", "new", writable), Errno::rofs);
}

}  // namespace
}  // namespace weir::test
