#include "http/listen.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <cstring>

namespace weir::http {

namespace {

std::optional<int> parse_number(std::string_view text)
{
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return {};
    return value;
}

template <class SocketAddress>
const sockaddr* as_sockaddr(const SocketAddress& address)
{
    return reinterpret_cast<const sockaddr*>(&address);
}

struct Bound {
    sockaddr_storage storage{};
    socklen_t size = 0;
};

Bound socket_address(const Address& address)
{
    Bound bound;
    if (address.family == Address::Family::ipv4) {
        sockaddr_in in{};
        in.sin_family = AF_INET;
        in.sin_port = htons(address.port);
        std::memcpy(&in.sin_addr, address.ip.data(), sizeof in.sin_addr);
        std::memcpy(&bound.storage, &in, bound.size = sizeof in);
    } else {
        sockaddr_in6 in{};
        in.sin6_family = AF_INET6;
        in.sin6_port = htons(address.port);
        std::memcpy(&in.sin6_addr, address.ip.data(), sizeof in.sin6_addr);
        std::memcpy(&bound.storage, &in, bound.size = sizeof in);
    }
    return bound;
}

Result<UniqueFd, SysError> bind_tcp(const Address& address, bool is_shared, const std::string& subject)
{
    const int family = address.family == Address::Family::ipv4 ? AF_INET : AF_INET6;
    UniqueFd fd{::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    if (!fd) return Unexpected{last_error("socket", subject)};
    const int on = 1;
    ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (is_shared && ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0) {
        return Unexpected{last_error("setsockopt SO_REUSEPORT", subject)};
    }
    const Bound bound = socket_address(address);
    if (::bind(fd.get(), as_sockaddr(bound.storage), bound.size) != 0) return Unexpected{last_error("bind", subject)};
    return fd;
}

Result<void, SysError> start_listening(int fd, const std::string& subject)
{
    if (::listen(fd, SOMAXCONN) != 0) return Unexpected{last_error("listen", subject)};
    return {};
}

Result<Address, std::string> resolve(const ListenAddress& listen)
{
    Address address;
    address.port = listen.port;
    if (::inet_pton(AF_INET, listen.host.c_str(), address.ip.data()) == 1) {
        address.family = Address::Family::ipv4;
        return address;
    }
    if (::inet_pton(AF_INET6, listen.host.c_str(), address.ip.data()) == 1) {
        address.family = Address::Family::ipv6;
        return address;
    }
    return Unexpected{fmt::format("'{}' is not an IP address", listen.host)};
}

Result<std::vector<UniqueFd>, SysError> listen_tcp(Address& address, unsigned count)
{
    const std::string subject = address.to_string();
    std::vector<UniqueFd> fds;
    if (address.port != 0 && count > 1) {
        // Sockets that share a port do not tell one server from another: whether one is there already shows only without sharing.
        WEIR_CHECK(bind_tcp(address, false, subject));
    }
    for (unsigned i = 0; i < count; ++i) {
        WEIR_TRY(fd, bind_tcp(address, count > 1, subject));
        if (i == 0) address = local_address(fd.get());
        fds.push_back(std::move(fd));
    }
    for (const UniqueFd& fd : fds) WEIR_CHECK(start_listening(fd.get(), subject));
    return fds;
}

// A socket that nobody listens on is left by a process that is gone.
bool is_abandoned_socket(const sockaddr_un& address, socklen_t size)
{
    struct stat status{};
    if (::lstat(address.sun_path, &status) != 0 || !S_ISSOCK(status.st_mode)) return false;
    const UniqueFd probe{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    return probe && ::connect(probe.get(), as_sockaddr(address), size) != 0 && errno == ECONNREFUSED;
}

Result<UniqueFd, SysError> listen_unix(const std::string& path)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) return Unexpected{SysError{ENAMETOOLONG, "bind", path}};
    path.copy(address.sun_path, path.size());
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
    UniqueFd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    if (!fd) return Unexpected{last_error("socket", path)};
    if (is_abandoned_socket(address, size)) ::unlink(path.c_str());
    if (::bind(fd.get(), as_sockaddr(address), size) != 0) return Unexpected{last_error("bind", path)};
    WEIR_CHECK(start_listening(fd.get(), path));
    return fd;
}

Result<UniqueFd, SysError> take_inherited(int number)
{
    const std::string subject = fmt::format("fd:{}", number);
    int is_listening = 0;
    socklen_t size = sizeof is_listening;
    if (::getsockopt(number, SOL_SOCKET, SO_ACCEPTCONN, &is_listening, &size) != 0)
        return Unexpected{last_error("getsockopt", subject)};
    if (is_listening == 0) return Unexpected{SysError{EINVAL, "listening socket expected as", subject}};
    UniqueFd fd{::fcntl(number, F_DUPFD_CLOEXEC, 3)};
    if (!fd) return Unexpected{last_error("dup", subject)};
    const int flags = ::fcntl(fd.get(), F_GETFL);
    if (::fcntl(fd.get(), F_SETFL, flags | O_NONBLOCK) != 0) return Unexpected{last_error("fcntl", subject)};
    return fd;
}

// Workers that share one socket each have a descriptor of their own for it.
Result<std::vector<UniqueFd>, SysError> copies(UniqueFd fd, unsigned count, const std::string& subject)
{
    std::vector<UniqueFd> fds;
    for (unsigned i = 1; i < count; ++i) {
        UniqueFd copy{::fcntl(fd.get(), F_DUPFD_CLOEXEC, 3)};
        if (!copy) return Unexpected{last_error("dup", subject)};
        fds.push_back(std::move(copy));
    }
    fds.push_back(std::move(fd));
    return fds;
}

}  // namespace

Address address_of(const sockaddr_storage& storage)
{
    Address address;
    if (storage.ss_family == AF_INET) {
        sockaddr_in in{};
        std::memcpy(&in, &storage, sizeof in);
        address.family = Address::Family::ipv4;
        address.port = ntohs(in.sin_port);
        std::memcpy(address.ip.data(), &in.sin_addr, sizeof in.sin_addr);
    } else if (storage.ss_family == AF_INET6) {
        sockaddr_in6 in{};
        std::memcpy(&in, &storage, sizeof in);
        address.family = Address::Family::ipv6;
        address.port = ntohs(in.sin6_port);
        std::memcpy(address.ip.data(), &in.sin6_addr, sizeof in.sin6_addr);
    } else if (storage.ss_family == AF_UNIX) {
        sockaddr_un un{};
        std::memcpy(&un, &storage, sizeof un);
        address.family = Address::Family::unix_;
        address.path = std::string{un.sun_path, ::strnlen(un.sun_path, sizeof un.sun_path)};
    }
    return address;
}

Address local_address(int fd)
{
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return {};
    return address_of(storage);
}

Result<ListenAddress, std::string> ListenAddress::parse(std::string_view text)
{
    constexpr std::string_view expected = "expected ADDRESS:PORT, :PORT, unix:PATH or fd:NUMBER";
    ListenAddress listen;
    if (text.starts_with("unix:")) {
        listen.kind = Kind::unix_path;
        listen.path = text.substr(5);
        if (listen.path.empty()) return Unexpected{fmt::format("'{}': the socket's path is missing", text)};
        return listen;
    }
    if (text.starts_with("fd:")) {
        const auto number = parse_number(text.substr(3));
        if (!number || *number < 0) return Unexpected{fmt::format("'{}': {}", text, expected)};
        listen.kind = Kind::inherited;
        listen.fd = *number;
        return listen;
    }
    const size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return Unexpected{fmt::format("'{}': {}", text, expected)};
    const auto port = parse_number(text.substr(colon + 1));
    if (!port || *port < 0 || *port > 65535)
        return Unexpected{fmt::format("'{}': the port has to be a number from 0 to 65535", text)};
    listen.port = static_cast<uint16_t>(*port);
    std::string_view host = text.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    if (host.empty()) listen.host = "::";
    else if (host == "localhost") listen.host = "127.0.0.1";
    else listen.host = host;
    if (const auto resolved = resolve(listen); !resolved)
        return Unexpected{fmt::format("'{}': {}; {}", text, resolved.error(), expected)};
    return listen;
}

std::vector<ListenAddress> inherited_listeners()
{
    // sd_listen_fds(3): descriptors from 3 on, if they are meant for this process.
    constexpr int first_fd = 3;
    const char* pid_text = std::getenv("LISTEN_PID");
    const char* count_text = std::getenv("LISTEN_FDS");
    std::vector<ListenAddress> listeners;
    if (pid_text == nullptr || count_text == nullptr) return listeners;
    const auto pid = parse_number(pid_text);
    const int count = parse_number(count_text).value_or(0);
    if (pid == ::getpid()) {
        for (int i = 0; i < count; ++i) {
            ListenAddress listen;
            listen.kind = ListenAddress::Kind::inherited;
            listen.fd = first_fd + i;
            listeners.push_back(std::move(listen));
        }
    }
    for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) ::unsetenv(name);
    return listeners;
}

Result<std::vector<Listener>, std::string> listen_at(const ListenAddress& listen, unsigned workers)
{
    const auto with_address = [](Result<std::vector<UniqueFd>, SysError> fds,
                                 const Address* address) -> Result<std::vector<Listener>, std::string> {
        if (!fds) return Unexpected{"cannot listen: " + fds.error().to_string()};
        std::vector<Listener> listeners;
        for (UniqueFd& fd : *fds) {
            Address at = address != nullptr ? *address : local_address(fd.get());
            listeners.push_back({std::move(fd), std::move(at)});
        }
        return listeners;
    };
    const auto shared = [&](Result<UniqueFd, SysError> fd,
                            const std::string& subject) -> Result<std::vector<Listener>, std::string> {
        if (!fd) return Unexpected{"cannot listen: " + fd.error().to_string()};
        return with_address(copies(std::move(*fd), workers, subject), nullptr);
    };
    switch (listen.kind) {
    case ListenAddress::Kind::tcp: {
        WEIR_TRY(address, resolve(listen));
        auto fds = listen_tcp(address, workers);
        return with_address(std::move(fds), &address);
    }
    case ListenAddress::Kind::unix_path: return shared(listen_unix(listen.path), listen.path);
    case ListenAddress::Kind::inherited: return shared(take_inherited(listen.fd), fmt::format("fd:{}", listen.fd));
    }
    return Unexpected{std::string{"unknown kind of address"}};
}

}  // namespace weir::http
