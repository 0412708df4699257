#pragma once

#include "runtime/contract.hpp"
#include "wasm/types.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace weir::runtime {

class ModuleCode;

/// A guest frame of a backtrace.
struct Frame {
    std::shared_ptr<const ModuleCode> code;
    wasm::FuncIdx function;
    uint32_t wasm_offset = 0;  // from the start of the function's body
};

struct Returned {};

/// The guest was stopped. Standard: Core 3.0, 4.1 "trap".
struct Trap {
    TrapKind kind = TrapKind::none;
    std::string detail;         // more than the kind says, when there is more
    std::vector<Frame> frames;  // innermost first
    bool is_truncated = false;  // there were more frames
    [[nodiscard]] std::string message() const;
};

/// The guest asked to end.
struct Exit {
    uint32_t code = 0;
};

using Outcome = std::variant<Returned, Trap, Exit>;

/// A place in a source file, of a function that the guest's compiler may have inlined. All of it is the guest's words.
struct SourcePlace {
    std::string function, file;
    uint32_t line = 0, column = 0;  // from 1; 0: not known
};
/// Of a frame: the functions that were inlined at its place, innermost first, and at the end the frame's own. Empty: nothing is known.
using SourcePlaces = std::vector<SourcePlace>;

/// One line a frame: "  0: main.run (function 12, byte 0x1a2b)". Byte offsets count from the start of the module. Where `places` has the frame, its
/// source follows, "at run.c:7:3", and the functions inlined there stand above it. Names are made printable.
std::string format_backtrace(const Trap& trap, std::span<const SourcePlaces> places = {});

}  // namespace weir::runtime
