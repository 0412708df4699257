#include "host/fastly/support.hpp"

#include <algorithm>
#include <array>

// fastly_http_body: contents of messages. A body is read and written; one that is being sent is only written, at its end.

namespace weir::fastly {

namespace {

using Waited = World::Waited;

constexpr size_t max_trailer_bytes = size_t{64} * 1024;  // of one body

/// An empty body. @error limit_exceeded  The guest has too many things that may be waited for. Spec: new.
HostResult<BodyHandle> new_(Context& cx) { return or_limit(cx.world.add<BodyHandle>(Body{})); }

/// Waits until a body that is being sent has room or nobody takes it any more. False: the guest is to be stopped.
bool wait_for_room(Context& cx, StreamingBody& body)
{
    return cx.world.wait(
               cx, [&] { return body.writer.is_ready(); }, [&] { body.writer.on_writable(cx.world.waker()); }) == Waited::is_ready;
}

/// Sends bytes of the host's. @error error  Nobody takes them any more.
Status send(Context& cx, StreamingBody& body, std::string_view bytes)
{
    while (!bytes.empty()) {
        if (!wait_for_room(cx, body) || body.writer.is_reader_gone()) return Status::error;
        bytes.remove_prefix(body.writer.write(bytes));
    }
    return Status::ok;
}

/// Sends all of a body, as it comes. @error error  Nobody takes it any more, or it was cut.
Status send(Context& cx, StreamingBody& to, Body& from)
{
    for (;;) {
        if (cx.world.wait(cx, from) != Waited::is_ready) return Status::error;
        if (from.state() == Body::State::complete) break;
        if (from.state() == Body::State::cut) return Status::error;
        if (!wait_for_room(cx, to) || to.writer.is_reader_gone()) return Status::error;
        from.consume(to.writer.write(from.waiting()));
    }
    to.trailers = std::move(from.trailers);
    return Status::ok;
}

/// Moves all of `src` behind what `dest` has, trailers as well; `src` is consumed.
/// @error badf   One is no body, both are the same, or `src` is being sent.   @error error  `dest` is, and nobody takes it any more, or `src` was cut, which
/// cuts `dest` as well.
/// Spec: append.
HostResult<Nothing> append(Context& cx, BodyHandle dest, BodyHandle src)
{
    Body* const to = cx.world.find<Body>(dest);
    if (dest == src || (to == nullptr && cx.world.find<StreamingBody>(dest) == nullptr)) return Status::badf;
    auto from = cx.world.take<Body>(src);
    if (!from) return Status::badf;
    if (to != nullptr) {
        to->append(std::move(*from));
        return nothing;
    }
    StreamingBody& streaming = *cx.world.find<StreamingBody>(dest);
    const Status status = send(cx, streaming, *from);
    if (status == Status::ok) return nothing;
    // Closing it must not make complete what lacks a part, whether or not the guest looks at the status.
    if (from->state() == Body::State::cut) streaming.writer.cut(from->cut_reason());
    return status;
}

/// Reads what is there, waiting until there is something.
/// @return       Bytes read; 0 at the end.
/// @error badf   No body, or one that is being sent.   @error error  The sender gave up: what was read is not the whole.
/// @error inval  The buffer is not in memory.
/// Spec: read.
HostResult<uint32_t> read(Context& cx, BodyHandle h, GuestSpan<uint8_t> buffer)
{
    Body* const body = cx.world.find<Body>(h);
    if (body == nullptr) return Status::badf;
    if (buffer.count == 0) return 0;
    if (!cx.memory.range(buffer)) return Status::inval;
    if (cx.world.wait(cx, *body) != Waited::is_ready) return Status::error;
    if (body->state() == Body::State::cut) {
        cx.world.warn("a body that the guest reads was cut: " + std::string{to_string(body->cut_reason())});
        return Status::error;
    }
    const std::string_view bytes = body->waiting().substr(0, buffer.count);
    const auto room = cx.memory.range(buffer);
    if (!room) return Status::inval;
    std::ranges::copy(std::as_bytes(std::span{bytes}), room->begin());
    const auto size = static_cast<uint32_t>(bytes.size());
    if (size != 0) body->consume(size);
    return size;
}

/// Writes all of the bytes, waiting for room in a body that is being sent.
/// @error badf   No body, or the front of one that is being sent.   @error error  Nobody takes it any more.
/// @error inval  The bytes are not in memory, or there is no such end.   @error limit_exceeded  The guest keeps too much.
/// Spec: write.
HostResult<uint32_t> write(Context& cx, BodyHandle h, GuestSpan<uint8_t> bytes, WriteEnd end)
{
    const auto range = cx.memory.range(bytes);
    Body* const body = cx.world.find<Body>(h);
    StreamingBody* const streaming = cx.world.find<StreamingBody>(h);
    if (body == nullptr && (streaming == nullptr || end == WriteEnd::front)) return Status::badf;
    if (!range) return Status::inval;
    const std::string_view view{reinterpret_cast<const char*>(range->data()), range->size()};
    if (body != nullptr) {
        const bool has_room =
            end == WriteEnd::back ? body->append(view, cx.world.budget()) : body->prepend(view, cx.world.budget());
        if (!has_room) return Status::limit_exceeded;
        return bytes.count;
    }
    // A piece at a time: others' turn comes while it waits for room, and memory may move its end meanwhile.
    for (uint32_t sent = 0; sent < bytes.count;) {
        const uint32_t size = std::min<uint32_t>(bytes.count - sent, http::default_body_capacity_bytes);
        WEIR_TRY(piece, read_bytes(cx, bytes.address + sent, size));
        if (const Status status = send(cx, *streaming, piece); status != Status::ok) return status;
        sent += size;
    }
    if (bytes.count == 0 && streaming->writer.is_reader_gone()) return Status::error;
    return bytes.count;
}

/// Drops a body; one that is being sent is complete with that. @error badf  Spec: close.
HostResult<Nothing> close(Context& cx, BodyHandle h)
{
    if (auto streaming = cx.world.take<StreamingBody>(h)) {
        streaming->writer.finish(std::move(streaming->trailers));
        return nothing;
    }
    if (!cx.world.take<Body>(h)) return Status::badf;
    return nothing;
}

/// Drops a body; one that is being sent is cut, which its reader sees. @error badf  Spec: abandon.
HostResult<Nothing> abandon(Context& cx, BodyHandle h)
{
    if (auto streaming = cx.world.take<StreamingBody>(h)) {
        streaming->writer.cut(http::CutReason::abandoned);
        return nothing;
    }
    if (!cx.world.take<Body>(h)) return Status::badf;
    return nothing;
}

/// Adds a trailer, which is sent behind the body.
/// @error badf   @error inval  The name is too long.   @error error  No name, or no value.   @error limit_exceeded  Too much for a message.
/// Spec: trailer_append.
HostResult<Nothing> trailer_append(Context& cx, BodyHandle h, GuestSpan<char> name, GuestSpan<char> value)
{
    Body* const body = cx.world.find<Body>(h);
    StreamingBody* const streaming = cx.world.find<StreamingBody>(h);
    if (body == nullptr && streaming == nullptr) return Status::badf;
    http::Headers& trailers = body != nullptr ? body->trailers : streaming->trailers;
    WEIR_TRY(header, read_header_name(cx, name));
    WEIR_TRY(text, read_header_value(cx, value));
    if (trailers.size_bytes() + header.size() + text.size() > max_trailer_bytes) return Status::limit_exceeded;
    trailers.append(header, text);
    return nothing;
}

/// The trailers of a body that was read to its end.
/// @error badf  No body.   @error inval  It is being sent.   @error again  Its end was not reached yet.   @error error  It was cut.
Result<const http::Headers*, Status> trailers_of(Context& cx, BodyHandle h)
{
    Body* const body = cx.world.find<Body>(h);
    if (body == nullptr) return Unexpected{cx.world.find<StreamingBody>(h) == nullptr ? Status::badf : Status::inval};
    switch (body->state()) {
    case Body::State::complete: return &body->trailers;
    case Body::State::cut: return Unexpected{Status::error};
    case Body::State::readable:
    case Body::State::waiting: break;
    }
    return Unexpected{Status::again};
}

/// @error  As trailers_of. Spec: trailer_names_get.
HostResult<Nothing> trailer_names_get(Context& cx, BodyHandle h, GuestSpan<char> buffer, uint32_t cursor,
                                      GuestPtr<int64_t> ending_cursor, GuestPtr<uint32_t> written)
{
    WEIR_TRY(trailers, trailers_of(cx, h));
    return write_values(cx, names_of(*trailers), buffer, cursor, ending_cursor, written);
}
/// @error  As trailers_of.   @error inval  There is none of the name. Spec: trailer_value_get.
HostResult<Nothing> trailer_value_get(Context& cx, BodyHandle h, GuestSpan<char> name, GuestSpan<char> buffer,
                                      GuestPtr<uint32_t> written)
{
    WEIR_TRY(trailers, trailers_of(cx, h));
    WEIR_TRY(text, read_header_name(cx, name));
    const auto value = trailers->find(text);
    if (!value) return Status::inval;
    return write_value(cx, *value, buffer, written);
}
/// @error  As trailers_of. Spec: trailer_values_get.
HostResult<Nothing> trailer_values_get(Context& cx, BodyHandle h, GuestSpan<char> name, GuestSpan<char> buffer, uint32_t cursor,
                                       GuestPtr<int64_t> ending_cursor, GuestPtr<uint32_t> written)
{
    WEIR_TRY(trailers, trailers_of(cx, h));
    WEIR_TRY(text, read_header_name(cx, name));
    return write_values(cx, values_of(*trailers, text), buffer, cursor, ending_cursor, written);
}

/// Bytes that can be read. @error badf   @error none  Part of it is on its way and nobody said how long it is. Spec: known_length.
HostResult<uint64_t> known_length(Context& cx, BodyHandle h)
{
    if (cx.world.find<StreamingBody>(h) != nullptr) return Status::none;
    const Body* const body = cx.world.find<Body>(h);
    if (body == nullptr) return Status::badf;
    const auto length = body->known_length();
    if (!length) return Status::none;
    return *length;
}

constexpr std::array functions{
    fastly_fn<"append", append>("dest src"),
    fastly_fn<"new", new_>("body"),
    fastly_fn<"read", read>("body >buf[nread] buf_len nread"),
    fastly_fn<"write", write>("body buf buf_len end nwritten"),
    fastly_fn<"close", close>("body"),
    fastly_fn<"abandon", abandon>("body"),
    fastly_fn<"trailer_append", trailer_append>("body name name_len value value_len"),
    fastly_fn<"trailer_names_get", trailer_names_get>("body >names[nwritten] names_len cursor ending_cursor nwritten"),
    fastly_fn<"trailer_value_get", trailer_value_get>("body name name_len >value[nwritten] value_len nwritten"),
    fastly_fn<"trailer_values_get", trailer_values_get>(
        "body name name_len >values[nwritten] values_len cursor ending_cursor nwritten"),
    fastly_fn<"known_length", known_length>("body length"),
};

}  // namespace

const std::span<const runtime::HostFunction> http_body_functions{functions};

}  // namespace weir::fastly
