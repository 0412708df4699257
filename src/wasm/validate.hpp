#pragma once

#include "base/result.hpp"
#include "wasm/module.hpp"
#include "wasm/module_error.hpp"

namespace weir::wasm {

/// Where a proposal's rules contradict those of Core 3.0, which of the two hold. The defaults are Core 3.0's.
struct ValidationRules {
    /// custom-descriptors: the target of br_on_cast only has to be of its source's hierarchy, not a subtype of the source.
    bool allows_casts_across = false;
    /// threads: its standard is one in which a module has at most one table and one memory.
    bool allows_many_tables = true;
    bool allows_many_memories = true;
};

/// Validates a decoded module: all of Core 3.0 chapter 3 that decode() leaves, and the proposals threads, custom-page-sizes,
/// wide-arithmetic and custom-descriptors. Bodies are shared between `threads` threads when they are large enough to gain from it; the
/// error answered is always the one that stands first in the module. Sets Module::unsupported.
[[nodiscard]] Result<void, ModuleError> validate(Module& module, unsigned threads, const ValidationRules& rules = {});

}  // namespace weir::wasm
