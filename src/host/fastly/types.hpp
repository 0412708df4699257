#pragma once

#include "host/fastly/bind.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

// The types of Fastly Compute's interface as laid out in guest memory. Structs grow from one release of its SDKs to the next: of each only
// the fields whose bit is set in the mask beside it may be read, for older guests pass shorter ones.

namespace weir::fastly {

/// What every function answers.
enum class Status : uint32_t {
    ok,
    error,  // what has no better code
    inval,
    badf,
    buflen,
    unsupported,
    badalign,
    http_invalid,     // a backend's reply was no HTTP
    http_user,        // the request cannot be sent
    http_incomplete,  // the connection ended in the middle of a message
    none,
    http_head_too_large,
    http_invalid_status,
    limit_exceeded,
    again,
};
inline constexpr std::string_view status_words =
    "ok error inval badf buflen unsupported badalign http_invalid http_user "
    "http_incomplete none http_head_too_large http_invalid_status limit_exceeded again";

// Numbers from 0 on for each table of a sandbox, never used again; handles.hpp. Bodies, pending requests and the like are in one table.
enum class RequestHandle : uint32_t {};
enum class ResponseHandle : uint32_t {};
enum class BodyHandle : uint32_t {};
enum class PendingRequestHandle : uint32_t {};
enum class PromiseHandle : uint32_t {};
enum class AsyncHandle : uint32_t {};
enum class KvLookupHandle : uint32_t {};
enum class KvInsertHandle : uint32_t {};
enum class KvDeleteHandle : uint32_t {};
enum class KvListHandle : uint32_t {};
enum class EndpointHandle : uint32_t {};
enum class DictionaryHandle : uint32_t {};
enum class KvStoreHandle : uint32_t {};
enum class SecretStoreHandle : uint32_t {};
enum class SecretHandle : uint32_t {};
enum class AclHandle : uint32_t {};

/// Stored where a handle is expected and there is none.
inline constexpr uint32_t no_handle = 0xffff'fffe;

enum class HttpVersion : uint32_t { http_09, http_10, http_11, h2, h3 };
enum class FramingMode : uint32_t { automatic, manual };
enum class KeepaliveMode : uint32_t { automatic, none };
enum class WriteEnd : uint32_t { back, front };
/// To which outcome of a pending request a header is applied.
enum class PendingTarget : uint32_t { any, response, error };
enum class BackendHealth : uint32_t { unknown, healthy, unhealthy };
enum class TlsVersion : uint32_t { tls_1_0, tls_1_1, tls_1_2, tls_1_3 };
enum class AclError : uint32_t { uninitialized, ok, no_content, too_many_requests };
enum class KvError : uint32_t {
    uninitialized,
    ok,
    bad_request,
    not_found,
    precondition_failed,
    payload_too_large,
    internal_error,
    too_many_requests
};
enum class KvInsertMode : uint32_t { overwrite, add, append, prepend };

// Masks. Bit 0 is reserved nearly everywhere; it is accepted and means nothing unless a function says otherwise.
enum CacheOverrideTag : uint32_t { override_pass = 1, all_override_tags = 31 };
enum ContentEncodings : uint32_t { encoding_gzip = 1, all_encodings = 1 };
enum InspectMask : uint32_t { inspect_corp = 2, inspect_workspace = 4, inspect_client_ip = 8, all_inspect = 15 };
enum NextRequestMask : uint32_t { next_request_timeout = 2, all_next_request = 3 };
enum KvInsertMask : uint32_t { kv_insert_metadata = 8, kv_insert_ttl = 16, kv_insert_generation = 32, all_kv_insert = 63 };
enum KvListMask : uint32_t { kv_list_cursor = 2, kv_list_limit = 4, kv_list_prefix = 8, all_kv_list = 15 };
enum KvLookupMask : uint32_t { all_kv_lookup = 1 };
enum KvDeleteMask : uint32_t { all_kv_delete = 1 };
enum PurgeMask : uint32_t { purge_soft = 1, purge_ret_buf = 2, all_purge = 3 };
enum ShieldMask : uint32_t {
    shield_reserved = 1,
    shield_cache_key = 2,
    shield_first_byte_timeout = 4,
    shield_between_bytes_timeout = 8,
    all_shield = 15
};
enum BackendMask : uint32_t {
    backend_reserved = 1U << 0,
    backend_host_override = 1U << 1,
    backend_connect_timeout = 1U << 2,
    backend_first_byte_timeout = 1U << 3,
    backend_between_bytes_timeout = 1U << 4,
    backend_use_ssl = 1U << 5,
    backend_ssl_min_version = 1U << 6,
    backend_ssl_max_version = 1U << 7,
    backend_cert_hostname = 1U << 8,
    backend_ca_cert = 1U << 9,
    backend_ciphers = 1U << 10,
    backend_sni_hostname = 1U << 11,
    backend_dont_pool = 1U << 12,
    backend_client_cert = 1U << 13,
    backend_grpc = 1U << 14,
    backend_keepalive = 1U << 15,
    backend_pooling_limits = 1U << 16,
    backend_prefer_ipv4 = 1U << 17,
    backend_healthcheck = 1U << 18,
    all_backend = (1U << 19) - 1,
};

/// A guest's address and length of bytes, as structs hold them.
struct Slice {
    uint32_t address;
    uint32_t size_bytes;
};

/// Spec: http_req send_error_detail. JavaScript's SDK passes only the first 8 bytes, and 0 in `mask`, so `tag` is only written, and what
/// follows `mask` only where the mask has its bit.
struct SendErrorDetail {
    uint32_t tag;
    uint32_t mask;
    uint16_t dns_error_rcode;
    uint16_t dns_error_info_code;
    uint8_t tls_alert_id;
    uint8_t h2_error_frame;
    uint16_t padding;
    uint32_t h2_error_code;
};
static_assert(sizeof(SendErrorDetail) == 20 && offsetof(SendErrorDetail, tls_alert_id) == 12);
enum class ErrorTag : uint32_t {
    uninitialized,
    ok,
    dns_timeout,
    dns_error,
    destination_not_found,
    destination_unavailable,
    destination_ip_unroutable,
    connection_refused,
    connection_terminated,
    connection_timeout,
    connection_limit_reached,
    tls_certificate_error,
    tls_configuration_error,
    http_incomplete_response,
    http_response_header_section_too_large,
    http_response_body_too_large,
    http_response_timeout,
    http_response_status_invalid,
    http_upgrade_failed,
    http_protocol_error,
    http_request_cache_key_invalid,
    http_request_uri_invalid,
    internal_error,
    tls_alert_received,
    tls_protocol_error,
    h2_error,
};

struct CacheOverride {
    uint32_t ttl_s;
    uint32_t stale_while_revalidate_s;
    Slice surrogate_keys;  // when it is not empty
    uint32_t lookup_timeout_ms;
};
static_assert(sizeof(CacheOverride) == 20);

struct InspectInfo {
    Slice corp, workspace, client_ip;
};
static_assert(sizeof(InspectInfo) == 24);

struct NextRequestOptions {
    uint64_t timeout_ms;
};

struct DynamicBackendConfig {
    Slice host_override;
    uint32_t connect_timeout_ms, first_byte_timeout_ms, between_bytes_timeout_ms;
    uint32_t ssl_min_version, ssl_max_version;
    Slice cert_hostname, ca_cert, ciphers, sni_hostname, client_certificate;
    SecretHandle client_key;
    uint32_t http_keepalive_time_ms;
    uint32_t tcp_keepalive_enable, tcp_keepalive_interval_s, tcp_keepalive_probes, tcp_keepalive_time_s;  // older guests end here
    uint32_t max_connections, max_use, max_lifetime_ms;
    uint32_t healthcheck;  // address
};
static_assert(sizeof(DynamicBackendConfig) == 108 && offsetof(DynamicBackendConfig, client_key) == 68 &&
              offsetof(DynamicBackendConfig, max_connections) == 92);

struct KvInsertConfig {
    KvInsertMode mode;
    uint32_t unused;
    Slice metadata;
    uint32_t time_to_live_s;
    uint32_t padding;
    uint64_t if_generation_match;
};
static_assert(sizeof(KvInsertConfig) == 32 && offsetof(KvInsertConfig, if_generation_match) == 24);

struct KvListConfig {
    uint32_t mode;
    Slice cursor;
    uint32_t limit;
    Slice prefix;
};
static_assert(sizeof(KvListConfig) == 24);

struct ShieldBackendConfig {
    Slice cache_key;
    uint32_t first_byte_timeout_ms;
    uint32_t between_bytes_timeout_ms;
};
static_assert(sizeof(ShieldBackendConfig) == 16);

}  // namespace weir::fastly

namespace weir::host {

#define WEIR_TYPE(type, name, ...)                                       \
    template <>                                                          \
    inline constexpr runtime::HostType host_type<fastly::type>           \
    {                                                                    \
        name, sizeof(fastly::type), runtime::HostType::Form::__VA_ARGS__ \
    }
#define WEIR_ENUM(type, name, last, words)     \
    WEIR_TYPE(type, name, enumeration, words); \
    template <>                                \
    struct Argument<fastly::type> : fastly::LimitedArgument<fastly::type, static_cast<uint32_t>(fastly::type::last)> {}
#define WEIR_FLAGS(type, name, all, words) \
    WEIR_TYPE(type, name, flags, words);   \
    template <>                            \
    struct Argument<fastly::type> : fastly::SetArgument<fastly::type, fastly::all> {}

WEIR_TYPE(Status, "status", enumeration, fastly::status_words);
WEIR_TYPE(RequestHandle, "request", number);
WEIR_TYPE(ResponseHandle, "response", number);
WEIR_TYPE(BodyHandle, "body", number);
WEIR_TYPE(PendingRequestHandle, "pending_request", number);
WEIR_TYPE(PromiseHandle, "request_promise", number);
WEIR_TYPE(AsyncHandle, "async_item", number);
WEIR_TYPE(KvLookupHandle, "kv_lookup", number);
WEIR_TYPE(KvInsertHandle, "kv_insert", number);
WEIR_TYPE(KvDeleteHandle, "kv_delete", number);
WEIR_TYPE(KvListHandle, "kv_list", number);
WEIR_TYPE(EndpointHandle, "endpoint", number);
WEIR_TYPE(DictionaryHandle, "dictionary", number);
WEIR_TYPE(KvStoreHandle, "kv_store", number);
WEIR_TYPE(SecretStoreHandle, "secret_store", number);
WEIR_TYPE(SecretHandle, "secret", number);
WEIR_TYPE(AclHandle, "acl", number);

WEIR_ENUM(HttpVersion, "http_version", h3, "http/0.9 http/1.0 http/1.1 h2 h3");
WEIR_ENUM(FramingMode, "framing_headers_mode", manual, "automatic manually_from_headers");
WEIR_ENUM(KeepaliveMode, "http_keepalive_mode", none, "automatic no_keepalive");
WEIR_ENUM(WriteEnd, "body_write_end", front, "back front");
WEIR_ENUM(PendingTarget, "pending_response_kind", error, "any response error");
WEIR_TYPE(BackendHealth, "backend_health", enumeration, "unknown healthy unhealthy");
WEIR_TYPE(TlsVersion, "tls_version", enumeration, "1.0 1.1 1.2 1.3");
WEIR_TYPE(AclError, "acl_error", enumeration, "uninitialized ok no_content too_many_requests");
WEIR_TYPE(KvError, "kv_error", enumeration,
          "uninitialized ok bad_request not_found precondition_failed payload_too_large internal_error too_many_requests");

WEIR_FLAGS(CacheOverrideTag, "cache_override_tag", all_override_tags, "pass ttl stale_while_revalidate pci lookup_timeout");
WEIR_FLAGS(ContentEncodings, "content_encodings", all_encodings, "gzip");
WEIR_FLAGS(InspectMask, "inspect_mask", all_inspect, "reserved corp workspace override_client_ip");
WEIR_FLAGS(NextRequestMask, "next_request_mask", all_next_request, "reserved timeout");
WEIR_FLAGS(KvInsertMask, "kv_insert_mask", all_kv_insert,
           "reserved background_fetch reserved_2 metadata time_to_live_sec if_generation_match");
WEIR_FLAGS(KvListMask, "kv_list_mask", all_kv_list, "reserved cursor limit prefix");
WEIR_FLAGS(KvLookupMask, "kv_lookup_mask", all_kv_lookup, "reserved");
WEIR_FLAGS(KvDeleteMask, "kv_delete_mask", all_kv_delete, "reserved");
WEIR_FLAGS(PurgeMask, "purge_mask", all_purge, "soft_purge ret_buf");
WEIR_FLAGS(ShieldMask, "shield_mask", all_shield, "reserved use_cache_key first_byte_timeout between_bytes_timeout");
WEIR_FLAGS(BackendMask, "backend_mask", all_backend,
           "reserved host_override connect_timeout first_byte_timeout between_bytes_timeout use_ssl ssl_min_version "
           "ssl_max_version cert_hostname ca_cert ciphers sni_hostname dont_pool client_cert grpc keepalive "
           "pooling_limits prefer_ipv4 healthcheck");
#undef WEIR_TYPE
#undef WEIR_ENUM
#undef WEIR_FLAGS

}  // namespace weir::host
