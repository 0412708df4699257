#include "cache/sha256.hpp"

// The plain functions are deprecated for EVP's, which bring all of OpenSSL's algorithms into a static program: five megabytes, and a
// quarter of a millisecond at each start.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

namespace weir::cache {

Sha256 sha256(std::span<const std::byte> bytes)
{
    SHA256_CTX state;
    Sha256 digest;
    SHA256_Init(&state);
    SHA256_Update(&state, bytes.data(), bytes.size());
    SHA256_Final(digest.data(), &state);
    return digest;
}

}  // namespace weir::cache
