#pragma once

#include "http/event_loop.hpp"
#include "http/headers.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

// Bodies: bytes that one side writes and another reads, on one loop's thread, through a buffer of bounded size. A body ends in
// one of two ways that nobody can take for one another: complete, with trailers, or cut, with the reason.

namespace weir::http {

enum class CutReason : uint8_t {
    abandoned,      // the writer was dropped, or cut the body on purpose
    peer_closed,    // the connection ended or was reset before the body's end
    timed_out,      // nothing, or too little, came in time
    malformed,      // the framing is broken, or the length is not what was declared
    too_large,      // more than the limit
    shutting_down,  // the server or client is being stopped
};
[[nodiscard]] std::string_view to_string(CutReason reason) noexcept;

struct BodyPipe;

/// The reading end. Move-only. Dropping it before the end tells the writer that nobody reads any more.
///
/// Reading does not block: `readable()` shows what is there, `consume()` takes it. When there is nothing and the body is open,
/// `on_readable()` asks to be woken.
class BodyReader {
public:
    /// An empty, complete body.
    BodyReader() = default;
    /// A complete body that holds these bytes.
    explicit BodyReader(std::string bytes);
    BodyReader(std::string bytes, Headers trailers);
    BodyReader(BodyReader&& other) noexcept;
    BodyReader& operator=(BodyReader&& other) noexcept;
    BodyReader(const BodyReader&) = delete;
    BodyReader& operator=(const BodyReader&) = delete;
    ~BodyReader();

    /// Bytes that can be taken now; valid until the next call that is not const, here or at the writer.
    [[nodiscard]] std::string_view readable() const noexcept;
    /// Takes the first `count` of them. Precondition: there are as many.
    void consume(size_t count);

    /// All bytes have been taken and the writer said that these were all.
    [[nodiscard]] bool is_complete() const noexcept;
    /// The body was cut and what came before has been taken.
    [[nodiscard]] std::optional<CutReason> cut() const noexcept;
    /// Whether reading would find something without waiting: bytes, the end or a cut.
    [[nodiscard]] bool is_ready() const noexcept { return !readable().empty() || is_complete() || cut().has_value(); }
    /// Trailers; empty until is_complete().
    [[nodiscard]] const Headers& trailers() const noexcept;

    /// Whether trailers are there, though bytes in front of them may not have been taken yet.
    [[nodiscard]] bool has_trailers() const noexcept;

    /// Bytes that are left, if that is known: the writer is done, or declared the length.
    [[nodiscard]] std::optional<uint64_t> known_length() const noexcept;

    /// Calls `waker` once, from the loop, when is_ready(), also if it is already; only a body that holds its bytes, which is always ready,
    /// calls it before this returns. A later call replaces it; an empty Task takes it back.
    void on_readable(Task waker);

private:
    friend BodyPipe make_body_pipe(EventLoop& loop, size_t capacity_bytes, std::optional<uint64_t> declared_length);
    struct State;
    friend class BodyWriter;
    explicit BodyReader(std::shared_ptr<State> state) noexcept : m_state(std::move(state)) {}
    void drop() noexcept;

    std::shared_ptr<State> m_state;  // of a pipe; null for a body that holds its bytes
    std::string m_bytes;
    size_t m_taken = 0;
    Headers m_trailers;
};

/// The writing end. Move-only. Dropping it before finish() cuts the body: abandoned.
class BodyWriter {
public:
    /// Writes to nobody: is_reader_gone().
    BodyWriter() = default;
    BodyWriter(BodyWriter&& other) noexcept = default;
    BodyWriter& operator=(BodyWriter&& other) noexcept;
    BodyWriter(const BodyWriter&) = delete;
    BodyWriter& operator=(const BodyWriter&) = delete;
    ~BodyWriter();

    /// Bytes that write() would take now. 0 after the end and when the reader is gone.
    [[nodiscard]] size_t room() const noexcept;
    /// Takes as many of the bytes as there is room for and says how many.
    size_t write(std::string_view bytes);
    /// The end: complete. With a declared length that is not reached it is a cut (malformed) instead. The first of finish() and
    /// cut() counts.
    void finish(Headers trailers = {});
    /// The end: cut.
    void cut(CutReason reason);
    [[nodiscard]] bool is_open() const noexcept;

    [[nodiscard]] bool is_reader_gone() const noexcept;
    /// Whether writing would go on without waiting: there is room, or nobody reads.
    [[nodiscard]] bool is_ready() const noexcept { return room() > 0 || is_reader_gone(); }
    /// Calls `waker` once, from the loop, when is_ready(); at once (but from the loop) if it is already. A later call replaces it.
    void on_writable(Task waker);
    /// Calls `waker` once, from the loop, when the reader first waits for bytes (or is gone). For an answer "100 Continue".
    void on_wanted(Task waker);
    /// Calls `waker` from the loop each time the reader took bytes, or is gone, until the next call replaces it. For windows of flow
    /// control, which go by consumed_bytes().
    void on_consumed(Task waker);
    /// Bytes that the reader has taken so far.
    [[nodiscard]] uint64_t consumed_bytes() const noexcept;

private:
    friend BodyPipe make_body_pipe(EventLoop& loop, size_t capacity_bytes, std::optional<uint64_t> declared_length);
    using State = BodyReader::State;
    void drop();
    explicit BodyWriter(std::shared_ptr<State> state) noexcept : m_state(std::move(state)) {}

    std::shared_ptr<State> m_state;
};

struct BodyPipe {
    BodyReader reader;
    BodyWriter writer;
};

constexpr size_t default_body_capacity_bytes = size_t{64} * 1024;

/// A body in the making. At most `capacity_bytes` (at least 1) are buffered. With `declared_length`, the reader knows the length from
/// the start; bytes beyond it are not taken: write() cuts the body there as malformed.
[[nodiscard]] BodyPipe make_body_pipe(EventLoop& loop, size_t capacity_bytes = default_body_capacity_bytes,
                                      std::optional<uint64_t> declared_length = {});

}  // namespace weir::http
