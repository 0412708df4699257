#pragma once

#include <string_view>

namespace weir::spec {

/// A command of the suite that weir fails, and means to. One that passes fails the run: then its row must go.
struct ExpectedFailure {
    std::string_view script;  // end of the converted script's folder
    unsigned line;
    std::string_view reason;
};

/// Null when the command at this line is to pass.
[[nodiscard]] const ExpectedFailure* find_expected_failure(std::string_view folder, unsigned line);

}  // namespace weir::spec
