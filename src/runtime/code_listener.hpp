#pragma once

#include "wasm/module.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace weir::runtime {

/// A piece of machine code that has got its place, where it stays for the life of the module's code.
struct PlacedCode {
    enum class Kind : uint8_t {
        first,      // of the tier that makes a function's first code
        hot,        // of the optimizer, for the function
        hot_loop,   // of the optimizer, for entry at the loop at `loop_offset`
        entry,      // from the host to functions of a type
        host_call,  // from functions to host functions of a type
    } kind;
    const wasm::Module* module;  // null for entry and host_call, as is what follows
    wasm::FuncIdx function;
    uint32_t loop_offset;  // in the function's body
    std::span<const std::byte> bytes;
};

/// Is told of all machine code, for who makes it known to profilers and debuggers. Called on any thread, on several at once.
class CodeListener {
public:
    virtual ~CodeListener() = default;
    virtual void placed(const PlacedCode& code) noexcept = 0;
};

}  // namespace weir::runtime
