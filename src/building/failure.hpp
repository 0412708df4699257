#pragma once

#include <string>

namespace weir::building {

/// Why nothing was built, as cli::Problem says it: what went wrong, why, what to do about it.
struct Failure {
    std::string error;
    std::string because;
    std::string hint;
    int exit_code = 1;
    /// The compiler has said it already, on standard error; its exit code is `exit_code`.
    bool is_told = false;
};

}  // namespace weir::building
