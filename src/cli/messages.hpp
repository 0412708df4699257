#pragma once

#include "runtime/linker.hpp"
#include "wasm/module_error.hpp"

#include <string>
#include <string_view>

namespace weir::cli {

/// Exit codes of weir's own; a guest's pass through.
inline constexpr int exit_usage = 2;
inline constexpr int exit_failure = 1;
inline constexpr int exit_trap = 134;

/// Prints "error: what", and when given "hint: hint", to standard error.
void print_error(std::string_view what, std::string_view hint = {});

/// What to say of a file that is no module that runs.
void print_module_error(const std::string& file, const wasm::ModuleError& error);
/// Lists all imports that nothing provides, by the world that they belong to.
void print_link_error(const std::string& file, const runtime::LinkError& error);

}  // namespace weir::cli
