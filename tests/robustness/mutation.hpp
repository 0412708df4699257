#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir::robustness {

using Bytes = std::vector<std::byte>;

struct Seed {
    std::string name;
    Bytes bytes;
};

/// Pseudo-random numbers that are the same on every machine (splitmix64).
class Random {
public:
    explicit Random(uint64_t state) : m_state(state) {}
    uint64_t next()
    {
        uint64_t z = m_state += 0x9e37'79b9'7f4a'7c15;
        z = (z ^ z >> 30) * 0xbf58'476d'1ce4'e5b9;
        z = (z ^ z >> 27) * 0x94d0'49bb'1331'11eb;
        return z ^ z >> 31;
    }
    /// In [0, bound); bound > 0.
    uint64_t below(uint64_t bound) { return next() % bound; }

private:
    uint64_t m_state;
};

struct Input {
    std::string_view kind;  // how it was made
    const Seed* seed;       // null when made from nothing
    Bytes bytes;
};

/// The input of a number: always the same for the same seeds. Seeds above `large_bytes` come rarely, for they take long.
Input make_input(uint64_t number, std::span<const Seed> seeds);
inline constexpr size_t large_bytes = 200'000;

}  // namespace weir::robustness
