#pragma once

#include <string>

namespace weir::cli {

struct InspectOptions {
    std::string file;
    bool compiles_all = false;
    bool keeps_code = false;  // with compiles_all: in the cache, for runs
    unsigned threads = 1;
    std::string function;  // whose machine code is shown, by name or index; empty: none
    std::string tier;      // baseline, optimized; empty: both
};

/// Prints what a module is and needs, or compiles all of it and says how fast, or lists a function's code; answers the process's exit code.
[[nodiscard]] int inspect(const InspectOptions& options);

}  // namespace weir::cli
