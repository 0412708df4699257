#include "fixture.hpp"

#include <sys/stat.h>

#include <filesystem>

namespace weir::test {
namespace {

namespace fs = std::filesystem;

TEST_F(Wasi, directories_are_made_and_removed)
{
    EXPECT_EQ(with_path("path_create_directory", "dir"), Errno::success);
    EXPECT_EQ(with_path("path_create_directory", "dir"), Errno::exist);
    EXPECT_EQ(with_path("path_create_directory", "dir/sub/"), Errno::success);
    EXPECT_EQ(with_path("path_create_directory", "missing/sub"), Errno::noent);
    EXPECT_EQ(with_path("path_create_directory", "."), Errno::exist);
    EXPECT_EQ(with_path("path_create_directory", ""), Errno::noent);
    EXPECT_EQ(with_path("path_remove_directory", "dir"), Errno::notempty);
    EXPECT_EQ(with_path("path_unlink_file", "dir/sub"), Errno::isdir);
    EXPECT_EQ(with_path("path_remove_directory", "dir/sub/"), Errno::success);
    EXPECT_EQ(with_path("path_remove_directory", "dir"), Errno::success);
    EXPECT_EQ(with_path("path_remove_directory", "dir"), Errno::noent);
    EXPECT_EQ(with_path("path_remove_directory", "."), Errno::inval);
    write_file(m_box + "/file", "");
    EXPECT_EQ(with_path("path_remove_directory", "file"), Errno::notdir);
    EXPECT_EQ(with_path("path_remove_directory", "file/"), Errno::notdir);
}

TEST_F(Wasi, files_are_unlinked_and_symlinks_themselves)
{
    write_file(m_box + "/file", "");
    fs::create_symlink("file", m_box + "/link");
    EXPECT_EQ(with_path("path_unlink_file", "file/"), Errno::notdir);
    EXPECT_EQ(with_path("path_unlink_file", "link"), Errno::success);
    EXPECT_TRUE(exists(m_box + "/file"));
    EXPECT_EQ(with_path("path_unlink_file", "file"), Errno::success);
    EXPECT_EQ(with_path("path_unlink_file", "file"), Errno::noent);
    fs::create_directory(m_box + "/dir");
    fs::create_symlink("dir", m_box + "/dirlink");
    EXPECT_EQ(with_path("path_unlink_file", "dirlink/"), Errno::notdir);
    EXPECT_EQ(with_path("path_remove_directory", "dirlink/"), Errno::notdir);
    EXPECT_EQ(with_path("path_remove_directory", "dirlink"), Errno::notdir);
}

TEST_F(Wasi, renaming_replaces_as_posix_says)
{
    fs::create_directories(m_box + "/dir/full");
    fs::create_directory(m_box + "/empty");
    write_file(m_box + "/a", "A");
    write_file(m_box + "/b", "B");
    EXPECT_EQ(rename("a", "b"), Errno::success);
    EXPECT_EQ(read_file(m_box + "/b"), "A");
    EXPECT_EQ(rename("b", "empty"), Errno::isdir);
    EXPECT_EQ(rename("empty", "b"), Errno::notdir);
    EXPECT_EQ(rename("empty", "dir"), Errno::notempty);
    EXPECT_EQ(rename("dir", "dir/full/x"), Errno::inval);
    EXPECT_EQ(rename("b/", "c"), Errno::notdir);
    EXPECT_EQ(rename("b", "c/"), Errno::notdir);
    EXPECT_EQ(rename("dir/", "dir2/"), Errno::success);
    EXPECT_EQ(rename("empty", "dir2/full"), Errno::success);
    EXPECT_EQ(rename("missing", "x"), Errno::noent);
    EXPECT_TRUE(exists(m_box + "/b"));
}

TEST_F(Wasi, renaming_and_linking_reach_across_preopens)
{
    fs::create_directory(m_temp / "second");
    WorldConfig config;
    config.preopens = {{m_box, "/box"}, {m_temp / "second", "/second"}};
    start(std::move(config));
    write_file(m_box + "/file", "text");
    EXPECT_EQ(link("file", "linked", preopen, 4), Errno::success);
    EXPECT_EQ(rename("file", "moved", preopen, 4), Errno::success);
    EXPECT_EQ(read_file(m_temp / "second/linked"), "text");
    EXPECT_EQ(read_file(m_temp / "second/moved"), "text");
}

TEST_F(Wasi, hard_links_are_to_files_and_to_symlinks_themselves)
{
    write_file(m_box + "/file", "text");
    fs::create_directory(m_box + "/dir");
    fs::create_symlink("file", m_box + "/link");
    fs::create_symlink("nowhere", m_box + "/dangling");
    EXPECT_EQ(link("file", "second"), Errno::success);
    EXPECT_EQ(link("file", "second"), Errno::exist);
    EXPECT_EQ(link("file", "dir"), Errno::exist);
    EXPECT_EQ(link("file", "new/"), Errno::noent);
    EXPECT_EQ(link("dir", "new"), Errno::perm);
    EXPECT_EQ(link("file/", "new"), Errno::notdir);
    EXPECT_EQ(link("missing", "new"), Errno::noent);
    EXPECT_EQ(link("dangling", "new"), Errno::success);
    EXPECT_TRUE(fs::is_symlink(m_box + "/new"));
    EXPECT_EQ(link("link", "followed", preopen, preopen, lookup_symlink_follow), Errno::success);
    EXPECT_TRUE(fs::is_regular_file(fs::symlink_status(m_box + "/followed")));
    EXPECT_EQ(link("dangling", "x", preopen, preopen, lookup_symlink_follow), Errno::noent);
}

TEST_F(Wasi, symlinks_say_what_they_were_given)
{
    EXPECT_EQ(symlink("target/", "link"), Errno::success);
    EXPECT_EQ(readlink("link"), "target/");
    EXPECT_EQ(symlink("x", "link"), Errno::exist);
    EXPECT_EQ(symlink("x", "new/"), Errno::noent);
    EXPECT_EQ(symlink("", "new"), Errno::noent);
    EXPECT_EQ(symlink(std::string_view("a\0b", 3), "new"), Errno::inval);
    EXPECT_EQ(symlink("/etc", "new"), Errno::perm);
    EXPECT_FALSE(exists(m_box + "/new"));
}

TEST_F(Wasi, reading_a_link_cuts_off_where_the_buffer_ends)
{
    fs::create_symlink("abcdef", m_box + "/link");
    write_file(m_box + "/file", "");
    fill_with_canary();
    store_text(path_at, "link");
    ASSERT_EQ(call("path_readlink", {preopen, path_at, 4, buffer_at, 3, result_at}), Errno::success);
    EXPECT_EQ(load<uint32_t>(result_at), 3U);
    EXPECT_EQ(text_at(buffer_at, 3), "abc");
    EXPECT_TRUE(is_untouched(buffer_at + 3, memory_bytes));
    EXPECT_EQ(call("path_readlink", {preopen, path_at, 4, buffer_at, 0, result_at}), Errno::success);
    EXPECT_EQ(load<uint32_t>(result_at), 0U);
    store_text(path_at, "file");
    EXPECT_EQ(call("path_readlink", {preopen, path_at, 4, buffer_at, 10, result_at}), Errno::inval);
    EXPECT_EQ(call("path_readlink", {preopen, path_at, 4, memory_bytes - 1, 2, result_at}), Errno::fault);
}

TEST_F(Wasi, status_is_of_the_link_or_of_what_it_names)
{
    write_file(m_box + "/file", "12345");
    fs::create_symlink("file", m_box + "/link");
    fs::create_directory(m_box + "/dir");
    fs::create_symlink("dir", m_box + "/dirlink");
    ASSERT_EQ(stat("link").error, Errno::success);
    EXPECT_EQ(load<FileStat>(result_at).size, FileSize{5});
    ASSERT_EQ(stat("link", 0).error, Errno::success);
    EXPECT_EQ(load<FileStat>(result_at).filetype, FileType::symbolic_link);
    ASSERT_EQ(stat("dirlink/", 0).error, Errno::success);
    EXPECT_EQ(load<FileStat>(result_at).filetype, FileType::directory);
    EXPECT_TRUE(is_untouched(result_at + 64, path_at));
    EXPECT_EQ(stat("file/").error, Errno::notdir);
    EXPECT_EQ(stat("link/", 0).error, Errno::notdir);
}

TEST_F(Wasi, times_of_a_symlink_are_its_own_unless_followed)
{
    write_file(m_box + "/file", "");
    fs::create_symlink("file", m_box + "/link");
    ASSERT_EQ(set_times("link", 0, 1000, fstflag_mtim, 0), Errno::success);
    ASSERT_EQ(stat("link", 0).error, Errno::success);
    EXPECT_EQ(load<FileStat>(result_at).mtim, Timestamp{1000});
    ASSERT_EQ(stat("file").error, Errno::success);
    EXPECT_GT(load<FileStat>(result_at).mtim, Timestamp{1000});
    ASSERT_EQ(set_times("link", 0, 2000, fstflag_mtim, lookup_symlink_follow), Errno::success);
    ASSERT_EQ(stat("file").error, Errno::success);
    EXPECT_EQ(load<FileStat>(result_at).mtim, Timestamp{2000});
}

}  // namespace
}  // namespace weir::test
