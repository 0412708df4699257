#include "base/utf8.hpp"

#include <cstdint>
#include <cstring>

namespace weir {

bool is_utf8(std::span<const std::byte> bytes) noexcept
{
    const auto* p = reinterpret_cast<const uint8_t*>(bytes.data());
    const auto* const end = p + bytes.size();
    while (p != end) {
        // Names are ASCII nearly always: eight bytes at a time.
        for (uint64_t word = 0; end - p >= 8; p += 8) {
            std::memcpy(&word, p, sizeof word);
            if ((word & 0x8080808080808080U) != 0) break;
        }
        if (p == end) break;
        const uint8_t lead = *p++;
        if (lead < 0x80) continue;
        // The lead byte fixes how many bytes follow and what the first of them may be.
        int following = 0;
        uint8_t low = 0x80;
        uint8_t high = 0xbf;
        if (lead >= 0xc2 && lead <= 0xdf) {
            following = 1;
        } else if (lead >= 0xe0 && lead <= 0xef) {
            following = 2;
            if (lead == 0xe0) low = 0xa0;
            if (lead == 0xed) high = 0x9f;
        } else if (lead >= 0xf0 && lead <= 0xf4) {
            following = 3;
            if (lead == 0xf0) low = 0x90;
            if (lead == 0xf4) high = 0x8f;
        } else {
            return false;
        }
        if (end - p < following || *p < low || *p > high) return false;
        for (int i = 1; i < following; ++i)
            if ((p[i] & 0xc0U) != 0x80) return false;
        p += following;
    }
    return true;
}

}  // namespace weir
