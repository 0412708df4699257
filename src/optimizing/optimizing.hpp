#pragma once

#include "runtime/compiler.hpp"

#include <memory>

namespace weir::optimizing {

/// The optimizing tier: LLVM, function by function, for this processor. Trampolines are those of `baseline`, which must follow the
/// same contract. Thread-safe. A function that this tier does not compile is an error that says so; the baseline's code goes on.
std::shared_ptr<const runtime::Compiler> create_compiler(std::shared_ptr<const runtime::Compiler> baseline);
/// With other effort than 2: 1 takes little time, 3 more than mostly pays.
std::shared_ptr<const runtime::Compiler> create_compiler(std::shared_ptr<const runtime::Compiler> baseline, unsigned effort);

}  // namespace weir::optimizing
