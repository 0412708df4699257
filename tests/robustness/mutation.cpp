#include "mutation.hpp"

#include <algorithm>
#include <array>

namespace weir::robustness {

namespace {

std::byte any_byte(Random& random) { return static_cast<std::byte>(random.below(256)); }

const Seed& choose(Random& random, std::span<const Seed> seeds)
{
    constexpr size_t first_seeds = 16;  // whole programs, where there are any: find_seeds() sorts
    for (;;) {
        const Seed& seed = seeds[random.below(random.below(4) == 0 ? std::min(first_seeds, seeds.size()) : seeds.size())];
        if (seed.bytes.size() <= large_bytes || random.below(100) == 0) return seed;
    }
}

void flip_bits(Random& random, Bytes& bytes)
{
    for (uint64_t n = 1 + random.below(random.below(4) == 0 ? 8 : 1); n > 0 && !bytes.empty(); --n)
        bytes[random.below(bytes.size())] ^= std::byte{1} << random.below(8);
}

void replace_bytes(Random& random, Bytes& bytes)
{
    for (uint64_t n = 1 + random.below(random.below(4) == 0 ? 16 : 2); n > 0 && !bytes.empty(); --n)
        bytes[random.below(bytes.size())] = any_byte(random);
}

/// The largest numbers of each width in LEB128: what counts, sizes and indices look like when they mean harm.
void insert_large_number(Random& random, Bytes& bytes)
{
    constexpr std::array<std::byte, 10> ones{std::byte{0xff}, std::byte{0xff}, std::byte{0xff}, std::byte{0xff}, std::byte{0xff},
                                             std::byte{0xff}, std::byte{0xff}, std::byte{0xff}, std::byte{0xff}, std::byte{0x01}};
    constexpr std::array<std::byte, 5> u32_max{std::byte{0xff}, std::byte{0xff}, std::byte{0xff}, std::byte{0xff}, std::byte{0x0f}};
    const std::span<const std::byte> number =
        random.below(4) == 0 ? std::span<const std::byte>{ones} : std::span<const std::byte>{u32_max};
    const size_t at = random.below(bytes.size() + 1);
    if (random.below(2) == 0 && at + number.size() <= bytes.size())
        std::ranges::copy(number, bytes.begin() + static_cast<ptrdiff_t>(at));
    else bytes.insert(bytes.begin() + static_cast<ptrdiff_t>(at), number.begin(), number.end());
}

void remove_range(Random& random, Bytes& bytes)
{
    if (bytes.empty()) return;
    const size_t at = random.below(bytes.size());
    const size_t n = std::min<size_t>(1 + random.below(32), bytes.size() - at);
    bytes.erase(bytes.begin() + static_cast<ptrdiff_t>(at), bytes.begin() + static_cast<ptrdiff_t>(at + n));
}

/// Overwrites a stretch with one of another seed, or of its own.
void splice(Random& random, Bytes& bytes, const Bytes& other)
{
    if (bytes.empty() || other.empty()) return;
    const size_t to = random.below(bytes.size()), from = random.below(other.size());
    const size_t n = std::min({bytes.size() - to, other.size() - from, static_cast<size_t>(1 + random.below(64))});
    std::ranges::copy(std::span{other}.subspan(from, n), bytes.begin() + static_cast<ptrdiff_t>(to));
}

}  // namespace

Input make_input(uint64_t number, std::span<const Seed> seeds)
{
    Random random{number};
    if (random.below(20) == 0) {
        Bytes bytes(random.below(2000));
        for (std::byte& byte : bytes) byte = any_byte(random);
        constexpr std::array header{std::byte{0}, std::byte{'a'}, std::byte{'s'}, std::byte{'m'},
                                    std::byte{1}, std::byte{0},   std::byte{0},   std::byte{0}};
        if (random.below(4) != 0) std::ranges::copy(std::span{header}.first(std::min(header.size(), bytes.size())), bytes.begin());
        return {"random", nullptr, std::move(bytes)};
    }
    const Seed& seed = choose(random, seeds);
    Input input{"", &seed, seed.bytes};
    switch (random.below(6)) {
    case 0:
        input.kind = "truncated";
        input.bytes.resize(random.below(seed.bytes.size() + 1));
        break;
    case 1:
        input.kind = "bytes replaced";
        replace_bytes(random, input.bytes);
        break;
    case 2:
        input.kind = "large number";
        insert_large_number(random, input.bytes);
        break;
    case 3:
        input.kind = "range removed";
        remove_range(random, input.bytes);
        break;
    case 4:
        input.kind = "spliced";
        splice(random, input.bytes, choose(random, seeds).bytes);
        break;
    default:
        input.kind = "bits flipped";
        flip_bits(random, input.bytes);
        break;
    }
    return input;
}

}  // namespace weir::robustness
