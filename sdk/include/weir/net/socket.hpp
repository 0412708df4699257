#pragma once

#include "weir/net/address.hpp"
#include "weir/net/platform.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

// Sockets that belong to whoever holds the object. They wait, unless made non-blocking; what would wait then answers EAGAIN.
// weir/async.hpp waits for many of them at once.

namespace weir::net {

enum class Blocking : bool { no, yes };

/// What all sockets have. An object without a socket (moved from, or closed) answers EBADF.
class Socket {
public:
    Socket() noexcept = default;
    /// Takes over a descriptor, such as one that the program was started with (--listen, --dial, LISTEN_FDS).
    explicit Socket(int fd) noexcept : m_fd(fd) {}
    Socket(Socket&& other) noexcept : m_fd(std::exchange(other.m_fd, -1)) {}
    Socket& operator=(Socket&& other) noexcept
    {
        if (this != &other) {
            close();
            m_fd = std::exchange(other.m_fd, -1);
        }
        return *this;
    }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    ~Socket() { close(); }

    [[nodiscard]] int fd() const noexcept { return m_fd; }
    [[nodiscard]] bool is_open() const noexcept { return m_fd >= 0; }
    void close() noexcept
    {
        if (m_fd >= 0) platform::close(std::exchange(m_fd, -1));
    }
    /// Gives the descriptor away.
    [[nodiscard]] int release() noexcept { return std::exchange(m_fd, -1); }

    Result<void> set_blocking(Blocking blocking) const noexcept
    {
        return done(platform::set_non_blocking(m_fd, blocking == Blocking::no));
    }
    [[nodiscard]] Result<Address> local_address() const
    {
        Address address;
        if (const int error = platform::local_address(m_fd, address); error != 0) return Error{error};
        return address;
    }
    /// @error ENOTCONN  There is no other end, or not yet.
    [[nodiscard]] Result<Address> peer_address() const
    {
        Address address;
        if (const int error = platform::peer_address(m_fd, address); error != 0) return Error{error};
        return address;
    }

protected:
    static Result<void> done(int error) noexcept { return error == 0 ? Result<void>{} : Result<void>{Error{error}}; }

    int m_fd = -1;
};

/// One end of a connection over TCP or a unix socket.
class Stream : public Socket {
public:
    using Socket::Socket;

    /// @error ECONNREFUSED  Nobody listens there.
    /// @error EACCES        The program was not granted to connect there (of guests: --net tcp:connect=HOST:PORT).
    static Result<Stream> connect(const Address& address)
    {
        int fd = -1;
        int error = platform::open(address.family(), platform::Kind::stream, false, fd);
        Stream stream{error == 0 ? fd : -1};
        if (error == 0) error = platform::connect(fd, address);
        if (error != 0) return Error{error};
        return stream;
    }
    /// Begins to connect, without waiting. When the stream is writable, connected() says how it went.
    static Result<Stream> begin_connect(const Address& address)
    {
        int fd = -1;
        int error = platform::open(address.family(), platform::Kind::stream, true, fd);
        Stream stream{fd};
        if (error == 0) error = platform::connect(fd, address);
        if (error != 0 && error != EINPROGRESS) return Error{error};
        return stream;
    }
    [[nodiscard]] Result<void> connected() const noexcept { return done(platform::pending_error(m_fd)); }

    /// Reads what is there, at most `into.size()` bytes. 0 is the end: the other side sends no more.
    Result<size_t> read(std::span<std::byte> into) noexcept
    {
        size_t size = 0;
        const int error = platform::read(m_fd, into.data(), into.size(), size);
        if (error != 0) return Error{error};
        return size;
    }
    /// Writes as much as there is room for.
    /// @error EPIPE, ECONNRESET  The other side is gone.
    Result<size_t> write(std::string_view text) noexcept
    {
        const iovec part{const_cast<char*>(text.data()), text.size()};
        return write(std::span{&part, 1});
    }
    Result<size_t> write(std::span<const iovec> parts) noexcept
    {
        size_t size = 0;
        const int error = platform::write(m_fd, parts.data(), parts.size(), size);
        if (error != 0) return Error{error};
        return size;
    }
    /// Says to the other side that nothing more comes.
    Result<void> finish_writing() noexcept { return done(platform::shutdown(m_fd, platform::How::write)); }
    /// Whether small writes leave at once instead of waiting for the answer to the last. Off when a connection is made.
    Result<void> set_no_delay(bool is_on) noexcept { return done(platform::set_option(m_fd, platform::Option::no_delay, is_on)); }
    Result<void> set_keep_alive(bool is_on) noexcept
    {
        return done(platform::set_option(m_fd, platform::Option::keep_alive, is_on));
    }
};

/// Takes connections over TCP or a unix socket.
class Listener : public Socket {
public:
    using Socket::Socket;

    /// @param address  Port 0 is any free port, see local_address(). A unix socket's path must not exist yet, and is not removed.
    /// @error EADDRINUSE  Somebody else listens there.
    /// @error EACCES      The program was not granted to listen there (of guests: --net tcp:listen=HOST:PORT).
    static Result<Listener> listen(const Address& address, int backlog = 1024)
    {
        int fd = -1;
        int error = platform::open(address.family(), platform::Kind::stream, false, fd);
        Listener listener{error == 0 ? fd : -1};
        // A server that was just ended left connections behind, which do not keep the next from listening.
        if (error == 0 && address.family() != Family::unix_path)
            static_cast<void>(platform::set_option(fd, platform::Option::reuse_address, true));
        if (error == 0) error = platform::bind(fd, address);
        if (error == 0) error = platform::listen(fd, backlog);
        if (error != 0) return Error{error};
        return listener;
    }
    /// Takes the next connection.
    /// @param blocking  Of the stream; whether accept itself waits is the listener's.
    Result<Stream> accept(Blocking blocking = Blocking::yes) noexcept
    {
        int fd = -1;
        if (const int error = platform::accept(m_fd, blocking == Blocking::no, fd); error != 0) return Error{error};
        return Stream{fd};
    }
};

/// Messages over UDP, or a unix datagram socket.
class Datagrams : public Socket {
public:
    using Socket::Socket;

    struct Received {
        size_t size;
        Address from;
        bool is_cut;  // more was sent than there was room for; the rest is lost
    };

    /// @param address  Port 0 is any free port, see local_address().
    static Result<Datagrams> bind(const Address& address)
    {
        int fd = -1;
        int error = platform::open(address.family(), platform::Kind::datagram, false, fd);
        Datagrams socket{error == 0 ? fd : -1};
        if (error == 0) error = platform::bind(fd, address);
        if (error != 0) return Error{error};
        return socket;
    }
    /// Sends a message whole, or not at all.
    Result<void> send_to(std::string_view message, const Address& to) noexcept
    {
        size_t size = 0;
        return done(platform::send_to(m_fd, message.data(), message.size(), to, size));
    }
    Result<Received> receive(std::span<std::byte> into) noexcept
    {
        Received received{};
        const int error = platform::receive_from(m_fd, into.data(), into.size(), received.from, received.size, received.is_cut);
        if (error != 0) return Error{error};
        return received;
    }
    Result<void> set_broadcast(bool is_on) noexcept { return done(platform::set_option(m_fd, platform::Option::broadcast, is_on)); }
};

}  // namespace weir::net
