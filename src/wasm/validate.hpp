#pragma once

#include "base/result.hpp"
#include "wasm/module.hpp"
#include "wasm/module_error.hpp"

namespace weir::wasm {

/// Validates a decoded module: all of Core 3.0 chapter 3, and the proposals threads, custom-page-sizes, wide-arithmetic and
/// custom-descriptors. Bodies are shared between `threads` threads when they are large enough to gain from it; the error
/// answered is always the first one of the module. Sets Module::unsupported.
[[nodiscard]] Result<void, ModuleError> validate(Module& module, unsigned threads);

}  // namespace weir::wasm
