#pragma once

#include "runtime/compiler.hpp"

namespace weir::compile_process {

/// Compiles what is asked for at `socket` (protocol.hpp) until the other side is gone. Answers the process' exit code.
int serve(int socket, const runtime::Compiler& compiler);

}  // namespace weir::compile_process
