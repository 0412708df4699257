/* Calls: the naive recursion, 25th number. */
#include "kernel.h"

__attribute__((noinline)) static uint32_t fib(uint32_t n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

static uint64_t kernel(uint32_t iterations)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < iterations; ++i) sum = mix(sum, fib(24 + (uint32_t)(sum & 1)));
    return sum;
}
