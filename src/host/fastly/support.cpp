#include "host/fastly/support.hpp"

#include "base/utf8.hpp"

#include <algorithm>
#include <cstring>
#include <unordered_set>

namespace weir::fastly {

namespace {

constexpr size_t max_header_name_bytes = 65'535;

bool is_text(std::string_view text) { return is_utf8(std::as_bytes(std::span{text})); }

}  // namespace

Result<std::string, Status> read_bytes(const Context& cx, uint32_t address, uint32_t size_bytes, size_t most)
{
    if (size_bytes == 0) return std::string{};
    const auto bytes = cx.memory.range(address, size_bytes);
    if (!bytes || size_bytes > most) return Unexpected{Status::inval};
    return std::string{reinterpret_cast<const char*>(bytes->data()), bytes->size()};
}

Result<std::string, Status> read_text(const Context& cx, Slice slice, size_t most)
{
    WEIR_TRY(text, read_bytes(cx, slice.address, slice.size_bytes, most));
    if (!is_text(text)) return Unexpected{Status::inval};
    return std::move(text);
}

Result<std::string, Status> read_text(const Context& cx, GuestSpan<char> span, size_t most)
{
    return read_text(cx, Slice{span.address, span.count}, most);
}

Status write_value(const Context& cx, std::string_view value, uint32_t buffer, uint32_t buffer_bytes, GuestPtr<uint32_t> written)
{
    const auto room = cx.memory.range(buffer, buffer_bytes);
    if (value.size() > buffer_bytes) {
        if (!store(cx, written, static_cast<uint32_t>(value.size()))) return Status::inval;
        return Status::buflen;
    }
    if ((buffer_bytes != 0 && !room) || !cx.memory.range(written.address, sizeof(uint32_t))) return Status::inval;
    if (!value.empty()) std::memcpy(room->data(), value.data(), value.size());
    return store(cx, written, static_cast<uint32_t>(value.size())) ? Status::ok : Status::inval;
}

HostResult<uint32_t> write_octets(const Context& cx, std::string_view octets, GuestPtr<uint8_t> to)
{
    const auto room = cx.memory.range(to.address, octets.size());
    if (!room) return Status::inval;
    if (!octets.empty()) std::memcpy(room->data(), octets.data(), octets.size());
    return static_cast<uint32_t>(octets.size());
}

HostResult<Nothing> write_values(const Context& cx, std::span<const std::string_view> values, GuestSpan<char> buffer,
                                 uint32_t cursor, GuestPtr<int64_t> ending_cursor, GuestPtr<uint32_t> written)
{
    const auto room = cx.memory.range(buffer);
    if (buffer.count != 0 && !room) return Status::inval;
    uint32_t used = 0;
    size_t next = std::min<size_t>(cursor, values.size());
    Status status = Status::ok;
    for (; next < values.size(); ++next) {
        const std::string_view value = values[next];
        if (value.size() + 1 > buffer.count - used) {
            if (used == 0) {
                status = Status::buflen;
                used = static_cast<uint32_t>(value.size() + 1);
            }
            break;
        }
        if (!value.empty()) std::memcpy(room->data() + used, value.data(), value.size());
        room->data()[used + value.size()] = std::byte{0};
        used += static_cast<uint32_t>(value.size() + 1);
    }
    const int64_t end = status != Status::ok || next == values.size() ? -1 : static_cast<int64_t>(next);
    if (ending_cursor.address != 0 && !store(cx, ending_cursor, end)) return Status::inval;
    if (!store(cx, written, used)) return Status::inval;
    if (status != Status::ok) return status;
    return nothing;
}

HostResult<Nothing> write_values(const Context& cx, const std::vector<std::string>& values, GuestSpan<char> buffer, uint32_t cursor,
                                 GuestPtr<int64_t> ending_cursor, GuestPtr<uint32_t> written)
{
    return write_values(cx, std::vector<std::string_view>{values.begin(), values.end()}, buffer, cursor, ending_cursor, written);
}

std::vector<std::string> names_of(const http::Headers& headers)
{
    std::vector<std::string> names;
    std::unordered_set<std::string> known;
    for (const http::HeaderView field : headers)
        if (std::string name = http::to_lower(field.name); known.insert(name).second) names.push_back(std::move(name));
    return names;
}

std::vector<std::string_view> values_of(const http::Headers& headers, std::string_view name)
{
    std::vector<std::string_view> values;
    for (const http::HeaderView field : headers)
        if (http::equals_ignoring_case(field.name, name)) values.push_back(field.value);
    return values;
}

bool is_header_value(std::string_view text)
{
    return std::ranges::all_of(text, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return (byte >= 0x20 && byte != 0x7f) || byte == '\t';
    });
}

Result<std::string, Status> read_header_name(const Context& cx, GuestSpan<char> name)
{
    WEIR_TRY(text, read_bytes(cx, name, max_header_name_bytes));
    if (!http::is_token(text)) return Unexpected{Status::error};
    return std::move(text);
}

Result<std::string, Status> read_header_value(const Context& cx, GuestSpan<char> value)
{
    WEIR_TRY(text, read_bytes(cx, value, cx.world.limits().max_header_bytes));
    if (!is_header_value(text)) return Unexpected{Status::error};
    return std::move(text);
}

}  // namespace weir::fastly
