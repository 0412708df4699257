#include "fixture.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace weir::test {
namespace {

class Sockets : public Wasi {
protected:
    static constexpr uint32_t listener_fd = 4, peer_fd = 5, datagram_fd = 6;  // behind the preopen
    UniqueFd listener, ours, theirs, our_datagrams, their_datagrams;
    sockaddr_in address{};

    Sockets()
    {
        listener = UniqueFd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        EXPECT_EQ(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), size), 0);
        EXPECT_EQ(::listen(listener.get(), 5), 0);
        EXPECT_EQ(::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
        int pair[2];
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
        ours = UniqueFd{pair[0]};
        theirs = UniqueFd{pair[1]};
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair), 0);
        our_datagrams = UniqueFd{pair[0]};
        their_datagrams = UniqueFd{pair[1]};
        WorldConfig config;
        config.sockets = {listener.get(), theirs.get(), their_datagrams.get()};
        start(std::move(config));
    }
    UniqueFd connect()
    {
        UniqueFd client{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        EXPECT_EQ(::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
        return client;
    }
    Errno recv(uint32_t fd, uint32_t size, uint64_t flags = 0)
    {
        fill_with_canary();
        store(iovs_at, Iovec{buffer_at, size});
        return call("sock_recv", {fd, iovs_at, 1, flags, result_at, second_result_at});
    }
    Errno send(uint32_t fd, std::string_view text, uint64_t flags = 0)
    {
        store_text(buffer_at, text);
        store(iovs_at, Iovec{buffer_at, static_cast<uint32_t>(text.size())});
        return call("sock_send", {fd, iovs_at, 1, flags, result_at});
    }
};

TEST_F(Sockets, types_are_told_apart)
{
    for (const auto& [fd, type] : {std::pair{peer_fd, FileType::socket_stream}, std::pair{datagram_fd, FileType::socket_dgram}}) {
        ASSERT_EQ(call("fd_fdstat_get", {fd, result_at}), Errno::success);
        EXPECT_EQ(load<FdStat>(result_at).filetype, type);
        ASSERT_EQ(call("fd_filestat_get", {fd, result_at}), Errno::success);
        EXPECT_EQ(load<FileStat>(result_at).filetype, type);
    }
}

TEST_F(Sockets, connections_are_accepted_and_talk)
{
    const UniqueFd client = connect();
    ASSERT_EQ(call("sock_accept", {listener_fd, fdflag_nonblock, result_at}), Errno::success);
    const auto fd = load<uint32_t>(result_at);
    EXPECT_EQ(fd, 7U);
    EXPECT_EQ(recv(fd, 10), Errno::again);
    ASSERT_EQ(::write(client.get(), "hello", 5), 5);
    ASSERT_EQ(recv(fd, 10), Errno::success);
    EXPECT_EQ(text_at(buffer_at, load<uint32_t>(result_at)), "hello");
    ASSERT_EQ(send(fd, "hi"), Errno::success);
    char reply[3]{};
    EXPECT_EQ(::read(client.get(), reply, 2), 2);
    EXPECT_STREQ(reply, "hi");
    EXPECT_EQ(write(fd, "plain").value, 5U);
    ASSERT_EQ(call("sock_shutdown", {fd, sd_wr}), Errno::success);
    EXPECT_EQ(send(fd, "x"), Errno::pipe);  // and no signal, or this test would not be here
}

TEST_F(Sockets, a_shared_listener_is_tried_once_and_its_flags_stay)
{
    ASSERT_EQ(call("fd_fdstat_set_flags", {listener_fd, fdflag_nonblock}), Errno::success);
    EXPECT_EQ(::fcntl(listener.get(), F_GETFL) & O_NONBLOCK, 0);
    EXPECT_EQ(call("sock_accept", {listener_fd, 0, result_at}), Errno::again);
    EXPECT_EQ(call("sock_accept", {listener_fd, fdflag_append, result_at}), Errno::inval);
    EXPECT_EQ(call("sock_accept", {preopen, 0, result_at}), Errno::notsock);
    EXPECT_EQ(call("sock_accept", {99, 0, result_at}), Errno::badf);
}

TEST_F(Sockets, messages_are_peeked_at_and_cut_off_with_a_notice)
{
    ASSERT_EQ(::send(our_datagrams.get(), "abcdef", 6, 0), 6);
    ASSERT_EQ(recv(datagram_fd, 3, ri_recv_peek), Errno::success);
    EXPECT_EQ(load<uint32_t>(result_at), 3U);
    EXPECT_EQ(load<uint16_t>(second_result_at), ro_recv_data_truncated);
    EXPECT_TRUE(is_untouched(second_result_at + 2, iovs_at));
    ASSERT_EQ(recv(datagram_fd, 10), Errno::success);
    EXPECT_EQ(load<uint16_t>(second_result_at), 0U);
    EXPECT_EQ(text_at(buffer_at, 6), "abcdef");
    EXPECT_EQ(recv(datagram_fd, 10, 4), Errno::inval);
    EXPECT_EQ(send(datagram_fd, "x", 1), Errno::inval);
}

TEST_F(Sockets, nonblocking_is_emulated_on_given_ones)
{
    ASSERT_EQ(call("fd_fdstat_set_flags", {peer_fd, fdflag_nonblock}), Errno::success);
    EXPECT_EQ(recv(peer_fd, 10), Errno::again);
    EXPECT_EQ(read(peer_fd, 10).error, Errno::again);
    EXPECT_EQ(::fcntl(theirs.get(), F_GETFL) & O_NONBLOCK, 0);
    ASSERT_EQ(::write(ours.get(), "abc", 3), 3);
    EXPECT_EQ(read(peer_fd, 10).value, 3U);
}

TEST_F(Sockets, refusals)
{
    EXPECT_EQ(call("sock_shutdown", {peer_fd, 0}), Errno::inval);
    EXPECT_EQ(call("sock_shutdown", {peer_fd, 4}), Errno::inval);
    EXPECT_EQ(call("sock_shutdown", {preopen, sd_rd}), Errno::notsock);
    EXPECT_EQ(call("sock_send", {peer_fd, memory_bytes - 7, 1, 0, result_at}), Errno::fault);
    EXPECT_EQ(call("sock_send", {peer_fd, iovs_at, 0x20000001, 0, result_at}), Errno::inval);
    EXPECT_EQ(call("fd_seek", {peer_fd, 0, 0, result_at}), Errno::spipe);
}

}  // namespace
}  // namespace weir::test
