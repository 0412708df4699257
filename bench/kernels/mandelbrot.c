/* A tight floating-point loop with an unpredictable exit: a 128 by 128 Mandelbrot set. */
#include "kernel.h"

static uint32_t escape_time(double x0, double y0, uint32_t most)
{
    double x = 0, y = 0;
    uint32_t steps = 0;
    while (x * x + y * y <= 4.0 && steps < most) {
        const double next_x = x * x - y * y + x0;
        y = 2.0 * x * y + y0;
        x = next_x;
        ++steps;
    }
    return steps;
}

static uint64_t kernel(uint32_t iterations)
{
    uint64_t sum = 0;
    for (uint32_t round = 0; round < iterations; ++round) {
        const uint32_t most = 200 + (uint32_t)(sum & 15);
        for (int row = 0; row < 128; ++row)
            for (int column = 0; column < 128; ++column)
                sum += escape_time(column / 128.0 * 3.0 - 2.25, row / 128.0 * 3.0 - 1.5, most);
        sum = mix(sum, round);
    }
    return sum;
}
