#pragma once

#include <string>

namespace weir::cli {

struct PersonasOptions {
    std::string folder;
    bool replaces = false;  // what is there under such a name
};

/// Makes links to weir itself under the names of the tools whose place it can take; answers the process's exit code. What is there already,
/// and is not such a link, is left alone unless `replaces`; then nothing is made at all.
[[nodiscard]] int make_personas(const PersonasOptions& options);

}  // namespace weir::cli
