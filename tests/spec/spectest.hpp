#pragma once

#include "base/result.hpp"
#include "base/sys_error.hpp"
#include "runtime/linker.hpp"
#include "runtime/store.hpp"

namespace weir::spec {

/// Provides the module `spectest` that the suite's scripts import: the same values and limits as upstream's, and print
/// functions that print nothing. Upstream: interpreter/host/spectest.ml of the WebAssembly/spec repository.
[[nodiscard]] Result<void, SysError> define_spectest(runtime::Store& store, runtime::Linker& linker);

}  // namespace weir::spec
