/* Ed25519, the reference code of SUPERCOP (32-bit multiplications): make a key, sign and verify. */
#include "../kernels/kernel.h"

#include <crypto_sign.h>
#include <string.h>

static uint64_t kernel(uint32_t iterations)
{
    unsigned char seed[32] = {7}, public_key[32], secret_key[64], message[64] = "message", packet[128], opened[128];
    uint64_t sum = 0;
    for (uint32_t i = 0; i < iterations; ++i) {
        unsigned long long packet_bytes = 0, opened_bytes = 0;
        crypto_sign_publickey(public_key, secret_key, seed);
        memcpy(message + 8, &sum, sizeof sum);
        crypto_sign(packet, &packet_bytes, message, sizeof message, secret_key);
        if (crypto_sign_open(opened, &opened_bytes, packet, packet_bytes, public_key) != 0) abort();
        memcpy(seed, packet, sizeof seed);
        for (int k = 0; k < 64; ++k) sum = mix(sum, packet[k]);
    }
    return sum;
}
