#include "fixture.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <thread>

// Ways out of a preopened directory that open and close: a second thread of the host's swaps names as fast as it can while paths through
// them are used. Whatever the interleaving, nothing outside is reached. The number of swaps is what bounds these tests, not time.

namespace weir::test {
namespace {

namespace fs = std::filesystem;

class EscapeRace : public Wasi {
protected:
    // In memory if possible: there more swaps fit between two of the guest's system calls.
    TempDir m_memory{::access("/dev/shm", W_OK) == 0 ? std::string{"/dev/shm"} : fs::temp_directory_path().string()};
    std::string m_inner = m_memory / "box", m_outer = m_memory / "outside";
    UniqueFd m_inner_fd, m_outer_fd;
    ino_t m_secret = 0;

    EscapeRace()
    {
        fs::create_directory(m_inner);
        fs::create_directory(m_outer);
        write_file(m_outer + "/secret", "secret");
        write_file(m_inner + "/file", "inside");
        m_inner_fd = UniqueFd{::open(m_inner.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
        m_outer_fd = UniqueFd{::open(m_outer.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
        struct stat status{};
        EXPECT_EQ(::stat((m_outer + "/secret").c_str(), &status), 0);
        m_secret = status.st_ino;
        const timespec long_ago[2] = {{1, 0}, {1, 0}};
        EXPECT_EQ(::utimensat(AT_FDCWD, (m_outer + "/secret").c_str(), long_ago, 0), 0);
        WorldConfig config;
        config.preopens = {{m_inner, "/box"}};
        start(std::move(config));
    }

    /// Runs `swap` so often on another thread and `attack` all the while on this.
    template <class Swap, class Attack>
    void race(int swaps, Swap swap, Attack attack)
    {
        std::atomic<int> done{0};
        std::thread swapper{[&] {
            for (; done < swaps && swap(); ++done) {}
            if (done < swaps) ADD_FAILURE() << "swap " << done << ": errno " << errno;
            done = swaps;
        }};
        int attacks = 0;
        do {
            attack();
            ++attacks;
        } while (done < swaps && !HasFatalFailure());
        swapper.join();
        RecordProperty("attacks", attacks);
        expect_untouched();
    }
    bool exchange(const char* a, const char* b) const
    {
        return ::renameat2(m_inner_fd.get(), a, m_inner_fd.get(), b, RENAME_EXCHANGE) == 0;
    }
    void expect_untouched()
    {
        struct stat status{};
        ASSERT_EQ(::stat((m_outer + "/secret").c_str(), &status), 0);
        EXPECT_EQ(status.st_ino, m_secret);
        EXPECT_EQ(status.st_nlink, 1U);
        EXPECT_EQ(status.st_mtim.tv_sec, 1);
        EXPECT_EQ(read_file(m_outer + "/secret"), "secret");
        EXPECT_EQ(std::distance(fs::directory_iterator{m_outer}, {}), 1);
    }

    static bool is_refusal(Errno e)
    {
        return e == Errno::perm || e == Errno::loop || e == Errno::notdir || e == Errno::noent || e == Errno::again;
    }
    /// What is opened is inside; what is not was refused.
    void expect_inside(const Answer& opened)
    {
        if (opened.error != Errno::success) {
            ASSERT_TRUE(is_refusal(opened.error)) << opened.error;
            return;
        }
        const auto fd = static_cast<uint32_t>(opened.value);
        ASSERT_EQ(call("fd_filestat_get", {fd, result_at}), Errno::success);
        ASSERT_NE(load<FileStat>(result_at).ino, m_secret);
        ASSERT_EQ(close(fd), Errno::success);
    }
    void expect_inside_or_link(const Answer& status)
    {
        if (status.error == Errno::success) ASSERT_NE(load<FileStat>(result_at).ino, m_secret);
        else ASSERT_TRUE(is_refusal(status.error)) << status.error;
    }
};

TEST_F(EscapeRace, a_directory_swapped_for_a_link_opens_no_gap)
{
    fs::create_directory(m_inner + "/swapped");
    write_file(m_inner + "/swapped/secret", "inside");
    fs::create_symlink("../outside", m_inner + "/link");
    race(
        1'000'000, [&] { return exchange("swapped", "link"); },
        [&] {
            const Answer fd = open("swapped/secret", 0, right_fd_read | right_fd_write);
            if (fd.error == Errno::success) {
                ASSERT_EQ(read(static_cast<uint32_t>(fd.value), 10).error, Errno::success);
                ASSERT_EQ(text_at(buffer_at, 6), "inside");
                ASSERT_EQ(close(static_cast<uint32_t>(fd.value)), Errno::success);
            } else {
                ASSERT_TRUE(is_refusal(fd.error)) << fd.error;
            }
            const Answer made = open("swapped/made", oflag_creat, file_rights);
            if (made.error == Errno::success) ASSERT_EQ(close(static_cast<uint32_t>(made.value)), Errno::success);
            with_path("path_unlink_file", "swapped/made");
            with_path("path_unlink_file", "link/made");
            with_path("path_create_directory", "swapped/sub");
            with_path("path_remove_directory", "swapped/sub");
            with_path("path_remove_directory", "link/sub");
            rename("file", "swapped/file");
            rename("swapped/file", "file");
            rename("link/file", "file");
            link("swapped/secret", "copy");
            expect_inside_or_link(stat("copy"));
            with_path("path_unlink_file", "copy");
            symlink("x", "swapped/symlink");
            with_path("path_unlink_file", "swapped/symlink");
            with_path("path_unlink_file", "link/symlink");
        });
}

TEST_F(EscapeRace, a_file_swapped_for_a_link_opens_no_gap)
{
    const UniqueFd open_secret{::open((m_outer + "/secret").c_str(), O_RDWR | O_CLOEXEC)};
    const std::string magic = "/proc/self/fd/" + std::to_string(open_secret.get());
    for (const std::string& target : {std::string{"../outside/secret"}, m_outer + "/secret", magic}) {
        SCOPED_TRACE(target);
        write_file(m_inner + "/swapped", "inside");
        fs::create_symlink(target, m_inner + "/link");
        race(
            200'000, [&] { return exchange("swapped", "link"); },
            [&] {
                for (const uint32_t lookup : {0U, 1U}) {
                    expect_inside(open("swapped", 0, right_fd_read | right_fd_filestat_get, 0, lookup));
                    expect_inside(open("swapped", oflag_trunc, right_fd_write | right_fd_filestat_get, 0, lookup));
                    expect_inside(open("swapped", oflag_creat, right_fd_write | right_fd_filestat_get, 0, lookup));
                    expect_inside_or_link(stat("swapped", lookup));
                    set_times("swapped", 7, 7, fstflag_mtim, lookup);
                    link("swapped", "copy", preopen, preopen, lookup);
                    expect_inside_or_link(stat("copy"));
                    with_path("path_unlink_file", "copy");
                }
            });
        fs::remove(m_inner + "/swapped");
        fs::remove(m_inner + "/link");
    }
}

// The host moves a directory out and back while `..` is resolved in it: seen from inside, its parent is then outside.
TEST_F(EscapeRace, a_parent_that_is_moved_out_while_the_guest_walks_opens_no_gap)
{
    fs::create_directories(m_inner + "/a/b/c/d");
    write_file(m_inner + "/a/secret", "inside");
    const Answer held = open_directory("a/b/c");
    ASSERT_EQ(held.error, Errno::success);
    bool is_out = false;
    race(
        400'000,
        [&] {
            const bool was_out = std::exchange(is_out, !is_out);
            return was_out ? ::renameat(m_outer_fd.get(), "b", m_inner_fd.get(), "a/b") == 0
                           : ::renameat(m_inner_fd.get(), "a/b", m_outer_fd.get(), "b") == 0;
        },
        [&] {
            constexpr auto rights = right_fd_read | right_fd_filestat_get;
            expect_inside(open("a/b/c/d/../../../secret", 0, rights));
            expect_inside(open("a/b/c/../../secret", 0, rights));
            expect_inside(open("a/b/../secret", 0, rights));
            expect_inside(open("a/b/c/d/../../../new", oflag_creat, rights));
            with_path("path_unlink_file", "a/new");
            expect_inside_or_link(stat("a/b/c/d/../../../secret"));
            rename("a/b/c/../../secret", "a/b/c/d/../../../secret");
            const auto fd = static_cast<uint32_t>(held.value);
            const Answer up = open("d/../../../secret", 0, rights, 0, lookup_symlink_follow, fd);
            ASSERT_TRUE(up.error == Errno::perm || up.error == Errno::again) << up.error;
        });
}

}  // namespace
}  // namespace weir::test
