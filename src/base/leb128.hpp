#pragma once

#include <cstdint>

// Variable-length integers as WebAssembly, DWARF and LLVM's metadata write them, seven bits a byte.
// Strict: no more bytes than the width needs, no bits beyond it. WebAssembly Core 3.0, 5.2.2 "Integers".

namespace weir {

enum class LebStatus : uint8_t {
    ok,
    unexpected_end,
    too_long,   // a byte more than the width can need
    too_large,  // bits set beyond the width
};

/// Reads an unsigned integer of `bits` (at most 64) from [next, end) and moves `next` behind it. Unless ok the answer is 0 and
/// `next` is unspecified in that range.
template <unsigned bits>
[[gnu::always_inline]] constexpr uint64_t read_unsigned_leb(const uint8_t*& next, const uint8_t* end, LebStatus& status)
{
    uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
        if (next == end) {
            status = LebStatus::unexpected_end;
            return 0;
        }
        const uint8_t byte = *next++;
        const unsigned left = bits - shift;
        if (left < 7 && (byte & 0x7fU) >> left != 0) {
            status = (byte & 0x80U) != 0 ? LebStatus::too_long : LebStatus::too_large;
            return 0;
        }
        value |= uint64_t{byte & 0x7fU} << shift;
        if ((byte & 0x80U) == 0) {
            status = LebStatus::ok;
            return value;
        }
        if (left <= 7) {
            status = LebStatus::too_long;
            return 0;
        }
    }
}

/// The same for a signed integer.
template <unsigned bits>
[[gnu::always_inline]] constexpr int64_t read_signed_leb(const uint8_t*& next, const uint8_t* end, LebStatus& status)
{
    uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
        if (next == end) {
            status = LebStatus::unexpected_end;
            return 0;
        }
        const uint8_t byte = *next++;
        const unsigned left = bits - shift;
        value |= uint64_t{byte & 0x7fU} << shift;
        if (left <= 7) {
            if ((byte & 0x80U) != 0) {
                status = LebStatus::too_long;
                return 0;
            }
            // All bits beyond the width repeat the sign.
            const unsigned sign_and_rest = (byte & 0x7fU) >> (left - 1);
            if (sign_and_rest != 0 && sign_and_rest != 0x7fU >> (left - 1)) {
                status = LebStatus::too_large;
                return 0;
            }
        }
        if ((byte & 0x80U) == 0) {
            const unsigned used = shift + 7;
            if (used < 64 && (byte & 0x40U) != 0) value |= ~uint64_t{0} << used;
            status = LebStatus::ok;
            return static_cast<int64_t>(value);
        }
    }
}

/// Reads an integer that is known to be well-formed: no checks.
constexpr uint64_t read_trusted_unsigned_leb(const uint8_t*& next)
{
    if (*next < 0x80) [[likely]]
        return *next++;
    uint64_t value = 0;
    unsigned shift = 0;
    uint8_t byte = 0;
    do {
        byte = *next++;
        value |= uint64_t{byte & 0x7fU} << shift;
        shift += 7;
    } while ((byte & 0x80U) != 0);
    return value;
}
constexpr int64_t read_trusted_signed_leb(const uint8_t*& next)
{
    uint64_t value = 0;
    unsigned shift = 0;
    uint8_t byte = 0;
    do {
        byte = *next++;
        value |= uint64_t{byte & 0x7fU} << shift;
        shift += 7;
    } while ((byte & 0x80U) != 0);
    if (shift < 64 && (byte & 0x40U) != 0) value |= ~uint64_t{0} << shift;
    return static_cast<int64_t>(value);
}

}  // namespace weir
