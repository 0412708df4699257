#include "fixture.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <random>
#include <thread>

// Host functions that wait for others end when the guest is interrupted, and go on when it may go on.

namespace weir::test {
namespace {

constexpr uint32_t stdin_fd = 0, stdout_fd = 1;

class Blocked : public Wasi {
protected:
    Pipe input, output;
    UniqueFd listener, connection, peer;

    Blocked()
    {
        // A pipe and a socket that take no more.
        const std::vector<char> bytes(65536);
        fcntl(output.writer.get(), F_SETFL, O_NONBLOCK);
        while (::write(output.writer.get(), bytes.data(), bytes.size()) > 0) {}
        fcntl(output.writer.get(), F_SETFL, 0);
        int ends[2];
        EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
        connection = UniqueFd{ends[0]};
        peer = UniqueFd{ends[1]};
        while (::send(connection.get(), bytes.data(), bytes.size(), MSG_DONTWAIT) > 0) {}
        listener = UniqueFd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        sockaddr_un address{};
        address.sun_family = AF_UNIX;  // no name: the kernel gives one
        EXPECT_EQ(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address.sun_family), 0);
        EXPECT_EQ(::listen(listener.get(), 1), 0);
        EXPECT_EQ(::mkfifo((m_box + "/fifo").c_str(), 0600), 0);
        WorldConfig config;
        config.stdin_fd = input.reader.get();
        config.stdout_fd = output.writer.get();
        config.sockets = {listener.get(), connection.get()};
        start(std::move(config));
        store(iovs_at, Iovec{buffer_at, 100});
        store_text(path_at, "fifo");
    }
    void subscribe(const Subscription& s) { store(1024, s); }

    /// Requests that come before the call waits, while it begins to, and while it waits.
    void expect_stopped(std::string_view name, std::initializer_list<uint64_t> arguments)
    {
        SCOPED_TRACE(name);
        std::minstd_rand random{1};
        for (int i = 0; i < 50; ++i) {
            const auto delay = std::chrono::microseconds{random() % 200};
            std::jthread other{[&] {
                std::this_thread::sleep_for(delay);
                guest_store().request_interrupt(1);
            }};
            const runtime::Outcome outcome = run(name, arguments);
            const auto* const trap = std::get_if<runtime::Trap>(&outcome);
            ASSERT_TRUE(trap != nullptr && trap->kind == runtime::TrapKind::interrupted) << "round " << i;
        }
    }
};

TEST_F(Blocked, every_kind_of_waiting_is_cut)
{
    const size_t descriptors = open_descriptors();
    constexpr uint32_t box = 3, accepts = 4, connected = 5;
    expect_stopped("fd_read", {stdin_fd, iovs_at, 1, result_at});
    expect_stopped("fd_write", {stdout_fd, iovs_at, 1, result_at});
    expect_stopped("sock_accept", {accepts, 0, result_at});
    expect_stopped("sock_recv", {connected, iovs_at, 1, 0, result_at, second_result_at});
    expect_stopped("sock_send", {connected, iovs_at, 1, 0, result_at});
    expect_stopped("path_open", {box, 0, path_at, 4, 0, static_cast<uint64_t>(right_fd_read), 0, 0, result_at});
    Subscription clock{};
    clock.type = EventType::clock;
    clock.clock = {ClockId::monotonic, 0, Timestamp{uint64_t{3600} * 1'000'000'000}, Timestamp{0}, {}, {}};
    subscribe(clock);
    expect_stopped("poll_oneoff", {1024, 40'000, 1, result_at});
    clock.clock.id = ClockId::realtime;
    clock.clock.timeout = Timestamp{INT64_MAX};
    clock.clock.flags = subclock_abstime;
    subscribe(clock);
    expect_stopped("poll_oneoff", {1024, 40'000, 1, result_at});
    Subscription readable{};
    readable.type = EventType::fd_read;
    readable.fd = Fd{stdin_fd};
    subscribe(readable);
    expect_stopped("poll_oneoff", {1024, 40'000, 1, result_at});
    EXPECT_EQ(open_descriptors(), descriptors);
}

TEST_F(Blocked, waiting_goes_on_when_the_guest_may_go_on)
{
    std::atomic<int> asked{0};
    guest_store().set_interrupt_handler(
        [](runtime::InterruptReasons, void* data) noexcept {
            ++*static_cast<std::atomic<int>*>(data);
            return runtime::InterruptAnswer::go_on;
        },
        &asked);
    std::jthread other{[&] {
        for (int i = 0; i < 20; ++i) {
            guest_store().request_interrupt(1);
            while (asked <= i) std::this_thread::yield();
        }
        EXPECT_EQ(::write(input.writer.get(), "text", 4), 4);
    }};
    EXPECT_TRUE(std::holds_alternative<runtime::Returned>(run("fd_read", {stdin_fd, iovs_at, 1, result_at})));
    EXPECT_EQ(load<uint32_t>(result_at), 4U);
    EXPECT_EQ(text_at(buffer_at, 4), "text");
    EXPECT_EQ(asked, 20);
}

TEST_F(Blocked, sleep_is_not_shorter_for_interruptions_that_let_it_go_on)
{
    std::atomic<bool> is_over{false};
    guest_store().set_interrupt_handler([](runtime::InterruptReasons, void*) noexcept { return runtime::InterruptAnswer::go_on; },
                                        nullptr);
    std::jthread other{[&] {
        while (!is_over) {
            guest_store().request_interrupt(1);
            std::this_thread::sleep_for(std::chrono::microseconds{200});
        }
    }};
    Subscription clock{};
    clock.type = EventType::clock;
    clock.clock = {ClockId::monotonic, 0, Timestamp{20'000'000}, Timestamp{0}, {}, {}};
    subscribe(clock);
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_TRUE(std::holds_alternative<runtime::Returned>(run("poll_oneoff", {1024, 40'000, 1, result_at})));
    EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds{20});
    EXPECT_EQ(load<uint32_t>(result_at), 1U);
    is_over = true;
}

TEST_F(Blocked, what_does_not_wait_is_done_all_the_same)
{
    // A request that comes during a call that does not wait neither loses nor repeats it.
    EXPECT_EQ(::write(input.writer.get(), "text", 4), 4);
    guest_store().set_interrupt_handler([](runtime::InterruptReasons, void*) noexcept { return runtime::InterruptAnswer::go_on; },
                                        nullptr);
    guest_store().request_interrupt(1);
    EXPECT_TRUE(std::holds_alternative<runtime::Returned>(run("fd_read", {stdin_fd, iovs_at, 1, result_at})));
    EXPECT_EQ(text_at(buffer_at, load<uint32_t>(result_at)), "text");
}

}  // namespace
}  // namespace weir::test
