#include "http/client_connection.hpp"

#include "http/listen.hpp"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <utility>

namespace weir::http {

namespace {

using Kind = ClientError::Kind;

struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t size = 0;
};

SocketAddress socket_address(const Address& address)
{
    SocketAddress to;
    if (address.family == Address::Family::ipv4) {
        sockaddr_in in{};
        in.sin_family = AF_INET;
        in.sin_port = htons(address.port);
        std::memcpy(&in.sin_addr, address.ip.data(), sizeof in.sin_addr);
        std::memcpy(&to.storage, &in, to.size = sizeof in);
    } else if (address.family == Address::Family::ipv6) {
        sockaddr_in6 in{};
        in.sin6_family = AF_INET6;
        in.sin6_port = htons(address.port);
        std::memcpy(&in.sin6_addr, address.ip.data(), sizeof in.sin6_addr);
        std::memcpy(&to.storage, &in, to.size = sizeof in);
    } else {
        sockaddr_un un{};
        un.sun_family = AF_UNIX;
        address.path.copy(un.sun_path, sizeof un.sun_path - 1);
        to.size =
            static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + std::min(address.path.size(), sizeof un.sun_path - 1) + 1);
        std::memcpy(&to.storage, &un, sizeof un);
    }
    return to;
}

Kind kind_of(int error)
{
    switch (error) {
    case ECONNREFUSED:
    case ENOENT: return Kind::connection_refused;  // ENOENT: of a Unix socket
    case ETIMEDOUT: return Kind::connection_timeout;
    case ENETUNREACH:
    case EHOSTUNREACH:
    case EACCES:
    case EPERM:
    case EADDRNOTAVAIL: return Kind::unreachable;
    case ECONNRESET:
    case EPIPE: return Kind::connection_terminated;
    default: return Kind::internal;
    }
}

void set_up(int fd, const OriginOptions& options)
{
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (!options.tcp_keepalive) return;
    const auto set = [&](int level, int name, uint32_t value) {
        const int number = static_cast<int>(std::min<uint32_t>(value, INT16_MAX));
        if (number > 0) ::setsockopt(fd, level, name, &number, sizeof number);
    };
    set(SOL_SOCKET, SO_KEEPALIVE, 1);
    set(IPPROTO_TCP, TCP_KEEPIDLE, options.tcp_keepalive->time_s);
    set(IPPROTO_TCP, TCP_KEEPINTVL, options.tcp_keepalive->interval_s);
    set(IPPROTO_TCP, TCP_KEEPCNT, options.tcp_keepalive->probes);
}

}  // namespace

ClientConnection::ClientConnection(Pool& pool) : m_pool(pool), m_timer(pool.client().loop, [this] { deadline_passed(); }) {}

ClientConnection::~ClientConnection()
{
    m_protocol.reset();
    if (m_transport) m_transport->close();
}

const OriginOptions& ClientConnection::options() const noexcept { return m_pool.origin().options(); }
EventLoop& ClientConnection::loop() const noexcept { return m_pool.client().loop; }

ClientError ClientConnection::error(Kind kind, std::string_view what) const
{
    ClientError error;
    error.kind = kind;
    error.text = fmt::format("{}: {}", name_of(options()), what);
    return error;
}

void ClientConnection::connect()
{
    if (options().connect_timeout.count() > 0) {
        m_deadline = Clock::now() + options().connect_timeout;
        m_timer.set(m_deadline);
    }
    if (!options().unix_path.empty()) {
        Address address;
        address.family = Address::Family::unix_;
        address.path = options().unix_path;
        m_addresses.push_back(std::move(address));
        loop().defer([weak = weak_from_this()] {
            if (const auto self = weak.lock()) self->try_next();
        });
        return;
    }
    m_is_looking_up = true;
    m_pool.client().resolver.look_up(
        options().host, options().port, options().prefer_ipv4, [weak = weak_from_this()](LookUp found) {
            const auto self = weak.lock();
            if (!self || self->m_has_left) return;
            self->m_is_looking_up = false;
            if (found.code != 0) {
                ClientError failed = self->error(found.code == EAI_AGAIN ? Kind::dns_timeout : Kind::dns_error,
                                                 fmt::format("the name cannot be looked up: {}", ::gai_strerror(found.code)));
                failed.dns_code = found.code;
                self->give_up(failed);
                return;
            }
            self->m_addresses = std::move(found.addresses);
            self->try_next();
        });
}

void ClientConnection::try_next()
{
    m_connecting.reset();
    if (m_has_left) return;
    if (m_next == m_addresses.size()) {
        give_up(error(kind_of(m_last_error), fmt::format("cannot connect: {}", std::strerror(m_last_error))));
        return;
    }
    const Address& to = m_addresses[m_next++];
    m_remote = to;
    const int family = to.family == Address::Family::ipv4 ? AF_INET : to.family == Address::Family::ipv6 ? AF_INET6 : AF_UNIX;
    UniqueFd socket{::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    if (!socket) {
        m_last_error = errno;
        try_next();
        return;
    }
    if (family != AF_UNIX) set_up(socket.get(), options());
    const SocketAddress address = socket_address(to);
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.size) == 0) {
        use(std::move(socket));
        return;
    }
    if (errno != EINPROGRESS) {
        m_last_error = errno;
        try_next();
        return;
    }
    // Each address that is left gets its share of the time.
    if (m_deadline != Clock::time_point::max()) {
        const auto now = Clock::now();
        m_timer.set(now + (m_deadline - now) / static_cast<int64_t>(m_addresses.size() - m_next + 1));
    }
    m_connecting = std::make_unique<FdWatch>(loop(), std::move(socket));
    m_connecting->wait_writable([weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->connected();
    });
}

void ClientConnection::connected()
{
    int failed_with = 0;
    socklen_t size = sizeof failed_with;
    ::getsockopt(m_connecting->fd(), SOL_SOCKET, SO_ERROR, &failed_with, &size);
    if (failed_with != 0) {
        m_last_error = failed_with;
        try_next();
        return;
    }
    UniqueFd socket = m_connecting->release();
    m_connecting.reset();
    use(std::move(socket));
}

void ClientConnection::use(UniqueFd socket)
{
    if (m_deadline != Clock::time_point::max()) m_timer.set(m_deadline);
    std::unique_ptr<TlsSession> tls;
    if (m_pool.origin().impl().tls) {
        tls = TlsSession::connect(*m_pool.origin().impl().tls);
        if (!tls) {
            give_up(error(Kind::tls_configuration, "TLS cannot be set up"));
            return;
        }
    }
    TransportOptions transport_options;
    transport_options.reads_on_when_output_breaks = true;
    m_pool.client().connections_total.add();
    m_pool.client().connections_open.add(1);
    m_transport = std::make_shared<Transport>(loop(), std::move(socket), std::move(tls), *this, transport_options);
    m_transport->start();
}

void ClientConnection::on_ready()
{
    m_timer.clear();
    const TlsSession* tls = m_transport->tls();
    const bool is_http2 = tls != nullptr ? tls->alpn() == "h2" : options().protocol == OriginProtocol::http2;
    if (!is_http2 && options().protocol == OriginProtocol::http2) {
        give_up(error(Kind::tls_configuration, "the origin does not offer HTTP/2"));
        return;
    }
    m_protocol = is_http2 ? make_h2_client(*this) : make_h1_client(*this);
    m_pool.connection_is_ready();
}

bool ClientConnection::is_usable() const
{
    if (m_has_left || !m_protocol || !m_protocol->has_room()) return false;
    const OriginOptions& o = options();
    if (m_uses > 0 && !o.keep_alive) return false;
    if (o.max_use != 0 && m_uses >= o.max_use) return false;
    return o.max_lifetime.count() == 0 || m_uses == 0 || Clock::now() - m_made < o.max_lifetime;
}

void ClientConnection::run(const RequestPtr& request)
{
    ++m_uses;
    m_timer.clear();
    m_protocol->start(request);
}

void ClientConnection::request_is_over()
{
    if (m_has_left) return;
    if (m_protocol->is_idle()) {
        if (!is_usable()) {
            close();
            return;
        }
        if (options().idle_timeout.count() > 0) m_timer.set_after(options().idle_timeout);
    }
    m_pool.connection_is_ready();
}

size_t ClientConnection::on_input(std::string_view input) { return m_protocol ? m_protocol->on_input(input) : 0; }
void ClientConnection::on_input_end(bool is_clean)
{
    if (m_protocol) m_protocol->on_input_end(is_clean);
    else give_up(error(Kind::connection_terminated, "the connection was closed"));
}
void ClientConnection::on_output_room()
{
    if (m_protocol) m_protocol->on_output_room();
}

void ClientConnection::on_failure(const TransportFailure& failure)
{
    ClientError failed;
    if (failure.kind == TransportFailure::Kind::tls) {
        switch (failure.tls.kind) {
        case TlsFailure::Kind::certificate:
            failed = error(Kind::tls_certificate, "the certificate does not verify: " + failure.tls.text);
            break;
        case TlsFailure::Kind::configuration:
            failed = error(Kind::tls_configuration, "no TLS in common: " + failure.tls.text);
            break;
        case TlsFailure::Kind::alert: failed = error(Kind::tls_alert, "the origin ended TLS: " + failure.tls.text); break;
        case TlsFailure::Kind::protocol: failed = error(Kind::tls_protocol, "TLS failed: " + failure.tls.text); break;
        }
        failed.tls_alert = failure.tls.alert;
    } else {
        failed = error(Kind::connection_terminated, "the connection was reset");
    }
    if (m_protocol) {
        m_protocol->on_failure(failed);
        leave();
    } else {
        give_up(failed);
    }
}

void ClientConnection::give_up(const ClientError& failed)
{
    if (m_has_left) return;
    leave();
    m_pool.connecting_failed(failed);
}

void ClientConnection::deadline_passed()
{
    if (m_protocol) {
        if (m_protocol->is_idle()) close();
    } else if (m_connecting && m_next < m_addresses.size()) {
        m_last_error = ETIMEDOUT;
        try_next();
    } else if (m_is_looking_up) {
        give_up(error(Kind::dns_timeout, "looking up the name takes too long"));
    } else {
        give_up(error(Kind::connection_timeout, m_transport ? "the TLS handshake takes too long" : "connecting takes too long"));
    }
}

void ClientConnection::close() { leave(); }

void ClientConnection::leave()
{
    if (std::exchange(m_has_left, true)) return;
    m_timer.clear();
    m_connecting.reset();
    if (m_transport) {
        m_transport->close();
        m_pool.client().connections_open.add(-1);
    }
    m_pool.connection_has_left(*this);
}

}  // namespace weir::http
