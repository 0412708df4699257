#pragma once

#include "base/result.hpp"
#include "wasm/module.hpp"
#include "wasm/module_error.hpp"
#include "wasm/type_registry.hpp"

#include <cstddef>
#include <memory>
#include <span>

namespace weir::wasm {

/// Bounds on what a module may ask for; beyond them it is refused as ErrorKind::limit. The numbers are those of the
/// JavaScript API where it has them, larger where real guests are (Go makes single functions of several megabytes).
struct DecodeLimits {
    uint32_t types = 1'000'000;
    uint32_t imports = 1'000'000;
    uint32_t functions = 1'000'000;
    uint32_t tables = 100'000;
    uint32_t memories = 100'000;
    uint32_t globals = 1'000'000;
    uint32_t tags = 1'000'000;
    uint32_t exports = 1'000'000;
    uint32_t segments = 1'000'000;
    uint32_t params = 1'000;
    uint32_t results = 1'000;
    uint32_t struct_fields = 10'000;
    uint32_t function_bytes = 64U << 20;
};

/// Decodes a module's sections; function bodies stay as spans. Checks the encoding, and the typing rules of the type section; all
/// other rules are validate()'s. `owner` keeps `bytes` alive. Standard: Core 3.0, 5.5 "Modules".
[[nodiscard]] Result<std::shared_ptr<Module>, ModuleError> decode(std::span<const std::byte> bytes,
                                                                  std::shared_ptr<const void> owner,
                                                                  std::shared_ptr<TypeRegistry> registry,
                                                                  const DecodeLimits& limits = {});

}  // namespace weir::wasm
