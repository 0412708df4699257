#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// Sizes and durations as people write them.

namespace weir::cli {

/// Nanoseconds of "2s", "500ms", "1.5m", "1h", "10us", "7ns"; a number alone is seconds. Empty for anything else, and beyond 2^63.
[[nodiscard]] std::optional<uint64_t> parse_duration(std::string_view text);
/// Bytes of "64MiB", "1.5GiB", "64M" (the same as MiB), "64MB" (a million each), of B, K, M, G and T; a number alone is bytes. Empty for
/// anything else, and beyond 2^63.
[[nodiscard]] std::optional<uint64_t> parse_size(std::string_view text);
/// A number alone.
[[nodiscard]] std::optional<uint64_t> parse_count(std::string_view text);
/// "64MiB": in the largest unit that needs no fraction.
[[nodiscard]] std::string format_size(uint64_t bytes);

}  // namespace weir::cli
