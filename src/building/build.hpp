#pragma once

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "building/failure.hpp"
#include "building/source.hpp"

#include <string>
#include <vector>

namespace weir::building {

struct BuildOptions {
    /// A library of exports (reactor). C and C++ become one without it when they have no main.
    bool is_library = false;
    /// Without what debuggers and traps' source lines need.
    bool is_release = false;
    /// What was built stays in the cache folder, for the next time.
    bool uses_cache = true;
    /// Finds out what the program is made of, to watch it. Costs time for Go.
    bool wants_inputs = false;
};

struct Built {
    /// The module's path: a file in the cache, which nobody changes, or one that goes with `file`.
    std::string module;
    UniqueFd file;
    /// Another text when the module is another.
    std::string version;
    /// Files that it was made of, and, with a slash at their end, folders whose files are part of it. With BuildOptions::wants_inputs.
    std::vector<std::string> inputs;
};

/// A text that is another one when a file has changed; empty when there is none.
[[nodiscard]] std::string version_of(const std::string& file);

/// Builds a program, or finds what was built of the same sources before. What the compilers have to say goes to standard error, as they say it;
/// of what is found there are no warnings again.
///
/// C and C++: every file is compiled by itself, all processors at work, and then linked; what has not changed, going by the content of all that
/// was included, the options and the compiler, is not compiled again. WEIR_CFLAGS, WEIR_CXXFLAGS and WEIR_LDFLAGS add options, separated by
/// spaces. Go: by `go build`, which has a cache of its own.
[[nodiscard]] Result<Built, Failure> build(const Source& source, const BuildOptions& options);

}  // namespace weir::building
