// Reads the clock 10 million times.

#include "bench.h"

int main(void)
{
    const uint64_t began = now_ns();
    uint64_t last = began, backwards = 0;
    for (int i = 0; i < 10000000; ++i) {
        const uint64_t now = now_ns();
        backwards += now < last;
        last = now;
    }
    printf("%llu\n", (unsigned long long)backwards);
    return finish(began);
}
