#include "serve/network.hpp"

#include "http/client.hpp"
#include "serve/gunzip.hpp"
#include "serve/message.hpp"

#include <algorithm>
#include <deque>
#include <optional>
#include <string>
#include <utility>

namespace weir::serve {

namespace {

using fastly::Backend;
using fastly::ErrorTag;
using fastly::SendError;
using fastly::Status;
using Kind = http::ClientError::Kind;

http::OriginOptions options_of(const Backend& backend)
{
    http::OriginOptions options;
    options.host = backend.host();
    options.port = backend.port();
    const auto ms = [](std::optional<uint32_t> timeout) { return http::Duration{std::chrono::milliseconds{timeout.value_or(0)}}; };
    if (backend.connect_timeout_ms) options.connect_timeout = ms(backend.connect_timeout_ms);
    options.first_byte_timeout = ms(backend.first_byte_timeout_ms);
    options.between_bytes_timeout = ms(backend.between_bytes_timeout_ms);
    options.keep_alive = backend.is_pooled;
    if (backend.is_grpc) options.protocol = http::OriginProtocol::http2;
    if (!backend.is_tls()) return options;
    http::TlsClientOptions tls;
    tls.verify_host = backend.certificate_host.value_or("");
    tls.sni_host = backend.server_name.value_or("");
    tls.send_sni = backend.sends_server_name;
    for (const std::string& pem : backend.ca_certificates_pem) tls.ca_pem += pem + '\n';
    if (backend.client_certificate) {
        tls.client_certificate_pem = backend.client_certificate->certificate_pem;
        tls.client_key_pem = backend.client_certificate->key_pem;
    }
    tls.ciphers = backend.ciphers;
    const auto version = [](fastly::TlsVersion v) { return static_cast<http::TlsVersion>(static_cast<uint8_t>(v)); };
    if (backend.min_tls) tls.min_version = version(*backend.min_tls);
    if (backend.max_tls) tls.max_version = version(*backend.max_tls);
    options.tls = std::move(tls);
    return options;
}

/// The backend's path as a prefix, and what the request is for, with one slash between them.
std::string target_of(const Backend& backend, const fastly::Uri& uri)
{
    std::string_view prefix = backend.url.path_and_query;
    while (prefix.ends_with('/')) prefix.remove_suffix(1);
    if (uri.path_and_query == "*" && prefix.empty()) return "*";
    const std::string_view path =
        uri.path_and_query.empty() || uri.path_and_query == "*" ? "/" : std::string_view{uri.path_and_query};
    return std::string{prefix} + std::string{path};
}

std::string authority_of(const Backend& backend, const fastly::Request& request)
{
    if (backend.override_host) return *backend.override_host;
    if (const auto host = request.headers.find("host")) return std::string{*host};
    return request.uri.authority.empty() ? backend.url.authority : request.uri.authority;
}

ErrorTag tag_of(Kind kind)
{
    switch (kind) {
    case Kind::dns_error: return ErrorTag::dns_error;
    case Kind::dns_timeout: return ErrorTag::dns_timeout;
    case Kind::connection_refused: return ErrorTag::connection_refused;
    case Kind::connection_timeout: return ErrorTag::connection_timeout;
    case Kind::connection_terminated: return ErrorTag::connection_terminated;
    case Kind::unreachable: return ErrorTag::destination_ip_unroutable;
    case Kind::connection_limit: return ErrorTag::connection_limit_reached;
    case Kind::tls_certificate: return ErrorTag::tls_certificate_error;
    case Kind::tls_configuration: return ErrorTag::tls_configuration_error;
    case Kind::tls_alert: return ErrorTag::tls_alert_received;
    case Kind::tls_protocol: return ErrorTag::tls_protocol_error;
    case Kind::response_malformed: return ErrorTag::http_protocol_error;
    case Kind::response_incomplete: return ErrorTag::http_incomplete_response;
    case Kind::response_header_too_large: return ErrorTag::http_response_header_section_too_large;
    case Kind::response_timeout: return ErrorTag::http_response_timeout;
    case Kind::http2_error: return ErrorTag::h2_error;
    case Kind::request_invalid: return ErrorTag::http_request_uri_invalid;
    case Kind::request_body_cut:
    case Kind::cancelled:
    case Kind::internal: break;
    }
    return ErrorTag::internal_error;
}

Status status_of(Kind kind)
{
    switch (kind) {
    case Kind::response_malformed: return Status::http_invalid;
    case Kind::response_incomplete:
    case Kind::connection_terminated: return Status::http_incomplete;
    case Kind::response_header_too_large: return Status::http_head_too_large;
    case Kind::request_invalid: return Status::http_user;
    default: return Status::error;
    }
}

SendError to_error(const http::ClientError& error, const Backend& backend)
{
    constexpr uint16_t internal = 500, bad_gateway = 502, gateway_timeout = 504;
    SendError told;
    told.status = status_of(error.kind);
    told.tag = tag_of(error.kind);
    told.tls_alert = error.tls_alert;
    told.text = "Backend connection error for '" + backend.name + "' (" + backend.url.to_string() + "): " + error.text;
    const bool is_timeout =
        error.kind == Kind::response_timeout || error.kind == Kind::connection_timeout || error.kind == Kind::dns_timeout;
    const bool is_ours = error.kind == Kind::internal || error.kind == Kind::request_body_cut || error.kind == Kind::cancelled;
    told.gateway_status = is_timeout ? gateway_timeout : is_ours ? internal : bad_gateway;
    return told;
}

/// A request on its way, or one that could not be sent at all.
class HttpExchange final : public fastly::Exchange {
public:
    HttpExchange(http::EventLoop& loop, std::shared_ptr<const Backend> backend, bool decompresses, bool tells_address)
        : m_loop(loop), m_backend(std::move(backend)), m_decompresses(decompresses), m_tells_address(tells_address)
    {
    }
    void send(http::Client& client, std::shared_ptr<const http::Origin> origin, http::ClientRequest request)
    {
        // Dropping the pending request, which is ours, takes the call back.
        m_pending = client.send(std::move(origin), std::move(request), [this](Result<http::Response, http::ClientError> response) {
            m_response.emplace(std::move(response));
            if (m_waker) std::exchange(m_waker, nullptr)();
        });
    }
    void fail(http::ClientError error) { m_response.emplace(Unexpected{std::move(error)}); }

    [[nodiscard]] bool is_done() const override { return m_response.has_value(); }
    void on_done(http::Task waker) override
    {
        if (is_done()) m_loop.defer(std::move(waker));
        else m_waker = std::move(waker);
    }
    [[nodiscard]] Result<fastly::BackendResponse, SendError> take() override
    {
        if (!*m_response) return Unexpected{to_error(m_response->error(), *m_backend)};
        http::Response& from = **m_response;
        fastly::BackendResponse to;
        to.response.status = from.head.status;
        to.response.version = to_version(from.head.version);
        to.response.headers = std::move(from.head.headers);
        if (m_tells_address) to.response.backend_address = from.remote;
        const auto encoding = to.response.headers.find("content-encoding");
        if (m_decompresses && encoding && (*encoding == "gzip" || *encoding == "x-gzip")) {
            to.response.headers.remove("content-encoding");
            to.response.headers.remove("content-length");
            to.body = fastly::Body{gunzip(m_loop, std::move(from.body))};
        } else {
            to.body = fastly::Body{std::move(from.body)};
        }
        return to;
    }

private:
    http::EventLoop& m_loop;
    std::shared_ptr<const Backend> m_backend;
    bool m_decompresses, m_tells_address;
    std::optional<Result<http::Response, http::ClientError>> m_response;
    http::Task m_waker;
    http::PendingRequest m_pending;
};

/// By a worker's HTTP client, whose connections the guests of that worker share.
class HttpNetwork final : public fastly::Network {
public:
    explicit HttpNetwork(http::EventLoop& loop) : m_loop(loop), m_client(loop) {}
    [[nodiscard]] std::unique_ptr<fastly::Exchange> send(fastly::Request request, fastly::Body body,
                                                         std::shared_ptr<const fastly::Backend> backend) override;

private:
    /// Where a backend is; kept, so that connections are used again.
    Result<std::shared_ptr<const http::Origin>, std::string> origin_of(const std::shared_ptr<const fastly::Backend>& backend);

    http::EventLoop& m_loop;
    http::Client m_client;
    std::deque<std::pair<std::shared_ptr<const fastly::Backend>, std::shared_ptr<const http::Origin>>>
        m_origins;  // used last first
};

Result<std::shared_ptr<const http::Origin>, std::string> HttpNetwork::origin_of(const std::shared_ptr<const Backend>& backend)
{
    constexpr size_t most = 256;
    const auto known = std::ranges::find(m_origins, backend, [](const auto& entry) { return entry.first; });
    if (known != m_origins.end()) {
        std::rotate(m_origins.begin(), known, known + 1);
        return m_origins.front().second;
    }
    WEIR_TRY(origin, http::Origin::create(options_of(*backend)));
    m_origins.emplace_front(backend, std::move(origin));
    if (m_origins.size() > most) m_origins.pop_back();
    return m_origins.front().second;
}

std::unique_ptr<fastly::Exchange> HttpNetwork::send(fastly::Request request, fastly::Body body,
                                                    std::shared_ptr<const fastly::Backend> backend)
{
    auto exchange = std::make_unique<HttpExchange>(m_loop, backend, request.decompresses_gzip, request.passes_cache);
    auto origin = origin_of(backend);
    if (!origin) {
        exchange->fail({.kind = Kind::tls_configuration, .text = origin.error()});
        return exchange;
    }
    http::ClientRequest to_send;
    to_send.method = request.method;
    to_send.target = target_of(*backend, request.uri);
    to_send.authority = authority_of(*backend, request);
    to_send.headers = to_sendable(std::move(request.headers));
    to_send.framing = to_framing(request.framing);
    to_send.body = std::move(body).to_reader(m_loop);
    exchange->send(m_client, std::move(*origin), std::move(to_send));
    return exchange;
}

}  // namespace

std::unique_ptr<fastly::Network> make_network(http::EventLoop& loop) { return std::make_unique<HttpNetwork>(loop); }

}  // namespace weir::serve
