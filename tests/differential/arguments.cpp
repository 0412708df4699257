#include "differential/arguments.hpp"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace weir::differential {

namespace {

using runtime::Value;
using wasm::ValKind;

constexpr std::array<uint64_t, 22> integers{
    0,
    1,
    2,
    3,
    7,
    8,
    31,
    32,
    63,
    64,
    100,
    0x7fff,
    0x8000,
    0xffff,
    0x1'0000,
    0x7fff'ffff,
    0x8000'0000,
    0xffff'ffff,
    0x1'0000'0000,
    0x7fff'ffff'ffff'ffff,
    0x8000'0000'0000'0000,
    0xffff'ffff'ffff'ffff,
};
constexpr Value zero{.v128 = {}};  // all of it
constexpr double infinity = std::numeric_limits<double>::infinity();
// Around the limits of integers as well: conversions trap there.
constexpr std::array<double, 24> floats{
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    -0.75,
    1.5,
    100.0,
    2147483647.0,
    2147483648.0,
    -2147483648.0,
    -2147483649.0,
    4294967295.0,
    4294967296.0,
    9.2233720368547758e18,
    -9.2233720368547758e18,
    1.8446744073709552e19,
    1e300,
    -1e300,
    5e-324,
    1.1754943508222875e-38,
    infinity,
    -infinity,
    std::numeric_limits<double>::quiet_NaN(),
};

/// splitmix64.
class Random {
public:
    explicit Random(uint64_t seed) : m_state(seed) {}
    uint64_t next()
    {
        uint64_t z = m_state += 0x9e37'79b9'7f4a'7c15;
        z = (z ^ z >> 30) * 0xbf58'476d'1ce4'e5b9;
        z = (z ^ z >> 27) * 0x94d0'49bb'1331'11eb;
        return z ^ z >> 31;
    }
    template <class T, size_t n>
    T pick(const std::array<T, n>& from)
    {
        return from[next() % n];
    }

private:
    uint64_t m_state;
};

template <class Float, class Bits>
Bits bits_of(Float value)
{
    return std::isnan(value) ? std::bit_cast<Bits>(std::numeric_limits<Float>::quiet_NaN()) : std::bit_cast<Bits>(value);
}

Value make_argument(ValKind kind, Random& random)
{
    const bool is_any = random.next() % 4 == 0;
    Value value = zero;
    switch (kind) {
    case ValKind::i32: value.i32 = static_cast<uint32_t>(is_any ? random.next() : random.pick(integers)); break;
    case ValKind::i64: value.i64 = is_any ? random.next() : random.pick(integers); break;
    case ValKind::f32: {
        const auto any = std::bit_cast<float>(static_cast<uint32_t>(random.next()));
        value.f32_bits = bits_of<float, uint32_t>(is_any ? any : static_cast<float>(random.pick(floats)));
        break;
    }
    case ValKind::f64:
        value.f64_bits = bits_of<double, uint64_t>(is_any ? std::bit_cast<double>(random.next()) : random.pick(floats));
        break;
    case ValKind::v128: {
        const std::array<uint64_t, 2> halves{is_any ? random.next() : random.pick(integers), random.pick(integers)};
        std::memcpy(value.v128.data(), halves.data(), sizeof halves);
        break;
    }
    default: break;
    }
    return value;
}

}  // namespace

std::vector<Value> make_arguments(const wasm::ResultType& types, uint64_t seed, unsigned round)
{
    Random random{seed << 8 | round};
    std::vector<Value> values;
    for (const wasm::ValType type : types) values.push_back(round == 0 ? zero : make_argument(type.kind(), random));
    return values;
}

std::string to_text(wasm::ValType type, const Value& value)
{
    switch (type.kind()) {
    case ValKind::i32: return fmt::format("i32:{:#x}", value.i32);
    case ValKind::i64: return fmt::format("i64:{:#x}", value.i64);
    case ValKind::f32: return fmt::format("f32:{:#x}", value.f32_bits);
    case ValKind::f64: return fmt::format("f64:{:#x}", value.f64_bits);
    case ValKind::v128: {
        std::array<uint64_t, 2> halves{};
        std::memcpy(halves.data(), value.v128.data(), sizeof halves);
        return fmt::format("v128:{:#018x}'{:016x}", halves[1], halves[0]);
    }
    default: return value.ref == 0 ? "ref:null" : "ref:some";
    }
}

}  // namespace weir::differential
