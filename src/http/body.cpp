#include "http/body.hpp"

#include "http/byte_queue.hpp"

#include <algorithm>
#include <utility>

namespace weir::http {

// Both ends share it. Wakers run from the loop and look then whether what they wait for still holds.
struct BodyReader::State : std::enable_shared_from_this<BodyReader::State> {
    State(EventLoop& l, size_t capacity, std::optional<uint64_t> declared)
        : loop(l), capacity_bytes(capacity), declared_length(declared)
    {
    }

    EventLoop& loop;
    const size_t capacity_bytes;
    const std::optional<uint64_t> declared_length;
    ByteQueue buffer;
    uint64_t written = 0;
    uint64_t consumed = 0;
    bool is_finished = false;
    bool is_reader_gone = false;
    bool is_writer_gone = false;
    std::optional<CutReason> cut_reason;
    Headers trailers;

    Task on_readable;
    Task on_writable;
    Task on_wanted;
    Task on_consumed;
    bool is_wanted = false;
    bool is_wake_scheduled = false;
    bool has_consumed = false;

    [[nodiscard]] bool is_open() const noexcept { return !is_finished && !cut_reason; }
    [[nodiscard]] size_t room() const noexcept
    {
        if (!is_open() || is_reader_gone) return 0;
        return capacity_bytes - std::min(capacity_bytes, buffer.size());
    }
    [[nodiscard]] bool is_readable() const noexcept { return !buffer.is_empty() || !is_open(); }
    [[nodiscard]] bool is_writable() const noexcept { return room() > 0 || is_reader_gone; }

    void schedule_wake()
    {
        if (is_wake_scheduled) return;
        is_wake_scheduled = true;
        loop.defer([self = shared_from_this()] { self->wake(); });
    }
    void wake_if(const Task& task)
    {
        if (task) schedule_wake();
    }

private:
    static void call(Task& slot)
    {
        Task task = std::exchange(slot, nullptr);
        task();
    }
    void wake()
    {
        is_wake_scheduled = false;
        if (on_readable && is_readable()) call(on_readable);
        if (on_wanted && (is_wanted || is_reader_gone)) call(on_wanted);
        if (on_consumed && std::exchange(has_consumed, false)) {
            Task task = std::exchange(on_consumed, nullptr);
            task();
            if (!on_consumed && !is_writer_gone) on_consumed = std::move(task);
        }
        if (on_writable && is_writable()) call(on_writable);
    }
};

std::string_view to_string(CutReason reason) noexcept
{
    switch (reason) {
    case CutReason::abandoned: return "abandoned by its writer";
    case CutReason::peer_closed: return "the connection ended early";
    case CutReason::timed_out: return "too slow";
    case CutReason::malformed: return "malformed";
    case CutReason::too_large: return "too large";
    case CutReason::shutting_down: return "shutting down";
    }
    return "";
}

BodyReader::BodyReader(std::string bytes) : m_bytes(std::move(bytes)) {}
BodyReader::BodyReader(std::string bytes, Headers trailers) : m_bytes(std::move(bytes)), m_trailers(std::move(trailers)) {}
BodyReader::BodyReader(BodyReader&& other) noexcept
    : m_state(std::move(other.m_state)), m_bytes(std::move(other.m_bytes)), m_taken(std::exchange(other.m_taken, 0)),
      m_trailers(std::move(other.m_trailers))
{
    other.m_bytes.clear();
}
BodyReader& BodyReader::operator=(BodyReader&& other) noexcept
{
    if (this == &other) return *this;
    drop();
    m_state = std::move(other.m_state);
    m_bytes = std::move(other.m_bytes);
    other.m_bytes.clear();
    m_taken = std::exchange(other.m_taken, 0);
    m_trailers = std::move(other.m_trailers);
    return *this;
}
BodyReader::~BodyReader() { drop(); }

void BodyReader::drop() noexcept
{
    if (!m_state) return;
    State& state = *m_state;
    state.is_reader_gone = true;
    state.on_readable = nullptr;
    state.buffer.release();
    state.has_consumed = true;
    if (state.on_writable || state.on_wanted || state.on_consumed) state.schedule_wake();
    m_state.reset();
}

std::string_view BodyReader::readable() const noexcept
{
    return m_state ? m_state->buffer.bytes() : std::string_view{m_bytes}.substr(m_taken);
}

void BodyReader::consume(size_t count)
{
    if (!m_state) {
        m_taken += count;
        return;
    }
    m_state->buffer.consume(count);
    m_state->consumed += count;
    m_state->has_consumed = true;
    m_state->wake_if(m_state->on_consumed);
    m_state->wake_if(m_state->on_writable);
}

bool BodyReader::is_complete() const noexcept
{
    return m_state ? m_state->is_finished && m_state->buffer.is_empty() : m_taken == m_bytes.size();
}

std::optional<CutReason> BodyReader::cut() const noexcept
{
    if (!m_state || !m_state->buffer.is_empty()) return {};
    return m_state->cut_reason;
}

const Headers& BodyReader::trailers() const noexcept
{
    static const Headers none;
    if (!is_complete()) return none;
    return m_state ? m_state->trailers : m_trailers;
}

bool BodyReader::has_trailers() const noexcept
{
    return m_state ? m_state->is_finished && !m_state->trailers.is_empty() : !m_trailers.is_empty();
}

std::optional<uint64_t> BodyReader::known_length() const noexcept
{
    if (!m_state) return m_bytes.size() - m_taken;
    if (m_state->is_finished) return m_state->buffer.size();
    if (m_state->declared_length && !m_state->cut_reason) return *m_state->declared_length - m_state->consumed;
    return {};
}

void BodyReader::on_readable(Task waker)
{
    if (!m_state) {
        // It is ready, and no loop is known to say so. Callers ask is_ready() first.
        if (waker) waker();
        return;
    }
    m_state->on_readable = std::move(waker);
    if (!m_state->on_readable) return;
    if (!m_state->is_readable()) m_state->is_wanted = true;
    if (m_state->is_readable() || m_state->on_wanted) m_state->schedule_wake();
}

BodyWriter& BodyWriter::operator=(BodyWriter&& other) noexcept
{
    if (this == &other) return *this;
    drop();
    m_state = std::move(other.m_state);
    return *this;
}

BodyWriter::~BodyWriter() { drop(); }

void BodyWriter::drop()
{
    if (!m_state) return;
    cut(CutReason::abandoned);
    m_state->is_writer_gone = true;
    m_state->on_writable = nullptr;
    m_state->on_wanted = nullptr;
    m_state->on_consumed = nullptr;
}

size_t BodyWriter::room() const noexcept { return m_state ? m_state->room() : 0; }

size_t BodyWriter::write(std::string_view bytes)
{
    if (!m_state) return 0;
    State& state = *m_state;
    bytes = bytes.substr(0, state.room());
    if (bytes.empty()) return 0;
    if (state.declared_length && bytes.size() > *state.declared_length - state.written) {
        bytes = bytes.substr(0, static_cast<size_t>(*state.declared_length - state.written));
        state.cut_reason = CutReason::malformed;
    }
    state.buffer.append(bytes);
    state.written += bytes.size();
    state.wake_if(state.on_readable);
    return bytes.size();
}

void BodyWriter::finish(Headers trailers)
{
    if (!m_state || !m_state->is_open()) return;
    if (m_state->declared_length && m_state->written != *m_state->declared_length) {
        m_state->cut_reason = CutReason::malformed;
    } else {
        m_state->is_finished = true;
        m_state->trailers = std::move(trailers);
    }
    m_state->wake_if(m_state->on_readable);
}

void BodyWriter::cut(CutReason reason)
{
    if (!m_state || !m_state->is_open()) return;
    m_state->cut_reason = reason;
    m_state->wake_if(m_state->on_readable);
}

bool BodyWriter::is_open() const noexcept { return m_state && m_state->is_open(); }
bool BodyWriter::is_reader_gone() const noexcept { return !m_state || m_state->is_reader_gone; }

void BodyWriter::on_writable(Task waker)
{
    if (!m_state) return;
    m_state->on_writable = std::move(waker);
    if (m_state->on_writable && m_state->is_writable()) m_state->schedule_wake();
}

void BodyWriter::on_wanted(Task waker)
{
    if (!m_state) return;
    m_state->on_wanted = std::move(waker);
    if (m_state->on_wanted && (m_state->is_wanted || m_state->is_reader_gone)) m_state->schedule_wake();
}

void BodyWriter::on_consumed(Task waker)
{
    if (!m_state) return;
    m_state->on_consumed = std::move(waker);
    if (m_state->on_consumed && m_state->has_consumed) m_state->schedule_wake();
}

uint64_t BodyWriter::consumed_bytes() const noexcept { return m_state ? m_state->consumed : 0; }

BodyPipe make_body_pipe(EventLoop& loop, size_t capacity_bytes, std::optional<uint64_t> declared_length)
{
    auto state = std::make_shared<BodyReader::State>(loop, std::max<size_t>(capacity_bytes, 1), declared_length);
    return {BodyReader{state}, BodyWriter{std::move(state)}};
}

}  // namespace weir::http
