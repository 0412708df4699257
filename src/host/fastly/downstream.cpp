#include "host/fastly/pem.hpp"
#include "host/fastly/support.hpp"
#include "http/ja3.hpp"

#include <openssl/x509_vfy.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

// fastly_http_downstream: facts about the requests of clients, and further requests. Those of fastly_http_req without a handle are about the
// current request; both are made of the same functions here.

namespace weir::fastly {

namespace {

using Waited = World::Waited;

/// A function of what is known about a request as it arrived, made one of a handle and one of the current request.
template <auto function>
struct Fact;
template <class T, class... Args, HostResult<T> (*function)(Context&, const Arrival&, Args...)>
struct Fact<function> {
    /// @error badf  No request.   @error error  Not one of a client.
    static HostResult<T> of_handle(Context& cx, RequestHandle h, Args... args)
    {
        const Request* const request = cx.world.requests.find(h);
        if (request == nullptr) return Status::badf;
        if (request->arrival == nullptr) return Status::error;
        const auto arrival = request->arrival;
        return function(cx, *arrival, args...);
    }
    static HostResult<T> of_current(Context& cx, Args... args)
    {
        const auto arrival = cx.world.current().arrival;
        return function(cx, *arrival, args...);
    }
};

/// A text, or none for one that is not known.
HostResult<Nothing> write_known(Context& cx, std::string_view text, GuestSpan<char> buffer, GuestPtr<uint32_t> written)
{
    if (text.empty()) return Status::none;
    return write_value(cx, text, buffer, written);
}

/// The names of headers as they arrived, by the cursor protocol. Spec: downstream_original_header_names.
HostResult<Nothing> original_header_names(Context& cx, const Arrival& arrival, GuestSpan<char> buffer, uint32_t cursor,
                                          GuestPtr<int64_t> ending_cursor, GuestPtr<uint32_t> written)
{
    return write_values(cx, names_of(arrival.original_headers), buffer, cursor, ending_cursor, written);
}
/// The number of values that arrived. Spec: downstream_original_header_count.
HostResult<uint32_t> original_header_count(Context&, const Arrival& arrival)
{
    return static_cast<uint32_t>(arrival.original_headers.size());
}

/// 4 or 16 bytes, to where the guest has room for 16. Spec: downstream_client_ip_addr, downstream_server_ip_addr.
HostResult<uint32_t> client_ip(Context& cx, const Arrival& arrival, GuestPtr<uint8_t> octets)
{
    return write_octets(cx, ip_bytes(arrival.connection->remote), octets);
}
HostResult<uint32_t> server_ip(Context& cx, const Arrival& arrival, GuestPtr<uint8_t> octets)
{
    return write_octets(cx, ip_bytes(arrival.connection->local), octets);
}
/// Spec: downstream_client_request_id.
HostResult<Nothing> client_request_id(Context& cx, const Arrival& arrival, GuestSpan<char> buffer, GuestPtr<uint32_t> written)
{
    return write_value(cx, request_id(arrival.number), buffer, written);
}
/// 0: none. Spec: downstream_client_ddos_detected.
HostResult<uint32_t> ddos_detected(Context&, const Arrival&) { return 0; }
/// Spec: downstream_compliance_region.
HostResult<Nothing> compliance_region(Context& cx, const Arrival&, GuestSpan<char> buffer, GuestPtr<uint32_t> written)
{
    return write_value(cx, "none", buffer, written);
}

// What is known of the client's TLS. @error none  It is not, or there is none.

template <std::string http::TlsInfo::* fact>
HostResult<Nothing> tls_fact(Context& cx, const Arrival& arrival, GuestSpan<char> buffer, GuestPtr<uint32_t> written)
{
    const auto& tls = arrival.connection->tls;
    if (!tls) return Status::none;
    return write_known(cx, (*tls).*fact, buffer, written);
}
/// In PEM form. Spec: downstream_tls_raw_client_certificate.
HostResult<Nothing> client_certificate(Context& cx, const Arrival& arrival, GuestSpan<char> buffer, GuestPtr<uint32_t> written)
{
    const auto& tls = arrival.connection->tls;
    if (!tls || tls->client_certificate_der.empty()) return Status::none;
    return write_value(cx, to_pem(tls->client_certificate_der), buffer, written);
}
/// 16 bytes. Spec: downstream_tls_ja3_md5.
HostResult<uint32_t> ja3_md5(Context& cx, const Arrival& arrival, GuestPtr<uint8_t> octets)
{
    const auto& tls = arrival.connection->tls;
    const auto digest = tls ? http::ja3_md5(tls->client_hello) : std::nullopt;
    if (!digest) return Status::none;
    return write_octets(cx, {reinterpret_cast<const char*>(digest->data()), digest->size()}, octets);
}
/// What is wrong with the client's certificate, 0 for nothing. @error none  Without TLS. Spec: downstream_tls_client_cert_verify_result.
HostResult<uint32_t> client_cert_verify_result(Context&, const Arrival& arrival)
{
    enum : uint32_t { ok, bad_certificate, revoked, expired, unknown_ca, missing };
    const auto& tls = arrival.connection->tls;
    if (!tls) return Status::none;
    if (tls->client_certificate_der.empty()) return missing;
    switch (tls->client_certificate_verify_result) {
    case X509_V_OK: return ok;
    case X509_V_ERR_CERT_REVOKED: return revoked;
    case X509_V_ERR_CERT_HAS_EXPIRED: return expired;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN: return unknown_ca;
    default: return bad_certificate;
    }
}

// Other fingerprints and what is known of proxies: not known here. @error none

HostResult<Nothing> unknown_text(Context&, const Arrival&, GuestSpan<char> /*buffer*/, GuestPtr<uint32_t> /*written*/)
{
    return Status::none;
}
HostResult<uint32_t> unknown_flag(Context&, const Arrival&) { return Status::none; }

// What bot detection says is taken from headers of the request as it arrived, so that a service can be tried out.

HostResult<uint32_t> bot_flag(const Arrival& arrival, std::string_view header)
{
    return arrival.original_headers.find(header) == "true" ? 1U : 0U;
}
/// Spec: downstream_bot_analyzed. Header: x-fastly-bot-analyzed.
HostResult<uint32_t> bot_analyzed(Context&, const Arrival& arrival) { return bot_flag(arrival, "x-fastly-bot-analyzed"); }
/// Spec: downstream_bot_detected. Header: x-fastly-bot-detected.
HostResult<uint32_t> bot_detected(Context&, const Arrival& arrival) { return bot_flag(arrival, "x-fastly-bot-detected"); }
/// @error none  Spec: downstream_bot_verified. Header: x-fastly-bot-verified.
HostResult<uint32_t> bot_verified(Context&, const Arrival& arrival)
{
    if (!arrival.original_headers.find("x-fastly-bot-verified")) return Status::none;
    return bot_flag(arrival, "x-fastly-bot-verified");
}
/// @error none  Spec: downstream_bot_name. Header: x-fastly-bot-name.
HostResult<Nothing> bot_name(Context& cx, const Arrival& arrival, GuestSpan<char> buffer, GuestPtr<uint32_t> written)
{
    return write_known(cx, arrival.original_headers.find("x-fastly-bot-name").value_or(""), buffer, written);
}
/// @error none  Spec: downstream_bot_category. Header: x-fastly-bot-category.
HostResult<Nothing> bot_category(Context& cx, const Arrival& arrival, GuestSpan<char> buffer, GuestPtr<uint32_t> written)
{
    return write_known(cx, arrival.original_headers.find("x-fastly-bot-category").value_or(""), buffer, written);
}
/// The category as a number, also where the header has one. @error none  Spec: downstream_bot_category_kind.
HostResult<uint32_t> bot_category_kind(Context&, const Arrival& arrival)
{
    constexpr std::array<std::string_view, 15> kinds{"none",
                                                     "suspected",
                                                     "accessibility",
                                                     "ai-crawler",
                                                     "ai-fetcher",
                                                     "content-fetcher",
                                                     "monitoring-site-tools",
                                                     "online-marketing",
                                                     "page-preview",
                                                     "platform-integration",
                                                     "research",
                                                     "search-engine-crawler",
                                                     "search-engine-optimization",
                                                     "security-tools",
                                                     "headless"};
    const std::string_view text = arrival.original_headers.find("x-fastly-bot-category").value_or("");
    const auto is_same = [](char a, char b) { return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b | 0x20) : b); };
    for (uint32_t i = 0; i < kinds.size(); ++i)
        if (std::ranges::equal(kinds[i], text, is_same)) return i;
    uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return Status::none;
    return number;
}

/// Whether the request's header fastly-key is one that the configuration lists. @error badf   @error error  Not a client's request.
/// Spec: fastly_key_is_valid.
HostResult<uint32_t> fastly_key_is_valid(Context& cx, RequestHandle h)
{
    const Request* const request = cx.world.requests.find(h);
    if (request == nullptr) return Status::badf;
    if (request->arrival == nullptr) return Status::error;
    const auto key = request->headers.find("fastly-key");
    const auto& valid = cx.world.service().valid_fastly_keys;
    return key && std::ranges::find(valid, *key) != valid.end() ? 1U : 0U;
}
HostResult<uint32_t> current_fastly_key_is_valid(Context& cx) { return fastly_key_is_valid(cx, cx.world.current().request); }

/// @error unsupported  Spec: downstream_visits_this_service, downstream_visits_this_pop.
HostResult<uint32_t> visits(Context&) { return Status::unsupported; }

/// Begins to wait for another request to serve in this instance, for 10 s or the time given, whichever is less.
/// @error limit_exceeded  It waits already.   @error inval  An option that does not exist.
/// Spec: next_request.
HostResult<PromiseHandle> next_request(Context& cx, NextRequestMask mask, GuestPtr<NextRequestOptions> options)
{
    constexpr uint64_t most_ms = 10'000;
    uint64_t timeout_ms = most_ms;
    if ((mask & next_request_timeout) != 0) {
        WEIR_TRY(given, WEIR_FIELD(cx, options.address, NextRequestOptions, timeout_ms));
        timeout_ms = std::min(given, most_ms);
    }
    if (cx.world.has_promise) return Status::limit_exceeded;
    PendingPromise pending{cx.world.scheduler().next_request(std::chrono::milliseconds{timeout_ms})};
    const auto handle = cx.world.add<PromiseHandle>(std::move(pending));
    cx.world.has_promise = handle.has_value();
    return or_limit(handle);
}
/// Waits for that request, which becomes the current one. The promise is consumed.
/// @error badf   @error unsupported  The current request has no response yet.   @error none  None came.
/// Spec: next_request_wait.
HostResult<std::pair<RequestHandle, BodyHandle>> next_request_wait(Context& cx, PromiseHandle h)
{
    if (cx.world.find<PendingPromise>(h) == nullptr) return Status::badf;
    if (cx.world.current().downstream != nullptr) return Status::unsupported;
    const auto pending = cx.world.take<PendingPromise>(h);
    cx.world.has_promise = false;
    if (pending->promise == nullptr) return Status::none;
    if (cx.world.wait_done(cx, *pending->promise) != Waited::is_ready) return Status::error;
    auto request = pending->promise->take();
    if (!request) return Status::none;
    if (!cx.world.deliver(std::move(*request))) return Status::limit_exceeded;
    return std::pair{cx.world.current().request, cx.world.current().body};
}
/// @error badf  Spec: next_request_abandon.
HostResult<Nothing> next_request_abandon(Context& cx, PromiseHandle h)
{
    if (!cx.world.take<PendingPromise>(h)) return Status::badf;
    cx.world.has_promise = false;
    return nothing;
}

/// The row of a fact by a handle, in fastly_http_downstream.
template <host::FixedString name, auto function>
constexpr runtime::HostFunction of_handle(std::string_view parameter_names)
{
    return fastly_fn<name, Fact<function>::of_handle>(parameter_names);
}
/// The row of a fact about the current request, in fastly_http_req.
template <host::FixedString name, auto function>
constexpr runtime::HostFunction of_current(std::string_view parameter_names)
{
    return fastly_fn<name, Fact<function>::of_current>(parameter_names);
}

constexpr std::string_view text_of_request = "request >text[nwritten] text_len nwritten",
                           text_of_current = ">text[nwritten] text_len nwritten";
constexpr auto tls_protocol = tls_fact<&http::TlsInfo::protocol>, tls_cipher = tls_fact<&http::TlsInfo::cipher>,
               tls_server_name = tls_fact<&http::TlsInfo::servername>, tls_client_hello = tls_fact<&http::TlsInfo::client_hello>;

constexpr std::array functions{
    fastly_fn<"next_request", next_request>("mask options promise"),
    fastly_fn<"next_request_wait", next_request_wait>("promise request body"),
    fastly_fn<"next_request_abandon", next_request_abandon>("promise"),
    of_handle<"downstream_original_header_names", original_header_names>(
        "request >names[nwritten] names_len cursor ending_cursor nwritten"),
    of_handle<"downstream_original_header_count", original_header_count>("request count"),
    of_handle<"downstream_client_ip_addr", client_ip>("request octets octets_len"),
    of_handle<"downstream_server_ip_addr", server_ip>("request octets octets_len"),
    of_handle<"downstream_client_h2_fingerprint", unknown_text>(text_of_request),
    of_handle<"downstream_client_request_id", client_request_id>(text_of_request),
    of_handle<"downstream_client_oh_fingerprint", unknown_text>(text_of_request),
    of_handle<"downstream_client_ddos_detected", ddos_detected>("request is_detected"),
    of_handle<"downstream_tls_cipher_openssl_name", tls_cipher>(text_of_request),
    of_handle<"downstream_tls_protocol", tls_protocol>(text_of_request),
    of_handle<"downstream_tls_client_hello", tls_client_hello>(text_of_request),
    of_handle<"downstream_tls_raw_client_certificate", client_certificate>(text_of_request),
    of_handle<"downstream_tls_client_cert_verify_result", client_cert_verify_result>("request result"),
    of_handle<"downstream_tls_client_servername", tls_server_name>(text_of_request),
    of_handle<"downstream_tls_ja3_md5", ja3_md5>("request octets octets_len"),
    of_handle<"downstream_tls_ja4", unknown_text>(text_of_request),
    of_handle<"downstream_compliance_region", compliance_region>(text_of_request),
    fastly_fn<"fastly_key_is_valid", fastly_key_is_valid>("request is_valid"),
    of_handle<"downstream_bot_analyzed", bot_analyzed>("request is_analyzed"),
    of_handle<"downstream_bot_detected", bot_detected>("request is_detected"),
    of_handle<"downstream_bot_name", bot_name>(text_of_request),
    of_handle<"downstream_bot_category", bot_category>(text_of_request),
    of_handle<"downstream_bot_category_kind", bot_category_kind>("request kind"),
    of_handle<"downstream_bot_verified", bot_verified>("request is_verified"),
    of_handle<"downstream_resvpnproxy_is_anonymous", unknown_flag>("request result"),
    of_handle<"downstream_resvpnproxy_is_anonymous_vpn", unknown_flag>("request result"),
    of_handle<"downstream_resvpnproxy_is_hosting_provider", unknown_flag>("request result"),
    of_handle<"downstream_resvpnproxy_is_proxy_over_vpn", unknown_flag>("request result"),
    of_handle<"downstream_resvpnproxy_is_public_proxy", unknown_flag>("request result"),
    of_handle<"downstream_resvpnproxy_is_relay_proxy", unknown_flag>("request result"),
    of_handle<"downstream_resvpnproxy_is_residential_proxy", unknown_flag>("request result"),
    of_handle<"downstream_resvpnproxy_is_smart_dns_proxy", unknown_flag>("request result"),
    of_handle<"downstream_resvpnproxy_is_tor_exit_node", unknown_flag>("request result"),
    of_handle<"downstream_resvpnproxy_is_vpn_datacenter", unknown_flag>("request result"),
    of_handle<"downstream_resvpnproxy_vpn_service_name", unknown_text>(text_of_request),
    fastly_fn<"downstream_visits_this_service", visits>("count"),
    fastly_fn<"downstream_visits_this_pop", visits>("count"),
};

constexpr std::array functions_of_current{
    of_current<"original_header_names_get", original_header_names>(">names[nwritten] names_len cursor ending_cursor nwritten"),
    of_current<"original_header_count", original_header_count>("count"),
    of_current<"downstream_client_ip_addr", client_ip>("octets octets_len"),
    of_current<"downstream_server_ip_addr", server_ip>("octets octets_len"),
    of_current<"downstream_client_h2_fingerprint", unknown_text>(text_of_current),
    of_current<"downstream_client_request_id", client_request_id>(text_of_current),
    of_current<"downstream_client_oh_fingerprint", unknown_text>(text_of_current),
    of_current<"downstream_client_ddos_detected", ddos_detected>("is_detected"),
    of_current<"downstream_tls_cipher_openssl_name", tls_cipher>(text_of_current),
    of_current<"downstream_tls_protocol", tls_protocol>(text_of_current),
    of_current<"downstream_tls_client_hello", tls_client_hello>(text_of_current),
    of_current<"downstream_tls_raw_client_certificate", client_certificate>(text_of_current),
    of_current<"downstream_tls_client_cert_verify_result", client_cert_verify_result>("result"),
    of_current<"downstream_tls_ja3_md5", ja3_md5>("octets octets_len"),
    of_current<"downstream_tls_ja4", unknown_text>(text_of_current),
    of_current<"downstream_compliance_region", compliance_region>(text_of_current),
    fastly_fn<"fastly_key_is_valid", current_fastly_key_is_valid>("is_valid"),
};

}  // namespace

const std::span<const runtime::HostFunction> downstream_functions{functions};
const std::span<const runtime::HostFunction> http_req_downstream_functions{functions_of_current};

}  // namespace weir::fastly
