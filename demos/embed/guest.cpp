// The guest of embed.cpp: tells its host the first prime numbers.

#include "../export/primes.hpp"

#include <weir/export.hpp>

#include <cstdint>

WEIR_IMPORT("host", "found", void, found, (int32_t prime))

WEIR_EXPORT(void, primes, (int32_t count))
{
    Primes all;
    for (int32_t i = 0; i < count; ++i) found(all.next());
}
