#pragma once

#include "cli/syntax/syntax.hpp"

#include <string>

namespace weir::cli::syntax {

/// "weir", "weir-run": the name of a command's page.
[[nodiscard]] std::string page_name(const Command& command);
/// A command's manual page of section 1, as man(7) has it.
[[nodiscard]] std::string manual_page(const Command& command);

}  // namespace weir::cli::syntax
