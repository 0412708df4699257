#pragma once

#include "baseline/cpu_features.hpp"
#include "runtime/compiler.hpp"

#include <memory>

namespace weir::baseline {

/// The baseline tier: one pass, no intermediate representation, complete. Thread-safe.
std::shared_ptr<const runtime::Compiler> create_compiler(CpuFeatures features = CpuFeatures::host());

}  // namespace weir::baseline
