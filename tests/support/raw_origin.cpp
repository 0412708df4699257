#include "support/raw_origin.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <utility>

namespace weir {

namespace {

sockaddr* as_sockaddr(sockaddr_in& address) { return reinterpret_cast<sockaddr*>(&address); }

}  // namespace

RawOrigin::RawOrigin(std::vector<std::vector<std::string>> connections) : m_connections(std::move(connections))
{
    m_listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(m_listener, as_sockaddr(address), size) != 0 || ::listen(m_listener, 16) != 0 ||
        ::getsockname(m_listener, as_sockaddr(address), &size) != 0) {
        std::abort();
    }
    m_port = ntohs(address.sin_port);
    m_thread = std::thread{[this] { run(); }};
}

RawOrigin::~RawOrigin()
{
    ::shutdown(m_listener, SHUT_RDWR);  // ends accept()
    m_thread.join();
    for (const int fd : m_fds) ::shutdown(fd, SHUT_RDWR);  // ends recv()
    for (std::thread& thread : m_threads) thread.join();
    for (const int fd : m_fds) ::close(fd);
    ::close(m_listener);
}

void RawOrigin::run()
{
    for (const auto& answers : m_connections) {
        const int fd = ::accept4(m_listener, nullptr, nullptr, SOCK_CLOEXEC);
        if (fd < 0) return;
        m_fds.push_back(fd);
        m_threads.emplace_back([this, fd, &answers] { serve(fd, answers); });
    }
}

void RawOrigin::serve(int fd, const std::vector<std::string>& answers) const
{
    std::string got;
    std::array<char, 4096> buffer{};
    const auto receive = [&] {
        const ssize_t size = ::recv(fd, buffer.data(), buffer.size(), 0);
        if (size > 0) got.append(buffer.data(), static_cast<size_t>(size));
        return size > 0;
    };
    for (const std::string& answer : answers) {
        if (answer == stall) {
            while (receive()) continue;
            break;
        }
        while (got.find("\r\n\r\n") == std::string::npos && receive()) continue;
        const size_t end = got.find("\r\n\r\n");
        if (end == std::string::npos || answer == close_without_answer) break;
        got.erase(0, end + 4);
        for (size_t sent = 0; sent < answer.size();) {
            const ssize_t size = ::send(fd, answer.data() + sent, answer.size() - sent, MSG_NOSIGNAL);
            if (size < 0) break;
            sent += static_cast<size_t>(size);
        }
    }
    // Our end first, and what the client still says is read: a close with unread bytes would be a reset.
    ::shutdown(fd, SHUT_WR);
    while (::recv(fd, buffer.data(), buffer.size(), 0) > 0) continue;
}

}  // namespace weir
