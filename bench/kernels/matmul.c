/* Floating point and two-dimensional indexing: product of two 160 by 160 matrices. */
#include "kernel.h"

#include <string.h>

enum { n = 160 };
static double a[n][n], b[n][n], c[n][n];

static uint64_t kernel(uint32_t iterations)
{
    uint64_t state = 42;
    for (int i = 0; i < n; ++i)
        for (int j = 0; j < n; ++j) {
            a[i][j] = (double)(next_random(&state) >> 40) / 16777216.0;
            b[i][j] = (double)(next_random(&state) >> 40) / 16777216.0;
        }
    uint64_t sum = 0;
    for (uint32_t round = 0; round < iterations; ++round) {
        for (int i = 0; i < n; ++i)
            for (int j = 0; j < n; ++j) {
                double cell = 0;
                for (int k = 0; k < n; ++k) cell += a[i][k] * b[k][j];
                c[i][j] = cell;
            }
        uint64_t bits;
        memcpy(&bits, &c[round % n][(round * 7) % n], sizeof bits);
        sum = mix(sum, bits);
        a[round % n][(round * 3) % n] += 0.5;
    }
    return sum;
}
