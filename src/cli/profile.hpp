#pragma once

#include "base/result.hpp"
#include "cli/console.hpp"
#include "runtime/code_listener.hpp"

#include <cstdint>
#include <memory>

namespace weir::cli {

/// How machine code is made known to profilers.
enum class Profile : uint8_t {
    none,
    map,      // /tmp/perf-PID.map: names for perf report
    jitdump,  // ./jit-PID.dump: names and the code itself, for perf inject
};

/// Creates the file and answers what writes to it. Formats: tools/perf/Documentation/jit-interface.txt and jitdump-specification.txt of Linux.
[[nodiscard]] Result<std::shared_ptr<runtime::CodeListener>, Problem> create_profile(Profile profile);

}  // namespace weir::cli
