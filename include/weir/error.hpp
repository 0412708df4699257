#pragma once

#include <weir/expected.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#pragma GCC visibility push(default)

namespace weir {

/// What kind of thing went wrong. Errors of a guest (trap, exit) are the outcome of a call; the others are its caller's or the system's.
enum class ErrorKind : uint8_t {
    module,  // the bytes are no WebAssembly module that weir runs
    link,    // imports are missing, or of another type
    usage,   // no such export, another type than asked for, a call that is not possible now
    system,  // the operating system refused memory or files
    trap,    // the guest was stopped: Error::trap says why
    exit,    // the guest ended itself: Error::exit_code
};

/// Why a guest was stopped. Standard: Core 3.0, 4.1 "trap"; the last six are weir's.
enum class TrapKind : uint8_t {
    none,
    unreachable,
    memory_out_of_bounds,
    table_out_of_bounds,
    undefined_element,
    uninitialized_element,
    indirect_call_type,
    integer_divide_by_zero,
    integer_overflow,
    invalid_conversion,
    null_reference,
    null_function_reference,
    unaligned_atomic,
    expected_shared_memory,
    call_stack_exhausted,
    code_space_exhausted,  // no room for more machine code
    compilation_failed,    // a function of the module cannot be compiled
    interrupted,           // by Interrupter::stop, a Deadline or Task::stop
    out_of_fuel,           // what Config::fuel or Instance::set_fuel gave is used up
    host_error,            // a host function failed; Error::message says how
};
/// The specification's words, where it has some: "out of bounds memory access".
[[nodiscard]] std::string_view to_string(TrapKind kind) noexcept;

/// A guest function that was running when a trap happened.
struct Frame {
    std::string function;       // from the module's name section; may be empty
    uint32_t function_index{};  // in the module
    uint64_t byte_offset{};     // of the instruction, from the start of the module
};

/// Why something did not happen. An ordinary value: copy it, keep it. Messages are for people; programs look at the kinds.
struct Error {
    ErrorKind kind = ErrorKind::usage;
    std::string message;                // says what was being done, to what, and what was found
    TrapKind trap = TrapKind::none;     // kind trap
    uint32_t exit_code = 0;             // kind exit
    std::vector<Frame> backtrace = {};  // kind trap: innermost first, at most 64
    bool is_backtrace_truncated = false;

    /// What a host function answers to stop the guest: its caller gets a trap with this message.
    [[nodiscard]] static Error failure(std::string message) { return {ErrorKind::trap, std::move(message), TrapKind::host_error}; }
    /// What a host function answers to end the guest as if it had exited.
    [[nodiscard]] static Error exit(uint32_t code) { return {ErrorKind::exit, "the guest exited", TrapKind::none, code}; }
    /// The message, and for a trap a line for each frame.
    [[nodiscard]] std::string to_string() const;
};

}  // namespace weir

#pragma GCC visibility pop
