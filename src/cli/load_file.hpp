#pragma once

#include "wasm/module.hpp"
#include "wasm/type_registry.hpp"

#include <memory>
#include <string>

namespace weir::cli {

/// Maps, decodes and validates a file. Null after it printed what is wrong.
std::shared_ptr<const wasm::Module> load_file(const std::string& path, const std::shared_ptr<wasm::TypeRegistry>& types);

}  // namespace weir::cli
