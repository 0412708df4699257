/* Byte stores with a stride, byte loads: the primes below a million. */
#include "kernel.h"

#include <string.h>

enum { limit = 1000000 };
static uint8_t composite[limit];

static uint64_t kernel(uint32_t iterations)
{
    uint64_t sum = 0;
    for (uint32_t round = 0; round < iterations; ++round) {
        memset(composite, 0, sizeof composite);
        for (uint32_t i = 2; i * i < limit; ++i) {
            if (composite[i]) continue;
            for (uint32_t j = i * i; j < limit; j += i) composite[j] = 1;
        }
        uint32_t count = 0;
        for (uint32_t i = 2 + (round & 1); i < limit; ++i) count += composite[i] == 0;
        sum = mix(sum, count);
    }
    return sum;
}
