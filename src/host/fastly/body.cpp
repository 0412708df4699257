#include "host/fastly/body.hpp"

#include <algorithm>
#include <utility>

namespace weir::fastly {

namespace {

constexpr size_t piece_bytes = 128;  // what a piece takes beside its bytes

void add_all(http::Headers& to, const http::Headers& from)
{
    for (const http::HeaderView field : from) to.append(field.name, field.value);
}

/// Writes a body of several pieces to a stream, as the reader takes it. Kept by whom it waits for.
class Pump : public std::enable_shared_from_this<Pump> {
public:
    Pump(Body body, http::BodyWriter writer) : m_body(std::move(body)), m_writer(std::move(writer)) {}

    void go_on()
    {
        while (!m_writer.is_reader_gone()) {
            switch (m_body.state()) {
            case Body::State::complete: m_writer.finish(std::move(m_body.trailers)); return;
            case Body::State::cut: m_writer.cut(m_body.cut_reason()); return;
            case Body::State::waiting: m_body.on_change([self = shared_from_this()] { self->go_on(); }); return;
            case Body::State::readable: break;
            }
            const size_t written = m_writer.write(m_body.waiting());
            m_body.consume(written);
            if (written != 0) continue;
            m_writer.on_writable([self = shared_from_this()] { self->go_on(); });
            return;
        }
    }

private:
    Body m_body;
    http::BodyWriter m_writer;
};

}  // namespace

Body::Body(std::string bytes, Charge charge)
{
    if (!bytes.empty()) m_pieces.emplace_back(Bytes{std::move(bytes), 0, std::move(charge)});
}

bool Body::append(std::string_view bytes, const std::shared_ptr<Budget>& budget)
{
    if (bytes.empty()) return true;
    auto* last = m_pieces.empty() ? nullptr : std::get_if<Bytes>(&m_pieces.back());
    Charge charge;
    if (!(last != nullptr ? last->charge : charge).add(budget, bytes.size() + (last != nullptr ? 0 : piece_bytes))) return false;
    if (last == nullptr) last = &std::get<Bytes>(m_pieces.emplace_back(Bytes{{}, 0, std::move(charge)}));
    last->bytes.append(bytes);
    return true;
}

bool Body::prepend(std::string_view bytes, const std::shared_ptr<Budget>& budget)
{
    if (bytes.empty()) return true;
    Charge charge;
    if (!charge.add(budget, bytes.size() + piece_bytes)) return false;
    m_pieces.emplace_front(Bytes{std::string{bytes}, 0, std::move(charge)});
    return true;
}

void Body::append(Body&& other)
{
    for (Piece& piece : other.m_pieces) m_pieces.push_back(std::move(piece));
    other.m_pieces.clear();
    add_all(trailers, other.trailers);
    other.trailers = {};
}

Body::State Body::state()
{
    while (!m_pieces.empty()) {
        if (const auto* const bytes = std::get_if<Bytes>(&m_pieces.front())) {
            if (bytes->start < bytes->bytes.size()) return State::readable;
        } else {
            const auto& reader = std::get<http::BodyReader>(m_pieces.front());
            if (!reader.readable().empty()) return State::readable;
            if (reader.cut()) return State::cut;
            if (!reader.is_complete()) return State::waiting;
            add_all(trailers, reader.trailers());
        }
        m_pieces.pop_front();
    }
    return State::complete;
}

std::string_view Body::waiting()
{
    if (state() != State::readable) return {};
    if (const auto* const bytes = std::get_if<Bytes>(&m_pieces.front())) return std::string_view{bytes->bytes}.substr(bytes->start);
    return std::get<http::BodyReader>(m_pieces.front()).readable();
}

void Body::consume(size_t size_bytes)
{
    if (size_bytes == 0) return;
    if (auto* const bytes = std::get_if<Bytes>(&m_pieces.front())) bytes->start += size_bytes;
    else std::get<http::BodyReader>(m_pieces.front()).consume(size_bytes);
}

http::CutReason Body::cut_reason() const
{
    const auto* const reader = m_pieces.empty() ? nullptr : std::get_if<http::BodyReader>(&m_pieces.front());
    return reader == nullptr ? http::CutReason::abandoned : reader->cut().value_or(http::CutReason::abandoned);
}

std::optional<uint64_t> Body::known_length() const
{
    uint64_t length = 0;
    for (const Piece& piece : m_pieces) {
        if (const auto* const bytes = std::get_if<Bytes>(&piece)) {
            length += bytes->bytes.size() - bytes->start;
        } else {
            const auto left = std::get<http::BodyReader>(piece).known_length();
            if (!left) return std::nullopt;
            length += *left;
        }
    }
    return length;
}

void Body::on_change(http::Task waker)
{
    auto* const reader = m_pieces.empty() ? nullptr : std::get_if<http::BodyReader>(&m_pieces.front());
    if (reader != nullptr) reader->on_readable(std::move(waker));
}

http::BodyReader Body::to_reader(http::EventLoop& loop) &&
{
    if (m_pieces.empty()) return http::BodyReader{{}, std::move(trailers)};
    if (m_pieces.size() == 1) {
        if (auto* const bytes = std::get_if<Bytes>(&m_pieces.front()))
            return http::BodyReader{bytes->start == 0 ? std::move(bytes->bytes) : bytes->bytes.substr(bytes->start),
                                    std::move(trailers)};
        if (trailers.is_empty()) {
            auto& reader = std::get<http::BodyReader>(m_pieces.front());
            reader.on_readable({});
            return std::move(reader);
        }
    }
    auto pipe = http::make_body_pipe(loop, http::default_body_capacity_bytes, known_length());
    std::make_shared<Pump>(std::move(*this), std::move(pipe.writer))->go_on();
    return std::move(pipe.reader);
}

}  // namespace weir::fastly
