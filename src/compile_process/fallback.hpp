#pragma once

#include "runtime/compiler.hpp"

#include <memory>

namespace weir::compile_process {

/// What `first` does not compile, `second` does. Both must be the same in trampolines, which are those of `second`.
std::shared_ptr<const runtime::Compiler> create_fallback_compiler(std::shared_ptr<const runtime::Compiler> first,
                                                                  std::shared_ptr<const runtime::Compiler> second);

}  // namespace weir::compile_process
