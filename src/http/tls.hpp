#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

// TLS contexts: what is set up once and shared by connections and threads. Over OpenSSL, which no header of weir shows.

namespace weir::http {

/// The protocol versions that can be asked for.
enum class TlsVersion : uint8_t { tls_1_0, tls_1_1, tls_1_2, tls_1_3 };

struct TlsServerOptions {
    std::string certificate_file;  // PEM, the chain with the server's own certificate first
    std::string key_file;          // PEM
    TlsVersion min_version = TlsVersion::tls_1_2;
    /// PEM file of authorities whose client certificates are asked for. Empty: clients are not asked.
    std::string client_ca_file;
    /// Whether a handshake without a valid client certificate fails. Otherwise the result is told in TlsInfo.
    bool require_client_certificate = false;
    bool offer_http2 = true;  // in ALPN; HTTP/1.1 always is
};

struct TlsClientOptions {
    /// What the certificate has to be for, a name or an address. Empty: the origin's host.
    std::string verify_host;
    /// Server Name Indication. Empty with `send_sni`: verify_host, unless that is an address.
    std::string sni_host;
    bool send_sni = true;
    /// PEM certificates that are trusted instead of the system's. Empty: the system's, or those of SSL_CERT_FILE and SSL_CERT_DIR.
    std::string ca_pem;
    std::string client_certificate_pem;  // the chain; empty for none
    std::string client_key_pem;
    TlsVersion min_version = TlsVersion::tls_1_2;
    TlsVersion max_version = TlsVersion::tls_1_3;
    std::string ciphers;  // OpenSSL's list, for TLS 1.2 and older; empty for its default
};

/// Shared by all connections of a server; immutable and safe for any thread.
class TlsServerContext {
public:
    /// Reads the files. The error says which file, and what is wrong with it.
    static Result<std::shared_ptr<const TlsServerContext>, std::string> create(const TlsServerOptions& options);
    ~TlsServerContext();
    TlsServerContext(const TlsServerContext&) = delete;
    TlsServerContext& operator=(const TlsServerContext&) = delete;

    struct Impl;
    [[nodiscard]] const Impl& impl() const noexcept { return *m_impl; }

private:
    TlsServerContext();
    std::unique_ptr<Impl> m_impl;
};

}  // namespace weir::http
