#pragma once

#include "base/result.hpp"
#include "cli/console.hpp"
#include "cli/run.hpp"
#include "runtime/engine.hpp"

namespace weir::cli {

/// Sets which compilers make code, beside the one that `config` has, which is the baseline's.
void choose_tiers(Tier tier, runtime::EngineConfig& config);
/// Who asks for LLVM shall not get something else in silence: a problem where it is not there.
[[nodiscard]] Result<void, Problem> check_tier(Tier tier);

}  // namespace weir::cli
