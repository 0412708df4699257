#pragma once

#include <cstdio>
#include <cstdlib>

/// A broken invariant of our own, said in words. Never reachable from guest input. Checked in every build: the checks
/// stand where a wrong guess would corrupt memory, and cost nothing beside what they guard.
#define WEIR_ASSERT(condition, words)                                                              \
    do {                                                                                           \
        if (!(condition)) [[unlikely]] {                                                           \
            std::fprintf(stderr, "weir: internal error: %s (%s:%d)\n", words, __FILE__, __LINE__); \
            std::abort();                                                                          \
        }                                                                                          \
    } while (false)
