#pragma once

#include "base/result.hpp"
#include "cache/cache.hpp"
#include "cli/console.hpp"
#include "runtime/code_image.hpp"
#include "wasm/module.hpp"
#include "wasm/type_registry.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace weir::cli {

/// How a file's bytes come into memory. Mapped ones stay the file's: whoever cuts it short takes them away from under the program.
enum class FileBytes : uint8_t { mapped, copied };

/// Maps or reads, decodes and validates a file. The problem says what the file is when it is no module: a folder, empty, text, a
/// component, cut short, and so on.
[[nodiscard]] Result<std::shared_ptr<const wasm::Module>, Problem> load_file(const std::string& path,
                                                                             std::shared_ptr<wasm::TypeRegistry> registry,
                                                                             FileBytes how = FileBytes::mapped);

struct LoadedModule {
    std::shared_ptr<const wasm::Module> module;
    std::shared_ptr<const runtime::CodeImage> image;  // its code; null when there is none
    bool is_program = false;                          // made by `weir compile`
};
/// What a file is loaded for: of a program that is only looked at, code is not taken.
enum class LoadFor : uint8_t { running, inspection };
/// The same, for a program that `weir compile` has made as well, whose code is mapped always; and with what `cache`, which may be null, has of the
/// module or the program. Neither is validated again.
[[nodiscard]] Result<LoadedModule, Problem> load_file(const std::string& path, const runtime::Engine& engine, cache::Cache* cache,
                                                      FileBytes how = FileBytes::mapped, LoadFor what = LoadFor::running);

/// The program that `weir build --exe` has attached to the executable that runs, by which `name` it was called. Where its code is of no use, on
/// a processor that lacks something or without address space for guard pages, the module is taken without it.
[[nodiscard]] Result<LoadedModule, Problem> load_attached(const std::string& name, const cache::ImageRange& range,
                                                          const runtime::Engine& engine);

}  // namespace weir::cli
