#pragma once

#include "weir/fastly/abi.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::fastly {

namespace detail {
extern "C" {
WEIR_FASTLY_IMPORT("http_body", "trailer_append", weir_fastly_trailer_append)
(uint32_t body, const char* name, size_t name_size, const char* value, size_t value_size);
WEIR_FASTLY_IMPORT("http_body", "trailer_names_get", weir_fastly_trailer_names)
(uint32_t body, char* to, size_t room, uint32_t cursor, int64_t* next, size_t* size);
WEIR_FASTLY_IMPORT("http_body", "trailer_value_get", weir_fastly_trailer_value)
(uint32_t body, const char* name, size_t name_size, char* to, size_t room, size_t* size);
}
}  // namespace detail

/// The content of a request or response, which is read once, from front to end.
class Body {
public:
    /// An empty one.
    Body()
    {
        uint32_t number = detail::no_handle;
        detail::weir_fastly_body_new(&number);
        m_handle = Handle{number};
    }
    /// One with this content.
    explicit Body(std::string_view content) : Body()
    {
        if (const auto written = write(content); !written) m_handle = Handle{};  // then its use fails
    }

    /// Bytes that are there, waiting for the first of them; none at the end. An error when the sender broke off: what was read is not the whole.
    [[nodiscard]] Result<std::string> read(size_t most = 16 * 1024)
    {
        std::string bytes(most, '\0');
        size_t size = 0;
        if (const auto status = detail::weir_fastly_body_read(m_handle.get(), bytes.data(), bytes.size(), &size);
            status != detail::ok)
            return detail::to_error(status);
        bytes.resize(size);
        return bytes;
    }
    /// All that is left.
    [[nodiscard]] Result<std::string> read_all()
    {
        std::string all;
        for (;;) {
            auto piece = read();
            if (!piece) return piece.error();
            if (piece->empty()) return all;
            all += *piece;
        }
    }
    /// Adds to its end.
    Result<void> write(std::string_view bytes)
    {
        size_t written = 0;
        return detail::to_result(detail::weir_fastly_body_write(m_handle.get(), bytes.data(), bytes.size(), 0, &written));
    }
    /// Adds to its beginning.
    Result<void> write_front(std::string_view bytes)
    {
        size_t written = 0;
        return detail::to_result(detail::weir_fastly_body_write(m_handle.get(), bytes.data(), bytes.size(), 1, &written));
    }
    /// Adds a trailer, which is sent behind the content.
    Result<void> add_trailer(std::string_view name, std::string_view value)
    {
        return detail::to_result(
            detail::weir_fastly_trailer_append(m_handle.get(), name.data(), name.size(), value.data(), value.size()));
    }
    /// What came behind the content, which has been read to its end. EAGAIN before that.
    [[nodiscard]] Result<std::string> trailer(std::string_view name) const
    {
        return detail::read_value([&](char* to, size_t room, size_t* size) {
            return detail::weir_fastly_trailer_value(m_handle.get(), name.data(), name.size(), to, room, size);
        });
    }
    [[nodiscard]] std::vector<std::string> trailer_names() const
    {
        return detail::read_list([&](char* to, size_t room, uint32_t cursor, int64_t* next, size_t* size) {
            return detail::weir_fastly_trailer_names(m_handle.get(), to, room, cursor, next, size);
        });
    }
    /// Adds all of another, without reading it.
    Result<void> append(Body other) { return detail::to_result(detail::weir_fastly_body_append(m_handle.get(), other.release())); }
    /// How much is left, when that is known.
    [[nodiscard]] std::optional<uint64_t> length() const
    {
        uint64_t length = 0;
        if (detail::weir_fastly_body_length(m_handle.get(), &length) != detail::ok) return std::nullopt;
        return length;
    }

    // For the rest of this SDK.
    struct FromHost {
        uint32_t number;
    };
    explicit Body(FromHost from) noexcept : m_handle(from.number) {}
    [[nodiscard]] uint32_t release() noexcept { return m_handle.release(); }

private:
    using Handle = detail::Handle<detail::weir_fastly_body_close>;
    Handle m_handle;
};

/// The end of a response's body that is written while it is being sent. One that goes without `finish` is cut, which the client sees.
class StreamingBody {
public:
    /// Sends bytes, at the client's pace.
    Result<void> write(std::string_view bytes)
    {
        size_t written = 0;
        return detail::to_result(detail::weir_fastly_body_write(m_handle.get(), bytes.data(), bytes.size(), 0, &written));
    }
    /// Sends all of a body, as it comes.
    Result<void> append(Body body) { return detail::to_result(detail::weir_fastly_body_append(m_handle.get(), body.release())); }
    /// Adds a trailer, which is sent when that was all.
    Result<void> add_trailer(std::string_view name, std::string_view value)
    {
        return detail::to_result(
            detail::weir_fastly_trailer_append(m_handle.get(), name.data(), name.size(), value.data(), value.size()));
    }
    /// That was all.
    Result<void> finish() { return detail::to_result(detail::weir_fastly_body_close(m_handle.release())); }

    explicit StreamingBody(Body::FromHost from) noexcept : m_handle(from.number) {}

private:
    detail::Handle<detail::weir_fastly_body_abandon> m_handle;
};

}  // namespace weir::fastly
