// A library of one function, for  weir run --invoke primes: prints the first prime numbers.

#include "primes.hpp"

#include <weir/export.hpp>

#include <cstdint>
#include <cstdio>

WEIR_EXPORT(void, primes, (int32_t count))
{
    Primes all;
    for (int32_t i = 0; i < count; ++i) std::printf("%d\n", all.next());
    std::fflush(stdout);
}
