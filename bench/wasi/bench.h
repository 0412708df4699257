#pragma once

// Programs of this folder do work that is the host's, natively and as guests: what they print to standard output is the same on all
// sides, and the time they took is on standard error.

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static inline uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/// Prints the time since `began_ns` as compare.py reads it.
static inline int finish(uint64_t began_ns)
{
    fprintf(stderr, "elapsed_ns %llu\n", (unsigned long long)(now_ns() - began_ns));
    return 0;
}

static inline void fail(const char* what)
{
    perror(what);
    exit(1);
}
