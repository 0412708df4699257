#pragma once

#include "wasm/types.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

// The contract between compilers (tiers), the host and the cache: everything that machine code of a guest and C++ both
// rely on. Machine code is position independent and holds no address of an instance: it reaches all through its first
// argument, the InstanceContext, whose variable part ContextLayout computes.
//
// Calling convention ("wasm convention"), the same in every tier and for host functions:
//   - System V x86-64 C convention, registers only. No stack arguments, so a tail call is a jump in any tier.
//   - rdi: context of the callee (InstanceContext*, or HostFunctionContext* for a host function).
//   - i32, i64 and reference parameters, in order: rsi rdx rcx r8 r9. f32, f64, v128: xmm0..xmm7.
//   - Parameters that find no register go, in order, to ExecContext::transfer[0..]. The callee copies them before it does
//     anything else that could call or trap.
//   - The first result is in rax (i32, i64, reference) or xmm0 (f32, f64, v128); results 1, 2, ... are in transfer[0], transfer[1], ...;
//     the caller reads them before any other call.
//   - Upper bits are unspecified beyond a value's width: of an i32 in a 64-bit register, of an f32/f64 in an xmm register, and
//     of a transfer slot. A reader zero-extends.
//   - Callee-saved: rbx rbp r12 r13 r14 r15, as in C. MXCSR and the direction flag have their default state. No red zone.
//   - rbp is a frame pointer in every guest frame: [rbp] is the caller's rbp, [rbp + 8] the return address.
//   - Calls inside a module go through CodeSlots, one per function of the index space's defined part, so that a tier switch is
//     one store of an entry address.
//   - Every prologue whose function calls or whose frame exceeds `leaf_frame_bytes` compares the future rsp with ExecContext::stack_limit (unsigned, trap when below).
//     Below the limit `stack_reserve_bytes` are left for host functions, signal frames, small leaf frames and the registers of a guest
//     that is interrupted (some 4 KiB).
//   - A tail call restores callee-saved registers and rsp as a return would, then jumps.
//   - Generated code, trampolines included, may be interrupted at any instruction (interrupt.hpp): rsp is at all times the lowest address in
//     use, rbp at all times the frame of the function or of its caller, and code owns nothing that leaving it would leak.

namespace weir::runtime {

class Instance;
class Store;

enum class TrapKind : uint8_t {
    none,  // "no trap": what builtins return on success
#define WEIR_TRAP(ident, text) ident,
#include "runtime/trap_kind.def"
#undef WEIR_TRAP
};
[[nodiscard]] std::string_view to_string(TrapKind kind);

inline constexpr size_t leaf_frame_bytes = 1024;
inline constexpr size_t stack_reserve_bytes = size_t{256} * 1024;

/// A wasm value in memory: parameters and results between host and guest, transfer slots, globals. References are pointers: a
/// `const Function*` for function references, a host-chosen non-zero word for external ones; null is 0.
union alignas(16) Value {
    uint32_t i32;
    uint64_t i64;
    uint32_t f32_bits;
    uint64_t f64_bits;
    float f32;
    double f64;
    uint64_t ref;
    std::array<uint8_t, 16> v128;
};
static_assert(sizeof(Value) == 16 && std::is_trivially_copyable_v<Value>);

/// The entry address of a function's current code. Written by any thread (release), read by generated code.
struct CodeSlot {
    std::atomic<const void*> entry;
};
static_assert(sizeof(CodeSlot) == 8 && std::atomic<const void*>::is_always_lock_free);

/// What a non-null function reference points to. Call it: rdi = context, `call [entry]`. Its own copy of the slot's entry makes an indirect
/// call one load shorter, which counts where the call was not foreseen. ModuleCode keeps it up to date; what it had before is
/// good to call as well.
struct Function {
    std::atomic<const void*> entry;
    void* context;      // InstanceContext* or HostFunctionContext*
    wasm::TypeId type;  // canonical
    uint32_t index;     // in the defining module's index space; for host functions 0
};
static_assert(sizeof(Function) == 24);

/// What a memory's code needs. A memory never moves: its largest size is reserved at creation, growth only unprotects.
struct MemoryHeader {
    std::byte* base;
    std::atomic<uint64_t> size_bytes;
};

struct TableHeader {
    uint64_t* elements;  // references as in Value::ref; may move on growth
    uint64_t size;
    /// Not 0: elements may be null here that are not null; the builtins table_element and open_table know. Only of tables with StaticElements.
    uint64_t is_lazy;
};

/// How a memory is kept inside its bounds.
enum class MemoryMode : uint8_t {
    guard,    // 32-bit address, 64 KiB pages: reservation of guard_reservation_bytes, faults become traps
    checked,  // any: compare with MemoryHeader::size_bytes before each access
};
/// Behind `base` of a guard-mode memory so much is reserved: every index + offset + access width lands in it.
inline constexpr uint64_t guard_reservation_bytes = (uint64_t{1} << 33) + 65536;
/// In front of every memory so much is reserved and never accessible: a sign-extension slip faults.
inline constexpr uint64_t front_guard_bytes = uint64_t{1} << 31;

inline constexpr size_t max_transfer_values = 1000;  // implementation limit of parameters and of results (validator's)

struct Activation;

/// State of one thread of guest execution; all instances of a Store share it. One guest thread at a time.
struct ExecContext {
    uintptr_t stack_limit;    // lowest rsp a prologue may set up
    Activation* activation;   // innermost entry from the host, null outside guest code
    uintptr_t host_exit_rbp;  // rbp of the guest frame that called the running host function or builtin,
    uintptr_t host_exit_pc;   // and the return address in it; set by host trampolines and raise stubs for backtraces
    Store* store;
    TrapKind pending_trap;            // set before raise_pending
    std::atomic<uint32_t> interrupt;  // not 0: somebody wants to interrupt the guest; interrupt.hpp
    int64_t fuel;                     // that is left, where code counts it (CompileOptions::counts_fuel); negative: some is missing
    const void* loop_entry;           // where code that leaves a loop's header for another tier jumps to, frame and all given up
    alignas(16) std::array<Value, max_transfer_values> transfer;
};

/// Helper functions that generated code calls, by C convention, through InstanceContext::builtins. First argument: InstanceContext*.
/// A function that can trap returns a TrapKind in eax (`none` when fine); code then calls `raise` with it as second argument.
/// K: changes rax, rdi, rsi, rdx, r11 and flags only.
/// `a_b` packs two indices as uint64: a << 32 | b. Sizes and indices are zero-extended to 64 bits by the caller.
// clang-format off
//                   ident            parameters after the context                                            returns
#define WEIR_BUILTINS(X)                                                                                       \
    X(raise,          "u32 trap_kind: never returns; a stub that keeps rbp for the backtrace")                 \
    X(raise_pending,  "never returns: raises ExecContext::pending_trap, or leaves with the pending exit")      \
    X(memory_grow,    "u32 memory, u64 delta_pages -> u64 old pages, or ~0")                                   \
    X(memory_copy,    "u64 dst_src memories, u64 dst, u64 src, u64 n -> TrapKind")                             \
    X(memory_fill,    "u32 memory, u64 dst, u32 value, u64 n -> TrapKind")                                     \
    X(memory_init,    "u64 memory_data, u64 dst, u32 src, u32 n -> TrapKind")                                  \
    X(data_drop,      "u32 data")                                                                              \
    X(table_grow,     "u32 table, u64 init, u64 delta -> u64 old size, or ~0")                                 \
    X(table_fill,     "u32 table, u64 index, u64 value, u64 n -> TrapKind")                                    \
    X(table_copy,     "u64 dst_src tables, u64 dst, u64 src, u64 n -> TrapKind")                               \
    X(table_init,     "u64 table_elem, u64 dst, u32 src, u32 n -> TrapKind")                                   \
    X(elem_drop,      "u32 elem")                                                                              \
    X(is_subtype,     "u32 actual TypeId, u32 expected TypeId -> u32 0 or 1; for call_indirect of non-final types") \
    X(atomic_wait32,  "u32 memory, u64 address, u32 expected, i64 timeout_ns -> u64: TrapKind << 32 | result") \
    X(atomic_wait64,  "u32 memory, u64 address, u64 expected, i64 timeout_ns -> u64: TrapKind << 32 | result") \
    X(atomic_notify,  "u32 memory, u64 address, u32 count -> u64: TrapKind << 32 | result")                    \
    X(hot,            "u32 function, u32 wasm offset of the loop in the body, 0 at the function's entry, ~0: of a loop that stays -> address of the loop's code, " \
                      "or null; keeps what K says")                                                          \
    X(table_element,  "u32 table, u64 index below its size -> the element of a lazy table that is null there, or null; K")   \
    X(open_table,     "u32 table: all elements of a lazy table get their places; K")                           \
    X(function_reference, "u32 defined function -> const Function*; K")
// clang-format on

enum class Builtin : uint8_t {
#define WEIR_BUILTIN(ident, ...) ident,
    WEIR_BUILTINS(WEIR_BUILTIN)
#undef WEIR_BUILTIN
        count_
};

/// All that a guest function can reach. Followed in memory by the arrays that ContextLayout places.
struct alignas(16) InstanceContext {
    ExecContext* exec;
    const void* const* builtins;  // indexed by Builtin
    Instance* instance;
    std::byte* memory0_base;  // base of memory 0, null without one
    MemoryHeader* memory0;    // header of memory 0, null without one
    /// Of each function of the index space how far behind this its Function is, the target of ref.func; 0: the builtin function_reference
    /// makes it. Of imports: 0.
    const uint32_t* functions;
};

/// A host function bound to the instance that imports it. The host trampoline finds it in rdi.
struct HostFunctionContext {
    ExecContext* exec;
    /// What the trampoline calls: a stub that calls `function` and looks at ExecContext::interrupt afterwards.
    bool (*entry)(HostFunctionContext& context, Value* values) noexcept;
    Instance* instance;  // the importing one; null for functions made without one
    void* data;          // the host function's own
    const void* const* builtins;
    /// `values` holds the parameters in order and receives the results in order; it has room for the larger of both counts.
    /// Answers false after it set ExecContext::pending_trap or a pending exit.
    bool (*function)(HostFunctionContext& context, Value* values) noexcept;
};

/// What a piece of machine code can stop at, and where that is in the module. Sorted by code_offset in a function.
struct CodeSite {
    uint32_t code_offset;  // traps and memory accesses: of the instruction's first byte; calls: the return address
    uint32_t wasm_offset;  // of the wasm instruction, from the start of the body of its function
    enum class Kind : uint8_t { call, memory_access, trap } kind;
    TrapKind trap = TrapKind::none;  // kind trap: the reason of the ud2; memory_access: memory_out_of_bounds
    uint16_t inlined_by =
        0;  // the number, from 1, of the InlinedCall that brought the instruction here; 0: the function is the code's own
};

/// A call that is none in machine code, because the callee's code stands in its place. A function's calls are numbered from 1.
struct InlinedCall {
    uint32_t callee;       // a defined function
    uint32_t wasm_offset;  // of the call, from the start of the caller's body
    uint32_t inlined_by;   // as in CodeSite: what brought the call here; a smaller number than its own
};
inline constexpr size_t max_inlined_calls = UINT16_MAX;

/// A 32-bit pc-relative field to be filled when code gets its place.
struct Relocation {
    uint32_t code_offset;  // of the field
    wasm::FuncIdx target;  // a defined function
    enum class Kind : uint8_t {
        slot,   // its CodeSlot; the displacement counts from code_offset + 4
        calls,  // HeatCounters::calls; from code_offset + 5, since an 8-bit immediate follows the field
        loops,  // HeatCounters::loops, likewise
        first,  // HeatCounters::first_code; as slot
    } kind = Kind::slot;
};

/// Of each defined function, in the code space: how often it may still be called or go around a loop before it is hot. Code that counts
/// subtracts one, and calls the builtin `hot` when that makes a negative number. What is lost between threads does not matter.
struct HeatCounters {
    int32_t calls, loops;
    const void* first_code;  // entry of the code that counts; it stays when the slot has another
};
/// In place of a loop's offset: its code cannot change tiers.
inline constexpr uint32_t staying_loop = UINT32_MAX;

// A running function changes tiers at the header of a loop: the code of one tier stores the function's locals, in the order of their
// indices, and behind them the operand stack, from its bottom, to ExecContext::transfer, gives up its frame as for a tail call, and jumps,
// with the context in rdi, to code of the other that begins at that header. Where these are more than max_transfer_values,
// the loop runs to its end as it is.

}  // namespace weir::runtime
