#pragma once

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "building/build.hpp"
#include "cli/console.hpp"

#include <string>
#include <vector>

namespace weir::cli {

/// What a name on the command line stands for.
struct Program {
    std::string module;   // the path to load: the file itself, or what was built of it
    UniqueFd file;        // keeps what `module` names there
    std::string version;  // another one when the module is another
    /// What it depends on, as FileWatch::follow takes it; with BuildOptions::wants_inputs.
    std::vector<std::string> inputs;
};

/// A module or program as it is; sources and their folders are built first. What is not there is for whoever loads it to say.
[[nodiscard]] Result<Program, Problem> find_program(const std::string& name, const building::BuildOptions& options);

/// What to watch as long as it cannot be built.
[[nodiscard]] std::vector<std::string> inputs_to_begin_with(const std::string& name);

[[nodiscard]] Problem to_problem(building::Failure failure);

}  // namespace weir::cli
