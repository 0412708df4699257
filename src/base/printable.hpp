#pragma once

#include <string>
#include <string_view>

namespace weir {

/// A guest's text made safe to show on a terminal: control characters, DEL, C1 controls, bidirectional overrides and bytes that are
/// no UTF-8 become \u{...} or \x.. escapes; no more than `limit_bytes` of the text is kept, cut at a character, "..." behind it.
[[nodiscard]] std::string printable(std::string_view text, size_t limit_bytes = 200);

}  // namespace weir
