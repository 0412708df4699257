#pragma once

#include "base/result.hpp"
#include "host/fastly/world.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// What the functions of this folder share: reading what a guest passes, and the protocols by which it receives values. Spec: docs/edge.md,
// "How values are passed".

namespace weir::fastly {

using host::GuestPtr;
using host::GuestSpan;

/// A copy of the guest's bytes. @error inval  They are not in memory or more than `most`.
[[nodiscard]] Result<std::string, Status> read_bytes(const Context& cx, uint32_t address, uint32_t size_bytes,
                                                     size_t most = size_t{1} << 20);
template <class T>
[[nodiscard]] Result<std::string, Status> read_bytes(const Context& cx, GuestSpan<T> span, size_t most = size_t{1} << 20)
{
    return read_bytes(cx, span.address, span.count, most);
}
/// The same for text. @error inval  Not UTF-8.
[[nodiscard]] Result<std::string, Status> read_text(const Context& cx, GuestSpan<char> span, size_t most = size_t{1} << 20);
[[nodiscard]] Result<std::string, Status> read_text(const Context& cx, Slice slice, size_t most = size_t{1} << 20);

/// A field of a struct at `address`, of which only this is read.
template <class T>
[[nodiscard]] Result<T, Status> read_field(const Context& cx, uint32_t address, size_t offset_bytes)
{
    const uint64_t at = uint64_t{address} + offset_bytes;
    if (at > UINT32_MAX) return Unexpected{Status::inval};
    const auto value = cx.memory.read(GuestPtr<T>{static_cast<uint32_t>(at)});
    if (!value) return Unexpected{Status::inval};
    return *value;
}
/// The field named, of a struct of the guest's.
#define WEIR_FIELD(cx, address, type, field) ::weir::fastly::read_field<decltype(type::field)>(cx, address, offsetof(type, field))

/// Hands a value over: its length to `written`, its bytes to `buffer`.
/// @error buflen  It is longer than the buffer; `written` has its length.   @error inval  A place outside of memory.
[[nodiscard]] Status write_value(const Context& cx, std::string_view value, uint32_t buffer, uint32_t buffer_bytes,
                                 GuestPtr<uint32_t> written);
template <class T>
[[nodiscard]] HostResult<Nothing> write_value(const Context& cx, std::string_view value, GuestSpan<T> buffer,
                                              GuestPtr<uint32_t> written)
{
    const Status status = write_value(cx, value, buffer.address, buffer.count, written);
    if (status != Status::ok) return status;
    return nothing;
}
/// Bytes without a length of the buffer's: to 16 bytes that the guest has there.
[[nodiscard]] HostResult<uint32_t> write_octets(const Context& cx, std::string_view octets, GuestPtr<uint8_t> to);

/// Hands several values over, each with a NUL behind it, from number `cursor` on, as many as have room. `ending_cursor` gets the number of the
/// first without room, -1 when there is none, and is left out at address 0; `written` gets the bytes.
/// @error buflen  Not even the first has room; `written` has what it needs.   @error inval  A place outside of memory.
[[nodiscard]] HostResult<Nothing> write_values(const Context& cx, std::span<const std::string_view> values, GuestSpan<char> buffer,
                                               uint32_t cursor, GuestPtr<int64_t> ending_cursor, GuestPtr<uint32_t> written);
[[nodiscard]] HostResult<Nothing> write_values(const Context& cx, const std::vector<std::string>& values, GuestSpan<char> buffer,
                                               uint32_t cursor, GuestPtr<int64_t> ending_cursor, GuestPtr<uint32_t> written);
/// The distinct names in lower case, and the values of a name, as write_values takes them.
[[nodiscard]] std::vector<std::string> names_of(const http::Headers& headers);
[[nodiscard]] std::vector<std::string_view> values_of(const http::Headers& headers, std::string_view name);

/// Whether the bytes may be a header's value; blanks at its ends are taken off when it is sent.
[[nodiscard]] bool is_header_value(std::string_view text);
/// A header's name. @error inval  Too long or not in memory.   @error error  Not one.
[[nodiscard]] Result<std::string, Status> read_header_name(const Context& cx, GuestSpan<char> name);
/// @error error  Not a value of headers.   @error inval  Not in memory, or more than a message may have.
[[nodiscard]] Result<std::string, Status> read_header_value(const Context& cx, GuestSpan<char> value);
/// Whether a message may keep its headers and so many values and bytes more; it is charged for them.
template <class Message>
[[nodiscard]] bool may_keep(const Context& cx, Message& message, size_t more_values = 0, size_t more_bytes = 0)
{
    constexpr size_t bytes_beside = 64;  // what a value takes beside its bytes
    const size_t size_bytes = message.headers.size_bytes() + more_bytes + (message.headers.size() + more_values) * bytes_beside;
    return size_bytes <= cx.world.limits().max_header_bytes && message.charge.grow_to(cx.world.budget(), size_bytes);
}

/// A new handle, or limit_exceeded.
template <class Handle>
[[nodiscard]] HostResult<Handle> or_limit(std::optional<Handle> handle)
{
    if (!handle) return Status::limit_exceeded;
    return *handle;
}
template <class T>
[[nodiscard]] bool store(const Context& cx, GuestPtr<T> to, const T& value)
{
    return cx.memory.write(to, value);
}
inline HostResult<Nothing> done(bool stored) { return stored ? HostResult<Nothing>{nothing} : HostResult<Nothing>{Status::inval}; }

}  // namespace weir::fastly
