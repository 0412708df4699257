/* Byte loads, table look-ups and branches: encode 96 KiB as base64 and decode it again. */
#include "kernel.h"

#include <string.h>

static const char alphabet[64] = {'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O', 'P', 'Q', 'R', 'S', 'T', 'U', 'V',
                                  'W', 'X', 'Y', 'Z', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p', 'q', 'r',
                                  's', 't', 'u', 'v', 'w', 'x', 'y', 'z', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '+', '/'};

enum { plain_bytes = 3 * 32768, text_bytes = 4 * 32768 };
static uint8_t plain[plain_bytes], again[plain_bytes];
static char text[text_bytes];
static int8_t value_of[256];

static void encode(void)
{
    char* out = text;
    for (int i = 0; i < plain_bytes; i += 3) {
        const uint32_t group = (uint32_t)plain[i] << 16 | (uint32_t)plain[i + 1] << 8 | plain[i + 2];
        *out++ = alphabet[group >> 18];
        *out++ = alphabet[group >> 12 & 63];
        *out++ = alphabet[group >> 6 & 63];
        *out++ = alphabet[group & 63];
    }
}

/* Answers how many characters were no base64. */
static uint32_t decode(void)
{
    uint32_t wrong = 0;
    uint8_t* out = again;
    for (int i = 0; i < text_bytes; i += 4) {
        uint32_t group = 0;
        for (int k = 0; k < 4; ++k) {
            const int8_t value = value_of[(uint8_t)text[i + k]];
            if (value < 0) ++wrong;
            group = group << 6 | ((uint32_t)value & 63);
        }
        *out++ = (uint8_t)(group >> 16);
        *out++ = (uint8_t)(group >> 8);
        *out++ = (uint8_t)group;
    }
    return wrong;
}

static uint64_t kernel(uint32_t iterations)
{
    memset(value_of, -1, sizeof value_of);
    for (int i = 0; i < 64; ++i) value_of[(uint8_t)alphabet[i]] = (int8_t)i;
    uint64_t random = 11, sum = 0;
    for (int i = 0; i < plain_bytes; ++i) plain[i] = (uint8_t)next_random(&random);
    for (uint32_t round = 0; round < iterations; ++round) {
        encode();
        sum = mix(sum, decode() + (uint64_t)(memcmp(plain, again, plain_bytes) != 0));
        sum = mix(sum, again[round % plain_bytes]);
        plain[round % plain_bytes] ^= (uint8_t)round;
    }
    return sum;
}
