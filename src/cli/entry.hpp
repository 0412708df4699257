#pragma once

#include "base/result.hpp"
#include "cli/console.hpp"
#include "cli/run.hpp"
#include "runtime/contract.hpp"
#include "wasm/module.hpp"

#include <optional>
#include <string>
#include <vector>

namespace weir::cli {

/// What of a module is called, and with what.
struct Entry {
    std::optional<wasm::FuncIdx> initialize;  // of a library: comes first
    wasm::FuncIdx function{};
    std::vector<runtime::Value> values;  // the arguments, with room for the results
};

/// A command's `_start`, or with --invoke the function that it names, its arguments read as its parameters' types want them.
[[nodiscard]] Result<Entry, Problem> find_entry(const RunOptions& options, const wasm::Module& module);

/// A function's results, one a line unless `form` has them otherwise.
[[nodiscard]] std::string format_results(const Entry& entry, const wasm::Module& module, ResultForm form);

}  // namespace weir::cli
