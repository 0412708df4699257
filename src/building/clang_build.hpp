#pragma once

#include "building/build.hpp"
#include "building/store.hpp"

namespace weir::building {

/// build() for C and C++.
[[nodiscard]] Result<Built, Failure> build_by_clang(const Source& source, const BuildOptions& options, Store& store);

}  // namespace weir::building
