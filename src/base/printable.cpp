#include "base/printable.hpp"

#include "base/utf8.hpp"

#include <charconv>
#include <cstdint>
#include <span>

namespace weir {

namespace {

std::string hex(uint32_t value)
{
    char digits[8];
    const auto end = std::to_chars(std::begin(digits), std::end(digits), value, 16).ptr;
    return {std::begin(digits), end};
}

/// The length of the UTF-8 character at the start of `text`; 0 when there is none.
size_t character_length(std::string_view text)
{
    const auto lead = static_cast<uint8_t>(text[0]);
    const size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (text.size() < length || !is_utf8(std::as_bytes(std::span{text.substr(0, length)}))) return 0;
    return length;
}

uint32_t code_point(std::string_view character)
{
    const auto byte = [&](size_t i) { return uint32_t{static_cast<uint8_t>(character[i])}; };
    switch (character.size()) {
    case 1: return byte(0);
    case 2: return (byte(0) & 0x1fU) << 6 | (byte(1) & 0x3fU);
    case 3: return (byte(0) & 0x0fU) << 12 | (byte(1) & 0x3fU) << 6 | (byte(2) & 0x3fU);
    default: return (byte(0) & 0x07U) << 18 | (byte(1) & 0x3fU) << 12 | (byte(2) & 0x3fU) << 6 | (byte(3) & 0x3fU);
    }
}

/// Whether showing it would do something else than show it, or show it somewhere else.
bool is_control(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c || c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2066 && c <= 0x2069);
}

}  // namespace

std::string printable(std::string_view text, size_t limit_bytes)
{
    std::string shown;
    size_t used = 0;
    while (used < text.size()) {
        const std::string_view rest = text.substr(used);
        const size_t length = character_length(rest);
        if (used + (length == 0 ? 1 : length) > limit_bytes) return shown + "...";
        if (length == 0) {
            const auto byte = static_cast<uint8_t>(rest[0]);
            shown += byte < 0x10 ? "\\x0" : "\\x";
            shown += hex(byte);
            ++used;
            continue;
        }
        const std::string_view character = rest.substr(0, length);
        if (const uint32_t c = code_point(character); is_control(c)) shown.append("\\u{").append(hex(c)).append("}");
        else shown += character;
        used += length;
    }
    return shown;
}

}  // namespace weir
