#pragma once

#include "building/build.hpp"
#include "building/store.hpp"

namespace weir::building {

/// build() for Go.
[[nodiscard]] Result<Built, Failure> build_by_go(const Source& source, const BuildOptions& options, Store& store);

}  // namespace weir::building
