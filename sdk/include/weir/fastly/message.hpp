#pragma once

#include "weir/fastly/body.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::fastly {

namespace detail {

/// The headers of a message; names are compared without regard to case.
template <auto get, auto names, auto set, auto add, auto remove, Status (*close)(uint32_t)>
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
        std::vector<std::string> all;
        std::string buffer(4096, '\0');
        int64_t cursor = 0;
        while (cursor >= 0) {
            size_t size = 0;
            int64_t next = -1;
            const Status status = names(m_handle.get(), buffer.data(), buffer.size(), static_cast<uint32_t>(cursor), &next, &size);
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

protected:
    explicit Message(uint32_t number) noexcept : m_handle(number) {}
    Handle<close> m_handle;
};

using RequestMessage = Message<weir_fastly_request_header, weir_fastly_request_names, weir_fastly_request_set,
                               weir_fastly_request_append, weir_fastly_request_remove, weir_fastly_request_close>;
using ResponseMessage = Message<weir_fastly_response_header, weir_fastly_response_names, weir_fastly_response_set,
                                weir_fastly_response_append, weir_fastly_response_remove, weir_fastly_response_close>;

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

/// A request on its way to a backend. Its response has to be waited for.
class PendingResponse {
public:
    [[nodiscard]] Result<Response> wait() &&
    {
        Response::FromHost from{detail::no_handle, detail::no_handle};
        const auto status = detail::weir_fastly_pending_wait(std::exchange(m_number, detail::no_handle), &from.head, &from.body);
        if (status != detail::ok) return detail::to_error(status);
        return Response{from};
    }
    PendingResponse(PendingResponse&& other) noexcept : m_number(std::exchange(other.m_number, detail::no_handle)) {}
    PendingResponse& operator=(PendingResponse&& other) noexcept
    {
        std::swap(m_number, other.m_number);
        return *this;
    }
    explicit PendingResponse(uint32_t number) noexcept : m_number(number) {}

private:
    uint32_t m_number;
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

/// Whether the service has a backend of this name.
[[nodiscard]] inline bool has_backend(std::string_view name)
{
    uint32_t exists = 0;
    return detail::weir_fastly_backend_exists(name.data(), name.size(), &exists) == detail::ok && exists != 0;
}

}  // namespace weir::fastly
