#include "http/transport.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace weir::http {

namespace {

constexpr size_t receive_bytes = size_t{64} * 1024;
// How often one connection reads before others get their turn.
constexpr int reads_in_a_row = 4;

// Filled by a read and used up before the loop goes on.
std::array<char, receive_bytes>& scratch()
{
    thread_local std::array<char, receive_bytes> bytes;
    return bytes;
}

}  // namespace

Transport::Transport(EventLoop& loop, UniqueFd socket, std::unique_ptr<TlsSession> tls, TransportUser& user,
                     TransportOptions options)
    : m_loop(loop), m_watch(loop, std::move(socket)), m_tls(std::move(tls)), m_user(&user), m_options(options),
      m_progress_timer(loop, [this] { run(&Transport::check_progress); }),
      m_linger_timer(loop, [this] { run(&Transport::finish_lingering); })
{
}
Transport::~Transport() = default;

// A step may close the transport, and its user let go of it.
void Transport::run(void (Transport::*step)())
{
    const auto self = shared_from_this();
    if (is_open()) ((*this).*step)();
}

void Transport::later(void (Transport::*step)())
{
    m_loop.defer([weak = weak_from_this(), step] {
        if (const auto self = weak.lock()) self->run(step);
    });
}

void Transport::start() { later(&Transport::go_on_with_handshake); }

void Transport::go_on_with_handshake()
{
    if (m_tls) {
        for (;;) {
            const auto status = m_tls->handshake();
            take_tls_output();
            send_output();
            if (!is_open() || m_has_failed) return;
            if (status == TlsSession::Status::ok) break;
            if (status != TlsSession::Status::want_input) {
                fail({TransportFailure::Kind::tls, m_tls->failure()});
                return;
            }
            std::string_view bytes;
            const Got got = receive_raw(bytes);
            if (got == Got::nothing) {
                m_watch.wait_readable([this] { run(&Transport::go_on_with_handshake); });
                return;
            }
            if (got != Got::bytes) {
                fail({});
                return;
            }
            m_tls->put_input(bytes);
        }
        m_socket_is_drained = false;
    }
    m_is_ready = true;
    m_user->on_ready();
    if (is_open()) pump_input();
}

void Transport::resume_input()
{
    m_is_paused = false;
    if (m_is_resume_scheduled) return;
    m_is_resume_scheduled = true;
    later(&Transport::offer_kept);
}

void Transport::offer_kept()
{
    m_is_resume_scheduled = false;
    if (!m_is_ready || m_has_failed) return;
    if (!m_input.is_empty()) offer({});
    if (is_open()) pump_input();
}

void Transport::offer(std::string_view bytes)
{
    if (m_is_lingering) {
        m_input.clear();
        return;
    }
    m_is_pumping = true;
    if (m_input.is_empty()) {
        const size_t used = m_user->on_input(bytes);
        if (is_open()) m_input.append(bytes.substr(used));
    } else {
        m_input.append(bytes);
        const size_t used = m_user->on_input(m_input.bytes());
        if (is_open()) m_input.consume(used);
    }
    m_is_pumping = false;
}

void Transport::pump_input()
{
    for (int reads = 0; is_open() && !m_has_failed && !m_input_ended && (!m_is_paused || m_is_lingering); ++reads) {
        if (reads == reads_in_a_row) {
            later(&Transport::pump_input);
            return;
        }
        std::string_view bytes;
        const Got got = receive(bytes);
        if (got == Got::nothing) {
            wait_for_input();
            return;
        }
        if (got == Got::failure) return;
        if (got == Got::end) {
            m_input_ended = true;
            if (m_is_lingering) {
                if (m_output_is_shut) finish_lingering();
                return;
            }
            m_user->on_input_end(!m_tls || bytes.data() == nullptr);
            return;
        }
        offer(bytes);
    }
}

/// Decrypted bytes. At an end, `bytes` is not null where TLS did not announce it.
Transport::Got Transport::receive(std::string_view& bytes)
{
    if (!m_tls) return receive_raw(bytes);
    for (;;) {
        size_t size = 0;
        const auto status = m_tls->read(scratch(), size);
        take_tls_output();  // alerts, answers to updates of keys
        if (has_output()) send_output();
        if (m_has_failed) return Got::failure;
        switch (status) {
        case TlsSession::Status::ok: bytes = {scratch().data(), size}; return Got::bytes;
        case TlsSession::Status::closed: bytes = {}; return Got::end;
        case TlsSession::Status::failed: fail({TransportFailure::Kind::tls, m_tls->failure()}); return Got::failure;
        case TlsSession::Status::want_input: break;
        }
        std::string_view raw;
        const Got got = receive_raw(raw);
        if (got == Got::end) {
            bytes = {scratch().data(), 0};
            return Got::end;
        }
        if (got != Got::bytes) return got;
        m_tls->put_input(raw);
    }
}

Transport::Got Transport::receive_raw(std::string_view& bytes)
{
    // A read that was shorter than its buffer took all there was: the next would only say so.
    if (std::exchange(m_socket_is_drained, false)) return Got::nothing;
    for (;;) {
        const ssize_t got = ::recv(m_watch.fd(), scratch().data(), scratch().size(), 0);
        if (got > 0) {
            m_received_bytes += static_cast<uint64_t>(got);
            m_socket_is_drained = static_cast<size_t>(got) < scratch().size();
            bytes = {scratch().data(), static_cast<size_t>(got)};
            return Got::bytes;
        }
        if (got == 0) return Got::end;
        if (errno == EINTR) continue;
        if (errno == EAGAIN || errno == EWOULDBLOCK) return Got::nothing;
        fail({});
        return Got::failure;
    }
}

void Transport::wait_for_input()
{
    m_watch.wait_readable([this] { run(&Transport::pump_input); });
}

size_t Transport::output_room() const noexcept
{
    if (m_has_failed || m_output_is_broken) return 0;
    return m_options.output_buffer_bytes - std::min(m_options.output_buffer_bytes, m_output.size());
}

void Transport::write(std::string_view bytes)
{
    if (!is_open() || m_has_failed || m_is_lingering || m_output_is_broken) return;
    if (!m_tls) {
        m_output.append(bytes);
    } else {
        m_tls->write(bytes);  // into memory; a failure is seen when reading
        take_tls_output();
    }
    if (output_room() == 0) m_was_out_of_room = true;
}

void Transport::take_tls_output()
{
    m_tls->take_output([this](std::string_view bytes) { m_output.append(bytes); });
}

void Transport::flush()
{
    if (is_open() && !m_has_failed) send_output();
}

void Transport::send_output()
{
    while (!m_output.is_empty()) {
        const std::string_view bytes = m_output.bytes();
        const ssize_t sent = ::send(m_watch.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent >= 0) {
            m_sent_bytes += static_cast<uint64_t>(sent);
            m_output.consume(static_cast<size_t>(sent));
            continue;
        }
        if (errno == EINTR) continue;
        if (errno == EAGAIN || errno == EWOULDBLOCK) {
            wait_for_output();
            return;
        }
        m_output.clear();
        if (!m_options.reads_on_when_output_breaks || m_is_lingering) {
            fail({});
        } else if (!std::exchange(m_output_is_broken, true)) {
            later(&Transport::read_what_came_before);
        }
        return;
    }
    m_progress_timer.clear();
    if (m_is_lingering && !m_output_is_shut) {
        m_output_is_shut = true;
        ::shutdown(m_watch.fd(), SHUT_WR);
        if (m_input_ended) later(&Transport::finish_lingering);
        else m_linger_timer.set_after(m_linger_limit);
    }
}

void Transport::read_what_came_before()
{
    if (m_is_paused || m_has_failed) return;  // resuming gets to the failure
    m_socket_is_drained = false;
    pump_input();
    if (is_open() && !m_is_paused && !m_input_ended) fail({});
}

void Transport::wait_for_output()
{
    if (m_options.progress_timeout.count() > 0 && !m_progress_timer.is_set()) {
        m_sent_at_check = m_sent_bytes;
        m_progress_timer.set_after(m_options.progress_timeout);
    }
    m_watch.wait_writable([this] { run(&Transport::output_is_possible); });
}

void Transport::output_is_possible()
{
    send_output();
    if (m_has_failed || m_is_lingering || !m_was_out_of_room || output_room() < m_options.output_buffer_bytes / 2) return;
    m_was_out_of_room = false;
    m_user->on_output_room();
}

void Transport::check_progress()
{
    if (!has_output()) return;
    if (m_sent_bytes - m_sent_at_check < m_options.min_progress_bytes) {
        fail({TransportFailure::Kind::timed_out, {}});
        return;
    }
    m_sent_at_check = m_sent_bytes;
    m_progress_timer.set_after(m_options.progress_timeout);
}

// Told from the loop: whoever writes or flushes is not called back from within.
void Transport::fail(TransportFailure failure)
{
    if (m_has_failed) return;
    m_has_failed = true;
    m_progress_timer.clear();
    m_loop.defer([weak = weak_from_this(), failure = std::move(failure)] {
        const auto self = weak.lock();
        if (!self || !self->is_open()) return;
        TransportUser& user = *self->m_user;
        const bool was_lingering = self->m_is_lingering;
        self->close();
        if (was_lingering) user.on_closed();
        else user.on_failure(failure);
    });
}

void Transport::linger_and_close(Duration limit)
{
    if (!is_open() || m_is_lingering) return;
    if (m_tls && !m_has_failed) {
        m_tls->close_notify();
        take_tls_output();
    }
    m_is_lingering = true;
    m_input.release();
    m_linger_limit = limit;
    if (m_has_failed) return;
    send_output();
    if (!m_is_pumping) later(&Transport::pump_input);
}

void Transport::finish_lingering()
{
    TransportUser& user = *m_user;
    close();
    user.on_closed();
}

void Transport::close() noexcept
{
    if (!is_open()) return;
    m_user = nullptr;
    m_progress_timer.clear();
    m_linger_timer.clear();
    m_watch.close();
    m_input.release();
    m_output.release();
}

void Transport::reset() noexcept
{
    const linger abort{.l_onoff = 1, .l_linger = 0};
    if (is_open()) ::setsockopt(m_watch.fd(), SOL_SOCKET, SO_LINGER, &abort, sizeof abort);
    close();
}

}  // namespace weir::http
