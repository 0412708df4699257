#include "http/server_connection.hpp"

#include "http/worker.hpp"

#include <algorithm>
#include <utility>

namespace weir::http {

namespace {

// What an HTTP/2 client begins with. RFC 9113, 3.4.
constexpr std::string_view h2_preface{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"};

}  // namespace

ServerConnection::ServerConnection(Worker& worker, UniqueFd socket, std::unique_ptr<TlsSession> tls, ConnectionInfo info)
    : m_worker(worker), m_info(std::move(info)), m_deadline(worker.loop(), [this] { deadline_passed(); })
{
    const ServerLimits& limits = worker.limits();
    TransportOptions options;
    options.progress_timeout = limits.progress_timeout;
    options.min_progress_bytes = limits.min_progress_bytes;
    m_transport = std::make_shared<Transport>(worker.loop(), std::move(socket), std::move(tls), *this, options);
}

ServerConnection::~ServerConnection()
{
    m_protocol.reset();
    m_transport->close();
}

void ServerConnection::start()
{
    const ServerLimits& limits = m_worker.limits();
    set_deadline(m_transport->tls() != nullptr ? limits.tls_handshake_timeout : limits.header_timeout);
    m_transport->start();
}

void ServerConnection::on_ready()
{
    const TlsSession* tls = m_transport->tls();
    if (tls != nullptr) m_info.tls = tls->info();
    m_shared_info = std::make_shared<const ConnectionInfo>(std::move(m_info));
    set_deadline(m_worker.limits().header_timeout);
    if (tls != nullptr) choose(tls->alpn() == "h2" ? make_h2_server(*this) : make_h1_server(*this));
}

void ServerConnection::choose(std::unique_ptr<ServerProtocol> protocol)
{
    m_protocol = std::move(protocol);
    if (m_is_draining) m_protocol->drain();
}

size_t ServerConnection::on_input(std::string_view input)
{
    if (!m_protocol) {
        const std::string_view begin = input.substr(0, h2_preface.size());
        if (!h2_preface.starts_with(begin)) choose(make_h1_server(*this));
        else if (begin.size() == h2_preface.size()) choose(make_h2_server(*this));
        else return 0;
        if (!m_transport->is_open() || m_is_finishing) return input.size();
    }
    return m_protocol->on_input(input);
}

void ServerConnection::on_input_end(bool is_clean)
{
    if (m_protocol) m_protocol->on_input_end(is_clean);
    else close();
}

void ServerConnection::on_output_room()
{
    if (m_protocol) m_protocol->on_output_room();
}

void ServerConnection::on_failure(const TransportFailure& failure)
{
    if (failure.kind == TransportFailure::Kind::tls) m_worker.shared().tls_failures_total.add();
    if (m_protocol)
        m_protocol->on_failure(failure.kind == TransportFailure::Kind::timed_out ? ExchangeEnd::timed_out
                                                                                 : ExchangeEnd::client_gone);
    leave();
}

void ServerConnection::on_closed() { leave(); }

void ServerConnection::deadline_passed()
{
    if (m_protocol) m_protocol->on_deadline();
    else close();
}

void ServerConnection::drain()
{
    m_is_draining = true;
    if (m_protocol) m_protocol->drain();
    else if (m_transport->tls() == nullptr) close();  // not a byte of a request is here
}

void ServerConnection::cut(ExchangeEnd how)
{
    if (m_protocol) m_protocol->on_failure(how);
    close();
}

void ServerConnection::finish()
{
    m_is_finishing = true;
    clear_deadline();
    m_transport->linger_and_close(m_worker.limits().linger_timeout);
}

void ServerConnection::close()
{
    m_transport->close();
    leave();
}

void ServerConnection::reset()
{
    m_transport->reset();
    leave();
}

void ServerConnection::leave()
{
    if (std::exchange(m_has_left, true)) return;
    clear_deadline();
    m_worker.remove(*this);
}

}  // namespace weir::http
