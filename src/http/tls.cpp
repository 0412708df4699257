#include "http/tls.hpp"

#include "http/tls_session.hpp"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <arpa/inet.h>

#include <algorithm>
#include <array>

namespace weir::http {

namespace {

template <auto free_function>
struct Freed {
    void operator()(auto* object) const noexcept { free_function(object); }
};
using SslContext = std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>>;
using Ssl = std::unique_ptr<SSL, Freed<SSL_free>>;
using Bio = std::unique_ptr<BIO, Freed<BIO_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;

/// The oldest error of the thread's queue, which is emptied.
std::string take_ssl_error()
{
    const unsigned long code = ERR_get_error();
    ERR_clear_error();
    if (code == 0) return "unknown error";
    const char* reason = ERR_reason_error_string(code);
    return reason != nullptr ? reason : fmt::format("OpenSSL error {:#x}", code);
}

int version_number(TlsVersion version)
{
    constexpr std::array<int, 4> numbers{TLS1_VERSION, TLS1_1_VERSION, TLS1_2_VERSION, TLS1_3_VERSION};
    return numbers[static_cast<size_t>(version)];
}

void set_up(SSL_CTX* context, TlsVersion min_version)
{
    SSL_CTX_set_min_proto_version(context, version_number(min_version));
    // Debian's OpenSSL lets TLS 1.0 and 1.1 be used at security level 0 only. Who asks for them gets them.
    if (min_version < TlsVersion::tls_1_2) SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_AUTO_RETRY);
}

const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

int choose_alpn(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in, unsigned in_size, void* offered)
{
    const auto& ours = *static_cast<const std::string_view*>(offered);
    unsigned char* chosen = nullptr;
    if (SSL_select_next_proto(&chosen, out_size, bytes(ours), static_cast<unsigned>(ours.size()), in, in_size) !=
        OPENSSL_NPN_NEGOTIATED) {
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

bool is_address(const std::string& host)
{
    std::array<unsigned char, 16> address{};
    return inet_pton(AF_INET, host.c_str(), address.data()) == 1 || inet_pton(AF_INET6, host.c_str(), address.data()) == 1;
}

// Calls `take` with each certificate of a PEM text. False when one is malformed.
template <class Take>
bool for_each_certificate(const std::string& pem, Take take)
{
    const Bio bio{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
    while (X509* certificate = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
        if (!take(Certificate{certificate})) return false;
    }
    const bool is_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    ERR_clear_error();
    return is_end;
}

}  // namespace

struct TlsServerContext::Impl {
    SslContext context;
    std::string_view alpn;
};

TlsServerContext::TlsServerContext() : m_impl(std::make_unique<Impl>()) {}
TlsServerContext::~TlsServerContext() = default;

Result<std::shared_ptr<const TlsServerContext>, std::string> TlsServerContext::create(const TlsServerOptions& options)
{
    std::shared_ptr<TlsServerContext> made{new TlsServerContext};
    Impl& impl = *made->m_impl;
    impl.context.reset(SSL_CTX_new(TLS_server_method()));
    SSL_CTX* context = impl.context.get();
    if (context == nullptr) return Unexpected{"cannot set up TLS: " + take_ssl_error()};
    set_up(context, options.min_version);
    ERR_clear_error();
    if (SSL_CTX_use_certificate_chain_file(context, options.certificate_file.c_str()) != 1) {
        return Unexpected{fmt::format("cannot use '{}' as certificate (PEM, the server's own first): {}", options.certificate_file,
                                      take_ssl_error())};
    }
    if (SSL_CTX_use_PrivateKey_file(context, options.key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
        return Unexpected{fmt::format("cannot use '{}' as key (PEM) of the certificate '{}': {}", options.key_file,
                                      options.certificate_file, take_ssl_error())};
    }
    if (!options.client_ca_file.empty()) {
        STACK_OF(X509_NAME)* names = SSL_load_client_CA_file(options.client_ca_file.c_str());
        if (names == nullptr || SSL_CTX_load_verify_locations(context, options.client_ca_file.c_str(), nullptr) != 1) {
            return Unexpected{fmt::format("cannot read authorities of client certificates from '{}': {}", options.client_ca_file,
                                          take_ssl_error())};
        }
        SSL_CTX_set_client_CA_list(context, names);
        // Without `require`, a certificate that does not verify is told to the handler instead of ending the handshake.
        const auto accept_any = [](int, X509_STORE_CTX*) { return 1; };
        if (options.require_client_certificate) {
            SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
        } else {
            SSL_CTX_set_verify(context, SSL_VERIFY_PEER, accept_any);
        }
        // With client certificates, sessions are resumed only within the same set-up.
        SSL_CTX_set_session_id_context(context, bytes("weir"), 4);
    }
    impl.alpn = options.offer_http2 ? alpn_both : alpn_http1;
    SSL_CTX_set_alpn_select_cb(context, choose_alpn, &impl.alpn);
    return std::shared_ptr<const TlsServerContext>{std::move(made)};
}

struct TlsClientContext::Impl {
    SslContext context;
    std::string sni;  // empty: none is sent
    std::string verify_host;
};

TlsClientContext::TlsClientContext() : m_impl(std::make_unique<Impl>()) {}
TlsClientContext::~TlsClientContext() = default;

Result<std::shared_ptr<const TlsClientContext>, std::string> TlsClientContext::create(const TlsClientOptions& options,
                                                                                      const std::string& origin_host,
                                                                                      std::string_view alpn)
{
    std::shared_ptr<TlsClientContext> made{new TlsClientContext};
    Impl& impl = *made->m_impl;
    impl.context.reset(SSL_CTX_new(TLS_client_method()));
    SSL_CTX* context = impl.context.get();
    if (context == nullptr) return Unexpected{"cannot set up TLS: " + take_ssl_error()};
    if (options.min_version > options.max_version) return Unexpected{std::string{"the lowest TLS version is above the highest"}};
    set_up(context, options.min_version);
    SSL_CTX_set_max_proto_version(context, version_number(options.max_version));
    ERR_clear_error();
    if (!options.ciphers.empty() && SSL_CTX_set_cipher_list(context, options.ciphers.c_str()) != 1) {
        return Unexpected{fmt::format("no usable cipher in '{}'", options.ciphers)};
    }

    size_t authorities = 0;
    const bool is_read = for_each_certificate(options.ca_pem, [&](const Certificate& certificate) {
        ++authorities;
        return X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate.get()) == 1;
    });
    if (!is_read) return Unexpected{std::string{"the CA certificates are not valid PEM"}};
    if (authorities == 0) SSL_CTX_set_default_verify_paths(context);

    if (!options.client_certificate_pem.empty()) {
        size_t count = 0;
        const bool is_chain = for_each_certificate(options.client_certificate_pem, [&](Certificate certificate) {
            return (count++ == 0 ? SSL_CTX_use_certificate(context, certificate.get())
                                 : SSL_CTX_add0_chain_cert(context, certificate.release())) == 1;
        });
        if (!is_chain || count == 0) return Unexpected{std::string{"the client certificate is not valid PEM"}};
        const Bio bio{BIO_new_mem_buf(options.client_key_pem.data(), static_cast<int>(options.client_key_pem.size()))};
        const Key key{PEM_read_bio_PrivateKey(bio.get(), nullptr, [](char*, int, int, void*) { return 0; }, nullptr)};
        if (!key) return Unexpected{"the client certificate's key is not valid PEM: " + take_ssl_error()};
        if (SSL_CTX_use_PrivateKey(context, key.get()) != 1 || SSL_CTX_check_private_key(context) != 1) {
            return Unexpected{"the key is not that of the client certificate: " + take_ssl_error()};
        }
    }

    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    impl.verify_host = options.verify_host.empty() ? origin_host : options.verify_host;
    impl.sni = options.sni_host.empty() ? impl.verify_host : options.sni_host;
    if (!options.send_sni || is_address(impl.sni)) impl.sni.clear();
    if (SSL_CTX_set_alpn_protos(context, bytes(alpn), static_cast<unsigned>(alpn.size())) != 0) {
        return Unexpected{"cannot set up ALPN: " + take_ssl_error()};
    }
    return std::shared_ptr<const TlsClientContext>{std::move(made)};
}

struct TlsSession::Impl {
    Ssl ssl;
    BIO* from_network = nullptr;  // ssl owns both
    BIO* to_network = nullptr;
    std::string client_hello;
    uint8_t received_alert = 0;
    bool has_received_alert = false;
};

TlsSession::TlsSession() : m_impl(std::make_unique<Impl>()) {}
TlsSession::~TlsSession()
{
    // Callbacks must not see this object while it goes.
    if (m_impl->ssl) SSL_set_msg_callback(m_impl->ssl.get(), nullptr);
}

namespace {

bool attach(TlsSession::Impl& impl, SSL_CTX* context)
{
    impl.ssl.reset(SSL_new(context));
    impl.from_network = BIO_new(BIO_s_mem());
    impl.to_network = BIO_new(BIO_s_mem());
    if (!impl.ssl || impl.from_network == nullptr || impl.to_network == nullptr) {
        BIO_free(impl.from_network);
        BIO_free(impl.to_network);
        ERR_clear_error();
        return false;
    }
    // No more input is "not now", and no end.
    BIO_set_mem_eof_return(impl.from_network, -1);
    SSL_set_bio(impl.ssl.get(), impl.from_network, impl.to_network);
    SSL_set_app_data(impl.ssl.get(), &impl);
    return true;
}

}  // namespace

std::unique_ptr<TlsSession> TlsSession::accept(const TlsServerContext& context)
{
    std::unique_ptr<TlsSession> session{new TlsSession};
    if (!attach(*session->m_impl, context.impl().context.get())) return nullptr;
    SSL* ssl = session->m_impl->ssl.get();
    SSL_set_accept_state(ssl);
    SSL_set_msg_callback(ssl, [](int is_sent, int, int content_type, const void* data, size_t size, SSL* of, void*) {
        auto& impl = *static_cast<Impl*>(SSL_get_app_data(of));
        const std::string_view message{static_cast<const char*>(data), size};
        if (is_sent == 0 && content_type == SSL3_RT_HANDSHAKE && size > 0 && message[0] == SSL3_MT_CLIENT_HELLO &&
            impl.client_hello.empty()) {
            impl.client_hello = message;
        }
    });
    return session;
}

std::unique_ptr<TlsSession> TlsSession::connect(const TlsClientContext& context)
{
    std::unique_ptr<TlsSession> session{new TlsSession};
    const TlsClientContext::Impl& shared = context.impl();
    if (!attach(*session->m_impl, shared.context.get())) return nullptr;
    SSL* ssl = session->m_impl->ssl.get();
    SSL_set_connect_state(ssl);
    if (!shared.sni.empty()) SSL_set_tlsext_host_name(ssl, shared.sni.c_str());
    X509_VERIFY_PARAM* parameters = SSL_get0_param(ssl);
    const bool is_set = is_address(shared.verify_host)
                          ? X509_VERIFY_PARAM_set1_ip_asc(parameters, shared.verify_host.c_str()) == 1
                          : X509_VERIFY_PARAM_set1_host(parameters, shared.verify_host.c_str(), 0) == 1;
    if (!is_set) {
        ERR_clear_error();
        return nullptr;
    }
    SSL_set_msg_callback(ssl, [](int is_sent, int, int content_type, const void* data, size_t size, SSL* of, void*) {
        auto& impl = *static_cast<Impl*>(SSL_get_app_data(of));
        if (is_sent == 0 && content_type == SSL3_RT_ALERT && size == 2) {
            impl.received_alert = static_cast<const uint8_t*>(data)[1];
            impl.has_received_alert = true;
        }
    });
    return session;
}

void TlsSession::put_input(std::string_view ciphertext)
{
    BIO_write(m_impl->from_network, ciphertext.data(), static_cast<int>(ciphertext.size()));
}

TlsSession::Status TlsSession::status_of(int result)
{
    switch (SSL_get_error(m_impl->ssl.get(), result)) {
    case SSL_ERROR_NONE: return Status::ok;
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: return Status::want_input;
    case SSL_ERROR_ZERO_RETURN: return Status::closed;
    default: break;
    }
    const unsigned long code = ERR_peek_error();
    const long verified = SSL_get_verify_result(m_impl->ssl.get());
    if (m_impl->has_received_alert && m_impl->received_alert != SSL_AD_CLOSE_NOTIFY) {
        m_failure.kind = TlsFailure::Kind::alert;
        m_failure.alert = m_impl->received_alert;
        m_failure.text = SSL_alert_desc_string_long(m_impl->received_alert);
    } else if (verified != X509_V_OK) {
        m_failure.kind = TlsFailure::Kind::certificate;
        m_failure.text = X509_verify_cert_error_string(verified);
    } else {
        switch (ERR_GET_REASON(code)) {
        case SSL_R_NO_PROTOCOLS_AVAILABLE:
        case SSL_R_UNSUPPORTED_PROTOCOL:
        case SSL_R_NO_CIPHERS_AVAILABLE:
        case SSL_R_NO_SHARED_CIPHER:
        case SSL_R_VERSION_TOO_LOW:
        case SSL_R_VERSION_TOO_HIGH: m_failure.kind = TlsFailure::Kind::configuration; break;
        default: m_failure.kind = TlsFailure::Kind::protocol; break;
        }
        m_failure.text = code == 0 ? "the connection's records are malformed" : take_ssl_error();
    }
    ERR_clear_error();
    return Status::failed;
}

TlsSession::Status TlsSession::handshake()
{
    ERR_clear_error();
    return status_of(SSL_do_handshake(m_impl->ssl.get()));
}

TlsSession::Status TlsSession::read(std::span<char> plain, size_t& size)
{
    ERR_clear_error();
    size = 0;
    return status_of(SSL_read_ex(m_impl->ssl.get(), plain.data(), plain.size(), &size));
}

TlsSession::Status TlsSession::write(std::string_view plain)
{
    if (plain.empty()) return Status::ok;
    ERR_clear_error();
    size_t written = 0;
    return status_of(SSL_write_ex(m_impl->ssl.get(), plain.data(), plain.size(), &written));
}

void TlsSession::close_notify()
{
    ERR_clear_error();
    SSL_shutdown(m_impl->ssl.get());
    ERR_clear_error();
}

std::string_view TlsSession::output() const noexcept
{
    char* data = nullptr;
    const long size = BIO_get_mem_data(m_impl->to_network, &data);
    return size > 0 ? std::string_view{data, static_cast<size_t>(size)} : std::string_view{};
}

void TlsSession::clear_output() noexcept { BIO_reset(m_impl->to_network); }

std::string_view TlsSession::alpn() const noexcept
{
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(m_impl->ssl.get(), &name, &size);
    return {reinterpret_cast<const char*>(name), size};
}

TlsInfo TlsSession::info() const
{
    SSL* ssl = m_impl->ssl.get();
    TlsInfo info;
    info.protocol = SSL_get_version(ssl);
    info.cipher = SSL_get_cipher_name(ssl);
    if (const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name)) info.servername = name;
    info.client_hello = m_impl->client_hello;
    if (X509* certificate = SSL_get0_peer_certificate(ssl)) {
        unsigned char* der = nullptr;
        const int size = i2d_X509(certificate, &der);
        if (size > 0) info.client_certificate_der.assign(reinterpret_cast<const char*>(der), static_cast<size_t>(size));
        OPENSSL_free(der);
        info.client_certificate_verify_result = SSL_get_verify_result(ssl);
    }
    return info;
}

}  // namespace weir::http
