#pragma once

#include "base/result.hpp"
#include "optimizing/machine.hpp"
#include "runtime/compiler.hpp"

#include <span>

namespace weir::optimizing {

struct ReadObject {
    uint64_t frame_bytes = 0;
    bool has_calls = false;
};

/// Makes CompiledCode of the ELF object of one function: its text and constants in one piece, references between them resolved, references to
/// CodeSlots as relocations. Whatever else the object refers to is an error: generated code calls nobody behind weir's back.
///
/// The sites are read off the machine code itself, so that they cannot differ from it: every call; every access to memory that is not
/// the frame's or a constant's; every trap with the kind that its instruction holds. Line numbers say where in the body they are, columns
/// which of `out.inlined_calls` brought them here.
Result<ReadObject, runtime::CompileError> read_object(const Machine& machine, std::span<const char> object,
                                                      runtime::CompiledCode& out);

}  // namespace weir::optimizing
