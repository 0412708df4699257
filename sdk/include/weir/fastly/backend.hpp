#pragma once

#include "weir/fastly/abi.hpp"
#include "weir/fastly/stores.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::fastly {

namespace detail {

/// As the host reads it; which fields count says a mask.
struct DynamicBackendConfig {
    const char* host_override = nullptr;
    uint32_t host_override_size = 0;
    uint32_t connect_timeout_ms = 0, first_byte_timeout_ms = 0, between_bytes_timeout_ms = 0;
    uint32_t ssl_min_version = 0, ssl_max_version = 0;
    const char* cert_hostname = nullptr;
    uint32_t cert_hostname_size = 0;
    const char* ca_cert = nullptr;
    uint32_t ca_cert_size = 0;
    const char* ciphers = nullptr;
    uint32_t ciphers_size = 0;
    const char* sni_hostname = nullptr;
    uint32_t sni_hostname_size = 0;
    const char* client_certificate = nullptr;
    uint32_t client_certificate_size = 0;
    uint32_t client_key = 0;
    uint32_t keepalive[5]{}, pooling[3]{};
    uint32_t healthcheck = 0;
};
static_assert(sizeof(DynamicBackendConfig) == 108);

extern "C" {
WEIR_FASTLY_IMPORT("backend", "is_healthy", weir_fastly_backend_health)(const char* name, size_t size, uint32_t* health);
WEIR_FASTLY_IMPORT("backend", "is_dynamic", weir_fastly_backend_is_dynamic)(const char* name, size_t size, uint32_t* is_dynamic);
WEIR_FASTLY_IMPORT("backend", "is_ssl", weir_fastly_backend_is_ssl)(const char* name, size_t size, uint32_t* is_ssl);
WEIR_FASTLY_IMPORT("backend", "get_port", weir_fastly_backend_port)(const char* name, size_t size, uint16_t* port);
WEIR_FASTLY_IMPORT("backend", "get_host", weir_fastly_backend_host)
(const char* name, size_t name_size, char* to, size_t room, size_t* size);
WEIR_FASTLY_IMPORT("backend", "get_override_host", weir_fastly_backend_override_host)
(const char* name, size_t name_size, char* to, size_t room, size_t* size);
WEIR_FASTLY_IMPORT("backend", "get_connect_timeout_ms", weir_fastly_backend_connect_timeout)
(const char* name, size_t size, uint32_t* ms);
WEIR_FASTLY_IMPORT("backend", "get_first_byte_timeout_ms", weir_fastly_backend_first_byte_timeout)
(const char* name, size_t size, uint32_t* ms);
WEIR_FASTLY_IMPORT("backend", "get_between_bytes_timeout_ms", weir_fastly_backend_between_bytes_timeout)
(const char* name, size_t size, uint32_t* ms);
WEIR_FASTLY_IMPORT("http_req", "register_dynamic_backend", weir_fastly_register_backend)
(const char* name, size_t name_size, const char* target, size_t target_size, uint32_t mask, const DynamicBackendConfig* config);
}

}  // namespace detail

/// Whether the service has a backend of this name.
[[nodiscard]] inline bool has_backend(std::string_view name)
{
    uint32_t exists = 0;
    return detail::weir_fastly_backend_exists(name.data(), name.size(), &exists) == detail::ok && exists != 0;
}

enum class TlsVersion : uint32_t { tls_10, tls_11, tls_12, tls_13 };

/// Where requests are sent to: one of the service's configuration, or one that it makes as it runs.
class Backend {
public:
    /// ENOENT when there is none of this name.
    [[nodiscard]] static Result<Backend> find(std::string_view name)
    {
        if (!has_backend(name)) return Error{ENOENT, "the service has no backend of this name"};
        return Backend{name};
    }

    /// How a backend is to be reached. What is not set is as the host has it.
    struct Options {
        std::string host_override;  // the Host that requests are sent with
        std::optional<uint32_t> connect_timeout_ms, first_byte_timeout_ms, between_bytes_timeout_ms;
        bool uses_tls = false;
        std::optional<TlsVersion> min_tls, max_tls;
        std::string certificate_host;         // whom the certificate has to be of; else whom SNI names
        std::string ca_certificates;          // PEM; else those that the host trusts
        std::string ciphers;                  // as OpenSSL lists them
        std::optional<std::string> sni_host;  // an empty one: without SNI
        std::string client_certificate;       // PEM, with the key of `client_key`
        std::optional<Secret> client_key;
        bool is_pooled = true;  // connections are used again
        bool prefers_ipv4 = false;
        bool is_grpc = false;
    };
    /// Makes one for `target`, "host" or "host:port". An error when there is one of that name, or an option is not right.
    [[nodiscard]] static Result<Backend> create(std::string_view name, std::string_view target, const Options& options)
    {
        detail::DynamicBackendConfig c;
        uint32_t mask = 0;
        const auto with = [&mask](unsigned bit, bool is_set) {
            if (is_set) mask |= 1U << bit;
            return is_set;
        };
        const auto put = [&with](unsigned bit, const std::string& text, const char*& data, uint32_t& size) {
            if (!with(bit, !text.empty())) return;
            data = text.data();
            size = static_cast<uint32_t>(text.size());
        };
        put(1, options.host_override, c.host_override, c.host_override_size);
        if (with(2, options.connect_timeout_ms.has_value())) c.connect_timeout_ms = *options.connect_timeout_ms;
        if (with(3, options.first_byte_timeout_ms.has_value())) c.first_byte_timeout_ms = *options.first_byte_timeout_ms;
        if (with(4, options.between_bytes_timeout_ms.has_value())) c.between_bytes_timeout_ms = *options.between_bytes_timeout_ms;
        with(5, options.uses_tls);
        if (with(6, options.min_tls.has_value())) c.ssl_min_version = static_cast<uint32_t>(*options.min_tls);
        if (with(7, options.max_tls.has_value())) c.ssl_max_version = static_cast<uint32_t>(*options.max_tls);
        put(8, options.certificate_host, c.cert_hostname, c.cert_hostname_size);
        put(9, options.ca_certificates, c.ca_cert, c.ca_cert_size);
        put(10, options.ciphers, c.ciphers, c.ciphers_size);
        if (with(11, options.sni_host.has_value())) {
            c.sni_hostname = options.sni_host->data();
            c.sni_hostname_size = static_cast<uint32_t>(options.sni_host->size());
        }
        with(12, !options.is_pooled);
        if (options.client_key) {
            put(13, options.client_certificate, c.client_certificate, c.client_certificate_size);
            c.client_key = options.client_key->number();
        }
        with(14, options.is_grpc);
        with(17, options.prefers_ipv4);
        const auto status = detail::weir_fastly_register_backend(name.data(), name.size(), target.data(), target.size(), mask, &c);
        if (status != detail::ok) return detail::to_error(status);
        return Backend{name};
    }
    /// The same as the host does by itself.
    [[nodiscard]] static Result<Backend> create(std::string_view name, std::string_view target)
    {
        return create(name, target, Options{});
    }

    /// For Request::send and the like.
    [[nodiscard]] const std::string& name() const noexcept { return m_name; }

    enum class Health : uint32_t { unknown, healthy, unhealthy };
    [[nodiscard]] Result<Health> health() const { return number<Health>(detail::weir_fastly_backend_health); }
    [[nodiscard]] Result<bool> is_dynamic() const { return number<bool>(detail::weir_fastly_backend_is_dynamic); }
    [[nodiscard]] Result<bool> uses_tls() const { return number<bool>(detail::weir_fastly_backend_is_ssl); }
    [[nodiscard]] Result<uint16_t> port() const
    {
        uint16_t port = 0;
        const auto status = detail::weir_fastly_backend_port(m_name.data(), m_name.size(), &port);
        if (status != detail::ok) return detail::to_error(status);
        return port;
    }
    [[nodiscard]] Result<std::string> host() const
    {
        return detail::read_value([&](char* to, size_t room, size_t* size) {
            return detail::weir_fastly_backend_host(m_name.data(), m_name.size(), to, room, size);
        });
    }
    /// ENOENT when none is set.
    [[nodiscard]] Result<std::string> host_override() const
    {
        return detail::read_value([&](char* to, size_t room, size_t* size) {
            return detail::weir_fastly_backend_override_host(m_name.data(), m_name.size(), to, room, size);
        });
    }
    [[nodiscard]] Result<uint32_t> connect_timeout_ms() const
    {
        return number<uint32_t>(detail::weir_fastly_backend_connect_timeout);
    }
    [[nodiscard]] Result<uint32_t> first_byte_timeout_ms() const
    {
        return number<uint32_t>(detail::weir_fastly_backend_first_byte_timeout);
    }
    [[nodiscard]] Result<uint32_t> between_bytes_timeout_ms() const
    {
        return number<uint32_t>(detail::weir_fastly_backend_between_bytes_timeout);
    }

private:
    explicit Backend(std::string_view name) : m_name(name) {}
    template <class T>
    [[nodiscard]] Result<T> number(detail::Status (*get)(const char*, size_t, uint32_t*)) const
    {
        uint32_t value = 0;
        const auto status = get(m_name.data(), m_name.size(), &value);
        if (status != detail::ok) return detail::to_error(status);
        return static_cast<T>(value);
    }

    std::string m_name;
};

}  // namespace weir::fastly
