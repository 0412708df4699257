#include "fixture.hpp"

#include <sys/stat.h>

#include <filesystem>

namespace weir::test {
namespace {

namespace fs = std::filesystem;

TEST_F(Wasi, opening_creates_truncates_and_excludes_as_posix_says)
{
    EXPECT_EQ(open("file").error, Errno::noent);
    ASSERT_EQ(create("file").error, Errno::success);
    write_file(m_box + "/file", "text");
    EXPECT_EQ(open("file", oflag_creat | oflag_excl, file_rights).error, Errno::exist);
    EXPECT_EQ(open("file", oflag_creat, file_rights).error, Errno::success);
    EXPECT_EQ(read_file(m_box + "/file"), "text");
    EXPECT_EQ(open("file", oflag_trunc, right_fd_write).error, Errno::success);
    EXPECT_EQ(read_file(m_box + "/file"), "");
    EXPECT_EQ(open("file/x").error, Errno::notdir);
    EXPECT_EQ(open("missing/x", oflag_creat, file_rights).error, Errno::noent);
}

TEST_F(Wasi, directories_open_for_reading_only)
{
    fs::create_directory(m_box + "/dir");
    write_file(m_box + "/file", "");
    const Answer fd = open_directory("dir");
    ASSERT_EQ(fd.error, Errno::success);
    EXPECT_EQ(open("dir", 0, right_fd_read).error, Errno::success);
    EXPECT_EQ(open("dir", 0, right_fd_write).error, Errno::isdir);
    EXPECT_EQ(open("dir", oflag_directory, right_fd_read | right_fd_write).error, Errno::isdir);
    EXPECT_EQ(open("dir", oflag_directory | oflag_creat, 0).error, Errno::inval);
    EXPECT_EQ(open("file", oflag_directory, right_fd_read).error, Errno::notdir);
    EXPECT_EQ(open(".", 0, directory_rights).error, Errno::success);
    // Rights that a directory cannot have are left out.
    const Answer all = open("dir", oflag_directory, directory_rights | right_fd_seek | right_fd_tell);
    ASSERT_EQ(call("fd_fdstat_get", {all.value, result_at}), Errno::success);
    EXPECT_EQ(load<FdStat>(result_at).rights_base, directory_rights);
}

TEST_F(Wasi, paths_resolve_from_a_directorys_descriptor)
{
    fs::create_directories(m_box + "/a/b");
    write_file(m_box + "/a/b/file", "deep");
    const Answer a = open_directory("a");
    EXPECT_EQ(open("b/file", 0, right_fd_read, 0, 1, static_cast<uint32_t>(a.value)).error, Errno::success);
    EXPECT_EQ(open("b/../b/./file", 0, right_fd_read, 0, 1, static_cast<uint32_t>(a.value)).error, Errno::success);
    EXPECT_EQ(open("../a/b/file", 0, right_fd_read, 0, 1, static_cast<uint32_t>(a.value)).error, Errno::perm);
    EXPECT_EQ(contents("a//b/.//../b/file"), "deep");
    const Answer file = open("a/b/file");
    EXPECT_EQ(open("x", 0, right_fd_read, 0, 1, static_cast<uint32_t>(file.value)).error, Errno::notdir);
    EXPECT_EQ(open("x", 0, right_fd_read, 0, 1, 1).error, Errno::notdir);
    EXPECT_EQ(open("x", 0, right_fd_read, 0, 1, 99).error, Errno::badf);
}

TEST_F(Wasi, malformed_paths_are_told_apart)
{
    EXPECT_EQ(open("").error, Errno::noent);
    EXPECT_EQ(open(std::string_view("a\0b", 3)).error, Errno::inval);
    EXPECT_EQ(open(std::string(4096, 'x')).error, Errno::nametoolong);
    EXPECT_EQ(open(std::string(300, 'x')).error, Errno::nametoolong);
    EXPECT_EQ(call("path_open", {preopen, 0, memory_bytes - 2, 3, 0, right_fd_read, 0, 0, result_at}), Errno::fault);
    EXPECT_EQ(call("path_open", {preopen, 0, 0xFFFFFFFF, 2, 0, right_fd_read, 0, 0, result_at}), Errno::fault);
    EXPECT_EQ(open("x", 16).error, Errno::inval);
    EXPECT_EQ(open("x", 0, right_fd_read, 32).error, Errno::inval);
}

TEST_F(Wasi, a_trailing_slash_demands_a_directory)
{
    fs::create_directory(m_box + "/dir");
    write_file(m_box + "/file", "");
    fs::create_symlink("dir", m_box + "/link");
    EXPECT_EQ(open("file/").error, Errno::notdir);
    EXPECT_EQ(open("file///").error, Errno::notdir);
    EXPECT_EQ(open("dir///").error, Errno::success);
    EXPECT_EQ(open("link/", 0, right_fd_read, 0, 0).error, Errno::success);  // as in POSIX, it is followed
    EXPECT_EQ(open("new/", oflag_creat, file_rights).error, Errno::isdir);
    EXPECT_FALSE(exists(m_box + "/new"));
}

TEST_F(Wasi, symlinks_inside_are_followed_when_asked)
{
    write_file(m_box + "/file", "text");
    fs::create_symlink("file", m_box + "/link");
    fs::create_symlink("loop", m_box + "/loop");
    fs::create_symlink("created", m_box + "/dangling");
    EXPECT_EQ(contents("link"), "text");
    EXPECT_EQ(open("link", 0, right_fd_read, 0, 0).error, Errno::loop);
    EXPECT_EQ(open("loop").error, Errno::loop);
    EXPECT_EQ(open("dangling").error, Errno::noent);
    EXPECT_EQ(open("dangling", oflag_creat, file_rights).error, Errno::success);
    EXPECT_TRUE(exists(m_box + "/created"));
}

TEST_F(Wasi, a_full_table_is_refused_before_anything_is_created)
{
    WorldConfig config;
    config.max_open_files = 5;
    start(std::move(config));
    ASSERT_EQ(create("one").error, Errno::success);
    const size_t before = open_descriptors();
    EXPECT_EQ(create("two").error, Errno::mfile);
    EXPECT_FALSE(exists(m_box + "/two"));
    EXPECT_EQ(open_descriptors(), before);
}

TEST_F(Wasi, a_result_without_a_place_creates_nothing)
{
    store_text(path_at, "new");
    EXPECT_EQ(call("path_open", {preopen, 0, path_at, 3, oflag_creat, file_rights, 0, 0, memory_bytes - 3}), Errno::fault);
    EXPECT_FALSE(exists(m_box + "/new"));
}

TEST_F(Wasi, failures_leak_no_descriptor)
{
    write_file(m_box + "/file", "");
    const size_t before = open_descriptors();
    for (int i = 0; i < 50; ++i) {
        open("missing");
        open("file/");
        open("../x");
        open("file", oflag_directory);
        stat("file");
        with_path("path_create_directory", "missing/x");
        link("file", "file");
        const Answer fd = open("file");
        ASSERT_EQ(close(static_cast<uint32_t>(fd.value)), Errno::success);
    }
    EXPECT_EQ(open_descriptors(), before);
}

}  // namespace
}  // namespace weir::test
