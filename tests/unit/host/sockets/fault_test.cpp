#include "../wasip1/fixture.hpp"

#include "host/sockets/world.hpp"
#include "support/syscall_faults.hpp"

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <set>

// The functions of the sockets world while the host's system calls fail, each in turn with each error: the guest is told the right errno,
// no descriptor is lost or left over, and what failed can be done again.

namespace weir::test {
namespace {

constexpr uint32_t listener = 4, client = 5, accepted = 6, fresh = 7, datagrams = 8;
constexpr uint32_t ref_at = 30001, address_at = 31001, out_at = 32001, third_at = 33001;
constexpr int errors[] = {EINTR, EAGAIN, EIO, EMFILE, ENFILE, ENOMEM, ENOBUFS, ECONNABORTED};

struct Case {
    const char* name;
    std::function<Errno()> call;
    int added_descriptors = 0;
};

class SocketFaults : public Wasi {
protected:
    std::unique_ptr<sockets::World> m_sockets;
    uint32_t m_port = 0;
    bool m_has_waiting_client = false;  // that nobody has accepted yet

    void SetUp() override
    {
        if (!SyscallFaults::are_possible()) GTEST_SKIP() << "this kernel has no Syscall User Dispatch";
    }

    /// A function of the sockets world, or of WASI where it has none of that name and number of parameters.
    Errno sock(std::string_view name, std::initializer_list<uint64_t> arguments)
    {
        for (const runtime::HostModule& module : sockets::World::host_modules())
            for (const runtime::HostFunction& f : module.functions) {
                if (f.name != name || f.params.size() != arguments.size()) continue;
                runtime::Value values[16]{};
                call_with(f, {arguments.begin(), arguments.size()}, values, m_sockets.get());
                return static_cast<Errno>(values[0].i32);
            }
        return call(name, arguments);
    }
    /// Where an address parameter points to 127.0.0.1 in 128 bytes.
    uint32_t loopback()
    {
        store(ref_at, sockets::AddressRef{address_at, 128});
        store(address_at, std::array<uint8_t, 128>{1, 0, 127, 0, 0, 1});
        return ref_at;
    }
    uint32_t result() { return load<uint32_t>(result_at); }

    /// A world anew: a listener, both ends of a connection with a message in it, a socket that is nothing yet, and one for datagrams with one in it.
    void prepare()
    {
        m_sockets.reset();
        start();
        m_sockets = std::make_unique<sockets::World>(world(), sockets::NetworkConfig{.allows_all = true, .rules = {}});
        EXPECT_EQ(sock("sock_open", {1, 2, result_at}), Errno::success);
        EXPECT_EQ(result(), listener);
        EXPECT_EQ(sock("sock_bind", {listener, loopback(), 0}), Errno::success);
        EXPECT_EQ(sock("sock_listen", {listener, 8}), Errno::success);
        EXPECT_EQ(sock("sock_getlocaladdr", {listener, loopback(), result_at}), Errno::success);
        m_port = result();
        EXPECT_EQ(sock("sock_open", {1, 2, result_at}), Errno::success);
        EXPECT_EQ(sock("sock_connect", {client, loopback(), m_port}), Errno::success);
        EXPECT_EQ(sock("sock_accept", {listener, result_at}), Errno::success);
        EXPECT_EQ(result(), accepted);
        EXPECT_EQ(sock("sock_open", {1, 2, result_at}), Errno::success);
        EXPECT_EQ(result(), fresh);
        EXPECT_EQ(sock("sock_open", {1, 1, result_at}), Errno::success);
        EXPECT_EQ(result(), datagrams);
        EXPECT_EQ(sock("sock_bind", {datagrams, loopback(), 0}), Errno::success);
        EXPECT_EQ(sock("sock_getlocaladdr", {datagrams, loopback(), result_at}), Errno::success);
        const uint32_t datagram_port = result();
        if (m_has_waiting_client) EXPECT_EQ(sock("sock_connect", {fresh, loopback(), m_port}), Errno::success);
        store_text(buffer_at, "WXYZ");
        store(iovs_at, Iovec{buffer_at, 4});
        EXPECT_EQ(sock("sock_send_to", {datagrams, iovs_at, 1, loopback(), datagram_port, 0, result_at}), Errno::success);
        EXPECT_EQ(sock("sock_send", {client, iovs_at, 1, 0, result_at}), Errno::success);
        loopback();
    }
    void run(const Case& c);
};

bool is_repeated_after_signals(long number)
{
    static const std::set<long> repeated{SYS_connect, SYS_accept4, SYS_sendmsg, SYS_recvmsg, SYS_poll};
    return repeated.contains(number);
}

void SocketFaults::run(const Case& c)
{
    int injected = 0;
    for (const int error : errors)
        for (int nth = 1;; ++nth) {
            prepare();
            const size_t before = open_descriptors();
            Errno answer{};
            {
                const auto faults = SyscallFaults::fail(nth, error);
                answer = c.call();
            }
            const auto number = SyscallFaults::failed_call();
            const size_t after = before + static_cast<size_t>(c.added_descriptors);
            if (!number) {
                EXPECT_EQ(answer, Errno::success) << c.name;
                EXPECT_EQ(open_descriptors(), after);
                break;
            }
            ++injected;
            SCOPED_TRACE(std::string{c.name} + ": " + strerrorname_np(error) + " of call " + std::to_string(nth) + ", number " +
                         std::to_string(*number));
            // Whether a socket that sends to an address is connected already: unknown is no.
            const bool does_not_matter = *number == SYS_getpeername && std::string_view{c.name} == "sock_send_to";
            const bool is_fine = does_not_matter || (error == EINTR && is_repeated_after_signals(*number));
            EXPECT_EQ(answer, is_fine ? Errno::success : from_host(error));
            EXPECT_EQ(open_descriptors(), is_fine ? after : before);
            if (is_fine) continue;
            EXPECT_EQ(c.call(), Errno::success);
            EXPECT_EQ(open_descriptors(), after);
        }
    EXPECT_GT(injected, 0) << c.name << " made no system call";
}

TEST_F(SocketFaults, of_each_function)
{
    const Case cases[] = {
        {"sock_open", [&] { return sock("sock_open", {2, 2, result_at}); }, 1},
        {"sock_bind", [&] { return sock("sock_bind", {fresh, loopback(), 0}); }},
        {"sock_listen", [&] { return sock("sock_listen", {listener, 16}); }},
        {"sock_connect", [&] { return sock("sock_connect", {fresh, loopback(), m_port}); }},
        {"sock_getlocaladdr", [&] { return sock("sock_getlocaladdr", {client, loopback(), result_at}); }},
        {"sock_getlocaladdr of version 1",
         [&] { return sock("sock_getlocaladdr", {client, loopback(), second_result_at, result_at}); }},
        {"sock_getpeeraddr", [&] { return sock("sock_getpeeraddr", {client, loopback(), result_at}); }},
        {"sock_getsockopt", [&] { return sock("sock_getsockopt", {client, 0, 1, out_at, 4}); }},
        {"sock_setsockopt", [&] { return sock("sock_setsockopt", {client, 0, 0, iovs_at, 4}); }},
        {"sock_send", [&] { return sock("sock_send", {client, iovs_at, 1, 0, result_at}); }},
        {"sock_send_v2", [&] { return sock("sock_send_v2", {client, iovs_at, 1, 0, result_at}); }},
        {"fd_write", [&] { return call("fd_write", {client, iovs_at, 1, result_at}); }},
        {"sock_recv", [&] { return sock("sock_recv", {accepted, iovs_at, 1, 0, result_at, second_result_at}); }},
        {"sock_recv_v2", [&] { return sock("sock_recv_v2", {accepted, iovs_at, 1, 0, result_at, second_result_at}); }},
        {"sock_recv_from",
         [&] { return sock("sock_recv_from", {datagrams, iovs_at, 1, loopback(), 0, third_at, result_at, second_result_at}); }},
        {"sock_send_to", [&] { return sock("sock_send_to", {datagrams, iovs_at, 1, loopback(), m_port, 0, result_at}); }},
        {"sock_shutdown", [&] { return sock("sock_shutdown", {client, 2}); }},
    };
    for (const Case& c : cases) run(c);
    const Case accepts[] = {
        {"sock_accept", [&] { return sock("sock_accept", {listener, result_at}); }, 1},
        {"sock_accept of WASI", [&] { return sock("sock_accept", {listener, 4, result_at}); }, 1},
        {"sock_accept_v2", [&] { return sock("sock_accept_v2", {listener, 0, result_at}); }, 1},
    };
    m_has_waiting_client = true;
    for (const Case& c : accepts) run(c);
}

}  // namespace
}  // namespace weir::test
