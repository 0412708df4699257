#include "fixture.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/time.h>

namespace weir::test {
namespace {

constexpr std::byte zero{0};

TEST_F(Wasi, fdstat_tells_type_flags_and_rights_and_no_padding)
{
    write_file(m_box + "/file", "text");
    const Answer fd = open("file", 0, right_fd_read | right_fd_seek, fdflag_append);
    ASSERT_EQ(fd.error, Errno::success);
    fill_with_canary();
    ASSERT_EQ(call("fd_fdstat_get", {fd.value, result_at}), Errno::success);
    const auto stat = load<FdStat>(result_at);
    EXPECT_EQ(stat.filetype, FileType::regular_file);
    EXPECT_EQ(stat.flags, fdflag_append);
    EXPECT_EQ(stat.rights_base, right_fd_read | right_fd_seek);
    EXPECT_EQ(memory()[result_at + 1], zero);
    EXPECT_EQ(load<uint32_t>(result_at + 4), 0U);
    EXPECT_TRUE(is_untouched(0, result_at) && is_untouched(result_at + 24, memory_bytes));

    ASSERT_EQ(call("fd_fdstat_get", {preopen, result_at}), Errno::success);
    EXPECT_EQ(load<FdStat>(result_at).filetype, FileType::directory);
    EXPECT_EQ(load<FdStat>(result_at).rights_base, directory_rights);
    EXPECT_EQ(call("fd_fdstat_get", {99, result_at}), Errno::badf);
}

TEST_F(Wasi, filestat_is_the_hosts_in_both_layouts)
{
    write_file(m_box + "/file", "12345");
    ::link((m_box + "/file").c_str(), (m_box + "/other").c_str());
    struct stat host{};
    ::stat((m_box + "/file").c_str(), &host);
    const Answer fd = open("file");
    fill_with_canary();
    ASSERT_EQ(call("fd_filestat_get", {fd.value, result_at}), Errno::success);
    const auto stat = load<FileStat>(result_at);
    EXPECT_EQ(stat.ino, host.st_ino);
    EXPECT_EQ(stat.nlink, 2U);
    EXPECT_EQ(stat.size, FileSize{5});
    EXPECT_EQ(stat.filetype, FileType::regular_file);
    EXPECT_EQ(static_cast<uint64_t>(stat.mtim),
              static_cast<uint64_t>(host.st_mtim.tv_sec) * 1'000'000'000U + static_cast<uint64_t>(host.st_mtim.tv_nsec));
    for (uint32_t i = 17; i < 24; ++i) EXPECT_EQ(memory()[result_at + i], zero);
    EXPECT_TRUE(is_untouched(result_at + 64, memory_bytes));

    fill_with_canary();
    ASSERT_EQ(call("fd_filestat_get", {fd.value, result_at}, "wasi_unstable"), Errno::success);
    const auto old = load<unstable::FileStat>(result_at);
    EXPECT_EQ(old.ino, host.st_ino);
    EXPECT_EQ(old.nlink, 2U);
    EXPECT_EQ(old.size, FileSize{5});
    EXPECT_EQ(old.mtim, stat.mtim);
    EXPECT_TRUE(is_untouched(result_at + 56, memory_bytes));
}

TEST_F(Wasi, times_before_1970_read_as_the_epoch)
{
    write_file(m_box + "/file", "");
    const timespec times[2] = {{-5, 500}, {-1'000'000'000, 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, (m_box + "/file").c_str(), times, 0), 0);
    ASSERT_EQ(stat("file").error, Errno::success);
    EXPECT_EQ(load<FileStat>(result_at).mtim, Timestamp{0});
    EXPECT_EQ(load<FileStat>(result_at).atim, Timestamp{0});
}

TEST_F(Wasi, times_are_set_kept_or_set_to_now)
{
    const Answer fd = create("file");
    ASSERT_EQ(call("fd_filestat_set_times", {fd.value, 1'000'000'001, 2'000'000'002, fstflag_atim | fstflag_mtim}), Errno::success);
    ASSERT_EQ(call("fd_filestat_set_times", {fd.value, 7, 3'000'000'003, fstflag_mtim}), Errno::success);
    ASSERT_EQ(stat("file").error, Errno::success);
    EXPECT_EQ(load<FileStat>(result_at).atim, Timestamp{1'000'000'001});
    EXPECT_EQ(load<FileStat>(result_at).mtim, Timestamp{3'000'000'003});
    ASSERT_EQ(set_times("file", 0, 0, fstflag_atim_now), Errno::success);
    ASSERT_EQ(stat("file").error, Errno::success);
    EXPECT_GT(load<FileStat>(result_at).atim, Timestamp{1'000'000'000'000'000'000});
    EXPECT_EQ(load<FileStat>(result_at).mtim, Timestamp{3'000'000'003});
    EXPECT_EQ(set_times("file", UINT64_MAX, UINT64_MAX, fstflag_atim | fstflag_mtim), Errno::success);  // the file system cuts it
    for (const uint16_t flags :
         std::initializer_list<uint16_t>{fstflag_atim | fstflag_atim_now, fstflag_mtim | fstflag_mtim_now, 16, 0xFFFF}) {
        EXPECT_EQ(call("fd_filestat_set_times", {fd.value, 0, 0, flags}), Errno::inval);
        EXPECT_EQ(set_times("file", 0, 0, flags), Errno::inval);
    }
}

TEST_F(Wasi, sizes_are_set_and_room_is_made)
{
    const Answer fd = create("file");
    ASSERT_EQ(write(static_cast<uint32_t>(fd.value), "12345").error, Errno::success);
    ASSERT_EQ(call("fd_filestat_set_size", {fd.value, 2}), Errno::success);
    EXPECT_EQ(read_file(m_box + "/file"), "12");
    ASSERT_EQ(call("fd_filestat_set_size", {fd.value, 4}), Errno::success);
    EXPECT_EQ(read_file(m_box + "/file"), std::string("12\0\0", 4));
    EXPECT_EQ(call("fd_filestat_set_size", {fd.value, 1ULL << 63}), Errno::inval);
    const Errno allocated = call("fd_allocate", {fd.value, 0, 100});
    EXPECT_TRUE(allocated == Errno::success || allocated == Errno::notsup) << allocated;
    if (allocated == Errno::success) EXPECT_EQ(read_file(m_box + "/file").size(), 100U);
    EXPECT_EQ(call("fd_allocate", {fd.value, 0, 0}), Errno::inval);
    EXPECT_EQ(call("fd_allocate", {fd.value, 1ULL << 63, 1}), Errno::inval);
    EXPECT_EQ(call("fd_allocate", {fd.value, INT64_MAX, INT64_MAX}), Errno::fbig);
    EXPECT_EQ(call("fd_allocate", {preopen, 0, 1}), Errno::isdir);
    EXPECT_EQ(call("fd_filestat_set_size", {preopen, 0}), Errno::isdir);
}

TEST_F(Wasi, advice_is_taken_or_invalid)
{
    const Answer fd = create("file");
    for (uint64_t advice = 0; advice < 6; ++advice) EXPECT_EQ(call("fd_advise", {fd.value, 0, 10, advice}), Errno::success);
    EXPECT_EQ(call("fd_advise", {fd.value, 0, 10, 6}), Errno::inval);
    EXPECT_EQ(call("fd_advise", {fd.value, 0, 1ULL << 63, 0}), Errno::inval);
    EXPECT_EQ(call("fd_sync", {fd.value}), Errno::success);
    EXPECT_EQ(call("fd_datasync", {fd.value}), Errno::success);
    for (const auto* const name : {"fd_sync", "fd_datasync", "fd_close"}) EXPECT_EQ(call(name, {77}), Errno::badf);
}

TEST_F(Wasi, append_is_switched_on_and_off)
{
    const Answer answer = create("file");
    const auto fd = static_cast<uint32_t>(answer.value);
    ASSERT_EQ(write(fd, "12345").error, Errno::success);
    ASSERT_EQ(call("fd_fdstat_set_flags", {fd, fdflag_append}), Errno::success);
    ASSERT_EQ(call("fd_seek", {fd, 0, 0, result_at}), Errno::success);
    ASSERT_EQ(write(fd, "67").error, Errno::success);
    ASSERT_EQ(call("fd_fdstat_set_flags", {fd, 0}), Errno::success);
    ASSERT_EQ(call("fd_seek", {fd, 0, 0, result_at}), Errno::success);
    ASSERT_EQ(write(fd, "ab").error, Errno::success);
    EXPECT_EQ(read_file(m_box + "/file"), "ab34567");
    EXPECT_EQ(call("fd_fdstat_set_flags", {fd, 32}), Errno::inval);
    EXPECT_EQ(call("fd_fdstat_set_flags", {fd, fdflag_sync}), Errno::notsup);
}

TEST_F(Wasi, rights_are_given_up_and_never_regained)
{
    write_file(m_box + "/file", "text");
    const Answer fd = open("file", 0, right_fd_read | right_fd_seek);
    ASSERT_EQ(call("fd_fdstat_set_rights", {fd.value, right_fd_seek, 0}), Errno::success);
    EXPECT_EQ(read(static_cast<uint32_t>(fd.value), 4).error, Errno::badf);
    EXPECT_EQ(call("fd_fdstat_set_rights", {fd.value, right_fd_read | right_fd_seek, 0}), Errno::notcapable);
    EXPECT_EQ(call("fd_fdstat_set_rights", {fd.value, right_fd_seek, right_fd_read}), Errno::notcapable);
    EXPECT_EQ(call("fd_fdstat_set_rights", {fd.value, 1ULL << 40, 0}), Errno::notcapable);
}

TEST_F(Wasi, preopens_tell_their_names)
{
    fill_with_canary();
    ASSERT_EQ(call("fd_prestat_get", {preopen, result_at}), Errno::success);
    EXPECT_EQ(load<uint32_t>(result_at), 0U);
    EXPECT_EQ(load<uint32_t>(result_at + 4), 4U);
    ASSERT_EQ(call("fd_prestat_dir_name", {preopen, buffer_at, 5}), Errno::success);
    EXPECT_EQ(text_at(buffer_at, 4), "/box");
    EXPECT_TRUE(is_untouched(buffer_at + 4, memory_bytes));
    EXPECT_EQ(call("fd_prestat_dir_name", {preopen, buffer_at, 3}), Errno::nametoolong);
    EXPECT_EQ(call("fd_prestat_dir_name", {preopen, memory_bytes - 3, 4}), Errno::fault);
    for (const uint64_t fd : {0U, 2U, 4U, 0xFFFFFFFFU}) {
        EXPECT_EQ(call("fd_prestat_get", {fd, result_at}), Errno::badf);
        EXPECT_EQ(call("fd_prestat_dir_name", {fd, buffer_at, 5}), Errno::badf);
    }
}

TEST_F(Wasi, renumbering_moves_over_an_open_descriptor_and_leaks_none)
{
    write_file(m_box + "/a", "A");
    write_file(m_box + "/b", "B");
    const Answer a = open("a"), b = open("b");
    const size_t before = open_descriptors();
    ASSERT_EQ(call("fd_renumber", {a.value, b.value}), Errno::success);
    EXPECT_EQ(open_descriptors(), before - 1);
    ASSERT_EQ(read(static_cast<uint32_t>(b.value), 10).error, Errno::success);
    EXPECT_EQ(text_at(buffer_at, 1), "A");
    EXPECT_EQ(call("fd_renumber", {a.value, b.value}), Errno::badf);
    EXPECT_EQ(call("fd_renumber", {b.value, a.value}), Errno::badf);
    EXPECT_EQ(call("fd_renumber", {b.value, 0xFFFFFFFF}), Errno::badf);
    EXPECT_EQ(call("fd_renumber", {b.value, b.value}), Errno::success);
    EXPECT_EQ(call("fd_renumber", {b.value, preopen}), Errno::success);
    EXPECT_EQ(call("fd_prestat_get", {preopen, result_at}), Errno::badf);
    EXPECT_EQ(close(preopen), Errno::success);
    EXPECT_EQ(open_descriptors(), before - 3);
}

TEST_F(Wasi, closing_standard_output_leaves_the_hosts_open)
{
    Pipe pipe;
    WorldConfig config;
    config.stdout_fd = pipe.writer.get();
    start(std::move(config));
    ASSERT_EQ(close(1), Errno::success);
    EXPECT_EQ(write(1, "x").error, Errno::badf);
    EXPECT_EQ(::fcntl(pipe.writer.get(), F_GETFD) >= 0, true);
}

TEST_F(Wasi, a_missing_directory_is_named_before_anything_starts)
{
    WorldConfig config;
    config.preopens.push_back({m_temp / "missing", "/missing"});
    const auto world = World::create(std::move(config));
    ASSERT_FALSE(world);
    EXPECT_EQ(world.error().code, ENOENT);
    EXPECT_EQ(world.error().subject, m_temp / "missing");
}

}  // namespace
}  // namespace weir::test
