#include "fixture.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

// Ways out of a preopened directory. Beside it is a directory "outside" with a file "secret": no call may reach either.

namespace weir::test {
namespace {

namespace fs = std::filesystem;

class Escape : public Wasi {
protected:
    Escape()
    {
        fs::create_directory(m_box + "/dir");
        fs::create_symlink("../outside", m_box + "/relative");
        fs::create_symlink(m_outside, m_box + "/absolute");
        fs::create_symlink("../outside/secret", m_box + "/secret");
        fs::create_symlink("../outside/new", m_box + "/dangling");
        fs::create_symlink("../../outside", m_box + "/dir/up");
        fs::create_symlink("/proc/self/fd", m_box + "/fds");
        write_file(m_box + "/file", "inside");
        ::stat(m_outside.c_str(), &m_before);
    }
    void expect_untouched()
    {
        struct stat after{};
        ASSERT_EQ(::stat(m_outside.c_str(), &after), 0);
        EXPECT_EQ(after.st_mtim.tv_sec, m_before.st_mtim.tv_sec);
        EXPECT_EQ(after.st_mtim.tv_nsec, m_before.st_mtim.tv_nsec);
        EXPECT_EQ(read_file(m_outside + "/secret"), "secret");
        EXPECT_EQ(std::distance(fs::directory_iterator{m_outside}, {}), 1);
    }

    // Each names something outside, in its parents or, followed, itself.
    const std::vector<std::string> m_ways{
        "..",
        "../",
        "../outside",
        "../outside/",
        "../outside/secret",
        "dir/../../outside/secret",
        "/",
        "/etc/passwd",
        "//etc/passwd",
        "relative/secret",
        "absolute/secret",
        "relative/../outside/secret",
        "dir/up/secret",
        "relative/new",
        "./relative/./secret",
        "secret/../x",
        "dir/../../box/file",
        "fds/0",
        "fds/3",
    };
    const std::vector<std::string> m_links{"relative", "absolute", "secret", "dangling", "dir/up", "fds"};
    static bool is_refusal(Errno e) { return e == Errno::perm || e == Errno::loop || e == Errno::notdir || e == Errno::noent; }

private:
    struct stat m_before{};
};

TEST_F(Escape, opening_never_leaves)
{
    for (const auto& path : m_ways)
        for (const uint32_t lookup : {0U, 1U})
            for (const uint16_t oflags : std::initializer_list<uint16_t>{0, oflag_creat, oflag_directory, oflag_trunc,
                                                                         oflag_creat | oflag_excl, oflag_creat | oflag_trunc})
                for (const uint64_t rights : {uint64_t{right_fd_read}, uint64_t{right_fd_read | right_fd_write}, uint64_t{0}}) {
                    const Answer fd = open(path, oflags, rights, 0, lookup);
                    EXPECT_NE(fd.error, Errno::success) << path << " " << oflags;
                }
    expect_untouched();
}

TEST_F(Escape, links_out_are_not_followed_with_or_without_a_slash_or_nofollow)
{
    for (const auto& link : m_links)
        for (const auto& path : {link, link + "/", link + "//", link + "/.", link + "/.."})
            for (const uint32_t lookup : {0U, 1U})
                for (const uint16_t oflags : std::initializer_list<uint16_t>{0, oflag_creat, oflag_directory}) {
                    EXPECT_NE(open(path, oflags, right_fd_read, 0, lookup).error, Errno::success) << path;
                    if (lookup == 1 || path != link) EXPECT_NE(stat(path, lookup).error, Errno::success) << path;
                    if (lookup == 1 || path != link) EXPECT_NE(set_times(path, 1, 1, fstflag_mtim, lookup), Errno::success) << path;
                }
    expect_untouched();
    EXPECT_FALSE(exists(m_outside + "/new"));
}

TEST_F(Escape, a_link_itself_can_be_looked_at)
{
    for (const auto& link : m_links) {
        ASSERT_EQ(stat(link, 0).error, Errno::success);
        EXPECT_EQ(load<FileStat>(result_at).filetype, FileType::symbolic_link);
    }
    EXPECT_EQ(readlink("relative"), "../outside");
}

TEST_F(Escape, no_name_outside_is_made_removed_or_moved)
{
    for (const auto& path : m_ways) {
        EXPECT_NE(with_path("path_create_directory", path), Errno::success) << path;
        EXPECT_NE(with_path("path_remove_directory", path), Errno::success) << path;
        EXPECT_NE(with_path("path_unlink_file", path), Errno::success) << path;
        EXPECT_NE(rename(path, "moved"), Errno::success) << path;
        EXPECT_NE(rename("file", path), Errno::success) << path;
        EXPECT_NE(link(path, "linked"), Errno::success) << path;
        EXPECT_NE(link(path, "linked", preopen, preopen, lookup_symlink_follow), Errno::success) << path;
        EXPECT_NE(link("file", path), Errno::success) << path;
        EXPECT_NE(symlink("x", path), Errno::success) << path;
        EXPECT_NE(stat(path).error, Errno::success) << path;
        EXPECT_NE(set_times(path, 1, 1, fstflag_mtim), Errno::success) << path;
        store_text(path_at, path);
        EXPECT_NE(call("path_readlink", {preopen, path_at, path.size(), buffer_at, 100, result_at}), Errno::success) << path;
    }
    for (const auto& way : m_links) EXPECT_NE(link(way, "linked", preopen, preopen, lookup_symlink_follow), Errno::success) << way;
    EXPECT_FALSE(exists(m_box + "/moved") || exists(m_box + "/linked"));
    expect_untouched();
}

TEST_F(Escape, the_refusal_is_perm)
{
    for (const auto* const path : {"..", "../outside/secret", "/etc/passwd", "relative/secret", "absolute/secret", "dir/up"})
        EXPECT_EQ(open(path).error, Errno::perm) << path;
    for (const auto* const path : {"..", "../x", "relative/x", "/x"}) {
        EXPECT_EQ(with_path("path_create_directory", path), Errno::perm) << path;
        EXPECT_EQ(with_path("path_unlink_file", path), Errno::perm) << path;
        EXPECT_EQ(rename("file", path), Errno::perm) << path;
    }
}

TEST_F(Escape, a_directory_that_was_moved_out_while_open_gives_no_way_up)
{
    const Answer dir = open_directory("dir");
    fs::rename(m_box + "/dir", m_outside + "/dir");
    EXPECT_EQ(open("../secret", 0, right_fd_read, 0, 1, static_cast<uint32_t>(dir.value)).error, Errno::perm);
    EXPECT_EQ(open("..", oflag_directory, right_fd_readdir, 0, 1, static_cast<uint32_t>(dir.value)).error, Errno::perm);
}

TEST_F(Escape, the_hosts_root_is_a_root_with_its_own_absolute_links)
{
    WorldConfig config;
    config.preopens = {{"/", "/"}};
    start(std::move(config));
    const std::string secret = m_outside.substr(1) + "/secret";
    EXPECT_EQ(contents(secret), "secret");
    EXPECT_EQ(contents("/" + secret), "secret");
    EXPECT_EQ(contents("../../" + secret), "secret");
    EXPECT_EQ(contents(m_box.substr(1) + "/absolute/secret"), "secret");
    const Answer box = open_directory(m_box.substr(1));
    EXPECT_EQ(open("absolute/secret", 0, right_fd_read, 0, 1, static_cast<uint32_t>(box.value)).error, Errno::perm);
}

TEST_F(Escape, this_process_is_not_reached_through_procfs)
{
    WorldConfig config;
    config.preopens = {{"/", "/"}, {"/proc", "/proc"}};
    start(std::move(config));
    const std::string self = "proc/" + std::to_string(::getpid()) + "/";
    for (const std::string& name : {self + "mem", std::string{"proc/self/mem"}, std::string{"proc/thread-self/mem"}}) {
        EXPECT_EQ(open(name, 0, right_fd_read).error, Errno::acces) << name;
        EXPECT_EQ(open(name, 0, right_fd_read | right_fd_write).error, Errno::acces) << name;
    }
    EXPECT_EQ(open("self/mem", 0, right_fd_read | right_fd_write, 0, 1, 4).error, Errno::acces);
    EXPECT_EQ(open("proc/self/environ", 0, right_fd_read).error, Errno::acces);
    EXPECT_EQ(open("proc/self/comm", 0, right_fd_write).error, Errno::acces);
    EXPECT_EQ(open("proc/self/fd/0").error, Errno::loop);
    EXPECT_EQ(open("proc/self/root/etc").error, Errno::loop);
    EXPECT_EQ(open("proc/self/cwd").error, Errno::loop);
    EXPECT_EQ(open("proc/meminfo", 0, right_fd_read).error, Errno::success);
}

}  // namespace
}  // namespace weir::test
