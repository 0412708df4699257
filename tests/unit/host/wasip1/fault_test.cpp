#include "fixture.hpp"

#include "support/syscall_faults.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <map>
#include <set>

// Host functions while the host's system calls fail: for every function, for every call that it makes in turn, for every error. The
// guest is told the right errno, what it asked for is done wholly or not at all, and nothing stays open.

namespace weir::test {
namespace {

namespace fs = std::filesystem;

constexpr uint32_t stdin_fd = 0, stdout_fd = 1, listening = 4, connected = 5, file = 6;
constexpr uint32_t in_at = 40001, out_at = 60001;
constexpr int errors[] = {EINTR, EAGAIN, ENOSPC, EIO, EMFILE, ENFILE, ENOMEM};

struct Case {
    const char* name;
    std::function<Errno()> call;
    std::function<void()> prepare = [] {};
    bool is_waiting = false;         // on a shared description: EAGAIN is waited for
    bool closes = false;             // for the guest: what close says counts
    bool can_do_otherwise = false;   // waits with ppoll where registering does not work
    bool half_done_is_fine = false;  // created, but not opened: as for a host's program whose descriptor is lost
};

class Faults : public Wasi {
protected:
    UniqueFd m_listener, m_connection, m_peer, m_client;
    std::unique_ptr<Pipe> m_input, m_output;

    void SetUp() override
    {
        if (!SyscallFaults::are_possible()) GTEST_SKIP() << "this kernel has no Syscall User Dispatch";
    }

    /// Everything anew: files, pipes, sockets, world; descriptor `file` is "file", open for all.
    void prepare()
    {
        for (const auto& entry : fs::directory_iterator{m_box}) fs::remove_all(entry.path());
        write_file(m_box + "/file", "0123456789");
        fs::create_directories(m_box + "/dir/sub");
        write_file(m_box + "/dir/inner", "inner");
        fs::create_symlink("file", m_box + "/link");
        m_input = std::make_unique<Pipe>();
        m_output = std::make_unique<Pipe>();
        EXPECT_EQ(::write(m_input->writer.get(), "input", 5), 5);
        int ends[2];
        EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
        m_connection = UniqueFd{ends[0]};
        m_peer = UniqueFd{ends[1]};
        EXPECT_EQ(::write(m_peer.get(), "message", 7), 7);
        m_listener = UniqueFd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        sockaddr_un address{};
        address.sun_family = AF_UNIX;  // no name: the kernel gives one
        socklen_t size = sizeof address;
        EXPECT_EQ(::bind(m_listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address.sun_family), 0);
        EXPECT_EQ(::listen(m_listener.get(), 1), 0);
        EXPECT_EQ(::getsockname(m_listener.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
        m_client = UniqueFd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        EXPECT_EQ(::connect(m_client.get(), reinterpret_cast<const sockaddr*>(&address), size), 0);
        WorldConfig config;
        config.stdin_fd = m_input->reader.get();
        config.stdout_fd = m_output->writer.get();
        config.sockets = {m_listener.get(), m_connection.get()};
        start(std::move(config));
        EXPECT_EQ(create("file").value, file);
        fill_with_canary();
        store(iovs_at, Iovec{buffer_at, 4});
        store_text(buffer_at, "WXYZ");
    }

    /// What of the host's a guest can change: files, and what is in pipes and sockets.
    std::string state()
    {
        std::set<std::string> lines;
        for (const auto& entry : fs::recursive_directory_iterator{m_box}) {
            struct stat status{};
            EXPECT_EQ(::lstat(entry.path().c_str(), &status), 0);
            std::string line = entry.path().string() + " " + std::to_string(status.st_mode);
            if (entry.is_symlink()) line += " -> " + fs::read_symlink(entry.path()).string();
            else if (entry.is_regular_file()) line += " " + std::to_string(status.st_nlink) + " " + read_file(entry.path());
            if (status.st_mtim.tv_sec < 1000) line += " at " + std::to_string(status.st_mtim.tv_sec);
            lines.insert(line);
        }
        std::string all;
        for (const std::string& line : lines) all += line + "\n";
        for (const int fd : {m_input->reader.get(), m_output->reader.get(), m_connection.get(), m_peer.get()}) {
            int bytes = -1;
            EXPECT_EQ(::ioctl(fd, FIONREAD, &bytes), 0);
            all += std::to_string(bytes) + " ";
        }
        return all;
    }

    Errno path_call(std::string_view name, std::string_view path)
    {
        store_text(path_at, path);
        return call(name, {preopen, path_at, path.size()});
    }
    Errno open_call(std::string_view path, uint16_t oflags, uint64_t rights)
    {
        store_text(path_at, path);
        return call("path_open", {preopen, lookup_symlink_follow, path_at, path.size(), oflags, rights, 0, 0, result_at});
    }
    Errno poll_call(const Subscription& subscription)
    {
        store(in_at, subscription);
        const Errno e = call("poll_oneoff", {in_at, out_at, 1, result_at});
        return e == Errno::success ? load<Event>(out_at).error : e;
    }

    void run(const Case& c);
};

bool is_repeated_after_signals(long number)
{
    static const std::set<long> repeated{SYS_openat2, SYS_read,      SYS_write,     SYS_readv,     SYS_writev,
                                         SYS_preadv,  SYS_pwritev,   SYS_preadv2,   SYS_pwritev2,  SYS_fallocate,
                                         SYS_fsync,   SYS_fdatasync, SYS_ftruncate, SYS_getrandom, SYS_poll,
                                         SYS_ppoll,   SYS_accept4,   SYS_sendmsg,   SYS_recvmsg};
    return repeated.contains(number);
}

/// What the guest is to be told when a call fails so.
Errno expected(const Case& c, long number, int error)
{
    if (error == EINTR && is_repeated_after_signals(number)) return Errno::success;
    if (error == EAGAIN && number == SYS_openat2) return Errno::success;  // a rename meanwhile; tried again
    if (error == EAGAIN && (number == SYS_read || number == SYS_write) && c.is_waiting) return Errno::success;
    if (c.can_do_otherwise) return Errno::success;
    switch (number) {
    case SYS_close: return c.closes && error != EINTR ? from_host(error) : Errno::success;
    case SYS_ioctl:                               // how much there is to read: unknown is 0
    case SYS_sched_yield: return Errno::success;  // never fails
    case SYS_fstatfs: return Errno::acces;        // is it procfs? To be safe, yes
    default: return from_host(error);
    }
}

void Faults::run(const Case& c)
{
    prepare();
    c.prepare();
    const std::string before = state();
    const size_t descriptors_before = open_descriptors();
    ASSERT_EQ(c.call(), Errno::success) << c.name;
    const std::string after = state();
    const size_t descriptors_after = open_descriptors();

    int injected = 0;
    for (const int error : errors)
        for (int nth = 1;; ++nth) {
            prepare();
            c.prepare();
            Errno answer{};
            {
                const auto faults = SyscallFaults::fail(nth, error);
                answer = c.call();
            }
            const auto number = SyscallFaults::failed_call();
            if (!number) {
                EXPECT_EQ(answer, Errno::success);
                break;
            }
            ++injected;
            SCOPED_TRACE(std::string{c.name} + ": " + strerrorname_np(error) + " of call " + std::to_string(nth) + ", number " +
                         std::to_string(*number));
            const Errno wanted = expected(c, *number, error);
            EXPECT_EQ(answer, wanted);
            // A close that reports an error has closed all the same.
            const bool is_done = answer == Errno::success || (c.closes && *number == SYS_close);
            EXPECT_EQ(open_descriptors(), is_done ? descriptors_after : descriptors_before);
            if (is_done || !c.half_done_is_fine) EXPECT_EQ(state(), is_done ? after : before);
            if (is_done || c.half_done_is_fine) continue;
            // What failed can be done again.
            EXPECT_EQ(c.call(), Errno::success);
            EXPECT_EQ(state(), after);
            EXPECT_EQ(open_descriptors(), descriptors_after);
        }
    EXPECT_GT(injected, 0) << c.name << " made no system call";
}

TEST_F(Faults, files)
{
    const auto times = static_cast<uint64_t>(5'000'000'000);
    const Case cases[] = {
        {"fd_advise", [&] { return call("fd_advise", {file, 0, 0, 3}); }},
        {"fd_allocate", [&] { return call("fd_allocate", {file, 0, 100}); }},
        {.name = "fd_close", .call = [&] { return call("fd_close", {file}); }, .closes = true},
        {"fd_datasync", [&] { return call("fd_datasync", {file}); }},
        {"fd_sync", [&] { return call("fd_sync", {file}); }},
        {"fd_fdstat_set_flags", [&] { return call("fd_fdstat_set_flags", {file, fdflag_append}); }},
        {"fd_filestat_get", [&] { return call("fd_filestat_get", {file, out_at}); }},
        {"fd_filestat_set_size", [&] { return call("fd_filestat_set_size", {file, 3}); }},
        {"fd_filestat_set_times", [&] { return call("fd_filestat_set_times", {file, times, times, 5}); }},
        {"fd_seek", [&] { return call("fd_seek", {file, 3, 0, out_at}); }},
        {"fd_tell", [&] { return call("fd_tell", {file, out_at}); }},
        {"fd_read", [&] { return call("fd_read", {file, iovs_at, 1, result_at}); }},
        {"fd_pread", [&] { return call("fd_pread", {file, iovs_at, 1, 3, result_at}); }},
        {"fd_write", [&] { return call("fd_write", {file, iovs_at, 1, result_at}); }},
        {"fd_pwrite", [&] { return call("fd_pwrite", {file, iovs_at, 1, 3, result_at}); }},
        {"fd_readdir", [&] { return call("fd_readdir", {preopen, out_at, 1000, 0, result_at}); }},
    };
    for (const Case& c : cases) run(c);
}

TEST_F(Faults, paths)
{
    const auto two_paths = [&](std::string_view name, std::string_view from, std::string_view to) {
        store_text(path_at, from);
        store_text(second_path_at, to);
        return call(name, {preopen, path_at, from.size(), preopen, second_path_at, to.size()});
    };
    const auto link_call = [&](uint32_t lookup) {
        store_text(path_at, "dir/inner");
        store_text(second_path_at, "dir/sub/new");
        return call("path_link", {preopen, lookup, path_at, 9, preopen, second_path_at, 11});
    };
    const Case cases[] = {
        {"path_open", [&] { return open_call("dir/inner", 0, right_fd_read); }},
        {"path_open directory", [&] { return open_call("dir", oflag_directory, right_fd_readdir); }},
        {.name = "path_open creat",
         .call = [&] { return open_call("dir/new", oflag_creat, file_rights); },
         .half_done_is_fine = true},
        {.name = "path_open trunc", .call = [&] { return open_call("link", oflag_trunc, file_rights); }, .half_done_is_fine = true},
        {"path_create_directory", [&] { return path_call("path_create_directory", "dir/new"); }},
        {"path_remove_directory", [&] { return path_call("path_remove_directory", "dir/sub"); }},
        {"path_unlink_file", [&] { return path_call("path_unlink_file", "dir/inner"); }},
        {"path_unlink_file here", [&] { return path_call("path_unlink_file", "file"); }},
        {"path_rename", [&] { return two_paths("path_rename", "dir/inner", "dir/sub/new"); }},
        {"path_link", [&] { return link_call(0); }},
        {"path_link following", [&] { return link_call(lookup_symlink_follow); }},
        {"path_symlink",
         [&] {
             store_text(path_at, "dir/new");
             store_text(second_path_at, "target");
             return call("path_symlink", {second_path_at, 6, preopen, path_at, 7});
         }},
        {"path_readlink",
         [&] {
             store_text(path_at, "link");
             return call("path_readlink", {preopen, path_at, 4, out_at, 100, result_at});
         }},
        {"path_filestat_get",
         [&] {
             store_text(path_at, "link");
             return call("path_filestat_get", {preopen, lookup_symlink_follow, path_at, 4, out_at});
         }},
        {"path_filestat_set_times",
         [&] {
             store_text(path_at, "dir/inner");
             return call("path_filestat_set_times", {preopen, 0, path_at, 9, 0, 5'000'000'000, fstflag_mtim});
         }},
    };
    for (const Case& c : cases) run(c);
}

TEST_F(Faults, streams_clocks_and_sockets)
{
    Subscription clock{}, readable{};
    clock.type = EventType::clock;
    clock.clock = {ClockId::realtime, 0, Timestamp{1}, Timestamp{0}, subclock_abstime, {}};
    Subscription relative = clock;
    relative.clock.flags = {};
    readable.type = EventType::fd_read;
    readable.fd = Fd{stdin_fd};
    const auto do_not_wait = [&] {
        EXPECT_EQ(call("fd_fdstat_set_flags", {stdin_fd, fdflag_nonblock}), Errno::success);
        EXPECT_EQ(call("fd_fdstat_set_flags", {stdout_fd, fdflag_nonblock}), Errno::success);
    };
    // With descriptors enough that they are registered, among them a file that cannot be.
    const auto many_call = [&](EventType last) {
        uint32_t count = 0;
        for (const uint32_t fd : {connected, stdin_fd, listening, file, connected, stdout_fd}) {
            Subscription s = relative;
            if (fd != stdout_fd) s.type = EventType::fd_read;
            else s.type = last;
            if (s.type != EventType::clock) s.fd = Fd{fd};
            store(in_at + count++ * static_cast<uint32_t>(sizeof s), s);
        }
        const Errno e = call("poll_oneoff", {in_at, out_at, count, result_at});
        if (e == Errno::success) EXPECT_EQ(load<uint32_t>(result_at), count);
        return e;
    };
    const auto time_of_day_call = [&] {
        for (uint32_t i = 0; i < 5; ++i) store(in_at + i * static_cast<uint32_t>(sizeof clock), clock);
        return call("poll_oneoff", {in_at, out_at, 5, result_at});
    };
    const auto make_registrations = [&] { EXPECT_EQ(many_call(EventType::clock), Errno::success); };
    const Case cases[] = {
        {.name = "fd_read of stdin",
         .call = [&] { return call("fd_read", {stdin_fd, iovs_at, 1, result_at}); },
         .is_waiting = true},
        {.name = "fd_write to stdout",
         .call = [&] { return call("fd_write", {stdout_fd, iovs_at, 1, result_at}); },
         .is_waiting = true},
        {"fd_read without waiting", [&] { return call("fd_read", {stdin_fd, iovs_at, 1, result_at}); }, do_not_wait},
        {"fd_write without waiting", [&] { return call("fd_write", {stdout_fd, iovs_at, 1, result_at}); }, do_not_wait},
        {"poll_oneoff of a pipe", [&] { return poll_call(readable); }},
        {"poll_oneoff of a time of day", [&] { return poll_call(clock); }},
        {"poll_oneoff of a while", [&] { return poll_call(relative); }},
        {.name = "poll_oneoff of many, again",
         .call = [&] { return many_call(EventType::clock); },
         .prepare = make_registrations,
         .can_do_otherwise = true},
        {.name = "poll_oneoff of many, changed",
         .call = [&] { return many_call(EventType::fd_write); },
         .prepare = make_registrations,
         .can_do_otherwise = true},
        {.name = "poll_oneoff of many times of day",
         .call = time_of_day_call,
         .prepare = make_registrations,
         .can_do_otherwise = true},
        {"clock_time_get", [&] { return call("clock_time_get", {2, 0, out_at}); }},
        {"random_get", [&] { return call("random_get", {out_at, 3000}); }},
        {"sched_yield", [&] { return call("sched_yield", {}); }},
        {"sock_accept", [&] { return call("sock_accept", {listening, 0, result_at}); }},
        {"sock_recv", [&] { return call("sock_recv", {connected, iovs_at, 1, 0, result_at, second_result_at}); }},
        {"sock_send", [&] { return call("sock_send", {connected, iovs_at, 1, 0, result_at}); }},
        {"sock_shutdown", [&] { return call("sock_shutdown", {connected, 1}); }},
    };
    for (const Case& c : cases) run(c);
}

TEST_F(Faults, waiting_for_many_that_are_idle_is_one_system_call)
{
    const int ours = 500;
    std::vector<Pipe> pipes(ours);
    WorldConfig config;
    for (const Pipe& pipe : pipes) config.sockets.push_back(pipe.reader.get());
    start(std::move(config));
    const auto poll = [&] {
        uint32_t at = in_at;
        for (uint32_t i = 0; i < ours; ++i, at += sizeof(Subscription)) {
            Subscription s{};
            s.type = EventType::fd_read;
            s.fd = Fd{preopen + 1 + i};
            s.userdata = i;
            store(at, s);
        }
        Subscription clock{};
        clock.type = EventType::clock;
        clock.clock = {ClockId::monotonic, 0, Timestamp{0}, Timestamp{0}, {}, {}};
        store(at, clock);
        EXPECT_EQ(call("poll_oneoff", {in_at, in_at, ours + 1, result_at}), Errno::success);
        return load<uint32_t>(result_at);
    };
    EXPECT_EQ(poll(), 1U);
    {
        const auto faults = SyscallFaults::fail(2, EIO);
        EXPECT_EQ(poll(), 1U);
    }
    EXPECT_EQ(SyscallFaults::failed_call(), std::nullopt);
    EXPECT_EQ(::write(pipes[77].writer.get(), "x", 1), 1);
    {
        const auto faults = SyscallFaults::fail(3, EIO);  // and how much there is to read
        EXPECT_EQ(poll(), 2U);
    }
    EXPECT_EQ(SyscallFaults::failed_call(), std::nullopt);
    EXPECT_EQ(load<Event>(in_at).userdata, 77U);
}

TEST_F(Faults, waiting_does_not_spin_on_what_is_not_asked_for_any_more)
{
    prepare();
    const auto poll = [&](std::initializer_list<EventType> types, uint64_t timeout_ns) {
        uint32_t at = in_at, count = 0;
        const auto append = [&](const Subscription& s) {
            store(at, s);
            at += sizeof s;
            ++count;
        };
        Subscription s{};
        s.fd = Fd{connected};
        for (const EventType type : types) {
            s.type = type;
            append(s);
        }
        s.type = EventType::clock;
        s.clock = {ClockId::monotonic, 0, Timestamp{timeout_ns}, Timestamp{0}, {}, {}};
        for (int i = 0; i < 5; ++i) append(s);
        EXPECT_EQ(call("poll_oneoff", {in_at, out_at, count, result_at}), Errno::success);
        return load<uint32_t>(result_at);
    };
    EXPECT_EQ(call("sock_recv", {connected, iovs_at, 1, 0, result_at, second_result_at}), Errno::success);
    EXPECT_EQ(call("sock_recv", {connected, iovs_at, 1, 0, result_at, second_result_at}), Errno::success);
    for (const auto& types : {std::initializer_list<EventType>{EventType::fd_read}, {}}) {
        EXPECT_EQ(poll({EventType::fd_read, EventType::fd_write}, 1'000'000'000'000), 1U);
        {
            const auto faults = SyscallFaults::fail(8, EIO);
            EXPECT_EQ(poll(types, 2'000'000), 5U);
        }
        EXPECT_EQ(SyscallFaults::failed_call(), std::nullopt);
    }
}

TEST_F(Faults, making_a_world)
{
    for (const int error : errors)
        for (int nth = 1;; ++nth) {
            prepare();
            WorldConfig config;
            config.preopens = {{m_box, "/box"}, {m_box + "/dir", "/dir", true}};
            config.working_directory = "/box/dir";
            config.stdin_fd = m_input->reader.get();
            config.sockets = {m_connection.get()};
            const size_t descriptors = open_descriptors();
            std::optional<SysError> problem;
            {
                const auto faults = SyscallFaults::fail(nth, error);
                const auto made = World::create(config);
                if (!made) problem = made.error();
            }
            EXPECT_EQ(open_descriptors(), descriptors);
            if (!SyscallFaults::failed_call()) {
                EXPECT_FALSE(problem);
                break;
            }
            if (problem) EXPECT_EQ(problem->code, error) << problem->to_string();
        }
}

// Short reads and writes: what a program that goes on until all is done gets is all of it, once.

TEST_F(Faults, short_transfers_lose_and_double_nothing)
{
    prepare();
    std::string text;
    for (int i = 0; i < 1000; ++i) text += std::to_string(i);
    const auto size = static_cast<uint32_t>(text.size());
    fill_with_canary();
    store_text(buffer_at, text);
    const auto in_two_parts = [&](uint32_t at, uint32_t rest) {
        store(iovs_at, Iovec{at, 0});
        store(iovs_at + 8, Iovec{at, rest / 3});
        store(iovs_at + 16, Iovec{at + rest / 3, rest - rest / 3});
    };
    /// Until all is moved.
    const auto move_all = [&](auto one_call) {
        const auto faults = SyscallFaults::shorten(50);
        for (uint32_t done = 0; done < size;) {
            in_two_parts(buffer_at + done, size - done);
            if (one_call(done) != Errno::success || load<uint32_t>(result_at) == 0) break;
            done += load<uint32_t>(result_at);
        }
    };
    ASSERT_EQ(call("fd_filestat_set_size", {file, 0}), Errno::success);
    move_all([&](uint32_t) { return call("fd_write", {file, iovs_at, 3, result_at}); });
    EXPECT_GE(SyscallFaults::shortened_calls(), static_cast<int>(size / 50));
    EXPECT_EQ(read_file(m_box + "/file"), text);
    ASSERT_EQ(call("fd_filestat_set_size", {file, 0}), Errno::success);
    move_all([&](uint32_t done) { return call("fd_pwrite", {file, iovs_at, 3, done, result_at}); });
    EXPECT_EQ(read_file(m_box + "/file"), text);
    ASSERT_EQ(call("fd_seek", {file, 0, 0, out_at}), Errno::success);
    fill_with_canary();
    move_all([&](uint32_t) { return call("fd_read", {file, iovs_at, 3, result_at}); });
    EXPECT_EQ(text_at(buffer_at, size), text);
    fill_with_canary();
    move_all([&](uint32_t done) { return call("fd_pread", {file, iovs_at, 3, done, result_at}); });
    EXPECT_EQ(text_at(buffer_at, size), text);
    // Streams, which hold all of it.
    move_all([&](uint32_t) { return call("fd_write", {stdout_fd, iovs_at, 3, result_at}); });
    std::string received(size + 1, ' ');
    EXPECT_EQ(::read(m_output->reader.get(), received.data(), received.size()), static_cast<ssize_t>(size));
    EXPECT_EQ(received.substr(0, size), text);
    move_all([&](uint32_t) { return call("sock_send", {connected, iovs_at, 3, 0, result_at}); });
    EXPECT_EQ(::recv(m_peer.get(), received.data(), received.size(), MSG_DONTWAIT), static_cast<ssize_t>(size));
    EXPECT_EQ(received.substr(0, size), text);
}

TEST_F(Faults, random_bytes_fill_the_buffer_however_few_come_at_a_time)
{
    prepare();
    {
        const auto faults = SyscallFaults::shorten(3);
        EXPECT_EQ(call("random_get", {out_at, 1000}), Errno::success);
    }
    EXPECT_EQ(SyscallFaults::shortened_calls(), 334);
    int unchanged = 0;
    for (uint32_t i = 0; i < 1000; i += 10) unchanged += is_untouched(out_at + i, out_at + i + 10) ? 1 : 0;
    EXPECT_EQ(unchanged, 0);
}

TEST_F(Faults, listing_is_complete_however_few_entries_come_at_a_time)
{
    prepare();
    for (int i = 0; i < 200; ++i) write_file(m_box + "/entry-" + std::to_string(i), "");
    std::map<std::string, int> seen;
    {
        const auto faults = SyscallFaults::shorten(100);
        uint64_t cookie = 0;
        for (uint32_t used = 300; used == 300;) {
            ASSERT_EQ(call("fd_readdir", {preopen, out_at, 300, cookie, result_at}), Errno::success);
            used = load<uint32_t>(result_at);
            for (uint32_t i = 0; i + sizeof(DirEntry) <= used;) {
                const auto header = load<DirEntry>(out_at + i);
                i += static_cast<uint32_t>(sizeof header) + header.name_len;
                if (i > used) break;
                cookie = static_cast<uint64_t>(header.next);
                ++seen[text_at(out_at + i - header.name_len, header.name_len)];
            }
        }
    }
    EXPECT_GT(SyscallFaults::shortened_calls(), 50);
    EXPECT_EQ(seen.size(), 205U);  // with "file", "dir", "link", "." and ".."
    for (const auto& [name, times] : seen) EXPECT_EQ(times, 1) << name;
}

}  // namespace
}  // namespace weir::test
