#pragma once

#include "weir/fastly/body.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::fastly {

enum class HttpVersion : uint32_t { http_09, http_10, http_11, http_2, http_3 };

namespace detail {

extern "C" {
WEIR_FASTLY_IMPORT("http_req", "header_values_get", weir_fastly_request_values)
(uint32_t request, const char* name, size_t name_size, char* to, size_t room, uint32_t cursor, int64_t* next, size_t* size);
WEIR_FASTLY_IMPORT("http_resp", "header_values_get", weir_fastly_response_values)
(uint32_t response, const char* name, size_t name_size, char* to, size_t room, uint32_t cursor, int64_t* next, size_t* size);
WEIR_FASTLY_IMPORT("http_req", "version_get", weir_fastly_request_version)(uint32_t request, uint32_t* version);
WEIR_FASTLY_IMPORT("http_resp", "version_get", weir_fastly_response_version)(uint32_t response, uint32_t* version);
WEIR_FASTLY_IMPORT("http_req", "framing_headers_mode_set", weir_fastly_request_framing)(uint32_t request, uint32_t mode);
WEIR_FASTLY_IMPORT("http_resp", "framing_headers_mode_set", weir_fastly_response_framing)(uint32_t response, uint32_t mode);
WEIR_FASTLY_IMPORT("http_resp", "get_addr_dest_ip", weir_fastly_response_address)(uint32_t response, uint8_t* octets,
                                                                                  uint32_t* size);
WEIR_FASTLY_IMPORT("http_resp", "get_addr_dest_port", weir_fastly_response_port)(uint32_t response, uint16_t* port);
WEIR_FASTLY_IMPORT("http_req", "cache_override_v2_set", weir_fastly_cache_override)
(uint32_t request, uint32_t tag, uint32_t ttl_s, uint32_t stale_s, const char* keys, size_t keys_size);
WEIR_FASTLY_IMPORT("http_req", "auto_decompress_response_set", weir_fastly_auto_decompress)(uint32_t request, uint32_t encodings);
WEIR_FASTLY_IMPORT("http_req", "send_async_streaming", weir_fastly_send_streaming)
(uint32_t request, uint32_t body, const char* backend, size_t backend_size, uint32_t* pending);
WEIR_FASTLY_IMPORT("http_req", "pending_req_poll", weir_fastly_pending_poll)
(uint32_t pending, uint32_t* is_done, uint32_t* response, uint32_t* body);
WEIR_FASTLY_IMPORT("http_req", "pending_req_select", weir_fastly_pending_select)
(const uint32_t* pending, size_t count, uint32_t* index, uint32_t* response, uint32_t* body);
WEIR_FASTLY_IMPORT("http_resp", "send_downstream_pending", weir_fastly_send_downstream_pending)(uint32_t pending);
WEIR_FASTLY_IMPORT("http_req", "redirect_to_websocket_proxy_v2", weir_fastly_redirect_websocket)
(uint32_t request, const char* backend, size_t backend_size);
WEIR_FASTLY_IMPORT("http_req", "redirect_to_grip_proxy_v2", weir_fastly_redirect_grip)
(uint32_t request, const char* backend, size_t backend_size);
}

/// The headers of a message; names are compared without regard to case.
template <auto get, auto names, auto values, auto set, auto add, auto remove, auto version, auto framing, Status (*close)(uint32_t)>
class Message {
public:
    /// The first value of a name.
    [[nodiscard]] std::optional<std::string> header(std::string_view name) const
    {
        auto value = read_value(
            [&](char* to, size_t room, size_t* size) { return get(m_handle.get(), name.data(), name.size(), to, room, size); });
        if (!value) return std::nullopt;
        return std::move(*value);
    }
    /// The distinct names, in lower case.
    [[nodiscard]] std::vector<std::string> header_names() const
    {
        return read_list([&](char* to, size_t room, uint32_t cursor, int64_t* next, size_t* size) {
            return names(m_handle.get(), to, room, cursor, next, size);
        });
    }
    /// All values of a name, in their order.
    [[nodiscard]] std::vector<std::string> header_values(std::string_view name) const
    {
        return read_list([&](char* to, size_t room, uint32_t cursor, int64_t* next, size_t* size) {
            return values(m_handle.get(), name.data(), name.size(), to, room, cursor, next, size);
        });
    }
    /// Replaces all values of a name by one. False when name or value is none that a header may have.
    bool set_header(std::string_view name, std::string_view value)
    {
        return set(m_handle.get(), name.data(), name.size(), value.data(), value.size()) == ok;
    }
    /// Adds a value. False when name or value is none that a header may have.
    bool add_header(std::string_view name, std::string_view value)
    {
        return add(m_handle.get(), name.data(), name.size(), value.data(), value.size()) == ok;
    }
    /// False when there is none.
    bool remove_header(std::string_view name) { return remove(m_handle.get(), name.data(), name.size()) == ok; }
    /// As which it came, or may go.
    [[nodiscard]] HttpVersion http_version() const
    {
        uint32_t number = 0;
        return version(m_handle.get(), &number) == ok ? static_cast<HttpVersion>(number) : HttpVersion::http_11;
    }
    /// Content-Length and Transfer-Encoding are those that the service has set, as far as they are right for its body. Otherwise the host's.
    Result<void> set_framing_by_headers(bool is_by_headers) { return to_result(framing(m_handle.get(), is_by_headers ? 1 : 0)); }

protected:
    explicit Message(uint32_t number) noexcept : m_handle(number) {}
    Handle<close> m_handle;
};

using RequestMessage = Message<weir_fastly_request_header, weir_fastly_request_names, weir_fastly_request_values,
                               weir_fastly_request_set, weir_fastly_request_append, weir_fastly_request_remove,
                               weir_fastly_request_version, weir_fastly_request_framing, weir_fastly_request_close>;
using ResponseMessage = Message<weir_fastly_response_header, weir_fastly_response_names, weir_fastly_response_values,
                                weir_fastly_response_set, weir_fastly_response_append, weir_fastly_response_remove,
                                weir_fastly_response_version, weir_fastly_response_framing, weir_fastly_response_close>;

}  // namespace detail

/// A response: the service's own, or a backend's.
class Response : public detail::ResponseMessage {
public:
    /// 200 with this content.
    explicit Response(std::string_view content = {}) : Response(200, content) {}
    Response(uint16_t status, std::string_view content) : Response(status, Body{content}) {}
    Response(uint16_t status, Body content) : detail::ResponseMessage(create()), body(std::move(content)) { set_status(status); }

    [[nodiscard]] uint16_t status() const
    {
        uint16_t status = 0;
        detail::weir_fastly_status_get(m_handle.get(), &status);
        return status;
    }
    /// From 100 to 999.
    void set_status(uint16_t status) { detail::weir_fastly_status_set(m_handle.get(), status); }

    /// The backend's address that it came from: 4 or 16 bytes, none when it is not known.
    [[nodiscard]] std::string backend_ip() const
    {
        uint8_t octets[16]{};
        uint32_t size = 0;
        if (detail::weir_fastly_response_address(m_handle.get(), octets, &size) != detail::ok) return {};
        return {octets, octets + size};
    }
    [[nodiscard]] std::optional<uint16_t> backend_port() const
    {
        uint16_t port = 0;
        if (detail::weir_fastly_response_port(m_handle.get(), &port) != detail::ok) return std::nullopt;
        return port;
    }

    Body body;

    /// Answers the client. An error when it has been answered.
    Result<void> send() && { return detail::to_result(detail::weir_fastly_send_downstream(m_handle.release(), body.release(), 0)); }
    /// Answers the client with the head and what the body has so far; the rest is written by what this gives.
    [[nodiscard]] Result<StreamingBody> stream() &&
    {
        const uint32_t number = body.release();
        const auto status = detail::weir_fastly_send_downstream(m_handle.release(), number, 1);
        if (status != detail::ok) return detail::to_error(status);
        return StreamingBody{Body::FromHost{number}};
    }

    struct FromHost {
        uint32_t head, body;
    };
    explicit Response(FromHost from) noexcept : detail::ResponseMessage(from.head), body(Body::FromHost{from.body}) {}

private:
    static uint32_t create()
    {
        uint32_t number = detail::no_handle;
        detail::weir_fastly_response_new(&number);
        return number;
    }
};

/// A request on its way to a backend. Its response has to be waited for; without that the request goes on alone.
class PendingResponse {
public:
    [[nodiscard]] Result<Response> wait() &&
    {
        Response::FromHost from{detail::no_handle, detail::no_handle};
        const auto status = detail::weir_fastly_pending_wait(std::exchange(m_number, detail::no_handle), &from.head, &from.body);
        if (status != detail::ok) return detail::to_error(status);
        return Response{from};
    }
    /// The response, if it is there already: then this object is used up. Nothing while it is on its way.
    [[nodiscard]] Result<std::optional<Response>> poll()
    {
        uint32_t is_done = 0;
        Response::FromHost from{detail::no_handle, detail::no_handle};
        const auto status = detail::weir_fastly_pending_poll(m_number, &is_done, &from.head, &from.body);
        if (status != detail::ok || is_done != 0) m_number = detail::no_handle;
        if (status != detail::ok) return detail::to_error(status);
        std::optional<Response> response;
        if (is_done != 0) response.emplace(from);
        return response;
    }
    /// Answers the client with it, whenever it comes; the service has nothing more to do with it.
    Result<void> send_downstream() &&
    {
        return detail::to_result(detail::weir_fastly_send_downstream_pending(std::exchange(m_number, detail::no_handle)));
    }
    /// False once it has been waited for, or given away.
    [[nodiscard]] bool is_pending() const noexcept { return m_number != detail::no_handle; }

    PendingResponse(PendingResponse&& other) noexcept : m_number(std::exchange(other.m_number, detail::no_handle)) {}
    PendingResponse& operator=(PendingResponse&& other) noexcept
    {
        std::swap(m_number, other.m_number);
        return *this;
    }
    explicit PendingResponse(uint32_t number) noexcept : m_number(number) {}

private:
    friend struct Selected select(std::vector<PendingResponse>& pending);
    uint32_t m_number;
};

/// The first of several that has come.
struct Selected {
    size_t index = 0;  // in the vector, where it is used up
    Result<Response> response;
};
/// Waits for the first of several responses; those that are used up do not count. EINVAL when there is none to wait for.
[[nodiscard]] inline Selected select(std::vector<PendingResponse>& pending)
{
    std::vector<uint32_t> numbers;
    std::vector<size_t> places;
    for (size_t i = 0; i < pending.size(); ++i)
        if (pending[i].is_pending()) {
            numbers.push_back(pending[i].m_number);
            places.push_back(i);
        }
    if (numbers.empty()) return {0, Error{EINVAL, "there is no response to wait for"}};
    uint32_t index = 0;
    Response::FromHost from{detail::no_handle, detail::no_handle};
    const auto status = detail::weir_fastly_pending_select(numbers.data(), numbers.size(), &index, &from.head, &from.body);
    if (status != detail::ok || index >= places.size()) return {0, detail::to_error(status)};
    const size_t place = places[index];
    pending[place].m_number = detail::no_handle;
    if (from.head == detail::no_handle) return {place, Error{EIO, "the request could not be sent, or its answer not be read"}};
    return {place, Response{from}};
}

/// How the host's cache is to treat a request's response; without it, as the response's headers say.
struct CacheOverride {
    bool passes = false;  // the cache has nothing to do with it, and the other fields do not count
    std::optional<uint32_t> ttl_s, stale_while_revalidate_s;
    bool is_pci = false;         // kept in memory alone
    std::string surrogate_keys;  // separated by spaces, for purge()
};

/// A request: the client's, or one for a backend.
class Request : public detail::RequestMessage {
public:
    /// A new one, e.g. of "GET" and "https://example.com/path"; an error when the method or the URI is none.
    [[nodiscard]] static Result<Request> create(std::string_view method, std::string_view uri, Body content = {})
    {
        FromHost from{detail::no_handle, content.release()};
        if (const auto status = detail::weir_fastly_request_new(&from.head); status != detail::ok) return detail::to_error(status);
        Request request{from};
        if (const auto set = request.set_method(method); !set) return set.error();
        if (const auto set = request.set_uri(uri); !set) return set.error();
        return request;
    }

    [[nodiscard]] std::string method() const { return text(detail::weir_fastly_method_get); }
    Result<void> set_method(std::string_view method)
    {
        return detail::to_result(detail::weir_fastly_method_set(m_handle.get(), method.data(), method.size()));
    }
    /// With scheme and host, for a client's request.
    [[nodiscard]] std::string uri() const { return text(detail::weir_fastly_uri_get); }
    Result<void> set_uri(std::string_view uri)
    {
        return detail::to_result(detail::weir_fastly_uri_set(m_handle.get(), uri.data(), uri.size()));
    }
    /// What of the URI is between host and query: "/path".
    [[nodiscard]] std::string path() const
    {
        const std::string all = uri();
        const size_t scheme = all.find("://");
        const size_t start = all.find('/', scheme == std::string::npos ? 0 : scheme + 3);
        if (start == std::string::npos) return "/";
        return all.substr(start, all.find('?', start) - start);
    }

    Body body;

    /// Sends it to a backend of the service's configuration and waits for the head of the response.
    [[nodiscard]] Result<Response> send(std::string_view backend) &&
    {
        Response::FromHost from{detail::no_handle, detail::no_handle};
        const auto status =
            detail::weir_fastly_send(m_handle.release(), body.release(), backend.data(), backend.size(), &from.head, &from.body);
        if (status != detail::ok) return detail::to_error(status);
        return Response{from};
    }
    /// The same without waiting, so that several are on their way at once.
    [[nodiscard]] Result<PendingResponse> send_async(std::string_view backend) &&
    {
        uint32_t pending = detail::no_handle;
        const auto status =
            detail::weir_fastly_send_async(m_handle.release(), body.release(), backend.data(), backend.size(), &pending);
        if (status != detail::ok) return detail::to_error(status);
        return PendingResponse{pending};
    }

    /// The same with a body that is written while it is sent; what it has so far goes first.
    [[nodiscard]] Result<std::pair<PendingResponse, StreamingBody>> send_streaming(std::string_view backend) &&
    {
        uint32_t pending = detail::no_handle;
        const uint32_t number = body.release();
        const auto status =
            detail::weir_fastly_send_streaming(m_handle.release(), number, backend.data(), backend.size(), &pending);
        if (status != detail::ok) return detail::to_error(status);
        return std::pair{PendingResponse{pending}, StreamingBody{Body::FromHost{number}}};
    }
    /// What the cache does with its response.
    Result<void> set_cache_override(const CacheOverride& how)
    {
        const uint32_t tag =
            how.passes ? 1U : (how.ttl_s ? 2U : 0U) | (how.stale_while_revalidate_s ? 4U : 0U) | (how.is_pci ? 8U : 0U);
        return detail::to_result(detail::weir_fastly_cache_override(m_handle.get(), tag, how.ttl_s.value_or(0),
                                                                    how.stale_while_revalidate_s.value_or(0),
                                                                    how.surrogate_keys.data(), how.surrogate_keys.size()));
    }
    /// Whether a response's gzip is undone before the service sees it.
    Result<void> set_auto_decompress(bool is_undone)
    {
        return detail::to_result(detail::weir_fastly_auto_decompress(m_handle.get(), is_undone ? 1 : 0));
    }
    /// Hands the client's request, one for a WebSocket, to a backend. The service must not answer any more.
    Result<void> redirect_to_websocket(std::string_view backend) &&
    {
        return detail::to_result(detail::weir_fastly_redirect_websocket(m_handle.get(), backend.data(), backend.size()));
    }
    /// The same by way of Fanout (GRIP).
    Result<void> redirect_to_grip(std::string_view backend) &&
    {
        return detail::to_result(detail::weir_fastly_redirect_grip(m_handle.get(), backend.data(), backend.size()));
    }
    /// For client.hpp of this SDK.
    [[nodiscard]] uint32_t number() const noexcept { return m_handle.get(); }

    struct FromHost {
        uint32_t head, body;
    };
    explicit Request(FromHost from) noexcept : detail::RequestMessage(from.head), body(Body::FromHost{from.body}) {}

private:
    [[nodiscard]] std::string text(detail::Status (*get)(uint32_t, char*, size_t, size_t*)) const
    {
        auto value = detail::read_value([&](char* to, size_t room, size_t* size) { return get(m_handle.get(), to, room, size); });
        return value ? std::move(*value) : std::string{};
    }
};

/// The client's address: 4 or 16 bytes, none when it is not known.
[[nodiscard]] inline std::string client_ip()
{
    uint8_t octets[16]{};
    uint32_t size = 0;
    detail::weir_fastly_client_ip(octets, &size);
    return {octets, octets + size};
}

}  // namespace weir::fastly
