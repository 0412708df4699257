#pragma once

#include "base/result.hpp"
#include "wasm/decode.hpp"
#include "wasm/module.hpp"
#include "wasm/module_error.hpp"
#include "wasm/type_registry.hpp"
#include "wasm/validate.hpp"

#include <memory>
#include <span>
#include <thread>

namespace weir::wasm {

struct LoadOptions {
    unsigned threads = std::thread::hardware_concurrency();  // for validation; small modules use one
    DecodeLimits limits;
    ValidationRules rules;
};

/// Decodes and validates. `owner` keeps `bytes` alive for the module's life. Thread-safe, also with one registry.
[[nodiscard]] Result<std::shared_ptr<const Module>, ModuleError> load_module(std::span<const std::byte> bytes,
                                                                             std::shared_ptr<const void> owner,
                                                                             std::shared_ptr<TypeRegistry> registry,
                                                                             const LoadOptions& options = {});

}  // namespace weir::wasm
