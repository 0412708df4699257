#pragma once

#include "base/result.hpp"
#include "cli/console.hpp"
#include "wasm/module.hpp"
#include "wasm/type_registry.hpp"

#include <memory>
#include <string>

namespace weir::cli {

/// Maps, decodes and validates a file. The problem says what the file is when it is no module: a folder, empty, text, a
/// component, cut short, and so on.
[[nodiscard]] Result<std::shared_ptr<const wasm::Module>, Problem> load_file(const std::string& path,
                                                                             std::shared_ptr<wasm::TypeRegistry> registry);

}  // namespace weir::cli
