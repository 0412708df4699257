#pragma once

#include "base/result.hpp"
#include "wasm/module.hpp"
#include "wasm/module_error.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace weir::wasm {

/// What a module's producer expects of one `br_if` or `if`.
struct BranchHint {
    uint32_t body_offset_bytes;  // of the instruction, from the start of the function's body
    bool is_likely;              // that the condition is not zero
};

/// The custom section metadata.code.branch_hint. Hints never change what a program does, so a module is valid whatever it says;
/// read_branch_hints() tells whether it holds to its own rules. Standard: Core 3.0, appendix "Branch Hint Section".
class BranchHints {
public:
    /// Those of a function, by ascending offset.
    [[nodiscard]] std::span<const BranchHint> of(FuncIdx function) const;

private:
    friend Result<BranchHints, ModuleError> read_branch_hints(const Module& module);
    struct Entry {
        FuncIdx function;
        std::vector<BranchHint> hints;
    };
    std::vector<Entry> m_entries;  // by ascending function
};

/// Empty for a module without the section. Precondition: a validated module.
[[nodiscard]] Result<BranchHints, ModuleError> read_branch_hints(const Module& module);

}  // namespace weir::wasm
