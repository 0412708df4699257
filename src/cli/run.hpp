#pragma once

#include "host/wasip1/world.hpp"
#include "runtime/engine.hpp"

#include <string>
#include <vector>

namespace weir::cli {

struct RunOptions {
    std::string file;
    std::vector<std::string> args;         // of the guest, without the program's name
    std::vector<std::string> directories;  // HOST[::GUEST][:ro]
    std::vector<std::string> environment;  // N=V, or N: inherited
    bool inherits_environment = false;
    runtime::BoundsPolicy bounds = runtime::BoundsPolicy::automatic;
};

/// Runs a command module; answers the process's exit code.
int run(const RunOptions& options);

}  // namespace weir::cli
