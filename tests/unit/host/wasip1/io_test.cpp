#include "fixture.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <climits>
#include <thread>

namespace weir::test {
namespace {

TEST_F(Wasi, reads_and_writes_gather_over_buffers)
{
    const Answer fd = create("file");
    store_text(buffer_at, "abcdef");
    store(iovs_at, Iovec{buffer_at, 2});
    store(iovs_at + 8, Iovec{buffer_at + 100, 0});
    store(iovs_at + 16, Iovec{buffer_at + 2, 4});
    ASSERT_EQ(call("fd_write", {fd.value, iovs_at, 3, result_at}), Errno::success);
    EXPECT_EQ(load<uint32_t>(result_at), 6U);
    EXPECT_EQ(read_file(m_box + "/file"), "abcdef");

    store(iovs_at, Iovec{buffer_at + 10, 1});
    store(iovs_at + 8, Iovec{buffer_at + 20, 100});
    ASSERT_EQ(call("fd_pread", {fd.value, iovs_at, 2, 1, result_at}), Errno::success);
    EXPECT_EQ(load<uint32_t>(result_at), 5U);
    EXPECT_EQ(text_at(buffer_at + 10, 1), "b");
    EXPECT_EQ(text_at(buffer_at + 20, 4), "cdef");
    ASSERT_EQ(call("fd_tell", {fd.value, result_at}), Errno::success);
    EXPECT_EQ(load<uint64_t>(result_at), 6U);
    ASSERT_EQ(call("fd_pwrite", {fd.value, iovs_at, 1, 3, result_at}), Errno::success);
    EXPECT_EQ(read_file(m_box + "/file"), "abcbef");
}

TEST_F(Wasi, buffers_out_of_memory_move_nothing)
{
    const Answer fd = create("file");
    for (const auto* const name : {"fd_read", "fd_write"}) {
        store(iovs_at, Iovec{buffer_at, 4});
        store(iovs_at + 8, Iovec{memory_bytes - 3, 4});
        EXPECT_EQ(call(name, {fd.value, iovs_at, 2, result_at}), Errno::fault);
        store(iovs_at + 8, Iovec{0xFFFFFFFF, 2});
        EXPECT_EQ(call(name, {fd.value, iovs_at, 2, result_at}), Errno::fault);
        EXPECT_EQ(call(name, {fd.value, memory_bytes - 8, 2, result_at}), Errno::fault);
        EXPECT_EQ(call(name, {fd.value, iovs_at, 0x20000001, result_at}), Errno::inval);  // 8 bytes each wrap around
        EXPECT_EQ(call(name, {fd.value, 0, IOV_MAX + 1, result_at}), Errno::inval);
        EXPECT_EQ(call(name, {fd.value, iovs_at, 1, memory_bytes - 3}), Errno::fault);
        EXPECT_EQ(call(name, {fd.value, iovs_at, 0, result_at}), Errno::success);
        EXPECT_EQ(call(name, {99, iovs_at, 1, result_at}), Errno::badf);
    }
    EXPECT_EQ(read_file(m_box + "/file"), "");
}

TEST_F(Wasi, as_many_buffers_as_posix_allows_are_used_in_order)
{
    const Answer fd = create("file");
    std::string expected;
    for (uint32_t i = 0; i < IOV_MAX; ++i) {
        const char c = static_cast<char>('a' + i % 26);
        store(40000 + i, c);
        store(50000 + i * 8, Iovec{40000 + i, 1});
        expected += c;
    }
    ASSERT_EQ(call("fd_write", {fd.value, 50000, IOV_MAX, result_at}), Errno::success);
    EXPECT_EQ(load<uint32_t>(result_at), unsigned{IOV_MAX});
    EXPECT_EQ(read_file(m_box + "/file"), expected);
}

TEST_F(Wasi, offsets_beyond_any_file_are_invalid)
{
    const Answer fd = create("file");
    store(iovs_at, Iovec{buffer_at, 4});
    EXPECT_EQ(call("fd_pread", {fd.value, iovs_at, 1, 1ULL << 63, result_at}), Errno::inval);
    EXPECT_EQ(call("fd_pwrite", {fd.value, iovs_at, 1, UINT64_MAX, result_at}), Errno::inval);
}

TEST_F(Wasi, access_modes_are_kept)
{
    write_file(m_box + "/file", "text");
    const Answer reader = open("file", 0, right_fd_read), writer = open("file", 0, right_fd_write);
    EXPECT_EQ(write(static_cast<uint32_t>(reader.value), "x").error, Errno::badf);
    EXPECT_EQ(read(static_cast<uint32_t>(writer.value), 4).error, Errno::badf);
    EXPECT_EQ(write(static_cast<uint32_t>(writer.value), "x").error, Errno::success);
    EXPECT_EQ(read(preopen, 4).error, Errno::isdir);
    EXPECT_EQ(write(preopen, "x").error, Errno::badf);
}

TEST_F(Wasi, seeking_counts_from_start_position_and_end)
{
    write_file(m_box + "/file", "0123456789");
    const Answer fd = open("file");
    const auto seek = [&](int64_t offset, uint64_t whence, std::string_view module = "wasi_snapshot_preview1") -> Answer {
        const Errno e = call("fd_seek", {fd.value, static_cast<uint64_t>(offset), whence, result_at}, module);
        return {e, load<uint64_t>(result_at)};
    };
    EXPECT_EQ(seek(4, 0).value, 4U);
    EXPECT_EQ(seek(3, 1).value, 7U);
    EXPECT_EQ(seek(-1, 2).value, 9U);
    EXPECT_EQ(seek(-1, 0).error, Errno::inval);
    EXPECT_EQ(seek(INT64_MIN, 1).error, Errno::inval);
    EXPECT_EQ(seek(0, 3).error, Errno::inval);
    EXPECT_EQ(seek(0, 256).error, Errno::inval);
    // wasi_unstable numbers them cur, end, set
    EXPECT_EQ(seek(4, 2, "wasi_unstable").value, 4U);
    EXPECT_EQ(seek(3, 0, "wasi_unstable").value, 7U);
    EXPECT_EQ(seek(-1, 1, "wasi_unstable").value, 9U);
    EXPECT_EQ(call("fd_seek", {preopen, 0, 0, result_at}), Errno::isdir);
    EXPECT_EQ(call("fd_tell", {preopen, result_at}), Errno::isdir);
}

TEST_F(Wasi, telling_needs_either_right)
{
    write_file(m_box + "/file", "");
    for (const Rights right : {right_fd_tell, right_fd_seek}) {
        const Answer fd = open("file", 0, right);
        EXPECT_EQ(call("fd_tell", {fd.value, result_at}), Errno::success);
    }
    const Answer fd = open("file", 0, right_fd_tell);
    EXPECT_EQ(call("fd_seek", {fd.value, 1, 0, result_at}), Errno::notcapable);
}

class Stdio : public Wasi {
protected:
    Pipe input, output;
    Stdio()
    {
        WorldConfig config;
        config.stdin_fd = input.reader.get();
        config.stdout_fd = output.writer.get();
        start(std::move(config));
    }
    void set_nonblocking(uint32_t fd) { ASSERT_EQ(call("fd_fdstat_set_flags", {fd, fdflag_nonblock}), Errno::success); }
};

TEST_F(Stdio, nonblocking_input_answers_again_and_the_hosts_flags_stay)
{
    set_nonblocking(0);
    EXPECT_EQ(::fcntl(input.reader.get(), F_GETFL) & O_NONBLOCK, 0);
    EXPECT_EQ(read(0, 10).error, Errno::again);
    ASSERT_EQ(::write(input.writer.get(), "abc", 3), 3);
    EXPECT_EQ(read(0, 10).value, 3U);
    EXPECT_EQ(text_at(buffer_at, 3), "abc");
    EXPECT_EQ(read(0, 10).error, Errno::again);
    input.writer.reset();
    EXPECT_EQ(read(0, 10).error, Errno::success);
    ASSERT_EQ(call("fd_fdstat_get", {0, result_at}), Errno::success);
    EXPECT_EQ(load<FdStat>(result_at).flags, fdflag_nonblock);
}

TEST_F(Stdio, nonblocking_output_stops_at_a_full_pipe_and_loses_nothing)
{
    set_nonblocking(1);
    const int capacity = ::fcntl(output.writer.get(), F_SETPIPE_SZ, 65536);
    ASSERT_GT(capacity, 0);
    const std::string block(60'000, 'x');
    size_t written = 0;
    for (;;) {
        const Answer n = write(1, block);
        if (n.error == Errno::again) break;
        ASSERT_EQ(n.error, Errno::success);
        ASSERT_GT(n.value, 0U);
        written += n.value;
        ASSERT_LE(written, static_cast<size_t>(capacity));
    }
    output.writer.reset();
    std::string all(200'000, '\0');
    size_t found = 0;
    for (ssize_t n; (n = ::read(output.reader.get(), all.data(), all.size())) > 0;) found += static_cast<size_t>(n);
    EXPECT_EQ(found, written);
}

TEST_F(Stdio, blocking_input_waits_even_when_another_process_made_it_nonblocking)
{
    ::fcntl(input.reader.get(), F_SETFL, O_NONBLOCK);
    std::thread writer{[&] { EXPECT_EQ(::write(input.writer.get(), "late", 4), 4); }};
    EXPECT_EQ(read(0, 10).value, 4U);
    writer.join();
}

TEST_F(Stdio, pipes_cannot_seek)
{
    EXPECT_EQ(call("fd_seek", {0, 0, 0, result_at}), Errno::spipe);
    EXPECT_EQ(call("fd_tell", {0, result_at}), Errno::spipe);
    store(iovs_at, Iovec{buffer_at, 1});
    EXPECT_EQ(call("fd_pread", {0, iovs_at, 1, 0, result_at}), Errno::spipe);
}

TEST_F(Stdio, append_is_heeded_without_changing_a_shared_file)
{
    write_file(m_box + "/log", "12345");
    const UniqueFd log{::open((m_box + "/log").c_str(), O_WRONLY | O_CLOEXEC)};
    WorldConfig config;
    config.stdout_fd = log.get();
    start(std::move(config));
    ASSERT_EQ(call("fd_fdstat_set_flags", {1, fdflag_append}), Errno::success);
    ASSERT_EQ(write(1, "67").error, Errno::success);
    EXPECT_EQ(read_file(m_box + "/log"), "1234567");
    EXPECT_EQ(::fcntl(log.get(), F_GETFL) & O_APPEND, 0);
}

TEST_F(Stdio, limited_output_and_error_share_a_limit_and_can_only_be_written_to)
{
    write_file(m_box + "/log", "");
    const UniqueFd log{::open((m_box + "/log").c_str(), O_RDWR | O_APPEND | O_CLOEXEC)};
    WorldConfig config;
    config.stdout_fd = config.stderr_fd = log.get();
    config.max_output_bytes = 10;
    start(std::move(config));
    EXPECT_EQ(write(1, "123456").value, 6U);
    EXPECT_EQ(write(2, "12345").error, Errno::dquot);
    EXPECT_EQ(write(2, "7890").value, 4U);
    EXPECT_EQ(write(1, "x").error, Errno::dquot);
    EXPECT_EQ(write(1, "").error, Errno::success);
    EXPECT_NE(call("fd_seek", {1, 0, 0, result_at}), Errno::success);
    store(iovs_at, Iovec{buffer_at, 1});
    EXPECT_NE(call("fd_pwrite", {1, iovs_at, 1, 0, result_at}), Errno::success);
    EXPECT_NE(call("fd_filestat_set_size", {1, 0}), Errno::success);
    EXPECT_NE(read(1, 1).error, Errno::success);
    EXPECT_EQ(read_file(m_box + "/log"), "1234567890");
}

TEST_F(Stdio, a_descriptor_that_was_closed_before_is_badf)
{
    WorldConfig config;
    config.stdin_fd = 999'999;
    start(std::move(config));
    EXPECT_EQ(read(0, 1).error, Errno::badf);
}

TEST_F(Stdio, a_directory_as_input_grants_nothing_beneath_it)
{
    const UniqueFd directory{::open(m_outside.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    WorldConfig config;
    config.stdin_fd = directory.get();
    start(std::move(config));
    EXPECT_NE(open("secret", 0, right_fd_read, 0, 1, 0).error, Errno::success);
    EXPECT_EQ(read(0, 1).error, Errno::isdir);
}

}  // namespace
}  // namespace weir::test
