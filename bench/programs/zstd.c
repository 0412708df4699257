/* Zstandard 1.5: compress 1 MiB of text at levels 1, 3 and 9, and expand each result four times. */
#include "text.h"

#include <string.h>
#include <zstd.h>

enum { plain_bytes = 1 << 20, packed_bytes = plain_bytes + plain_bytes / 128 + 1024 };
static char plain[plain_bytes], again[plain_bytes], packed[packed_bytes];

static uint64_t kernel(uint32_t iterations)
{
    static const int levels[] = {1, 3, 9};
    uint64_t sum = 0;
    make_text(plain, plain_bytes);
    ZSTD_CCtx* const packer = ZSTD_createCCtx();
    ZSTD_DCtx* const unpacker = ZSTD_createDCtx();
    for (uint32_t i = 0; i < iterations; ++i) {
        plain[i % plain_bytes] ^= 1;
        for (int level = 0; level < 3; ++level) {
            const size_t size = ZSTD_compressCCtx(packer, packed, packed_bytes, plain, plain_bytes, levels[level]);
            if (ZSTD_isError(size)) abort();
            for (int k = 0; k < 4; ++k)
                if (ZSTD_decompressDCtx(unpacker, again, plain_bytes, packed, size) != plain_bytes) abort();
            if (memcmp(plain, again, plain_bytes) != 0) abort();
            sum = mix(sum, size);
        }
    }
    ZSTD_freeCCtx(packer);
    ZSTD_freeDCtx(unpacker);
    return sum;
}
