#include "host/fastly/pem.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <climits>
#include <memory>

namespace weir::fastly {

namespace {

struct Free {
    void operator()(BIO* bio) const { ::BIO_free(bio); }
    void operator()(X509* certificate) const { ::X509_free(certificate); }
    void operator()(EVP_PKEY* key) const { ::EVP_PKEY_free(key); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

Owned<BIO> reader_of(std::string_view pem)
{
    return Owned<BIO>{pem.size() > INT_MAX ? nullptr : ::BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
}

/// Nobody is asked for a password.
int no_password(char* /*buffer*/, int /*size*/, int /*is_writing*/, void* /*data*/) { return -1; }

/// Whether reading ended because there is nothing more, rather than at something that is wrong.
bool is_at_end()
{
    const unsigned long error = ::ERR_peek_last_error();
    ::ERR_clear_error();
    return ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

}  // namespace

std::optional<size_t> count_certificates(std::string_view pem)
{
    const Owned<BIO> reader = reader_of(pem);
    if (reader == nullptr) return std::nullopt;
    ::ERR_clear_error();
    size_t count = 0;
    while (Owned<X509>{::PEM_read_bio_X509(reader.get(), nullptr, no_password, nullptr)} != nullptr) ++count;
    if (!is_at_end()) return std::nullopt;
    return count;
}

size_t count_private_keys(std::string_view pem)
{
    const Owned<BIO> reader = reader_of(pem);
    if (reader == nullptr) return 0;
    size_t count = 0;
    while (Owned<EVP_PKEY>{::PEM_read_bio_PrivateKey(reader.get(), nullptr, no_password, nullptr)} != nullptr) ++count;
    ::ERR_clear_error();
    return count;
}

std::string to_pem(std::string_view certificate_der)
{
    const Owned<BIO> writer{::BIO_new(::BIO_s_mem())};
    const auto* bytes = reinterpret_cast<const unsigned char*>(certificate_der.data());
    if (writer == nullptr ||
        ::PEM_write_bio(writer.get(), PEM_STRING_X509, "", bytes, static_cast<long>(certificate_der.size())) <= 0)
        return {};
    char* text = nullptr;
    const long size = BIO_get_mem_data(writer.get(), &text);
    return {text, static_cast<size_t>(size)};
}

}  // namespace weir::fastly
