#pragma once

#include "baseline/regs.hpp"
#include "wasm/types.hpp"

#include <cstdint>

namespace weir::baseline {

/// Where an operand of the wasm stack is while code is being emitted.
enum class Place : uint8_t {
    constant,  // `bits`; never for v128
    reg,       // in `reg`, which this value alone owns (a temporary, or a pinned local's register for one instruction)
    local,     // a local.get that has not been emitted: the current value of local `index`
    spill,     // in the spill slot of its own stack position
    flags,     // an i32 0 or 1 as condition `cond` of the machine's flags; only on top, only until the next instruction
};

/// One operand of the abstract stack. Small and trivially copyable; accessors of FunctionCompiler keep its invariants.
struct StackValue {
    wasm::ValKind type = wasm::ValKind::i32;
    Place place = Place::constant;
    PhysReg reg{};
    x86::CondCode cond = x86::CondCode::kO;
    uint32_t local = 0;
    uint64_t bits = 0;
};

constexpr bool is_gp(wasm::ValKind k) { return k == wasm::ValKind::i32 || k == wasm::ValKind::i64 || k == wasm::ValKind::ref; }
constexpr bool is_64bit(wasm::ValKind k) { return k == wasm::ValKind::i64 || k == wasm::ValKind::ref; }

}  // namespace weir::baseline
