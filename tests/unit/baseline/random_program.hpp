#pragma once

#include "support/module_builder.hpp"
#include "support/typed_value.hpp"
#include "unit/baseline/numeric_reference.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <random>
#include <vector>

// Random valid functions, as trees that can be encoded and interpreted.

namespace weir::test {

struct Instruction {
    enum class Kind : uint8_t {
        constant,
        local_get,
        local_set,
        local_tee,
        global_get,
        global_set,
        numeric,
        drop,
        select,
        load,
        store,
        block,
        loop,
        if_,
        br,
        br_if,
        br_table,
        return_,
        call,
        unreachable,
    };
    Kind kind = Kind::unreachable;
    wasm::ValKind type = wasm::ValKind::i32;  // constant, load, store
    uint64_t bits = 0;                        // constant; load, store: static offset
    uint32_t index = 0;                       // local, global, label, callee
    const NumericOp* op = nullptr;
    std::vector<wasm::ValKind> params{}, results{};  // of blocks
    std::vector<uint32_t> labels{};                  // br_table, the default last
    std::vector<Instruction> body{}, else_body{};
};
using Sequence = std::vector<Instruction>;

struct Program {
    static constexpr uint32_t param_count = 4;  // i32 i64 f32 f64
    static constexpr uint32_t fuel_local = 4;   // i32: loops trap when it is spent
    static constexpr uint32_t initial_fuel = 30;
    static constexpr uint32_t memory_bytes = 512;  // what loads and stores can reach
    std::vector<wasm::ValKind> locals;             // parameters and fuel included
    std::vector<wasm::ValKind> results;
    Sequence body;
};

/// The functions that programs call, by index; what they do is in both the module and the interpreter.
enum class Callee : uint32_t { mix, pair, many, count_ };

Program make_program(uint64_t seed);
/// Whether results that are NaNs are made canonical, so that no implementation's choice of them can be seen.
enum class Nans : uint8_t { as_they_are, canonical };
std::vector<std::byte> encode(const Program& program, Nans nans = Nans::as_they_are);

struct State {
    std::array<uint64_t, 4> globals{1, 2, 0x3f80'0000, 0x4000'0000'0000'0000};  // i32 i64 f32 f64
    std::array<uint8_t, Program::memory_bytes + 16> memory{};
};
struct Interpreted {
    bool is_unknown = false;  // a NaN came up whose payload the standard leaves open
    runtime::TrapKind trap = runtime::TrapKind::none;
    Values results;
};
Interpreted interpret(const Program& program, const std::array<uint64_t, 4>& arguments, State& state);

}  // namespace weir::test
