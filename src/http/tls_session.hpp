#pragma once

#include "http/message.hpp"
#include "http/tls.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace weir::http {

// Protocols to agree on, in ALPN's wire form, most wanted first. RFC 7301, 3.1.
constexpr std::string_view alpn_both{"\x02h2\x08http/1.1"};
constexpr std::string_view alpn_http1{"\x08http/1.1"};
constexpr std::string_view alpn_http2{"\x02h2"};

/// Why a handshake or a record failed.
struct TlsFailure {
    enum class Kind : uint8_t { certificate, configuration, alert, protocol };
    Kind kind = Kind::protocol;
    uint8_t alert = 0;  // of the peer, with Kind::alert
    std::string text;
};

/// What a client's connections to one origin share.
class TlsClientContext {
public:
    static Result<std::shared_ptr<const TlsClientContext>, std::string> create(const TlsClientOptions& options,
                                                                               const std::string& origin_host,
                                                                               std::string_view alpn);
    ~TlsClientContext();
    TlsClientContext(const TlsClientContext&) = delete;
    TlsClientContext& operator=(const TlsClientContext&) = delete;

    struct Impl;
    [[nodiscard]] const Impl& impl() const noexcept { return *m_impl; }

private:
    TlsClientContext();
    std::unique_ptr<Impl> m_impl;
};

/// One connection's TLS, without its socket: bytes from the network are put in, bytes for it are taken out.
class TlsSession {
public:
    /// Null when memory is short.
    static std::unique_ptr<TlsSession> accept(const TlsServerContext& context);
    static std::unique_ptr<TlsSession> connect(const TlsClientContext& context);
    ~TlsSession();
    TlsSession(const TlsSession&) = delete;
    TlsSession& operator=(const TlsSession&) = delete;

    enum class Status : uint8_t { ok, want_input, closed, failed };
    void put_input(std::string_view ciphertext);
    /// Goes on with the handshake. Look at take_output() after every call, whatever it answered.
    Status handshake();
    /// Decrypts into `plain`; ok with the size, closed at the peer's close_notify.
    Status read(std::span<char> plain, size_t& size);
    Status write(std::string_view plain);
    void close_notify();
    /// Appends what is to be sent to `output`, by a function that takes a std::string_view.
    template <class Append>
    void take_output(Append append)
    {
        const std::string_view bytes = output();
        if (bytes.empty()) return;
        append(bytes);
        clear_output();
    }

    [[nodiscard]] const TlsFailure& failure() const noexcept { return m_failure; }
    /// After the handshake: "h2", "http/1.1" or empty.
    [[nodiscard]] std::string_view alpn() const noexcept;
    [[nodiscard]] TlsInfo info() const;

    struct Impl;

private:
    TlsSession();
    [[nodiscard]] std::string_view output() const noexcept;
    void clear_output() noexcept;
    Status status_of(int result);

    std::unique_ptr<Impl> m_impl;
    TlsFailure m_failure;
};

}  // namespace weir::http
