#include "fixture.hpp"

#include "host/wasip1/path_walk.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

// The walk itself. That it answers as openat2 does, the tests of paths show where that is missing (host_test_without_openat2).

namespace weir::test {
namespace {

namespace fs = std::filesystem;

class PathWalk : public testing::Test {
protected:
    TempDir m_dir;
    OpenFile m_open;

    PathWalk()
    {
        m_open.owned = UniqueFd{::open(m_dir.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
        m_open.host_fd = m_open.owned.get();
    }
    Errno walk(std::string_view text, uint64_t flags = O_PATH)
    {
        Path path;
        if (const Errno e = path.assign(text); e != Errno::success) return e;
        return walk_beneath(m_open, path, flags, 0666, m_opened);
    }
    [[nodiscard]] ino_t found() const
    {
        struct stat status{};
        EXPECT_EQ(::fstat(m_opened.get(), &status), 0);
        return status.st_ino;
    }
    [[nodiscard]] ino_t inode(std::string_view name) const
    {
        struct stat status{};
        EXPECT_EQ(::stat((m_dir / name).c_str(), &status), 0);
        return status.st_ino;
    }

private:
    UniqueFd m_opened;
};

TEST_F(PathWalk, goes_down_and_back_the_way_it_came)
{
    fs::create_directories(m_dir / "a/b");
    write_file(m_dir / "a/file", "");
    for (const auto* const path : {"a/b/../file", "a//b/.././file", "./a/../a/file", "a/b/../../a/file"}) {
        ASSERT_EQ(walk(path), Errno::success) << path;
        EXPECT_EQ(found(), inode("a/file")) << path;
    }
    EXPECT_EQ(walk("a/b/../../.."), Errno::perm);
    EXPECT_EQ(walk("a/file/.."), Errno::notdir);
}

TEST_F(PathWalk, puts_the_text_of_links_in_their_place)
{
    fs::create_directories(m_dir / "a/b");
    write_file(m_dir / "a/file", "");
    fs::create_symlink("../a/b/../file", m_dir / "a/link");
    fs::create_symlink("a/b", m_dir / "way");
    ASSERT_EQ(walk("a/link"), Errno::success);
    EXPECT_EQ(found(), inode("a/file"));
    ASSERT_EQ(walk("way/../link"), Errno::success);  // the parent of where the link leads
    EXPECT_EQ(found(), inode("a/file"));
}

TEST_F(PathWalk, a_slash_at_the_end_of_a_links_text_demands_a_directory)
{
    write_file(m_dir / "file", "");
    fs::create_symlink("file/", m_dir / "link");
    fs::create_symlink("new/", m_dir / "dangling");
    EXPECT_EQ(walk("link"), Errno::notdir);
    EXPECT_EQ(walk("dangling", O_CREAT | O_RDWR), Errno::isdir);
    EXPECT_FALSE(exists(m_dir / "new"));
}

TEST_F(PathWalk, links_end)
{
    fs::create_symlink("loop", m_dir / "loop");
    EXPECT_EQ(walk("loop"), Errno::loop);
    fs::create_symlink("file", m_dir / "0");
    write_file(m_dir / "file", "");
    for (int i = 1; i <= 40; ++i) fs::create_symlink(std::to_string(i - 1), m_dir / std::to_string(i));
    EXPECT_EQ(walk("39"), Errno::success);
    EXPECT_EQ(walk("40"), Errno::loop);
}

TEST_F(PathWalk, depth_and_length_are_bounded)
{
    UniqueFd at{::dup(m_open.host_fd)};
    std::string path;
    for (int i = 0; i <= 512; ++i) {
        ASSERT_EQ(::mkdirat(at.get(), "d", 0777), 0);
        at = UniqueFd{::openat(at.get(), "d", O_PATH | O_DIRECTORY | O_CLOEXEC)};
        path += "d/";
    }
    EXPECT_EQ(walk(path.substr(0, size_t{2} * 512)), Errno::success);
    EXPECT_EQ(walk(path + "."), Errno::nametoolong);
    fs::create_symlink(std::string(4000, '/') + "x", m_dir / "long");
    EXPECT_EQ(walk("long/" + std::string(200, 'y')), Errno::nametoolong);
}

TEST_F(PathWalk, links_that_lead_elsewhere_than_they_say_are_not_followed)
{
    m_open.owned = UniqueFd{::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    m_open.host_fd = m_open.owned.get();
    m_open.resolution = Resolution::in_root;
    EXPECT_EQ(walk("proc/self/stat"), Errno::success);
    EXPECT_EQ(walk("../proc/self/../self/stat"), Errno::success);
    for (const auto* const path : {"proc/self/exe", "proc/self/cwd/x", "proc/self/ns/mnt", "proc/self/fd/0"})
        EXPECT_EQ(walk(path), Errno::loop) << path;
    EXPECT_EQ(walk("proc/self/exe", O_PATH | O_NOFOLLOW), Errno::success);  // the link itself
}

}  // namespace
}  // namespace weir::test
