#include "fixture.hpp"

namespace weir::test {
namespace {

using namespace wasip1;

TEST_F(Tracing, names_flags_enumerators_and_the_errno)
{
    store_text(100, "a/b.txt");
    EXPECT_EQ(line("path_open", {3, 1, 100, 7, oflag_creat | oflag_trunc, right_fd_read | right_fd_seek, 0, 0, 200}, Errno::noent),
              "path_open(fd=3, dirflags=symlink_follow, path=\"a/b.txt\", oflags=creat|trunc, fs_rights_base=fd_read|fd_seek, "
              "fs_rights_inheriting=0, fdflags=0) = noent");
    EXPECT_EQ(line("fd_seek", {5, static_cast<uint64_t>(-3), 2, 200}, Errno::inval),
              "fd_seek(fd=5, offset=-3, whence=end) = inval");
    EXPECT_EQ(line("clock_res_get", {1, 200}, Errno::notsup), "clock_res_get(id=monotonic) = notsup");
}

TEST_F(Tracing, writes_values_without_a_name_as_numbers)
{
    EXPECT_EQ(line("clock_res_get", {77, 200}, Errno::inval), "clock_res_get(id=77) = inval");
    EXPECT_EQ(line("fd_fdstat_set_flags", {1, 0x104}), "fd_fdstat_set_flags(fd=1, flags=nonblock|0x100) = success");
    EXPECT_EQ(line("fd_close", {1}, static_cast<Errno>(999)), "fd_close(fd=1) = 999");
}

TEST_F(Tracing, writes_large_sets_by_what_they_lack)
{
    EXPECT_EQ(line("fd_fdstat_set_rights", {1, all_rights, all_rights & ~right_fd_read}),
              "fd_fdstat_set_rights(fd=1, fs_rights_base=all, fs_rights_inheriting=~(fd_read)) = success");
}

TEST_F(Tracing, shows_what_was_stored_as_the_answer)
{
    EXPECT_EQ(line("path_open", {3, 0, 100, 0, 0, 0, 0, 0, 200}, Errno::success, [&] { store(200, uint32_t{4}); }),
              "path_open(fd=3, dirflags=0, path=\"\", oflags=0, fs_rights_base=0, fs_rights_inheriting=0, fdflags=0) = 4");
    store(200, uint32_t{2});
    store(204, uint32_t{9});
    EXPECT_EQ(line("args_sizes_get", {200, 204}), "args_sizes_get() = argc=2, argv_buf_size=9");
    EXPECT_EQ(line("fd_close", {4}), "fd_close(fd=4) = success");
    FileStat stat{};
    stat.filetype = FileType::regular_file;
    stat.size = FileSize{12};
    stat.nlink = 1;
    stat.mtim = Timestamp{77};
    store(200, stat);
    EXPECT_EQ(line("fd_filestat_get", {4, 200}),
              "fd_filestat_get(fd=4) = {filetype=regular_file, size=12, nlink=1, dev=0, ino=0, atim=0, mtim=77, ctim=0}");
}

TEST_F(Tracing, gathers_what_is_written_and_counts_it)
{
    store_text(100, "Hello ");
    store_text(110, "world\n");
    store(200, Iovec{100, 6});
    store(208, Iovec{110, 6});
    store(300, uint32_t{12});
    EXPECT_EQ(line("fd_write", {1, 200, 2, 300}), R"(fd_write(fd=1, iovs="Hello world\n" (12 bytes in 2 buffers)) = 12)");
    EXPECT_EQ(line("fd_write", {1, 200, 1, 300}, Errno::pipe), R"(fd_write(fd=1, iovs="Hello " (6 bytes)) = pipe)");
    store_text(100, std::string(100, 'x'));
    store(200, Iovec{100, 100});
    EXPECT_EQ(line("fd_write", {1, 200, 1, 300}, Errno::again),
              "fd_write(fd=1, iovs=\"" + std::string(32, 'x') + "...\" (100 bytes)) = again");
}

TEST_F(Tracing, shows_of_what_is_read_what_was_read)
{
    store_text(100, "before the call");
    store(200, Iovec{100, 4});
    store(208, Iovec{104, 500});
    const auto read = [&] {
        store_text(100, "0123456789");
        store(300, uint32_t{6});
    };
    EXPECT_EQ(line("fd_read", {0, 200, 2, 300}, Errno::success, read), "fd_read(fd=0, iovs=\"012345\" (6 bytes in 2 buffers)) = 6");
    EXPECT_EQ(line("fd_read", {0, 200, 2, 300}, Errno::badf), "fd_read(fd=0, iovs=0xc8) = badf");
}

TEST_F(Tracing, shows_arguments_as_they_were_before_the_call)
{
    store_text(100, "link");
    const auto overwrite = [&] {
        store_text(100, "gone");
        store(300, uint32_t{4});
    };
    EXPECT_EQ(line("path_readlink", {3, 100, 4, 100, 50, 300}, Errno::success, overwrite),
              R"(path_readlink(fd=3, path="link", buf="gone" (4 bytes)) = 4)");
}

TEST_F(Tracing, escapes_what_a_terminal_would_obey)
{
    using namespace std::string_view_literals;
    store_text(100, "\x1b[31m\"\n\xff\0\xc2\x9b"sv);
    EXPECT_EQ(line("path_unlink_file", {3, 100, 11}, Errno::inval),
              R"(path_unlink_file(fd=3, path="\u{1b}[31m\"\n\xff\0\u{9b}") = inval)");
}

TEST_F(Tracing, bounds_long_paths)
{
    store_text(100, std::string(4000, 'p'));
    EXPECT_EQ(line("path_unlink_file", {3, 100, 4000}, Errno::nametoolong),
              "path_unlink_file(fd=3, path=\"" + std::string(200, 'p') + "...\") = nametoolong");
}

TEST_F(Tracing, says_that_a_pointer_is_bad)
{
    EXPECT_EQ(line("path_unlink_file", {3, 65530, 7}, Errno::fault), "path_unlink_file(fd=3, path=bad address 0xfffa+7) = fault");
    EXPECT_EQ(line("path_unlink_file", {3, 65530, 6}, Errno::noent), R"(path_unlink_file(fd=3, path="\0\0\0\0\0\0") = noent)");
    EXPECT_EQ(line("fd_write", {1, 0xFFFFFFF8, 0xFFFFFFFF, 300}, Errno::fault),
              "fd_write(fd=1, iovs=bad address 0xfffffff8+34359738360) = fault");
    store(200, Iovec{65535, 2});
    EXPECT_EQ(line("fd_write", {1, 200, 1, 300}, Errno::fault), "fd_write(fd=1, iovs=bad address 0xffff+2) = fault");
    EXPECT_EQ(line("fd_tell", {1, 65529}, Errno::fault), "fd_tell(fd=1, offset=bad address 0xfff9+8) = fault");
    EXPECT_EQ(line("fd_tell", {1, 65528}, Errno::badf), "fd_tell(fd=1) = badf");
    EXPECT_EQ(line("random_get", {65535, 2}, Errno::fault), "random_get(buf=bad address 0xffff+2) = fault");
}

TEST_F(Tracing, shows_subscriptions_by_their_kind)
{
    Subscription clock{}, readable{};
    clock.type = EventType::clock;
    clock.clock = {.id = ClockId::monotonic,
                   .padding0 = 0,
                   .timeout = Timestamp{1000},
                   .precision = {},
                   .flags = subclock_abstime,
                   .padding1 = {}};
    readable.type = EventType::fd_read;
    readable.fd = Fd{5};
    store(1000, clock);
    store(1000 + sizeof clock, readable);
    const auto happens = [&] {
        Event event{};
        event.type = EventType::fd_read;
        event.nbytes = FileSize{3};
        event.flags = event_hangup;
        store(2000, event);
        store(3000, uint32_t{1});
    };
    EXPECT_EQ(line("poll_oneoff", {1000, 2000, 2, 3000}, Errno::success, happens),
              "poll_oneoff(in=[{type=clock, id=monotonic, timeout=1000, flags=abstime}, {type=fd_read, fd=5}], "
              "out=[{type=fd_read, error=success, nbytes=3, flags=hangup}], nsubscriptions=2) = 1");
    const std::string many = line("poll_oneoff", {1000, 2000, 100, 3000}, Errno::inval);
    EXPECT_NE(many.find(", ... 100 in all]"), std::string::npos) << many;
}

TEST_F(Tracing, knows_that_a_call_did_not_return)
{
    const trace::Decoder decoder{"wasi_snapshot_preview1", function("proc_exit")};
    runtime::Value values[1]{{.i32 = 3}};
    trace::ShownCall call = decoder.before(memory(), values);
    decoder.after(call, memory(), values, values, false);
    EXPECT_EQ(to_line(call, 1500), "proc_exit(rval=3) = ? (1.5 us)");
}

}  // namespace
}  // namespace weir::test
