#pragma once

#include "weir/fastly/message.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::fastly {

namespace detail {
extern "C" {
#define WEIR_FASTLY_CLIENT_TEXT(name, ident) \
    WEIR_FASTLY_IMPORT("http_downstream", name, ident)(uint32_t request, char* to, size_t room, size_t* size)
#define WEIR_FASTLY_CLIENT_NUMBER(name, ident) WEIR_FASTLY_IMPORT("http_downstream", name, ident)(uint32_t request, uint32_t* value)
WEIR_FASTLY_IMPORT("http_downstream", "downstream_client_ip_addr", weir_fastly_client_address)
(uint32_t request, uint8_t* octets, uint32_t* size);
WEIR_FASTLY_IMPORT("http_downstream", "downstream_server_ip_addr", weir_fastly_server_address)
(uint32_t request, uint8_t* octets, uint32_t* size);
WEIR_FASTLY_IMPORT("http_downstream", "downstream_tls_ja3_md5", weir_fastly_ja3)(uint32_t request, uint8_t* octets, uint32_t* size);
WEIR_FASTLY_IMPORT("http_downstream", "downstream_original_header_names", weir_fastly_original_names)
(uint32_t request, char* to, size_t room, uint32_t cursor, int64_t* next, size_t* size);
WEIR_FASTLY_CLIENT_NUMBER("downstream_original_header_count", weir_fastly_original_count);
WEIR_FASTLY_CLIENT_TEXT("downstream_client_request_id", weir_fastly_request_id);
WEIR_FASTLY_CLIENT_TEXT("downstream_client_h2_fingerprint", weir_fastly_h2_fingerprint);
WEIR_FASTLY_CLIENT_TEXT("downstream_client_oh_fingerprint", weir_fastly_oh_fingerprint);
WEIR_FASTLY_CLIENT_TEXT("downstream_tls_protocol", weir_fastly_tls_protocol);
WEIR_FASTLY_CLIENT_TEXT("downstream_tls_cipher_openssl_name", weir_fastly_tls_cipher);
WEIR_FASTLY_CLIENT_TEXT("downstream_tls_client_hello", weir_fastly_tls_hello);
WEIR_FASTLY_CLIENT_TEXT("downstream_tls_client_servername", weir_fastly_tls_server_name);
WEIR_FASTLY_CLIENT_TEXT("downstream_tls_raw_client_certificate", weir_fastly_tls_certificate);
WEIR_FASTLY_CLIENT_TEXT("downstream_tls_ja4", weir_fastly_ja4);
WEIR_FASTLY_CLIENT_TEXT("downstream_compliance_region", weir_fastly_region);
WEIR_FASTLY_CLIENT_TEXT("downstream_bot_name", weir_fastly_bot_name);
WEIR_FASTLY_CLIENT_TEXT("downstream_bot_category", weir_fastly_bot_category);
WEIR_FASTLY_CLIENT_NUMBER("downstream_client_ddos_detected", weir_fastly_ddos);
WEIR_FASTLY_CLIENT_NUMBER("downstream_bot_analyzed", weir_fastly_bot_analyzed);
WEIR_FASTLY_CLIENT_NUMBER("downstream_bot_detected", weir_fastly_bot_detected);
WEIR_FASTLY_CLIENT_NUMBER("downstream_bot_verified", weir_fastly_bot_verified);
WEIR_FASTLY_CLIENT_NUMBER("fastly_key_is_valid", weir_fastly_key_is_valid);
#undef WEIR_FASTLY_CLIENT_TEXT
#undef WEIR_FASTLY_CLIENT_NUMBER
}
}  // namespace detail

/// What is known of a client beyond its request. Of what is not known, such as TLS where there was none, nothing.
class Client {
public:
    /// Who sent a request that this service serves; it must live as long.
    explicit Client(const Request& request) noexcept : m_request(request.number()) {}

    /// 4 or 16 bytes.
    [[nodiscard]] std::string ip() const { return octets(detail::weir_fastly_client_address); }
    /// The address that it has connected to.
    [[nodiscard]] std::string server_ip() const { return octets(detail::weir_fastly_server_address); }
    /// Of this request; 32 hexadecimal digits.
    [[nodiscard]] std::optional<std::string> request_id() const { return text(detail::weir_fastly_request_id); }
    /// The headers' names in the order in which they came.
    [[nodiscard]] std::vector<std::string> original_header_names() const
    {
        return detail::read_list([&](char* to, size_t room, uint32_t cursor, int64_t* next, size_t* size) {
            return detail::weir_fastly_original_names(m_request, to, room, cursor, next, size);
        });
    }
    /// How many headers came.
    [[nodiscard]] uint32_t original_header_count() const { return number(detail::weir_fastly_original_count).value_or(0); }
    /// The jurisdiction whose rules apply.
    [[nodiscard]] std::optional<std::string> compliance_region() const { return text(detail::weir_fastly_region); }

    [[nodiscard]] std::optional<std::string> tls_protocol() const { return text(detail::weir_fastly_tls_protocol); }
    /// As OpenSSL calls it.
    [[nodiscard]] std::optional<std::string> tls_cipher() const { return text(detail::weir_fastly_tls_cipher); }
    /// As bytes of the protocol.
    [[nodiscard]] std::optional<std::string> tls_client_hello() const { return text(detail::weir_fastly_tls_hello); }
    [[nodiscard]] std::optional<std::string> tls_server_name() const { return text(detail::weir_fastly_tls_server_name); }
    /// The client's certificate, as it sent it.
    [[nodiscard]] std::optional<std::string> tls_certificate() const { return text(detail::weir_fastly_tls_certificate); }
    /// Fingerprints: 16 bytes, and texts.
    [[nodiscard]] std::string ja3() const { return octets(detail::weir_fastly_ja3); }
    [[nodiscard]] std::optional<std::string> ja4() const { return text(detail::weir_fastly_ja4); }
    [[nodiscard]] std::optional<std::string> h2_fingerprint() const { return text(detail::weir_fastly_h2_fingerprint); }
    [[nodiscard]] std::optional<std::string> header_fingerprint() const { return text(detail::weir_fastly_oh_fingerprint); }

    /// Whether it takes part in an attack.
    [[nodiscard]] bool is_attacking() const { return is(detail::weir_fastly_ddos); }
    [[nodiscard]] bool is_bot_analyzed() const { return is(detail::weir_fastly_bot_analyzed); }
    [[nodiscard]] bool is_bot() const { return is(detail::weir_fastly_bot_detected); }
    [[nodiscard]] bool is_verified_bot() const { return is(detail::weir_fastly_bot_verified); }
    [[nodiscard]] std::optional<std::string> bot_name() const { return text(detail::weir_fastly_bot_name); }
    [[nodiscard]] std::optional<std::string> bot_category() const { return text(detail::weir_fastly_bot_category); }
    /// Whether the request's header Fastly-Key has a key of the service's.
    [[nodiscard]] bool has_valid_key() const { return is(detail::weir_fastly_key_is_valid); }

private:
    [[nodiscard]] std::optional<std::string> text(detail::Status (*get)(uint32_t, char*, size_t, size_t*)) const
    {
        auto value = detail::read_value([&](char* to, size_t room, size_t* size) { return get(m_request, to, room, size); });
        if (!value) return std::nullopt;
        return std::move(*value);
    }
    [[nodiscard]] std::string octets(detail::Status (*get)(uint32_t, uint8_t*, uint32_t*)) const
    {
        uint8_t bytes[16]{};
        uint32_t size = 0;
        if (get(m_request, bytes, &size) != detail::ok) return {};
        return {bytes, bytes + size};
    }
    [[nodiscard]] std::optional<uint32_t> number(detail::Status (*get)(uint32_t, uint32_t*)) const
    {
        uint32_t value = 0;
        if (get(m_request, &value) != detail::ok) return std::nullopt;
        return value;
    }
    [[nodiscard]] bool is(detail::Status (*get)(uint32_t, uint32_t*)) const { return number(get).value_or(0) != 0; }

    uint32_t m_request;
};

}  // namespace weir::fastly
