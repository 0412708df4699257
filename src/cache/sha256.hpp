#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace weir::cache {

using Sha256 = std::array<uint8_t, 32>;
/// FIPS 180-4. 1.5 GB/s where the processor has instructions for it.
[[nodiscard]] Sha256 sha256(std::span<const std::byte> bytes);

}  // namespace weir::cache
