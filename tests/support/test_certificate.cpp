#include "support/test_certificate.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace weir {

namespace {

struct Identity {
    std::string certificate;
    std::string key;
};

std::string text_of(BIO* bio)
{
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    std::string text{data, static_cast<size_t>(size)};
    BIO_free(bio);
    return text;
}

Identity make_identity()
{
    EVP_PKEY* key = EVP_EC_gen("P-256");
    X509* certificate = X509_new();
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 24L * 3600);
    X509_set_pubkey(certificate, key);
    X509_NAME* name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
    X509_set_issuer_name(certificate, name);
    X509_EXTENSION* names = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
    X509_add_ext(certificate, names, -1);
    X509_EXTENSION_free(names);
    if (X509_sign(certificate, key, EVP_sha256()) == 0) std::abort();

    BIO* certificate_text = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(certificate_text, certificate);
    BIO* key_text = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey(key_text, key, nullptr, nullptr, 0, nullptr, nullptr);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return {text_of(certificate_text), text_of(key_text)};
}

const Identity& identity()
{
    static const Identity made = make_identity();
    return made;
}

}  // namespace

const std::string& test_certificate_pem() { return identity().certificate; }

const std::string& other_certificate_pem()
{
    static const Identity other = make_identity();
    return other.certificate;
}

std::shared_ptr<const http::TlsServerContext> test_server_context(bool offer_http2)
{
    std::string folder = (std::filesystem::temp_directory_path() / "weir-tls-XXXXXX").string();
    if (::mkdtemp(folder.data()) == nullptr) std::abort();
    http::TlsServerOptions options;
    options.certificate_file = folder + "/certificate.pem";
    options.key_file = folder + "/key.pem";
    options.offer_http2 = offer_http2;
    std::ofstream{options.certificate_file} << identity().certificate;
    std::ofstream{options.key_file} << identity().key;
    auto context = http::TlsServerContext::create(options);
    std::filesystem::remove_all(folder);
    if (!context) {
        std::fprintf(stderr, "%s\n", context.error().c_str());
        std::abort();
    }
    return *context;
}

}  // namespace weir
