#pragma once

#include "host/fastly/support.hpp"

#include <string>
#include <utility>
#include <vector>

// The headers of requests and of responses, by the same functions.

namespace weir::fastly {

[[nodiscard]] inline Request* find_message(Context& cx, RequestHandle handle) { return cx.world.requests.find(handle); }
[[nodiscard]] inline Response* find_message(Context& cx, ResponseHandle handle) { return cx.world.responses.find(handle); }

/// What all functions below answer: @error badf  `h` is no message of that kind.

/// The distinct names, by the cursor protocol. Spec: header_names_get.
template <class Handle>
HostResult<Nothing> header_names_get(Context& cx, Handle h, GuestSpan<char> buffer, uint32_t cursor,
                                     GuestPtr<int64_t> ending_cursor, GuestPtr<uint32_t> written)
{
    const auto* const message = find_message(cx, h);
    if (message == nullptr) return Status::badf;
    return write_values(cx, names_of(message->headers), buffer, cursor, ending_cursor, written);
}

/// The first value of a name.
/// @error inval  There is none, or the name is too long.   @error error  The name is not one.
/// Spec: header_value_get.
template <class Handle>
HostResult<Nothing> header_value_get(Context& cx, Handle h, GuestSpan<char> name, GuestSpan<char> buffer,
                                     GuestPtr<uint32_t> written)
{
    const auto* const message = find_message(cx, h);
    if (message == nullptr) return Status::badf;
    WEIR_TRY(text, read_header_name(cx, name));
    const auto value = message->headers.find(text);
    if (!value) return Status::inval;
    return write_value(cx, *value, buffer, written);
}

/// All values of a name, by the cursor protocol; none is no error. Spec: header_values_get.
template <class Handle>
HostResult<Nothing> header_values_get(Context& cx, Handle h, GuestSpan<char> name, GuestSpan<char> buffer, uint32_t cursor,
                                      GuestPtr<int64_t> ending_cursor, GuestPtr<uint32_t> written)
{
    const auto* const message = find_message(cx, h);
    if (message == nullptr) return Status::badf;
    WEIR_TRY(text, read_header_name(cx, name));
    return write_values(cx, values_of(message->headers, text), buffer, cursor, ending_cursor, written);
}

/// Replaces all values of a name by texts that end with a NUL each; what is behind the last NUL is dropped, and without any the name is removed.
/// @error error  One is no value, or the name is not one.   @error limit_exceeded  Too many for a message.
/// Spec: header_values_set.
template <class Handle>
HostResult<Nothing> header_values_set(Context& cx, Handle h, GuestSpan<char> name, GuestSpan<char> values)
{
    auto* const message = find_message(cx, h);
    if (message == nullptr) return Status::badf;
    WEIR_TRY(header, read_header_name(cx, name));
    WEIR_TRY(text, read_bytes(cx, values, cx.world.limits().max_header_bytes));
    const std::string_view list = std::string_view{text}.substr(0, text.rfind('\0') + 1);
    const auto each_value = [&](auto&& take) {
        for (size_t start = 0, end = 0; start < list.size(); start = end + 1) {
            end = list.find('\0', start);
            if (!take(list.substr(start, end - start))) return false;
        }
        return true;
    };
    size_t count = 0;
    const bool are_values = each_value([&](std::string_view value) {
        ++count;
        return is_header_value(value);
    });
    if (!are_values) return Status::error;
    if (!may_keep(cx, *message, count, list.size() + count * header.size())) return Status::limit_exceeded;
    message->headers.remove(header);
    each_value([&](std::string_view value) {
        message->headers.append(header, value);
        return true;
    });
    return nothing;
}

/// Replaces all values of a name by one.
/// @error error  No name, or no value.   @error limit_exceeded  Too much for a message.
/// Spec: header_insert.
template <class Handle>
HostResult<Nothing> header_insert(Context& cx, Handle h, GuestSpan<char> name, GuestSpan<char> value)
{
    auto* const message = find_message(cx, h);
    if (message == nullptr) return Status::badf;
    WEIR_TRY(header, read_header_name(cx, name));
    WEIR_TRY(text, read_header_value(cx, value));
    if (!may_keep(cx, *message, 1, header.size() + text.size())) return Status::limit_exceeded;
    message->headers.set(header, text);
    return nothing;
}

/// Adds a value. @error  As header_insert. Spec: header_append.
template <class Handle>
HostResult<Nothing> header_append(Context& cx, Handle h, GuestSpan<char> name, GuestSpan<char> value)
{
    auto* const message = find_message(cx, h);
    if (message == nullptr) return Status::badf;
    WEIR_TRY(header, read_header_name(cx, name));
    WEIR_TRY(text, read_header_value(cx, value));
    if (!may_keep(cx, *message, 1, header.size() + text.size())) return Status::limit_exceeded;
    message->headers.append(header, text);
    return nothing;
}

/// @error inval  There is none.   @error error  The name is not one. Spec: header_remove.
template <class Handle>
HostResult<Nothing> header_remove(Context& cx, Handle h, GuestSpan<char> name)
{
    auto* const message = find_message(cx, h);
    if (message == nullptr) return Status::badf;
    WEIR_TRY(header, read_header_name(cx, name));
    if (message->headers.remove(header) == 0) return Status::inval;
    return nothing;
}

/// Spec: version_get.
template <class Handle>
HostResult<HttpVersion> version_get(Context& cx, Handle h)
{
    const auto* const message = find_message(cx, h);
    if (message == nullptr) return Status::badf;
    return message->version;
}
/// Notes a version; what goes over the wire is the host's choice. @error inval  There is no such version. Spec: version_set.
template <class Handle>
HostResult<Nothing> version_set(Context& cx, Handle h, HttpVersion version)
{
    auto* const message = find_message(cx, h);
    if (message == nullptr) return Status::badf;
    message->version = version;
    return nothing;
}
/// Who says how long the body is: the host, or the message's own headers. @error inval  There is no such mode. Spec: framing_headers_mode_set.
template <class Handle>
HostResult<Nothing> framing_headers_mode_set(Context& cx, Handle h, FramingMode mode)
{
    auto* const message = find_message(cx, h);
    if (message == nullptr) return Status::badf;
    message->framing = mode;
    return nothing;
}

}  // namespace weir::fastly
