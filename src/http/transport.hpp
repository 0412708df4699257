#pragma once

#include "http/byte_queue.hpp"
#include "http/event_loop.hpp"
#include "http/tls_session.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace weir::http {

/// How a connection broke.
struct TransportFailure {
    enum class Kind : uint8_t { reset, timed_out, tls };
    Kind kind = Kind::reset;
    TlsFailure tls;  // of Kind::tls
};

/// Who uses a Transport. Called from the loop, never from within a call of the transport's.
class TransportUser {
public:
    TransportUser() = default;
    TransportUser(const TransportUser&) = delete;
    TransportUser& operator=(const TransportUser&) = delete;
    virtual ~TransportUser() = default;

    /// The TLS handshake is over; without TLS, soon after start().
    virtual void on_ready() = 0;
    /// All input that has not been consumed so far. The answer is how much is consumed now; the rest comes again, with what follows.
    virtual size_t on_input(std::string_view input) = 0;
    /// No more input comes. Clean: the peer ended its side; with TLS, it said so under encryption.
    virtual void on_input_end(bool is_clean) = 0;
    /// There is room for output again, after there was none.
    virtual void on_output_room() = 0;
    /// The connection is broken; nothing follows.
    virtual void on_failure(const TransportFailure& failure) = 0;
    /// What linger_and_close() began is over; nothing follows.
    virtual void on_closed() = 0;
};

struct TransportOptions {
    /// While output waits, in each such span at least `min_progress_bytes` have to leave, or all of it.
    Duration progress_timeout{};
    uint32_t min_progress_bytes = 0;
    size_t output_buffer_bytes = size_t{128} * 1024;
    /// Whether input is still read when sending fails: an origin may answer a request that it does not want to the end, and close.
    bool reads_on_when_output_breaks = false;
};

/// A connected stream socket and the TLS on it. Input is read into a buffer that the thread's transports share, so that one that
/// waits holds no memory for it; output is queued and sent by flush().
class Transport : public std::enable_shared_from_this<Transport> {
public:
    /// `tls` may be null. `user` has to live until the transport is closed.
    Transport(EventLoop& loop, UniqueFd socket, std::unique_ptr<TlsSession> tls, TransportUser& user, TransportOptions options);
    ~Transport();
    Transport(const Transport&) = delete;
    Transport& operator=(const Transport&) = delete;

    void start();

    /// Stops to read, so that the peer has to wait. Bytes that are here already may still come.
    void pause_input() noexcept { m_is_paused = true; }
    /// Goes on: what was not consumed is offered again, from the loop.
    void resume_input();
    /// Whether there is input that was offered and not consumed.
    [[nodiscard]] bool has_input() const noexcept { return !m_input.is_empty(); }
    [[nodiscard]] bool is_input_paused() const noexcept { return m_is_paused; }

    /// Bytes that the output's buffer has room for; none once sending has failed. write() takes more, but should not be given it.
    [[nodiscard]] size_t output_room() const noexcept;
    void write(std::string_view bytes);
    /// Sends what there is, as far as the system takes it now, and the rest when it can. A failure is told from the loop.
    void flush();
    [[nodiscard]] bool has_output() const noexcept { return !m_output.is_empty(); }

    /// Ends the connection so that the peer can read what was sent before: sends what is queued, ends our side, and then reads on without
    /// looking until the peer ends its, or for `limit`. Then on_closed().
    void linger_and_close(Duration limit);
    /// Ends the connection at once. The user is called no more.
    void close() noexcept;
    /// The same by a reset, which the peer cannot take for an end.
    void reset() noexcept;
    [[nodiscard]] bool is_open() const noexcept { return m_user != nullptr; }

    [[nodiscard]] TlsSession* tls() noexcept { return m_tls.get(); }
    [[nodiscard]] uint64_t received_bytes() const noexcept { return m_received_bytes; }
    [[nodiscard]] uint64_t sent_bytes() const noexcept { return m_sent_bytes; }
    [[nodiscard]] int fd() const noexcept { return m_watch.fd(); }

private:
    enum class Got : uint8_t { bytes, nothing, end, failure };

    void run(void (Transport::*step)());
    void later(void (Transport::*step)());
    void go_on_with_handshake();
    void pump_input();
    void offer_kept();
    void offer(std::string_view bytes);
    Got receive(std::string_view& bytes);
    Got receive_raw(std::string_view& bytes);
    void wait_for_input();
    void send_output();
    void wait_for_output();
    void output_is_possible();
    void read_what_came_before();
    void take_tls_output();
    void check_progress();
    void fail(TransportFailure failure);
    void finish_lingering();

    EventLoop& m_loop;
    FdWatch m_watch;
    std::unique_ptr<TlsSession> m_tls;
    TransportUser* m_user;
    TransportOptions m_options;

    ByteQueue m_input;   // received, decrypted, not consumed
    ByteQueue m_output;  // to be sent, encrypted
    Timer m_progress_timer;
    Timer m_linger_timer;
    uint64_t m_received_bytes = 0;
    uint64_t m_sent_bytes = 0;
    uint64_t m_sent_at_check = 0;
    bool m_is_ready = false;
    bool m_is_paused = false;
    bool m_is_pumping = false;
    bool m_is_resume_scheduled = false;
    bool m_socket_is_drained = true;  // the last read took all there was
    bool m_input_ended = false;
    bool m_has_failed = false;
    bool m_was_out_of_room = false;
    bool m_is_lingering = false;
    bool m_output_is_shut = false;
    bool m_output_is_broken = false;
    Duration m_linger_limit{};
};

}  // namespace weir::http
