#include "host/fastly/support.hpp"

#include <array>

// fastly_backend: what is known of a backend. All answer @error inval for a name that is no text, and all but `exists` for an unknown one.

namespace weir::fastly {

namespace {

Result<std::shared_ptr<const Backend>, Status> find(const Context& cx, GuestSpan<char> name)
{
    WEIR_TRY(text, read_text(cx, name));
    auto backend = cx.world.find_backend(text);
    if (backend == nullptr) return Unexpected{Status::inval};
    return backend;
}

/// Spec: exists.
HostResult<uint32_t> exists(Context& cx, GuestSpan<char> name)
{
    WEIR_TRY(text, read_text(cx, name));
    return cx.world.find_backend(text) != nullptr ? 1U : 0U;
}
/// What the configuration says; nothing is asked. Spec: is_healthy.
HostResult<BackendHealth> is_healthy(Context& cx, GuestSpan<char> name)
{
    WEIR_TRY(backend, find(cx, name));
    return backend->health;
}
/// Spec: is_dynamic.
HostResult<uint32_t> is_dynamic(Context& cx, GuestSpan<char> name)
{
    WEIR_TRY(backend, find(cx, name));
    return backend->is_dynamic ? 1U : 0U;
}
/// Spec: is_ssl.
HostResult<uint32_t> is_ssl(Context& cx, GuestSpan<char> name)
{
    WEIR_TRY(backend, find(cx, name));
    return backend->is_tls() ? 1U : 0U;
}
/// The URL's host, without a port. @error buflen  Spec: get_host.
HostResult<Nothing> get_host(Context& cx, GuestSpan<char> name, GuestSpan<char> buffer, GuestPtr<uint32_t> written)
{
    WEIR_TRY(backend, find(cx, name));
    return write_value(cx, backend->host(), buffer, written);
}
/// @error none  None is set.   @error buflen  Spec: get_override_host.
HostResult<Nothing> get_override_host(Context& cx, GuestSpan<char> name, GuestSpan<char> buffer, GuestPtr<uint32_t> written)
{
    WEIR_TRY(backend, find(cx, name));
    if (!backend->override_host) return Status::none;
    return write_value(cx, *backend->override_host, buffer, written);
}
/// The URL's port, or its scheme's. The place has two bytes. Spec: get_port.
HostResult<uint16_t> get_port(Context& cx, GuestSpan<char> name)
{
    WEIR_TRY(backend, find(cx, name));
    return backend->port();
}

/// @error none  None is set. Spec: get_connect_timeout_ms, get_first_byte_timeout_ms, get_between_bytes_timeout_ms.
template <std::optional<uint32_t> Backend::* timeout>
HostResult<uint32_t> timeout_ms(Context& cx, GuestSpan<char> name)
{
    WEIR_TRY(backend, find(cx, name));
    const std::optional<uint32_t> ms = (*backend).*timeout;
    if (!ms) return Status::none;
    return *ms;
}
/// @error none  None is set. Spec: get_ssl_min_version, get_ssl_max_version.
template <std::optional<TlsVersion> Backend::* version>
HostResult<TlsVersion> tls_version(Context& cx, GuestSpan<char> name)
{
    WEIR_TRY(backend, find(cx, name));
    const std::optional<TlsVersion> set = (*backend).*version;
    if (!set) return Status::none;
    return *set;
}
/// 0: keep-alive is the system's affair. Spec: get_http_keepalive_time, get_tcp_keepalive_enable, _interval, _probes, _time.
HostResult<uint32_t> keepalive(Context& cx, GuestSpan<char> name)
{
    if (const auto backend = find(cx, name); !backend) return backend.error();
    return 0;
}

constexpr std::array functions{
    fastly_fn<"exists", exists>("backend backend_len exists"),
    fastly_fn<"is_healthy", is_healthy>("backend backend_len health"),
    fastly_fn<"is_dynamic", is_dynamic>("backend backend_len is_dynamic"),
    fastly_fn<"get_host", get_host>("backend backend_len >host[nwritten] host_len nwritten"),
    fastly_fn<"get_override_host", get_override_host>("backend backend_len >host[nwritten] host_len nwritten"),
    fastly_fn<"get_port", get_port>("backend backend_len port"),
    fastly_fn<"get_connect_timeout_ms", timeout_ms<&Backend::connect_timeout_ms>>("backend backend_len ms"),
    fastly_fn<"get_first_byte_timeout_ms", timeout_ms<&Backend::first_byte_timeout_ms>>("backend backend_len ms"),
    fastly_fn<"get_between_bytes_timeout_ms", timeout_ms<&Backend::between_bytes_timeout_ms>>("backend backend_len ms"),
    fastly_fn<"get_http_keepalive_time", keepalive>("backend backend_len ms"),
    fastly_fn<"get_tcp_keepalive_enable", keepalive>("backend backend_len is_enabled"),
    fastly_fn<"get_tcp_keepalive_interval", keepalive>("backend backend_len s"),
    fastly_fn<"get_tcp_keepalive_probes", keepalive>("backend backend_len count"),
    fastly_fn<"get_tcp_keepalive_time", keepalive>("backend backend_len s"),
    fastly_fn<"is_ssl", is_ssl>("backend backend_len is_ssl"),
    fastly_fn<"get_ssl_min_version", tls_version<&Backend::min_tls>>("backend backend_len version"),
    fastly_fn<"get_ssl_max_version", tls_version<&Backend::max_tls>>("backend backend_len version"),
};

}  // namespace

const std::span<const runtime::HostFunction> backend_functions{functions};

}  // namespace weir::fastly
