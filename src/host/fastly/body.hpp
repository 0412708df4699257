#pragma once

#include "host/fastly/budget.hpp"
#include "http/body.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace weir::fastly {

/// A message's content as a guest puts it together: pieces that are there and pieces still on their way, one after the other, then
/// trailers. Of the thread of its pieces' event loop.
class Body {
public:
    Body() = default;
    /// Bytes whose keeping `charge` stands for.
    explicit Body(std::string bytes, Charge charge = {});
    explicit Body(http::BodyReader reader) { append(std::move(reader)); }

    /// Copies them. False: the budget does not reach, nothing was done.
    [[nodiscard]] bool append(std::string_view bytes, const std::shared_ptr<Budget>& budget);
    [[nodiscard]] bool prepend(std::string_view bytes, const std::shared_ptr<Budget>& budget);
    void append(http::BodyReader reader) { m_pieces.emplace_back(std::move(reader)); }
    /// All of another's, its trailers as well.
    void append(Body&& other);

    enum class State : uint8_t {
        readable,  // waiting() is not empty
        waiting,   // for a sender
        complete,  // everything was read
        cut,       // a sender gave up: what was read is not the whole
    };
    [[nodiscard]] State state();
    /// Bytes that can be had now, not all of them perhaps.
    [[nodiscard]] std::string_view waiting();
    void consume(size_t bytes);
    /// In state `cut`.
    [[nodiscard]] http::CutReason cut_reason() const;
    /// What can still be read, unless part of it is on its way with a length unknown.
    [[nodiscard]] std::optional<uint64_t> known_length() const;

    /// Those set here, and at the end also what the senders sent.
    http::Headers trailers;

    /// In state `waiting`: calls `waker` once, from the loop, when that has changed. A later call replaces it.
    void on_change(http::Task waker);

    /// All of it as one stream.
    [[nodiscard]] http::BodyReader to_reader(http::EventLoop& loop) &&;

private:
    struct Bytes {
        std::string bytes;
        size_t start;
        Charge charge;
    };
    using Piece = std::variant<Bytes, http::BodyReader>;

    std::deque<Piece> m_pieces;
};

}  // namespace weir::fastly
