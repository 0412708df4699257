#pragma once

#include "weir/async/io.hpp"
#include "weir/http/chunked.hpp"
#include "weir/http/head.hpp"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

// What server and client share: a connection with its buffers, reading heads and bodies, writing bodies.

namespace weir::http::detail {

/// Bytes that were read and are not used up yet. The head of a message stays where it is while its body goes through the rest.
class InputBuffer {
public:
    static constexpr size_t least_room_bytes = 4096;

    [[nodiscard]] std::string_view unread() const noexcept { return {m_bytes.get() + m_begin, m_end - m_begin}; }
    void consume(size_t size) noexcept { m_begin += size; }
    /// Consumes a head; what views it stays valid until the next release_head() .
    void keep_head(size_t size) noexcept
    {
        m_begin += size;
        m_head_end = m_begin;
    }
    /// The head is not needed any more: what was read behind it moves to the front.
    void release_head() noexcept
    {
        m_head_end = 0;
        compact();
    }
    /// Where to read to.
    std::span<std::byte> room() noexcept
    {
        if (m_begin == m_end) m_begin = m_end = m_head_end;
        return std::as_writable_bytes(std::span{m_bytes.get() + m_end, m_capacity - m_end});
    }
    void filled(size_t size) noexcept { m_end += size; }
    /// Makes room where there is little behind what is unread. Not while a head is kept.
    void grow()
    {
        compact();
        if (m_capacity - m_end >= least_room_bytes / 2) return;
        reserve(m_capacity == 0 ? least_room_bytes : 2 * m_capacity);
    }
    /// Makes sure that behind the first `size` bytes of what is unread there is room for the rest of a message. The same.
    void grow_behind(size_t size)
    {
        if (m_capacity - m_begin - size < least_room_bytes / 4) reserve(m_capacity + least_room_bytes);
    }

private:
    void reserve(size_t capacity)
    {
        auto bytes = std::unique_ptr<char[]>{new char[capacity]};
        if (m_end != 0) std::memcpy(bytes.get(), m_bytes.get(), m_end);
        m_bytes = std::move(bytes);
        m_capacity = capacity;
    }
    void compact() noexcept
    {
        if (m_begin == 0) return;
        std::memmove(m_bytes.get(), m_bytes.get() + m_begin, m_end - m_begin);
        m_end -= m_begin;
        m_begin = 0;
    }

    std::unique_ptr<char[]> m_bytes;
    size_t m_capacity = 0, m_head_end = 0, m_begin = 0, m_end = 0;
};

class Connection {
public:
    /// @param stall_timeout  How long the other side may neither send nor take anything.
    Connection(async::Loop& loop, async::Connection connection, const Limits& message_limits, async::Duration stall_timeout)
        : stream(loop, std::move(connection)), limits(message_limits), m_loop(loop), m_stall_timeout(stall_timeout)
    {
    }

    /// What is waited for from here on may take so long, and up to a sixteenth longer: deadlines fall together where they can, so that a
    /// thousand idle connections do not wake the loop a thousand times.
    void set_deadline(async::Duration timeout)
    {
        const async::Duration step = timeout / 16 + async::Duration{1};
        const async::TimePoint now = m_loop.now();
        stream.set_deadline(timeout >= async::never - now - step ? async::never : (now + timeout) / step * step + step);
    }
    /// Writes the texts, one after the other.
    [[nodiscard]] auto write(std::string_view first, std::string_view second = {})
    {
        set_deadline(m_stall_timeout);
        return stream.write(first, second);
    }

    enum class HeadState : uint8_t { complete, closed, refused, failed };
    struct HeadOutcome {
        HeadState state;
        std::string_view head;  // of complete
        Refusal refusal{};      // of refused
        Error error{};          // of failed; ETIMEDOUT among them
        bool has_begun = false;
    };
    /// Reads until a head is there. Writes what is to be written before it waits.
    /// @param idle_timeout  How long the message may take to begin.
    /// @param head_timeout  How long its head may take from then on.
    async::Task<HeadOutcome> read_head(async::Duration idle_timeout, async::Duration head_timeout)
    {
        m_in.release_head();
        HeadScanner scanner;
        bool has_begun = false;
        for (;;) {
            if (!m_in.unread().empty()) {
                const auto outcome = scanner.scan(m_in.unread(), limits);
                if (outcome.refusal) co_return HeadOutcome{HeadState::refused, {}, *outcome.refusal};
                if (outcome.end != 0) {
                    m_in.grow_behind(outcome.end);
                    const std::string_view head = m_in.unread().substr(outcome.begin, outcome.end - outcome.begin);
                    m_in.keep_head(outcome.end);
                    co_return HeadOutcome{HeadState::complete, head};
                }
            }
            if (!out.empty()) {
                const auto written = co_await write(out);
                if (!written) co_return HeadOutcome{HeadState::failed, {}, {}, written.error(), has_begun};
                out.clear();
            }
            if (!has_begun) {
                has_begun = !m_in.unread().empty();
                set_deadline(has_begun ? head_timeout : idle_timeout);
            }
            m_in.grow();
            const auto size = co_await stream.read(m_in.room());
            if (!size) co_return HeadOutcome{HeadState::failed, {}, {}, size.error(), has_begun};
            if (*size == 0) co_return HeadOutcome{HeadState::closed, {}, {}, {}, has_begun};
            m_in.filled(*size);
        }
    }

    /// Says that a body comes.
    void begin_body(Framing framing)
    {
        m_framing = framing;
        m_body_left = framing.length;
        m_refusal.reset();
        m_has_body_ended = framing.is_empty();
        if (framing.kind == Framing::Kind::chunked) m_chunks.emplace(limits);
    }
    [[nodiscard]] bool has_body_ended() const noexcept { return m_has_body_ended; }
    /// What is wrong with the body, or with how it comes, if that is so.
    [[nodiscard]] const std::optional<Refusal>& refusal() const noexcept { return m_refusal; }
    [[nodiscard]] bool has_unread() const noexcept { return !m_in.unread().empty(); }

    /// Reads what of the body is there, waiting if nothing is. 0 is its end.
    async::Task<Result<size_t>> read_body(std::span<std::byte> into)
    {
        if (m_refusal) co_return Error{EPROTO, m_refusal->reason};
        while (!m_has_body_ended && !into.empty()) {
            if (const size_t size = take_buffered(into); size != 0) co_return size;
            if (m_refusal) co_return Error{EPROTO, m_refusal->reason};
            if (m_has_body_ended) break;
            if (!out.empty())
                if (const auto flushed = co_await flush(); !flushed) co_return flushed.error();
            set_deadline(m_stall_timeout);
            // Bytes of the body go where they are wanted; what frames them goes to the buffer.
            const auto direct = into.first(static_cast<size_t>(std::min<uint64_t>(into.size(), left_to_read_directly())));
            const auto size = co_await stream.read(direct.empty() ? m_in.room() : direct);
            if (!size) co_return fail(size.error());
            if (*size == 0) {
                if (m_framing.kind != Framing::Kind::until_close)
                    co_return fail(Error{ECONNRESET, "the connection ended before the message did"});
                m_has_body_ended = true;
            } else if (direct.empty()) {
                m_in.filled(*size);
            } else {
                took(*size);
                co_return *size;
            }
        }
        co_return size_t{0};
    }

    /// Reads the whole body.
    /// @error EMSGSIZE  It has more than `max_bytes`.
    async::Task<Result<std::string>> read_all(size_t max_bytes)
    {
        constexpr size_t part_bytes = size_t{16} * 1024;
        std::string body;
        for (;;) {
            if (left_to_read_directly() != UINT64_MAX && left_to_read_directly() > max_bytes - body.size())
                co_return Error{EMSGSIZE, "the body is too long"};
            const size_t size = body.size();
            body.resize(size + part_bytes);
            const auto read_size = co_await read_body(std::as_writable_bytes(std::span{body}.subspan(size)));
            if (!read_size) co_return read_size.error();
            body.resize(size + *read_size);
            if (body.size() > max_bytes) co_return Error{EMSGSIZE, "the body is too long"};
            if (*read_size == 0) co_return body;
        }
    }

    /// Writes what `out` has, and then a text.
    async::Task<Result<void>> flush(std::string_view text = {})
    {
        // In parts, since slow is not stalled.
        constexpr size_t part_bytes = size_t{256} * 1024;
        while (!out.empty() || !text.empty()) {
            const std::string_view part = text.substr(0, part_bytes);
            text.remove_prefix(part.size());
            if (const auto written = co_await write(out, part); !written) co_return written;
            out.clear();
        }
        co_return {};
    }
    async::Stream stream;
    const Limits& limits;
    std::string out;  // to be written before anything else is

private:
    size_t take_buffered(std::span<std::byte> into)
    {
        const std::string_view bytes = m_in.unread();
        std::string_view data;
        if (m_framing.kind == Framing::Kind::chunked) {
            const auto step = m_chunks->next(bytes, into.size());
            m_in.consume(step.consumed);
            if (step.refusal) m_refusal = step.refusal;
            if (m_chunks->is_done()) m_has_body_ended = true;
            data = step.data;
        } else {
            data = bytes.substr(0, static_cast<size_t>(std::min<uint64_t>(into.size(), left_to_read_directly())));
            m_in.consume(data.size());
            took(data.size());
        }
        if (!data.empty()) std::memcpy(into.data(), data.data(), data.size());
        return data.size();
    }
    [[nodiscard]] uint64_t left_to_read_directly() const noexcept
    {
        switch (m_framing.kind) {
        case Framing::Kind::length: return m_body_left;
        case Framing::Kind::chunked: return m_chunks->left_in_chunk();
        case Framing::Kind::until_close: return UINT64_MAX;
        }
        return 0;
    }
    /// Counts bytes of the body that did not go through the decoder.
    void took(size_t size) noexcept
    {
        if (m_framing.kind == Framing::Kind::chunked) m_chunks->skip(size);
        if (m_framing.kind != Framing::Kind::length) return;
        m_body_left -= size;
        m_has_body_ended = m_body_left == 0;
    }
    Error fail(Error error) noexcept
    {
        m_refusal = error == ETIMEDOUT ? Refusal{408, "the request did not come on"} : Refusal{400, "the request ended early"};
        return error;
    }

    async::Loop& m_loop;
    async::Duration m_stall_timeout;
    InputBuffer m_in;
    Framing m_framing;
    uint64_t m_body_left = 0;
    std::optional<ChunkedDecoder> m_chunks;
    std::optional<Refusal> m_refusal;
    bool m_has_body_ended = true;
};

/// Whether a field may be written: nothing in it ends the line, or the field.
inline bool is_writable_field(std::string_view name, std::string_view value) noexcept
{
    return is_token(name) && consists_of(value, value_char);
}
/// Fields that say how a message is framed, or who speaks: computed, never taken from a program.
inline bool is_framing_field(std::string_view name) noexcept
{
    for (const std::string_view framing :
         {"content-length", "transfer-encoding", "connection", "keep-alive", "upgrade", "te", "trailer"})
        if (equals_ignoring_case(name, framing)) return true;
    return false;
}

inline void append_number(std::string& to, uint64_t number, unsigned base = 10)
{
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = "0123456789abcdef"[number % base];
        number /= base;
    } while (number != 0);
    to.append(digits + at, sizeof digits - at);
}

}  // namespace weir::http::detail
