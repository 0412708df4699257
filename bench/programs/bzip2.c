/* bzip2 1.0.8: compress 256 KiB of text and expand it again. */
#include "text.h"

#include <bzlib.h>
#include <string.h>

enum { plain_bytes = 256 * 1024, packed_bytes = plain_bytes + plain_bytes / 50 + 600 };
static char plain[plain_bytes], again[plain_bytes], packed[packed_bytes];

void bz_internal_error(int code) { fprintf(stderr, "bzip2: internal error %d\n", code), abort(); }

static uint64_t kernel(uint32_t iterations)
{
    uint64_t sum = 0;
    make_text(plain, plain_bytes);
    for (uint32_t i = 0; i < iterations; ++i) {
        unsigned size = packed_bytes, size_again = plain_bytes;
        plain[i % plain_bytes] ^= 1;
        if (BZ2_bzBuffToBuffCompress(packed, &size, plain, plain_bytes, 9, 0, 0) != BZ_OK) abort();
        if (BZ2_bzBuffToBuffDecompress(again, &size_again, packed, size, 0, 0) != BZ_OK) abort();
        if (size_again != plain_bytes || memcmp(plain, again, plain_bytes) != 0) abort();
        sum = mix(sum, size);
    }
    return sum;
}
