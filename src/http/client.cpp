#include "http/client.hpp"

#include "http/client_connection.hpp"
#include "http/response_rules.hpp"
#include "http/url.hpp"

#include <algorithm>
#include <utility>

namespace weir::http {

using Kind = ClientError::Kind;

std::string_view to_string(Kind kind) noexcept
{
    switch (kind) {
    case Kind::dns_error: return "dns error";
    case Kind::dns_timeout: return "dns timeout";
    case Kind::connection_refused: return "connection refused";
    case Kind::connection_timeout: return "connection timeout";
    case Kind::connection_terminated: return "connection terminated";
    case Kind::unreachable: return "unreachable";
    case Kind::connection_limit: return "connection limit";
    case Kind::tls_certificate: return "tls certificate";
    case Kind::tls_configuration: return "tls configuration";
    case Kind::tls_alert: return "tls alert";
    case Kind::tls_protocol: return "tls protocol";
    case Kind::response_malformed: return "response malformed";
    case Kind::response_incomplete: return "response incomplete";
    case Kind::response_header_too_large: return "response header too large";
    case Kind::response_timeout: return "response timeout";
    case Kind::http2_error: return "http2 error";
    case Kind::request_invalid: return "request invalid";
    case Kind::request_body_cut: return "request body cut";
    case Kind::cancelled: return "cancelled";
    case Kind::internal: return "internal";
    }
    return "";
}

PendingRequest::State::State(EventLoop& l, std::shared_ptr<Pool> p, ClientRequest r, Client::OnDone d)
    : loop(l), pool(std::move(p)), request(std::move(r)), plan(plan_request(request)), on_done(std::move(d)), wait_timer(l, [this] {
          if (is_over()) return;
          const auto self = shared_from_this();
          pool->remove(*this);
          ClientError error;
          error.kind = Kind::connection_limit;
          error.text = name_of(pool->origin().options()) + ": no connection became free in time";
          finish(Unexpected{std::move(error)});
      })
{
}

void PendingRequest::State::finish(Result<Response, ClientError> result)
{
    if (is_over()) return;
    if (!result) pool->client().errors_total.add();
    pool.reset();
    wait_timer.clear();
    running_on = nullptr;
    if (!on_done) return;
    loop.defer([self = shared_from_this(), outcome = std::move(result)]() mutable {
        // It may have been cancelled since.
        if (self->on_done) std::exchange(self->on_done, nullptr)(std::move(outcome));
    });
}

void PendingRequest::State::cancel()
{
    on_done = nullptr;
    if (is_over()) return;
    const auto self = shared_from_this();
    if (running_on != nullptr) running_on->cancel(*this);
    else pool->remove(*this);
    finish(Unexpected{ClientError{.kind = Kind::cancelled, .text = {}}});
}

PendingRequest& PendingRequest::operator=(PendingRequest&& other) noexcept
{
    if (this == &other) return *this;
    cancel();
    m_state = std::move(other.m_state);
    return *this;
}
PendingRequest::~PendingRequest() { cancel(); }
void PendingRequest::cancel()
{
    if (const auto state = std::exchange(m_state, nullptr)) state->cancel();
}

Pool::Pool(Client::Impl& client, std::shared_ptr<const Origin> origin) : m_client(client), m_origin(std::move(origin)) {}
Pool::~Pool() = default;

void Pool::add(const RequestPtr& request)
{
    m_waiting.push_back(request);
    const Duration limit = m_origin->options().connect_timeout;
    // A request that a new connection is made for fails with that; this is for those that wait for one that is in use.
    if (limit.count() > 0) request->wait_timer.set_after(limit + std::chrono::milliseconds{100});
    dispatch();
}

void Pool::remove(const RequestState& request)
{
    std::erase_if(m_waiting, [&](const RequestPtr& each) { return each.get() == &request; });
}

void Pool::retry(const RequestPtr& request)
{
    m_client.retries_total.add();
    request->was_retried = true;
    request->running_on = nullptr;
    m_waiting.push_front(request);
    dispatch();
}

void Pool::connection_is_ready() { dispatch(); }

void Pool::connecting_failed(const ClientError& error)
{
    if (m_waiting.empty()) return;
    const RequestPtr first = std::move(m_waiting.front());
    m_waiting.pop_front();
    first->finish(Unexpected{error});
    dispatch();
}

void Pool::connection_has_left(ClientConnection& connection)
{
    // It may be on the stack.
    m_client.loop.defer([self = shared_from_this(), gone = connection.shared_from_this()] {
        std::erase(self->m_connections, gone);
        if (self->m_is_shut_down) return;
        self->dispatch();
        if (self->m_connections.empty() && self->m_waiting.empty()) self->m_client.pools.erase(self->m_origin->impl().key);
    });
}

void Pool::dispatch()
{
    const OriginOptions& options = m_origin->options();
    while (!m_waiting.empty() && !m_is_shut_down) {
        // A retried request gets a connection that has not been used: another old one may be closed as well.
        const bool wants_new = m_waiting.front()->was_retried;
        const auto found = std::ranges::find_if(
            m_connections, [&](const auto& each) { return each->is_usable() && !(wants_new && each->was_used()); });
        if (found != m_connections.end()) {
            ClientConnection& connection = **found;
            if (connection.protocol()->speaks_http1()) m_speaks_http1 = true;
            const RequestPtr request = std::move(m_waiting.front());
            m_waiting.pop_front();
            request->wait_timer.clear();
            connection.run(request);
            continue;
        }
        const auto connecting =
            static_cast<size_t>(std::ranges::count_if(m_connections, [](const auto& each) { return each->is_connecting(); }));
        const auto open =
            static_cast<size_t>(std::ranges::count_if(m_connections, [](const auto& each) { return each->is_open(); }));
        // One connection of HTTP/2 serves many: whether it is one shows when it is there.
        const bool may_share = options.protocol == OriginProtocol::http2 ||
                               (options.protocol == OriginProtocol::automatic && options.tls && !m_speaks_http1);
        const size_t wanted = may_share ? 1 : m_waiting.size();
        if (connecting >= wanted) return;
        if (options.max_connections != 0 && open >= options.max_connections) {
            // A retried request has to have a new one: one that waits makes place for it.
            const auto idle = std::ranges::find_if(
                m_connections, [](const auto& each) { return each->is_usable() && each->protocol()->is_idle(); });
            if (wants_new && idle != m_connections.end()) (*idle)->close();
            return;
        }
        m_connections.push_back(std::make_shared<ClientConnection>(*this));
        m_connections.back()->connect();
    }
}

void Pool::shut_down()
{
    m_is_shut_down = true;
    ClientError error{.kind = Kind::cancelled, .text = "the client is being stopped"};
    for (const RequestPtr& request : std::exchange(m_waiting, {})) request->finish(Unexpected{error});
    for (const auto& connection : std::exchange(m_connections, {})) {
        if (connection->protocol() != nullptr) connection->protocol()->on_failure(error);
        connection->close();
    }
}

Client::Impl::Impl(EventLoop& l, std::shared_ptr<Metrics> m)
    : loop(l), resolver(l), registry(m ? std::move(m) : std::make_shared<Metrics>()),
      requests_total(registry->counter("weir_http_client_requests_total", "Requests to origins.")),
      errors_total(registry->counter("weir_http_client_errors_total", "Requests to origins that got no answer.")),
      retries_total(
          registry->counter("weir_http_client_retries_total", "Requests that were sent once more on another connection.")),
      connections_total(registry->counter("weir_http_client_connections_total", "Connections made to origins.")),
      connections_open(registry->gauge("weir_http_client_connections_open", "Connections to origins that are open now."))
{
}
Client::Impl::~Impl() = default;

Client::Client(EventLoop& loop, std::shared_ptr<Metrics> metrics) : m_impl(std::make_shared<Impl>(loop, std::move(metrics))) {}

Client::~Client()
{
    m_impl->is_closing = true;
    const auto pools = std::exchange(m_impl->pools, {});
    for (const auto& [key, pool] : pools) pool->shut_down();
    // What leaves later still counts itself there.
    m_impl->loop.defer([impl = m_impl, pools] {});
}

PendingRequest Client::send(const std::shared_ptr<const Origin>& origin, ClientRequest request, OnDone on_done)
{
    m_impl->requests_total.add();
    std::shared_ptr<Pool>& pool = m_impl->pools[origin->impl().key];
    if (!pool) pool = std::make_shared<Pool>(*m_impl, origin);
    if (request.authority.empty()) request.authority = origin->impl().default_authority;
    const auto state = std::make_shared<RequestState>(m_impl->loop, pool, std::move(request), std::move(on_done));
    const ClientRequest& r = state->request;
    const bool is_valid_target = is_valid_path_and_query(r.target) || (r.target == "*" && r.method == "OPTIONS");
    if (!is_token(r.method) || r.method == "CONNECT" || !is_valid_target || !parse_authority(r.authority) ||
        !are_valid_fields(r.headers)) {
        ClientError error;
        error.kind = Kind::request_invalid;
        error.text = name_of(origin->options()) + ": the request's method, target, authority or a header field may not be sent";
        state->finish(Unexpected{std::move(error)});
    } else {
        pool->add(state);
    }
    return PendingRequest{state};
}

}  // namespace weir::http
