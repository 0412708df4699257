#pragma once

#include "runtime/contract.hpp"
#include "runtime/outcome.hpp"

#include <cstdint>
#include <variant>

// Suspension: a guest that Store::start began may be left in the middle of a host function, or at any instruction, and gone on with
// later, so that one thread serves thousands of them. docs/design.md, C12.
//
//   host:           Store::start ──► guest ──► host function ──► suspend() ─┐
//                   Suspended ◄─────────────────────────────────────────────┘
//                   Store::resume ──────────────────────────────► suspend() answers, the host function goes on
//
// Guest frames and the host function's own stay where they are, on the store's stack.

namespace weir::runtime {

/// A started guest has not ended: Store::resume goes on with it.
struct Suspended {
    enum class By : uint8_t {
        host_function,  // suspend(): the host function waits for something
        interrupt,      // InterruptAnswer::yield: the guest could go on at once
    } by;
};

/// What a started guest has come to.
using Progress = std::variant<Returned, Trap, Exit, Suspended>;

/// What suspend() answers.
enum class Resumption : uint8_t {
    resumed,
    stopped,  // the guest is to be stopped, which happens as soon as the host function returns, whatever it answers. It should do so at once
    impossible,  // nothing was suspended
};

/// For host functions: whether suspend() would suspend. The guest must have been started, not called, and no other store's guest may be
/// in the middle of a call between the start and here. Calls of the same store's guests may lie between: they are suspended with it.
[[nodiscard]] bool can_suspend(const HostFunctionContext& context) noexcept;

/// For host functions: leaves the guest; Store::start or resume answers Suspended. Returns when Store::resume or Store::stop is called.
/// Meanwhile other guests run on this thread: no lock may be held that their host functions want, and what is thread-local is shared with them.
[[nodiscard]] Resumption suspend(HostFunctionContext& context) noexcept;

}  // namespace weir::runtime
