#include "cli/quantity.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <limits>
#include <span>

namespace weir::cli {

namespace {

struct Unit {
    std::string_view name;
    uint64_t factor;
};
constexpr std::array duration_units{
    Unit{"", 1'000'000'000},
    Unit{"ns", 1},
    Unit{"us", 1000},
    Unit{"ms", 1'000'000},
    Unit{"s", 1'000'000'000},
    Unit{"m", 60'000'000'000},
    Unit{"h", 3'600'000'000'000},
};
constexpr std::array size_units{
    Unit{"TiB", uint64_t{1} << 40},
    Unit{"GiB", uint64_t{1} << 30},
    Unit{"MiB", uint64_t{1} << 20},
    Unit{"KiB", uint64_t{1} << 10},
    Unit{"", 1},
    Unit{"B", 1},
    Unit{"K", uint64_t{1} << 10},
    Unit{"M", uint64_t{1} << 20},
    Unit{"G", uint64_t{1} << 30},
    Unit{"T", uint64_t{1} << 40},
    Unit{"KB", 1'000},
    Unit{"MB", 1'000'000},
    Unit{"GB", 1'000'000'000},
    Unit{"TB", 1'000'000'000'000},
};

constexpr uint64_t max_quantity = std::numeric_limits<int64_t>::max();

bool is_digit(char c) { return c >= '0' && c <= '9'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool is_same(std::string_view a, std::string_view b)
{
    if (a.size() != b.size()) return false;
    for (size_t i = 0; i < a.size(); ++i)
        if (lower(a[i]) != lower(b[i])) return false;
    return true;
}

/// DIGITS[.DIGITS]UNIT, of which 6 digits behind the point count, rounded down.
std::optional<uint64_t> parse(std::string_view text, std::span<const Unit> units)
{
    size_t i = 0;
    const auto digits = [&] {
        const size_t begin = i;
        while (i < text.size() && is_digit(text[i])) ++i;
        return text.substr(begin, i - begin);
    };
    const std::string_view whole = digits();
    std::string_view fraction;
    if (i < text.size() && text[i] == '.') {
        ++i;
        fraction = digits();
        if (fraction.empty()) return std::nullopt;
    }
    if (whole.empty()) return std::nullopt;
    for (const Unit& unit : units) {
        if (!is_same(text.substr(i), unit.name)) continue;
        uint64_t value = 0;
        for (const char c : whole) {
            const auto digit = static_cast<uint64_t>(c - '0');
            if (value > (max_quantity / unit.factor - digit) / 10) return std::nullopt;
            value = value * 10 + digit;
        }
        value *= unit.factor;
        // So many digits fit in 64 bits with the largest factor.
        uint64_t numerator = 0, denominator = 1;
        for (const char c : fraction.substr(0, 6)) {
            numerator = numerator * 10 + static_cast<uint64_t>(c - '0');
            denominator *= 10;
        }
        const uint64_t behind = numerator * unit.factor / denominator;
        if (behind > max_quantity - value) return std::nullopt;
        return value + behind;
    }
    return std::nullopt;
}

}  // namespace

std::optional<uint64_t> parse_duration(std::string_view text) { return parse(text, duration_units); }
std::optional<uint64_t> parse_size(std::string_view text) { return parse(text, size_units); }

std::optional<uint64_t> parse_count(std::string_view text)
{
    uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::string format_size(uint64_t bytes)
{
    for (const Unit& unit : size_units)
        if (bytes >= unit.factor && bytes % unit.factor == 0)
            return fmt::format("{}{}", bytes / unit.factor, unit.factor == 1 ? "B" : unit.name);
    return "0B";
}

}  // namespace weir::cli
