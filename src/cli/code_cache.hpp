#pragma once

#include "cache/cache.hpp"
#include "cli/run.hpp"
#include "runtime/engine.hpp"

#include <memory>

namespace weir::cli {

/// The user's cache, for code of this engine's, which was made with `tier`. Null when there is none to use.
[[nodiscard]] std::unique_ptr<cache::Cache> open_cache(Tier tier, const runtime::Engine& engine,
                                                       const cache::Cache::Limits& limits = {});

}  // namespace weir::cli
