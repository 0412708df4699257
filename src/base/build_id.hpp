#pragma once

#include <array>
#include <cstdint>

namespace weir {

/// Names what decides about machine code in this build: sources of the engine, compiler, options and libraries. Programs of one build have
/// the same; code and messages of one build mean nothing to another.
using BuildId = std::array<uint8_t, 16>;
[[nodiscard]] const BuildId& build_id();

}  // namespace weir
