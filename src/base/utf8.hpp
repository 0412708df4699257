#pragma once

#include <cstddef>
#include <span>

namespace weir {

/// Whether the bytes are well-formed UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF.
/// Unicode 15, table 3-7. WebAssembly Core 3.0, 5.2.4 "Names".
[[nodiscard]] bool is_utf8(std::span<const std::byte> bytes) noexcept;

}  // namespace weir
