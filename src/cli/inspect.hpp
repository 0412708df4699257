#pragma once

#include <string>

namespace weir::cli {

struct InspectOptions {
    std::string file;
    bool compiles_all = false;
    unsigned threads = 1;
};

/// Prints what a module is and needs, or compiles all of it and says how fast; answers the process's exit code.
[[nodiscard]] int inspect(const InspectOptions& options);

}  // namespace weir::cli
