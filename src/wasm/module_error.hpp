#pragma once

#include "wasm/types.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace weir::wasm {

/// Why bytes are no module that weir runs.
enum class ErrorKind : uint8_t {
    empty,      // no bytes at all
    text,       // WebAssembly text or another text file
    component,  // a component, not a core module
    not_wasm,   // anything else without the magic number
    malformed,  // the encoding breaks the binary grammar (Core 3.0, chapter 5)
    invalid,    // well-formed, but breaks a typing rule (chapter 3)
    limit,      // beyond an implementation limit (appendix "Implementation Limitations")
};

struct ModuleError {
    ErrorKind kind = ErrorKind::malformed;
    std::string message;
    size_t offset_bytes = 0;          // where in the module
    std::optional<FuncIdx> function;  // the function whose body it is in
    std::string function_name;        // from the name section, if it says; as it stands there
    std::string expected = {};        // of a type mismatch: the two types as text, also part of the message
    std::string found = {};

    /// "function 12 (main), byte 0x1a2b: type mismatch in i32.add: expected i32, found f64". Safe to show on a terminal.
    [[nodiscard]] std::string to_string() const;
};

}  // namespace weir::wasm
