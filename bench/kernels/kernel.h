/* What every kernel shares: a program that takes a number of iterations and, if it is to do that more than once, of rounds. It prints a
   checksum to stdout, and to stderr the time that the kernel itself took in each round, so that the start of a runtime is no part of it. */
#ifndef WEIR_BENCH_KERNEL_H
#define WEIR_BENCH_KERNEL_H

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Does the work `iterations` times; the answer depends on every iteration. */
static uint64_t kernel(uint32_t iterations);

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

int main(int argc, char** argv)
{
    if (argc != 2 && argc != 3) {
        fputs("arguments: the number of iterations, and of rounds if more than one\n", stderr);
        return 2;
    }
    const uint32_t iterations = (uint32_t)strtoul(argv[1], NULL, 10);
    const unsigned long rounds = argc == 3 ? strtoul(argv[2], NULL, 10) : 1;
    uint64_t checksum = 0;
    for (unsigned long round = 0; round < rounds; ++round) {
        const uint64_t start = now_ns();
        const uint64_t answer = kernel(iterations);
        const uint64_t elapsed = now_ns() - start;
        checksum = checksum * 31 + answer;
        fprintf(stderr, "elapsed_ns %" PRIu64 "\n", elapsed);
    }
    printf("%016" PRIx64 "\n", checksum);
    return 0;
}

/* Mixes a value into a checksum. */
static inline uint64_t mix(uint64_t sum, uint64_t value)
{
    sum ^= value;
    sum *= 0x9e3779b97f4a7c15u;
    return sum ^ (sum >> 29);
}

/* A small generator for input data: xorshift with 64 bits of state. */
static inline uint64_t next_random(uint64_t* state)
{
    uint64_t x = *state;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return *state = x;
}

#endif
