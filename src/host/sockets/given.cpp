#include "host/sockets/given.hpp"

#include "base/unique_fd.hpp"
#include "host/sockets/address.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>

namespace weir::sockets {

namespace {

/// Tries a call on each address that HOST:PORT has; the first that succeeds wins.
template <class Use>
Result<int, std::string> open_first(std::string_view endpoint, int flags, Use use)
{
    const size_t colon = endpoint.rfind(':');
    if (colon == std::string_view::npos || colon + 1 == endpoint.size()) return Unexpected{std::string{"the form is HOST:PORT"}};
    std::string host{endpoint.substr(0, colon)};
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    const std::string port{endpoint.substr(colon + 1)};
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = flags;
    addrinfo* list = nullptr;
    if (const int status = ::getaddrinfo(host.empty() ? nullptr : host.c_str(), port.c_str(), &hints, &list); status != 0)
        return Unexpected{std::string{::gai_strerror(status)}};
    std::string why = "it has no address";
    for (const addrinfo* a = list; a != nullptr; a = a->ai_next) {
        UniqueFd fd{::socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol)};
        if (fd && use(fd.get(), *a)) {
            ::freeaddrinfo(list);
            return fd.release();
        }
        why = std::strerror(errno);
    }
    ::freeaddrinfo(list);
    return Unexpected{std::move(why)};
}

}  // namespace

Result<int, std::string> listen_at(std::string_view endpoint)
{
    return open_first(endpoint, AI_PASSIVE, [](int fd, const addrinfo& a) {
        const int on = 1;
        ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        return ::bind(fd, a.ai_addr, a.ai_addrlen) == 0 && ::listen(fd, SOMAXCONN) == 0;
    });
}

Result<int, std::string> dial_to(std::string_view endpoint)
{
    return open_first(endpoint, 0, [](int fd, const addrinfo& a) { return ::connect(fd, a.ai_addr, a.ai_addrlen) == 0; });
}

std::vector<int> sockets_of_systemd()
{
    const auto number = [](const char* name) {
        const char* const text = std::getenv(name);
        int value = 0;
        if (text != nullptr) std::from_chars(text, text + std::strlen(text), value);
        return value;
    };
    std::vector<int> sockets;
    if (number("LISTEN_PID") != ::getpid()) return sockets;
    constexpr int first = 3, most = 256;
    const int count = std::min(number("LISTEN_FDS"), most);
    for (int fd = first; fd < first + count; ++fd) {
        ::fcntl(fd, F_SETFD, FD_CLOEXEC);
        sockets.push_back(fd);
    }
    return sockets;
}

}  // namespace weir::sockets
