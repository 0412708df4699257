#include "fixture.hpp"

#include <filesystem>
#include <functional>

// Each call is refused when the one right that it needs was given up, and changes nothing then.

namespace weir::test {
namespace {

class RightsOf : public Wasi {
protected:
    static constexpr uint32_t dir = preopen;
    uint32_t m_file = 0;
    RightsOf()
    {
        write_file(m_box + "/file", "text");
        std::filesystem::create_directory(m_box + "/dir");
        std::filesystem::create_symlink("file", m_box + "/link");
        m_file = static_cast<uint32_t>(open("file", 0, file_rights).value);
    }
    void give_up(uint32_t fd, Rights rights)
    {
        ASSERT_EQ(call("fd_fdstat_get", {fd, result_at}), Errno::success);
        const auto stat = load<FdStat>(result_at);
        ASSERT_EQ(stat.rights_base & rights, rights);
        ASSERT_EQ(call("fd_fdstat_set_rights", {fd, stat.rights_base & ~rights, stat.rights_inheriting}), Errno::success);
    }
};

TEST_F(RightsOf, each_call_on_a_file_needs_its_own)
{
    struct Case {
        Rights right;
        std::function<Errno()> call;
        Errno expected = Errno::notcapable;
    };
    store(iovs_at, Iovec{buffer_at, 1});
    const Case cases[] = {
        {right_fd_datasync, [&] { return call("fd_datasync", {m_file}); }},
        {right_fd_sync, [&] { return call("fd_sync", {m_file}); }},
        {right_fd_advise, [&] { return call("fd_advise", {m_file, 0, 1, 0}); }},
        {right_fd_allocate, [&] { return call("fd_allocate", {m_file, 0, 1}); }},
        {right_fd_filestat_get, [&] { return call("fd_filestat_get", {m_file, result_at}); }},
        {right_fd_filestat_set_size, [&] { return call("fd_filestat_set_size", {m_file, 4}); }},
        {right_fd_filestat_set_times, [&] { return call("fd_filestat_set_times", {m_file, 0, 0, 0}); }},
        {right_fd_fdstat_set_flags, [&] { return call("fd_fdstat_set_flags", {m_file, 0}); }},
        {right_fd_read, [&] { return call("fd_read", {m_file, iovs_at, 0, result_at}); }, Errno::badf},
        {right_fd_write, [&] { return call("fd_write", {m_file, iovs_at, 0, result_at}); }, Errno::badf},
        {right_fd_seek, [&] { return call("fd_seek", {m_file, 1, 0, result_at}); }},
    };
    for (const Case& c : cases) {
        SCOPED_TRACE(uint64_t{c.right});
        const Errno before = c.call();
        EXPECT_TRUE(before == Errno::success || before == Errno::notsup) << before;
        give_up(m_file, c.right);
        EXPECT_EQ(c.call(), c.expected);
    }
    EXPECT_EQ(read_file(m_box + "/file"), "text");
}

TEST_F(RightsOf, each_call_with_a_path_needs_its_own)
{
    struct Case {
        Rights right;
        std::function<Errno()> call;
    };
    const auto readlink_call = [&] {
        store_text(path_at, "link");
        return call("path_readlink", {dir, path_at, 4, buffer_at, 10, result_at});
    };
    const Case cases[] = {
        {right_path_create_file, [&] { return open("new", oflag_creat, right_fd_read).error; }},
        {right_path_filestat_set_size, [&] { return open("new", oflag_trunc, right_fd_read).error; }},
        {right_path_create_directory, [&] { return with_path("path_create_directory", "new-dir"); }},
        {right_path_remove_directory, [&] { return with_path("path_remove_directory", "new-dir"); }},
        {right_path_link_source, [&] { return link("file", "linked"); }},
        {right_path_unlink_file, [&] { return with_path("path_unlink_file", "linked"); }},
        {right_path_rename_source, [&] { return rename("dir", "dir2"); }},
        {right_path_symlink, [&] { return symlink("x", "new-link"); }},
        {right_path_readlink, readlink_call},
        {right_path_filestat_get, [&] { return stat("file").error; }},
        {right_path_filestat_set_times, [&] { return set_times("file", 0, 0, 0); }},
        {right_fd_readdir, [&] { return call("fd_readdir", {dir, buffer_at, 100, 0, result_at}); }},
        {right_path_open, [&] { return open("file").error; }},
    };
    for (const Case& c : cases) {
        SCOPED_TRACE(uint64_t{c.right});
        EXPECT_EQ(c.call(), Errno::success);
        give_up(dir, c.right);
        EXPECT_EQ(c.call(), Errno::notcapable);
    }
}

TEST_F(RightsOf, the_target_of_links_and_renames_needs_its_own)
{
    give_up(dir, right_path_link_target);
    EXPECT_EQ(link("file", "linked"), Errno::notcapable);
    give_up(dir, right_path_rename_target);
    EXPECT_EQ(rename("file", "moved"), Errno::notcapable);
    EXPECT_TRUE(exists(m_box + "/file"));
}

TEST_F(RightsOf, truncating_with_the_right_to_read_only_needs_the_directorys_right)
{
    give_up(dir, right_path_filestat_set_size);
    for (const uint64_t rights : {uint64_t{0}, uint64_t{right_fd_read}, uint64_t{right_fd_read | right_fd_filestat_set_size}})
        EXPECT_EQ(open("file", oflag_trunc, rights).error, Errno::notcapable);
    EXPECT_EQ(read_file(m_box + "/file"), "text");
}

// Go opens a directory without that right and creates files beneath it.
TEST_F(RightsOf, a_writer_truncates_without_the_directorys_right)
{
    give_up(dir, right_path_filestat_set_size);
    EXPECT_EQ(open("file", oflag_trunc, right_fd_read | right_fd_write).error, Errno::success);
    EXPECT_EQ(read_file(m_box + "/file"), "");
}

// Go asks for the right to set the size of what it opens to read.
TEST_F(RightsOf, opening_to_read_does_not_open_to_write_for_other_rights)
{
    constexpr Rights asked = right_fd_read | right_fd_seek | right_fd_filestat_set_size;
    const auto fd = static_cast<uint32_t>(open("file", 0, asked).value);
    ASSERT_EQ(call("fd_fdstat_get", {fd, result_at}), Errno::success);
    EXPECT_EQ(load<FdStat>(result_at).rights_base, Rights{right_fd_read | right_fd_seek});
    EXPECT_EQ(call("fd_filestat_set_size", {fd, 0}), Errno::notcapable);
    start({}, true);
    EXPECT_EQ(open("file", 0, asked).error, Errno::success) << "of a read-only folder";
}

TEST_F(RightsOf, what_a_directory_does_not_hand_on_is_not_had_beneath_it)
{
    ASSERT_EQ(call("fd_fdstat_set_rights", {dir, directory_rights, right_fd_read | right_fd_seek}), Errno::success);
    EXPECT_EQ(open("file", 0, right_fd_write).error, Errno::notcapable);
    EXPECT_EQ(open("file", 0, right_fd_read | right_fd_allocate).error, Errno::notcapable);
    const Answer fd = open("file", 0, right_fd_read | right_fd_seek | right_fd_sync);
    ASSERT_EQ(fd.error, Errno::success);
    EXPECT_EQ(call("fd_sync", {fd.value}), Errno::notcapable);
    EXPECT_EQ(read(static_cast<uint32_t>(fd.value), 4).value, 4U);
}

}  // namespace
}  // namespace weir::test
