#include "host/fastly/pem.hpp"

#include "host/fastly/support.hpp"
#include "http/url.hpp"

#include <array>
#include <utility>

// http_req register_dynamic_backend and fastly_shielding, whose sites become backends as well.

namespace weir::fastly {

namespace {

constexpr size_t max_host_bytes = 1024, max_certificate_bytes = 65'536;

/// The text that a field refers to. @error inval  Empty or too long.
Result<std::string, Status> read_setting(const Context& cx, const Slice& slice, size_t most)
{
    if (slice.size_bytes == 0) return Unexpected{Status::inval};
    return read_bytes(cx, slice.address, slice.size_bytes, most);
}

// A guest's settings, those whose bits are set in the mask. Each answers @error inval for what is not in memory, empty or too long.

Result<void, Status> read_timeouts(const Context& cx, BackendMask mask, uint32_t at, Backend& backend)
{
    if ((mask & backend_connect_timeout) != 0) {
        WEIR_TRY(ms, WEIR_FIELD(cx, at, DynamicBackendConfig, connect_timeout_ms));
        backend.connect_timeout_ms = ms;
    }
    if ((mask & backend_first_byte_timeout) != 0) {
        WEIR_TRY(ms, WEIR_FIELD(cx, at, DynamicBackendConfig, first_byte_timeout_ms));
        backend.first_byte_timeout_ms = ms;
    }
    if ((mask & backend_between_bytes_timeout) != 0) {
        WEIR_TRY(ms, WEIR_FIELD(cx, at, DynamicBackendConfig, between_bytes_timeout_ms));
        backend.between_bytes_timeout_ms = ms;
    }
    return {};
}

/// @error inval  There is no such version.
Result<void, Status> read_tls_versions(const Context& cx, BackendMask mask, uint32_t at, Backend& backend)
{
    const auto version = [](uint32_t number) -> Result<TlsVersion, Status> {
        if (number > static_cast<uint32_t>(TlsVersion::tls_1_3)) return Unexpected{Status::inval};
        return TlsVersion{number};
    };
    if ((mask & backend_ssl_min_version) != 0) {
        WEIR_TRY(number, WEIR_FIELD(cx, at, DynamicBackendConfig, ssl_min_version));
        WEIR_TRY(min, version(number));
        backend.min_tls = min;
    }
    if ((mask & backend_ssl_max_version) != 0) {
        WEIR_TRY(number, WEIR_FIELD(cx, at, DynamicBackendConfig, ssl_max_version));
        WEIR_TRY(max, version(number));
        backend.max_tls = max;
    }
    return {};
}

/// @error inval  The server's name is another than the certificate's.   @error error  The certificate's is no text.
Result<void, Status> read_tls_names(const Context& cx, BackendMask mask, uint32_t at, Backend& backend)
{
    if ((mask & backend_cert_hostname) != 0) {
        WEIR_TRY(slice, WEIR_FIELD(cx, at, DynamicBackendConfig, cert_hostname));
        WEIR_TRY(name, read_setting(cx, slice, max_host_bytes));
        if (!http::parse_authority(name)) return Unexpected{Status::error};
        backend.certificate_host = std::move(name);
    }
    if ((mask & backend_sni_hostname) == 0) return {};
    WEIR_TRY(slice, WEIR_FIELD(cx, at, DynamicBackendConfig, sni_hostname));
    if (slice.size_bytes == 0) {
        backend.sends_server_name = false;
        return {};
    }
    WEIR_TRY(name, read_text(cx, slice, max_host_bytes));
    if (backend.certificate_host && *backend.certificate_host != name) return Unexpected{Status::inval};
    backend.certificate_host = name;
    backend.server_name = std::move(name);
    return {};
}

/// @error badf  The key is no secret.   @error inval  Not one certificate and one key.   @error error  Authorities that are no PEM.
Result<void, Status> read_certificates(Context& cx, BackendMask mask, uint32_t at, Backend& backend)
{
    if ((mask & backend_ca_cert) != 0 && (mask & backend_use_ssl) != 0) {
        WEIR_TRY(slice, WEIR_FIELD(cx, at, DynamicBackendConfig, ca_cert));
        WEIR_TRY(pem, read_setting(cx, slice, max_certificate_bytes));
        const auto count = count_certificates(pem);
        if (!count) return Unexpected{Status::error};
        if (*count != 0) backend.ca_certificates_pem.push_back(std::move(pem));
    }
    if ((mask & backend_ciphers) != 0) {
        WEIR_TRY(slice, WEIR_FIELD(cx, at, DynamicBackendConfig, ciphers));
        WEIR_TRY(ciphers, read_text(cx, slice, max_certificate_bytes));
        backend.ciphers = std::move(ciphers);
    }
    if ((mask & backend_client_cert) == 0) return {};
    WEIR_TRY(slice, WEIR_FIELD(cx, at, DynamicBackendConfig, client_certificate));
    WEIR_TRY(key, WEIR_FIELD(cx, at, DynamicBackendConfig, client_key));
    const auto* const secret = cx.world.secrets.find(key);
    if (secret == nullptr) return Unexpected{Status::badf};
    WEIR_TRY(pem, read_bytes(cx, slice.address, slice.size_bytes, max_certificate_bytes));
    if (count_certificates(pem).value_or(0) == 0 || count_private_keys(secret->first) != 1) return Unexpected{Status::inval};
    backend.client_certificate = ClientCertificate{.certificate_pem = std::move(pem), .key_pem = secret->first};
    return {};
}

Result<void, Status> read_config(Context& cx, BackendMask mask, uint32_t at, Backend& backend)
{
    if ((mask & backend_host_override) != 0) {
        WEIR_TRY(slice, WEIR_FIELD(cx, at, DynamicBackendConfig, host_override));
        if (slice.size_bytes == 0) return Unexpected{Status::inval};
        WEIR_TRY(host, read_text(cx, slice, max_host_bytes));
        if (!is_header_value(host)) return Unexpected{Status::error};
        backend.override_host = std::move(host);
    }
    WEIR_CHECK(read_timeouts(cx, mask, at, backend));
    WEIR_CHECK(read_tls_versions(cx, mask, at, backend));
    WEIR_CHECK(read_certificates(cx, mask, at, backend));
    WEIR_CHECK(read_tls_names(cx, mask, at, backend));
    backend.is_grpc = (mask & backend_grpc) != 0;
    backend.is_pooled = (mask & backend_dont_pool) == 0;
    return {};
}

/// Makes `target`, a host with or without a port, a backend of this guest.
/// @error inval  The reserved bit, or a setting that is out of its range.   @error badf  The client's key is no secret.
/// @error error  The name is taken, the target is no host, or a setting cannot be used.
/// Spec: register_dynamic_backend.
HostResult<Nothing> register_dynamic_backend(Context& cx, GuestSpan<char> name, GuestSpan<char> target, BackendMask mask,
                                             GuestPtr<DynamicBackendConfig> config)
{
    if ((mask & backend_reserved) != 0) return Status::inval;
    WEIR_TRY(backend_name, read_text(cx, name));
    WEIR_TRY(authority, read_text(cx, target));
    Backend backend;
    backend.name = std::move(backend_name);
    backend.is_dynamic = true;
    if (const auto read = read_config(cx, mask, config.address, backend); !read) return read.error();
    if (!http::parse_authority(authority)) return Status::error;
    backend.url = {
        .scheme = (mask & backend_use_ssl) != 0 ? "https" : "http", .authority = std::move(authority), .path_and_query = "/"};
    if (!cx.world.add_backend(std::make_shared<const Backend>(std::move(backend)))) return Status::error;
    return nothing;
}

// Shielding: sites of the configuration.

/// A site: a byte that says whether it is this one, then its URLs, a NUL behind each.
/// @error inval  There is none of the name, or it is no text.   @error buflen  How long it is is not told.
/// Spec: fastly_shielding shield_info.
HostResult<uint32_t> shield_info(Context& cx, GuestSpan<char> name, GuestSpan<uint8_t> buffer)
{
    WEIR_TRY(text, read_text(cx, name));
    const auto& sites = cx.world.service().shielding_sites;
    const auto site = sites.find(text);
    if (site == sites.end()) return Status::inval;
    std::string info(1, site->second.is_local ? '\1' : '\0');
    info += site->second.unencrypted_url + '\0' + site->second.encrypted_url + '\0';
    if (info.size() > buffer.count) return Status::buflen;
    const auto room = cx.memory.range(buffer);
    if (!room) return Status::inval;
    std::ranges::copy(std::as_bytes(std::span{info}), room->begin());
    return static_cast<uint32_t>(info.size());
}

/// Makes one of a site's URLs a backend, and answers its name.
/// @error inval  The reserved bit, or no URL.   @error error  It is one already.   @error buflen  How long the name is is not told.
/// Spec: fastly_shielding backend_for_shield.
HostResult<uint32_t> backend_for_shield(Context& cx, GuestSpan<char> shield, ShieldMask mask, GuestPtr<ShieldBackendConfig> config,
                                        GuestSpan<char> buffer)
{
    if ((mask & shield_reserved) != 0) return Status::inval;
    WEIR_TRY(text, read_text(cx, shield));
    auto url = Uri::parse(text);
    if (!url || (url->scheme != "http" && url->scheme != "https")) return Status::inval;
    Backend backend;
    backend.name = "******" + url->to_string() + "*****";
    backend.url = std::move(*url);
    backend.sends_server_name = false;
    backend.is_dynamic = true;
    if ((mask & shield_cache_key) != 0) {
        WEIR_TRY(slice, WEIR_FIELD(cx, config.address, ShieldBackendConfig, cache_key));
        if (const auto key = read_text(cx, slice); !key) return key.error();
    }
    if ((mask & shield_first_byte_timeout) != 0) {
        WEIR_TRY(ms, WEIR_FIELD(cx, config.address, ShieldBackendConfig, first_byte_timeout_ms));
        backend.first_byte_timeout_ms = ms;
    }
    if ((mask & shield_between_bytes_timeout) != 0) {
        WEIR_TRY(ms, WEIR_FIELD(cx, config.address, ShieldBackendConfig, between_bytes_timeout_ms));
        backend.between_bytes_timeout_ms = ms;
    }
    const std::string name = backend.name;
    if (name.size() > buffer.count) return Status::buflen;
    const auto room = cx.memory.range(buffer);
    if (!room) return Status::inval;
    if (!cx.world.add_backend(std::make_shared<const Backend>(std::move(backend)))) return Status::error;
    std::ranges::copy(std::as_bytes(std::span{name}), room->begin());
    return static_cast<uint32_t>(name.size());
}

constexpr std::array dynamic{
    fastly_fn<"register_dynamic_backend", register_dynamic_backend>("name name_len target target_len mask config"),
};
constexpr std::array shielding{
    fastly_fn<"shield_info", shield_info>("name name_len info info_len size"),
    fastly_fn<"backend_for_shield", backend_for_shield>("shield shield_len mask config name name_len size"),
};

}  // namespace

const std::span<const runtime::HostFunction> http_req_backend_functions{dynamic};
const std::span<const runtime::HostFunction> shielding_functions{shielding};

}  // namespace weir::fastly
