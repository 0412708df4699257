#pragma once

#include "weir/result.hpp"

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// The host's functions as the service imports them, and how their answers become Results. Not for services.

namespace weir::fastly::detail {

enum Status : uint32_t {
    ok,
    error,
    inval,
    badf,
    buflen,
    unsupported,
    badalign,
    http_invalid,
    http_user,
    http_incomplete,
    none,
    http_head_too_large,
    http_invalid_status,
    limit_exceeded,
    again,
};
inline constexpr uint32_t no_handle = 0xffff'fffe;

#define WEIR_FASTLY_IMPORT(module, name, ident) \
    __attribute__((import_module("fastly_" module), import_name(name))) weir::fastly::detail::Status ident
extern "C" {
WEIR_FASTLY_IMPORT("abi", "init", weir_fastly_init)(uint64_t version);
WEIR_FASTLY_IMPORT("http_req", "body_downstream_get", weir_fastly_downstream)(uint32_t* request, uint32_t* body);
WEIR_FASTLY_IMPORT("http_req", "new", weir_fastly_request_new)(uint32_t* request);
WEIR_FASTLY_IMPORT("http_req", "close", weir_fastly_request_close)(uint32_t request);
WEIR_FASTLY_IMPORT("http_req", "method_get", weir_fastly_method_get)(uint32_t request, char* to, size_t room, size_t* size);
WEIR_FASTLY_IMPORT("http_req", "method_set", weir_fastly_method_set)(uint32_t request, const char* text, size_t size);
WEIR_FASTLY_IMPORT("http_req", "uri_get", weir_fastly_uri_get)(uint32_t request, char* to, size_t room, size_t* size);
WEIR_FASTLY_IMPORT("http_req", "uri_set", weir_fastly_uri_set)(uint32_t request, const char* text, size_t size);
WEIR_FASTLY_IMPORT("http_req", "header_value_get", weir_fastly_request_header)
(uint32_t request, const char* name, size_t name_size, char* to, size_t room, size_t* size);
WEIR_FASTLY_IMPORT("http_req", "header_names_get", weir_fastly_request_names)
(uint32_t request, char* to, size_t room, uint32_t cursor, int64_t* next, size_t* size);
WEIR_FASTLY_IMPORT("http_req", "header_insert", weir_fastly_request_set)
(uint32_t request, const char* name, size_t name_size, const char* value, size_t value_size);
WEIR_FASTLY_IMPORT("http_req", "header_append", weir_fastly_request_append)
(uint32_t request, const char* name, size_t name_size, const char* value, size_t value_size);
WEIR_FASTLY_IMPORT("http_req", "header_remove", weir_fastly_request_remove)(uint32_t request, const char* name, size_t name_size);
WEIR_FASTLY_IMPORT("http_req", "downstream_client_ip_addr", weir_fastly_client_ip)(uint8_t* octets, uint32_t* size);
WEIR_FASTLY_IMPORT("http_req", "send", weir_fastly_send)
(uint32_t request, uint32_t body, const char* backend, size_t backend_size, uint32_t* response, uint32_t* response_body);
WEIR_FASTLY_IMPORT("http_req", "send_async", weir_fastly_send_async)
(uint32_t request, uint32_t body, const char* backend, size_t backend_size, uint32_t* pending);
WEIR_FASTLY_IMPORT("http_req", "pending_req_wait", weir_fastly_pending_wait)(uint32_t pending, uint32_t* response, uint32_t* body);
WEIR_FASTLY_IMPORT("http_resp", "new", weir_fastly_response_new)(uint32_t* response);
WEIR_FASTLY_IMPORT("http_resp", "close", weir_fastly_response_close)(uint32_t response);
WEIR_FASTLY_IMPORT("http_resp", "status_get", weir_fastly_status_get)(uint32_t response, uint16_t* status);
WEIR_FASTLY_IMPORT("http_resp", "status_set", weir_fastly_status_set)(uint32_t response, uint16_t status);
WEIR_FASTLY_IMPORT("http_resp", "header_value_get", weir_fastly_response_header)
(uint32_t response, const char* name, size_t name_size, char* to, size_t room, size_t* size);
WEIR_FASTLY_IMPORT("http_resp", "header_names_get", weir_fastly_response_names)
(uint32_t response, char* to, size_t room, uint32_t cursor, int64_t* next, size_t* size);
WEIR_FASTLY_IMPORT("http_resp", "header_insert", weir_fastly_response_set)
(uint32_t response, const char* name, size_t name_size, const char* value, size_t value_size);
WEIR_FASTLY_IMPORT("http_resp", "header_append", weir_fastly_response_append)
(uint32_t response, const char* name, size_t name_size, const char* value, size_t value_size);
WEIR_FASTLY_IMPORT("http_resp", "header_remove", weir_fastly_response_remove)(uint32_t response, const char* name,
                                                                              size_t name_size);
WEIR_FASTLY_IMPORT("http_resp", "send_downstream", weir_fastly_send_downstream)(uint32_t response, uint32_t body,
                                                                                uint32_t streaming);
WEIR_FASTLY_IMPORT("http_body", "new", weir_fastly_body_new)(uint32_t* body);
WEIR_FASTLY_IMPORT("http_body", "read", weir_fastly_body_read)(uint32_t body, char* to, size_t room, size_t* size);
WEIR_FASTLY_IMPORT("http_body", "write", weir_fastly_body_write)(uint32_t body, const char* bytes, size_t size, uint32_t end,
                                                                 size_t* written);
WEIR_FASTLY_IMPORT("http_body", "append", weir_fastly_body_append)(uint32_t to, uint32_t from);
WEIR_FASTLY_IMPORT("http_body", "close", weir_fastly_body_close)(uint32_t body);
WEIR_FASTLY_IMPORT("http_body", "abandon", weir_fastly_body_abandon)(uint32_t body);
WEIR_FASTLY_IMPORT("http_body", "known_length", weir_fastly_body_length)(uint32_t body, uint64_t* length);
WEIR_FASTLY_IMPORT("backend", "exists", weir_fastly_backend_exists)(const char* name, size_t size, uint32_t* exists);
WEIR_FASTLY_IMPORT("log", "endpoint_get", weir_fastly_log_open)(const char* name, size_t size, uint32_t* endpoint);
WEIR_FASTLY_IMPORT("log", "write", weir_fastly_log_write)(uint32_t endpoint, const char* text, size_t size, size_t* written);
WEIR_FASTLY_IMPORT("config_store", "open", weir_fastly_config_open)(const char* name, size_t size, uint32_t* store);
WEIR_FASTLY_IMPORT("config_store", "get", weir_fastly_config_get)
(uint32_t store, const char* key, size_t key_size, char* to, size_t room, size_t* size);
WEIR_FASTLY_IMPORT("secret_store", "open", weir_fastly_secrets_open)(const char* name, size_t size, uint32_t* store);
WEIR_FASTLY_IMPORT("secret_store", "get", weir_fastly_secret_get)(uint32_t store, const char* key, size_t key_size,
                                                                  uint32_t* secret);
WEIR_FASTLY_IMPORT("secret_store", "plaintext", weir_fastly_secret_plaintext)(uint32_t secret, char* to, size_t room, size_t* size);
}

/// A list of texts, each with a NUL behind it, that comes in pieces: `get(buffer, room, cursor, &next, &size)`.
template <class Get>
std::vector<std::string> read_list(Get get)
{
    std::vector<std::string> all;
    std::string buffer(4096, '\0');
    int64_t cursor = 0;
    while (cursor >= 0) {
        size_t size = 0;
        int64_t next = -1;
        const Status status = get(buffer.data(), buffer.size(), static_cast<uint32_t>(cursor), &next, &size);
        if (status == buflen && size > buffer.size()) {
            buffer.resize(size);
            continue;
        }
        if (status != ok) break;
        for (size_t start = 0; start < size;) {
            const size_t end = buffer.find('\0', start);
            all.push_back(buffer.substr(start, end - start));
            start = end + 1;
        }
        cursor = next;
    }
    return all;
}

/// A status as an error: the nearest errno, and what it means in the detail.
inline Error to_error(Status status) noexcept
{
    switch (status) {
    case ok: break;
    case inval: return {EINVAL, "an argument is not valid, or there is nothing of that name"};
    case badf: return {EBADF, "it was consumed or closed already"};
    case buflen: return {ENOBUFS, "a value is too long"};
    case unsupported: return {ENOTSUP, "this host cannot do that"};
    case badalign: return {EFAULT, "an address is not aligned"};
    case http_invalid: return {EPROTO, "the backend's answer is not HTTP"};
    case http_user: return {EPROTO, "the request cannot be sent"};
    case http_incomplete: return {ECONNRESET, "the connection ended in the middle of a message"};
    case none: return {ENOENT, "there is nothing of that name"};
    case http_head_too_large: return {EMSGSIZE, "the headers are too large"};
    case http_invalid_status: return {EPROTO, "the status is not one of HTTP"};
    case limit_exceeded: return {ENOSPC, "a limit of the host is reached"};
    case again: return {EAGAIN, "it is not there yet"};
    case error: break;
    }
    return {EIO, "the host could not do that"};
}

inline Result<void> to_result(Status status)
{
    if (status != ok) return to_error(status);
    return {};
}

/// A value of any length: `get(buffer, room, &size)` is called again with the room it asks for.
template <class Get>
Result<std::string> read_value(Get get)
{
    std::string text(256, '\0');
    for (;;) {
        size_t size = 0;
        const Status status = get(text.data(), text.size(), &size);
        if (status == buflen && size > text.size()) {
            text.resize(size);
            continue;
        }
        if (status != ok) return to_error(status);
        text.resize(size);
        return text;
    }
}

/// A number of the host's for something that ends with this object.
template <Status (*close)(uint32_t)>
class Handle {
public:
    explicit Handle(uint32_t number = no_handle) noexcept : m_number(number) {}
    Handle(Handle&& other) noexcept : m_number(std::exchange(other.m_number, no_handle)) {}
    Handle& operator=(Handle&& other) noexcept
    {
        std::swap(m_number, other.m_number);
        return *this;
    }
    ~Handle()
    {
        if (m_number != no_handle) close(m_number);
    }
    [[nodiscard]] uint32_t get() const noexcept { return m_number; }
    /// The number, which somebody else ends now.
    [[nodiscard]] uint32_t release() noexcept { return std::exchange(m_number, no_handle); }

private:
    uint32_t m_number;
};

}  // namespace weir::fastly::detail
