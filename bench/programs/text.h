/* Text for compressors and parsers: sentences of a vocabulary in which a few words are frequent and most are rare, as in a language. */
#ifndef WEIR_BENCH_TEXT_H
#define WEIR_BENCH_TEXT_H

#include "../kernels/kernel.h"

enum { text_words = 4096, text_word_bytes = 12 };

static inline void make_text(char* out, size_t bytes)
{
    static char words[text_words][text_word_bytes];
    uint64_t state = 88172645463325252u;
    for (int i = 0; i < text_words; ++i) {
        const unsigned length = 2 + (unsigned)(next_random(&state) % (text_word_bytes - 3));
        for (unsigned k = 0; k < length; ++k)
            words[i][k] = "etaoinshrdlucmfwypvbgkqjxz"[(next_random(&state) >> 20) % (8 + 18 * (k & 1))];
        words[i][length] = 0;
    }
    size_t at = 0;
    for (unsigned in_sentence = 0; at < bytes; ++in_sentence) {
        const uint64_t r = next_random(&state) >> 11;
        const uint32_t rank = (uint32_t)(r % text_words) >> (r >> 40) % 12; /* one of the first few, half of the time */
        for (const char* c = words[rank]; *c != 0 && at < bytes; ++c) out[at++] = *c;
        if (at < bytes) out[at++] = in_sentence % 17 == 16 ? '\n' : ' ';
    }
}

#endif
