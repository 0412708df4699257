#include "http/exchange.hpp"

#include "http/worker.hpp"

#include <atomic>
#include <utility>

namespace weir::http {

std::string_view to_string(ExchangeEnd end) noexcept
{
    switch (end) {
    case ExchangeEnd::complete: return "complete";
    case ExchangeEnd::cut: return "cut";
    case ExchangeEnd::client_gone: return "client gone";
    case ExchangeEnd::timed_out: return "timed out";
    case ExchangeEnd::aborted: return "aborted";
    case ExchangeEnd::rejected: return "rejected";
    }
    return "";
}

Exchange::Exchange(Worker& worker, std::shared_ptr<const ConnectionInfo> connection)
    : m_worker(worker), m_connection(std::move(connection))
{
}
Exchange::~Exchange() = default;

void Exchange::on_client_gone(Task waker)
{
    m_on_client_gone = std::move(waker);
    if (m_is_client_gone && m_on_client_gone) m_worker.loop().defer(std::exchange(m_on_client_gone, nullptr));
}

uint64_t Exchange::begin(const RequestHead& head)
{
    static std::atomic<uint64_t> next_id{0};
    m_has_begun = true;
    m_method = head.method;
    m_version = head.version;
    ServerShared& shared = m_worker.shared();
    if (shared.options.access_log) {
        m_authority = head.authority;
        m_target = head.target;
        m_user_agent = head.headers.find("user-agent").value_or("");
        m_referer = head.headers.find("referer").value_or("");
    }
    (head.version == Version::http_2 ? shared.requests_http2_total : shared.requests_http1_total).add();
    shared.requests_active.add(1);
    shared.active_exchanges.fetch_add(1, std::memory_order_relaxed);
    m_id = next_id.fetch_add(1, std::memory_order_relaxed);
    return m_id;
}

void Exchange::end(ExchangeEnd how)
{
    if (std::exchange(m_is_over, true)) return;
    ServerShared& shared = m_worker.shared();
    if (how == ExchangeEnd::client_gone || how == ExchangeEnd::timed_out || how == ExchangeEnd::aborted) {
        m_is_client_gone = true;
        if (m_on_client_gone) m_worker.loop().defer(std::exchange(m_on_client_gone, nullptr));
    }
    const Duration duration = Clock::now() - m_began;
    if (m_has_begun) {
        shared.requests_active.add(-1);
        shared.active_exchanges.fetch_sub(1, std::memory_order_relaxed);
        shared.duration.observe_ns(static_cast<uint64_t>(duration.count()));
    } else {
        shared.rejected_total.add();
    }
    if (m_status >= 100 && m_status < 600) shared.responses_by_class[m_status / 100 - 1]->add();
    if (how != ExchangeEnd::complete && how != ExchangeEnd::rejected) shared.cut_total.add();
    if (!shared.options.access_log) return;
    shared.options.access_log->record({m_id, *m_connection, m_method, m_authority, m_target, m_user_agent, m_referer, m_version,
                                       m_status, m_request_body_bytes, m_response_body_bytes, duration, how});
}

Responder& Responder::operator=(Responder&& other) noexcept
{
    if (this == &other) return *this;
    if (m_exchange && !m_exchange->is_answered()) m_exchange->abort();
    m_exchange = std::move(other.m_exchange);
    return *this;
}
Responder::~Responder()
{
    if (m_exchange && !m_exchange->is_answered()) m_exchange->abort();
}
bool Responder::send_informational(uint16_t status, const Headers& headers)
{
    return m_exchange && m_exchange->send_informational(status, headers);
}
bool Responder::send(ResponseHead head, BodyReader body, Framing framing)
{
    return m_exchange && m_exchange->send(std::move(head), std::move(body), framing);
}
void Responder::abort()
{
    if (m_exchange) m_exchange->abort();
}
bool Responder::is_answered() const noexcept { return m_exchange && m_exchange->is_answered(); }
bool Responder::is_client_gone() const noexcept { return !m_exchange || m_exchange->is_client_gone(); }
void Responder::on_client_gone(Task waker)
{
    if (m_exchange) m_exchange->on_client_gone(std::move(waker));
}

}  // namespace weir::http
