#include "optimizing/optimizing.hpp"
#include "support/execution.hpp"

#include <array>

// Traps that LLVM would rather not see, and what an instance looks like after one. The memory has one page. The first call of a function
// begins in the baseline's code: each test goes around twice.

namespace weir::test {
namespace {

constexpr uint32_t memory_bytes = 65536;
constexpr int rounds = 2;

class Strictness : public Execution {};

TEST_P(Strictness, load_that_is_needed_on_one_path_only_traps_on_the_other)
{
    Guest guest = load(wat(
        R"wat((module (memory 1) (global $g (export "g") (mut i32) (i32.const 0))
  (func (export "f") (param $address i32) (param $is_needed i32) (local $x i32)
    (local.set $x (i32.load (local.get $address)))
    (if (local.get $is_needed) (then (global.set $g (local.get $x)))))))wat",
        "0061736d0100000001060160027f7f000302010005030100010606017f0141000b07090201670300016600000a16011401017f200028020021022001"
        "0440200224000b0b"));
    for (int round = 0; round < rounds; ++round) {
        EXPECT_EQ(guest.call("f", {i32(memory_bytes), i32(0)}), traps(runtime::TrapKind::memory_out_of_bounds));
        EXPECT_EQ(guest.call("f", {i32(memory_bytes - 4), i32(0)}), returns());
        EXPECT_EQ(guest.call("f", {i32(memory_bytes), i32(1)}), traps(runtime::TrapKind::memory_out_of_bounds));
    }
}

TEST_P(Strictness, load_whose_last_value_only_is_needed_traps_in_each_pass)
{
    // Goes down from the address to 0: only the first access may be out of bounds.
    Guest guest = load(wat(
        R"wat((module (memory 1)
  (func (export "f") (param $address i32) (result i32) (local $x i32)
    (loop $next
      (local.set $x (i32.load (local.get $address)))
      (br_if $next (i32.ge_s (local.tee $address (i32.sub (local.get $address) (i32.const 16))) (i32.const 0))))
    (local.get $x))))wat",
        "0061736d0100000001060160017f017f030201000503010001070501016600000a1e011c01017f034020002802002101200041106b220041004e0d00"
        "0b20010b"));
    for (int round = 0; round < rounds; ++round) {
        EXPECT_EQ(guest.call("f", {i32(memory_bytes)}), traps(runtime::TrapKind::memory_out_of_bounds));
        EXPECT_EQ(guest.call("f", {i32(memory_bytes - 16)}), returns(i32(0)));
    }
}

TEST_P(Strictness, load_that_nobody_needs_traps_in_an_inlined_function)
{
    Guest guest = load(wat(
        R"wat((module (memory 1)
  (func $inner (param i32) (drop (i32.load (local.get 0))))
  (func $middle (param i32) (call $inner (local.get 0)))
  (func (export "f") (param i32) (call $middle (local.get 0)))))wat",
        "0061736d0100000001050160017f000304030000000503010001070501016600020a1803080020002802001a0b0600200010000b0600200010010b"));
    for (int round = 0; round < rounds; ++round) {
        EXPECT_EQ(guest.call("f", {i32(memory_bytes)}), traps(runtime::TrapKind::memory_out_of_bounds));
        EXPECT_EQ(guest.call("f", {i32(memory_bytes - 4)}), returns());
    }
}

TEST_P(Strictness, load_whose_value_is_looked_at_in_part_traps_as_a_whole)
{
    Guest guest = load(wat(
        R"wat((module (memory 1)
  (func (export "and") (param i32) (result i32) (i32.and (i32.load (local.get 0)) (i32.const 255)))
  (func (export "shift") (param i32) (result i32) (i32.shr_u (i32.load (local.get 0)) (i32.const 24)))
  (func (export "wrap") (param i32) (result i32) (i32.wrap_i64 (i64.load (local.get 0))))
  (func (export "high") (param i32) (result i32) (i32.wrap_i64 (i64.shr_u (i64.load (local.get 0)) (i64.const 32))))
  (func (export "lane") (param i32) (result i32) (i32x4.extract_lane 0 (v128.load (local.get 0))))
  (func (export "extend") (param i32) (result i32) (i32.extend8_s (i32.load (local.get 0))))))wat",
        "0061736d0100000001060160017f017f0307060000000000000503010001072d0603616e640000057368696674000104777261700002046869676800"
        "03046c616e65000406657874656e6400050a42060b00200028020041ff01710b0a0020002802004118760b08002000290300a70b0b00200029030042"
        "2088a70b0b002000fd000400fd1b000b08002000280200c00b"));
    for (int round = 0; round < rounds; ++round) {
        for (const auto& [name, width] : {std::pair{"and", 4}, {"shift", 4}, {"wrap", 8}, {"high", 8}, {"lane", 16}, {"extend", 4}})
            for (int inside = 1; inside < width; ++inside) {
                SCOPED_TRACE(std::string{name} + " with " + std::to_string(inside) + " bytes inside");
                EXPECT_EQ(guest.call(name, {i32(memory_bytes - static_cast<uint32_t>(inside))}),
                          traps(runtime::TrapKind::memory_out_of_bounds));
            }
    }
}

TEST_P(Strictness, load_whose_value_turns_out_not_to_matter_traps)
{
    // What is widened without a sign from bytes has zeros in between, whatever was loaded.
    Guest guest = load(wat(
        R"wat((module (memory 1)
  (func (export "f") (param i32) (result i32) (local $v v128)
    (local.set $v (f64x2.trunc (i64x2.extend_low_i32x4_u (i32x4.splat (local.get 0)))))
    (i8x16.abs (v128.bitselect (local.get $v) (v128.const i64x2 0x7ff8000000000000 0x7ff8000000000000)
                               (f64x2.eq (local.get $v) (local.get $v))))
    (v128.load8x8_s (local.get 0))
    (i32x4.min_s)
    (i32x4.abs)
    (i32x4.extend_high_i16x8_u)
    (i16x8.extend_low_i8x16_u)
    (i16x8.extend_low_i8x16_u)
    (v128.not)
    (i8x16.extract_lane_s 14))))wat",
        "0061736d0100000001060160017f017f030201000503010001070501016600000a49014701017b2000fd11fdc901fd7a21012001fd0c000000000000"
        "f87f000000000000f87f20012001fd47fd52fd602000fd010300fdb601fda001fdaa01fd8901fd8901fd4dfd150e0b"));
    for (int round = 0; round < rounds; ++round) {
        EXPECT_EQ(guest.call("f", {i32(memory_bytes - 7)}), traps(runtime::TrapKind::memory_out_of_bounds));
        EXPECT_EQ(guest.call("f", {i32(memory_bytes - 8)}), returns(i32(-1)));
    }
}

TEST_P(Strictness, store_that_is_overwritten_is_done_when_a_trap_comes_between)
{
    Guest guest = load(wat(
        R"wat((module (memory (export "memory") 1) (global $g (export "g") (mut i32) (i32.const 0))
  (func (export "get") (result i32) (global.get $g))
  (func (export "f") (param i32)
    (global.set $g (local.get 0))
    (i32.store (i32.const 8) (local.get 0))
    (if (i32.eq (local.get 0) (i32.const 7)) (then unreachable))
    (global.set $g (i32.const 1))
    (i32.store (i32.const 8) (i32.const 1)))))wat",
        "0061736d010000000109026000017f60017f00030302000105030100010606017f0141000b071804066d656d6f727902000167030003676574000001"
        "6600010a2802040023000b2100200024004108200036020020004107460440000b41012400410841013602000b"));
    for (int round = 0; round < rounds; ++round) {
        EXPECT_EQ(guest.call("f", {i32(7)}), traps(runtime::TrapKind::unreachable));
        EXPECT_EQ(guest.call("get"), returns(i32(7)));
        EXPECT_EQ(guest.memory()[8], std::byte{7});
        EXPECT_EQ(guest.call("f", {i32(6)}), returns());
        EXPECT_EQ(guest.call("get"), returns(i32(1)));
    }
}

constexpr EngineMode tiered_modes[] = {
    {"guard", runtime::BoundsPolicy::guard, false, &optimizing::create_compiler},
    {"checked", runtime::BoundsPolicy::checked, false, &optimizing::create_compiler},
};
INSTANTIATE_TEST_SUITE_P(Tiered, Strictness, testing::ValuesIn(tiered_modes),
                         [](const auto& test) { return std::string{test.param.name}; });

}  // namespace
}  // namespace weir::test
