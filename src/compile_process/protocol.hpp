#pragma once

#include "base/build_id.hpp"
#include "base/result.hpp"
#include "base/sys_error.hpp"
#include "base/unique_fd.hpp"
#include "runtime/compiler.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

// What weir and the process that compiles for it say to each other, over a stream socket. Both are of one build, on one machine: numbers
// are the host's, structs are sent as they are.
//
//   compiler  -> weir       Hello, once
//   weir      -> compiler   Request, for `load` followed by the module's memory modes and accompanied by its bytes as a descriptor
//   compiler  -> weir       Reply to each `compile`: then bytes, sites, inlined calls, relocations, message

namespace weir::compile_process {

/// Ends with what both sides must have in common. Different ones cannot work together.
struct Hello {
    BuildId build;
};

struct Request {
    enum class Kind : uint32_t { load, forget, compile } kind;
    uint32_t module;  // numbers that weir gives
    // load
    uint64_t module_bytes;
    uint32_t memory_count;
    uint32_t counts;  // CompileOptions::counts
    // compile
    uint32_t function;
    uint32_t loop_offset;  // 0: the function's entry
};

struct Reply {
    uint32_t is_ok;
    uint32_t alignment_bytes;
    uint32_t code_bytes;
    uint32_t sites;
    uint32_t inlined_calls;
    uint32_t relocations;
    uint32_t message_bytes;
};

/// All or nothing; interrupted calls go on. An end of the stream is an error, as ECONNRESET. `send` may take a descriptor along.
Result<void, SysError> send(int socket, std::span<const std::byte> bytes, int descriptor = -1);
Result<void, SysError> receive(int socket, std::span<std::byte> bytes, UniqueFd* descriptor = nullptr);

template <class T>
std::span<const std::byte> as_bytes(const T& object)
{
    return std::as_bytes(std::span{&object, 1});
}
template <class T>
std::span<std::byte> as_writable_bytes(T& object)
{
    return std::as_writable_bytes(std::span{&object, 1});
}

Result<void, SysError> send_code(int socket, const Result<void, runtime::CompileError>& result, const runtime::CompiledCode& code);
/// What the other side says is taken as it is only where it cannot do harm: sizes are bounded, and fields to be filled lie in the code.
/// The outer error: the connection is of no use any more.
Result<Result<void, runtime::CompileError>, SysError> receive_code(int socket, const wasm::Module& module,
                                                                   runtime::CompiledCode& code);

}  // namespace weir::compile_process
