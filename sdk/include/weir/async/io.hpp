#pragma once

#include "weir/async/loop.hpp"
#include "weir/net.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <coroutine>
#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

namespace weir::async {

namespace detail {

class Channel;

/// Something to be done with a descriptor as soon as that can be done. Awaiting it tries at once, if that can succeed, and else whenever the
/// descriptor is ready. Destroyed while it waits, it is cancelled.
class Operation {
public:
    Operation(const Operation&) = delete;
    Operation& operator=(const Operation&) = delete;

    [[nodiscard]] inline bool await_ready();
    inline void await_suspend(std::coroutine_handle<> awaiting);

protected:
    explicit Operation(Channel& channel) noexcept : m_channel(channel) {}
    inline ~Operation();
    /// Does what can be done now. 0 when all is done, EAGAIN when there is more to wait for, otherwise why it failed.
    virtual int attempt() = 0;
    [[nodiscard]] int error() const noexcept { return m_error; }

private:
    friend class Channel;
    /// Whether there is no need to wait any more.
    bool is_finished_by_attempt()
    {
        m_error = attempt();
        return m_error != EAGAIN;
    }

    Channel& m_channel;
    std::coroutine_handle<> m_awaiting;
    int m_error = 0;
};

/// One direction of a descriptor, which one task at a time may use.
class Channel final : public Interest {
public:
    Channel(Loop& loop, int fd, Direction direction) noexcept : Interest(fd, direction), m_loop(loop) {}
    ~Channel()
    {
        if (is_awaited()) m_loop.poller().remove(*this);
    }

    /// Says whether it is worth trying without having waited: after a read that filled less than its buffer it is not.
    void expect_ready(bool is_expected) noexcept { m_is_worth_trying = is_expected; }
    /// Ends what waits, and lets nothing else begin to, until it is called with 0.
    void set_failure(int error) noexcept
    {
        m_failure = error;
        // Not at once: who is resumed may destroy this object, and with it what else its owner has to tell.
        if (error != 0 && m_waiting != nullptr) m_loop.call_soon(*this);
    }

    void on_due() override
    {
        if (m_waiting == nullptr) return;
        if (m_failure != 0) m_waiting->m_error = m_failure;
        else if (!m_waiting->is_finished_by_attempt()) return;
        Operation& finished = *std::exchange(m_waiting, nullptr);
        m_loop.set_idle(*this);
        finished.m_awaiting.resume();
    }

private:
    friend class Operation;

    static constexpr unsigned most_attempts_in_a_row = 16;

    Loop& m_loop;
    Operation* m_waiting = nullptr;
    unsigned m_attempts_in_a_row = 0;  // without waiting
    int m_failure = 0;
    bool m_is_worth_trying = true;
};

bool Operation::await_ready()
{
    if (m_channel.m_failure != 0) {
        m_error = m_channel.m_failure;
        return true;
    }
    // Now and then it waits though it need not, for others to have their turn: who sends without end would keep the loop for itself.
    if (!m_channel.m_is_worth_trying || ++m_channel.m_attempts_in_a_row > Channel::most_attempts_in_a_row) return false;
    return is_finished_by_attempt();
}
void Operation::await_suspend(std::coroutine_handle<> awaiting)
{
    m_awaiting = awaiting;
    m_channel.m_attempts_in_a_row = 0;
    m_channel.m_waiting = this;
    m_channel.m_loop.await(m_channel);
}
Operation::~Operation()
{
    if (m_channel.m_waiting != this) return;
    m_channel.m_waiting = nullptr;
    m_channel.m_loop.set_idle(m_channel);
}

/// An operation that gives a T. `Attempt` is called with the value and answers as Operation::attempt().
template <class T, class Attempt>
class [[nodiscard]] ValueOperation final : public Operation {
public:
    ValueOperation(Channel& channel, Attempt attempt) noexcept : Operation(channel), m_attempt(std::move(attempt)) {}

    Result<T> await_resume()
    {
        if (error() != 0) return Error{error()};
        return std::move(m_value);
    }

protected:
    int attempt() override { return m_attempt(m_value); }

private:
    Attempt m_attempt;
    T m_value{};
};

struct Nothing {};
template <class Attempt>
class [[nodiscard]] ValueOperation<Nothing, Attempt> final : public Operation {
public:
    ValueOperation(Channel& channel, Attempt attempt) noexcept : Operation(channel), m_attempt(std::move(attempt)) {}

    Result<void> await_resume() const noexcept { return error() == 0 ? Result<void>{} : Error{error()}; }

protected:
    int attempt() override { return m_attempt(); }

private:
    Attempt m_attempt;
};

template <class T, class Attempt>
auto operation(Channel& channel, Attempt attempt)
{
    return ValueOperation<T, Attempt>{channel, std::move(attempt)};
}

}  // namespace detail

/// A connection whose calls do not wait, for a Stream to take over.
struct Connection {
    net::Stream socket;
};

/// A connection that tasks read from and write to, one each way at a time. It stays where it is made.
class Stream {
public:
    Stream(Loop& loop, Connection connection)
        : m_socket(std::move(connection.socket)), m_in(loop, m_socket.fd(), detail::Direction::read),
          m_out(loop, m_socket.fd(), detail::Direction::write), m_deadline(*this, loop.timers())
    {
    }
    /// Of a socket that was made elsewhere: from now on it does not wait.
    Stream(Loop& loop, net::Stream socket) : Stream(loop, Connection{std::move(socket)})
    {
        static_cast<void>(m_socket.set_blocking(net::Blocking::no));
    }
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;

    [[nodiscard]] net::Stream& socket() noexcept { return m_socket; }

    /// What has not ended by then ends with ETIMEDOUT, and so does everything after it until another deadline is set; `never` is none.
    void set_deadline(TimePoint at)
    {
        if (m_has_timed_out) set_failure(0);
        m_deadline.set(at);
    }

    /// `Result<size_t> n = co_await stream.read(buffer);` As net::Stream::read, but waits. `into` is not empty.
    [[nodiscard]] auto read(std::span<std::byte> into) noexcept
    {
        return detail::operation<size_t>(m_in, [this, into](size_t& done) noexcept {
            const int error = net::platform::read(m_socket.fd(), into.data(), into.size(), done);
            // What filled its buffer left more behind, maybe; and the end stays.
            m_in.expect_ready(error == 0 && (done == into.size() || done == 0));
            return error;
        });
    }
    /// `Result<void> r = co_await stream.write("...");` Writes all of it. The texts must live until then; of two, one goes after the other, in
    /// one call where there is room.
    [[nodiscard]] auto write(std::string_view first, std::string_view second = {}) noexcept
    {
        const auto part = [](std::string_view text) { return iovec{const_cast<char*>(text.data()), text.size()}; };
        return detail::operation<detail::Nothing>(m_out, [this, parts = std::array{part(first), part(second)}]() mutable noexcept {
            auto* next = parts.data();
            auto* const end = next + parts.size();
            for (;;) {
                while (next != end && next->iov_len == 0) ++next;
                if (next == end) return 0;
                size_t done = 0;
                const int error = net::platform::write(m_socket.fd(), next, static_cast<size_t>(end - next), done);
                if (error != 0) return error;
                for (auto* each = next; each != end; ++each) {
                    const size_t of_this = std::min(done, each->iov_len);
                    each->iov_base = static_cast<char*>(each->iov_base) + of_this;
                    each->iov_len -= of_this;
                    done -= of_this;
                }
            }
        });
    }

private:
    class Deadline final : public detail::Timer {
    public:
        Deadline(Stream& stream, detail::TimerHeap& heap) noexcept : Timer(heap), m_stream(stream) {}
        void on_due() override { m_stream.set_failure(ETIMEDOUT); }

    private:
        Stream& m_stream;
    };
    void set_failure(int error) noexcept
    {
        m_has_timed_out = error != 0;
        m_in.set_failure(error);
        m_out.set_failure(error);
    }

    net::Stream m_socket;
    detail::Channel m_in, m_out;  // they leave the loop before the socket is closed
    Deadline m_deadline;
    bool m_has_timed_out = false;
};

/// Takes connections. It stays where it is made.
class Listener {
public:
    Listener(Loop& loop, net::Listener socket) : m_socket(std::move(socket)), m_in(loop, m_socket.fd(), detail::Direction::read)
    {
        static_cast<void>(m_socket.set_blocking(net::Blocking::no));
    }

    [[nodiscard]] net::Listener& socket() noexcept { return m_socket; }

    /// `Result<Connection> c = co_await listener.accept();`
    [[nodiscard]] auto accept() noexcept
    {
        return detail::operation<Connection>(m_in, [this](Connection& accepted) noexcept {
            auto stream = m_socket.accept(net::Blocking::no);
            if (!stream) return stream.error().code;
            accepted.socket = std::move(*stream);
            return 0;
        });
    }

private:
    net::Listener m_socket;
    detail::Channel m_in;
};

/// Messages. It stays where it is made.
class Datagrams {
public:
    Datagrams(Loop& loop, net::Datagrams socket)
        : m_socket(std::move(socket)), m_in(loop, m_socket.fd(), detail::Direction::read),
          m_out(loop, m_socket.fd(), detail::Direction::write)
    {
        static_cast<void>(m_socket.set_blocking(net::Blocking::no));
    }

    [[nodiscard]] net::Datagrams& socket() noexcept { return m_socket; }

    /// `Result<net::Datagrams::Received> r = co_await socket.receive(buffer);`
    [[nodiscard]] auto receive(std::span<std::byte> into) noexcept
    {
        return detail::operation<net::Datagrams::Received>(m_in, [this, into](net::Datagrams::Received& received) noexcept {
            auto r = m_socket.receive(into);
            if (!r) return r.error().code;
            received = *r;
            return 0;
        });
    }
    /// Message and address must live until it has been sent.
    [[nodiscard]] auto send_to(std::string_view message, const net::Address& to) noexcept
    {
        return detail::operation<detail::Nothing>(
            m_out, [this, message, &to]() noexcept { return m_socket.send_to(message, to).error().code; });
    }

private:
    net::Datagrams m_socket;
    detail::Channel m_in, m_out;
};

/// Connects, as net::Stream::connect, but waits as a task. How long that takes without an answer is the system's, minutes: see timeout().
inline Task<Result<Connection>> connect(Loop& loop, net::Address address)
{
    auto begun = net::Stream::begin_connect(address);
    if (!begun) co_return begun.error();
    detail::Channel writable{loop, begun->fd(), detail::Direction::write};
    writable.expect_ready(false);  // it is decided when the socket is writable
    const auto done =
        co_await detail::operation<detail::Nothing>(writable, [&]() noexcept { return net::platform::pending_error(begun->fd()); });
    if (!done) co_return done.error();
    co_return Connection{std::move(*begun)};
}

}  // namespace weir::async
