#include "optimizing/optimizing.hpp"
#include "support/execution.hpp"

#include <array>
#include <string>

// A signaling NaN that goes into an operation comes out quiet, also where the operation leaves every number as it is, which LLVM takes for no
// operation. The first call of a function begins in the baseline's code: each test goes around twice.
// https://webassembly.github.io/spec/core/exec/numerics.html#nan-propagation

namespace weir::test {
namespace {

constexpr uint64_t signaling = 0x7ff0'0000'0000'1234, quiet_bit = 0x0008'0000'0000'0000;
constexpr uint32_t signaling_f32 = 0x7f80'1234, quiet_bit_f32 = 0x0040'0000;
constexpr int rounds = 2;

class QuietNans : public Execution {};

TEST_P(QuietNans, come_out_of_operations_that_leave_numbers_as_they_are)
{
    Guest guest = load(wat(
        R"wat((module (memory 1) (global $one (mut f64) (f64.const 1))
  (func (export "constant") (param i64) (result i64)
    (i64.reinterpret_f64 (f64.mul (f64.reinterpret_i64 (local.get 0)) (f64.const 1))))
  (func (export "local_one") (param i64) (result i64) (local $one f64)
    (local.set $one (f64.const 1))
    (i64.reinterpret_f64 (f64.mul (f64.reinterpret_i64 (local.get 0)) (local.get $one))))
  (func (export "local_minus_one") (param i64) (result i64) (local $c f64)
    (local.set $c (f64.const -1))
    (i64.reinterpret_f64 (f64.mul (local.get $c) (f64.reinterpret_i64 (local.get 0)))))
  (func (export "local_divisor") (param i64) (result i64) (local $c f64)
    (local.set $c (f64.const 1))
    (i64.reinterpret_f64 (f64.div (f64.reinterpret_i64 (local.get 0)) (local.get $c))))
  (func (export "untouched_local") (param i64) (result i64) (local $zero f64)
    (i64.reinterpret_f64 (f64.sub (f64.reinterpret_i64 (local.get 0)) (local.get $zero))))
  (func (export "minus_zero") (param i64) (result i64) (local $c f64)
    (local.set $c (f64.const -0))
    (i64.reinterpret_f64 (f64.add (f64.reinterpret_i64 (local.get 0)) (local.get $c))))
  (func (export "from_minus_zero") (param i64) (result i64) (local $c f64)
    (local.set $c (f64.const -0))
    (i64.reinterpret_f64 (f64.sub (local.get $c) (f64.reinterpret_i64 (local.get 0)))))
  (func (export "zero_to_what_is_not_negative") (param i64) (result i64) (local $zero f64)
    (i64.reinterpret_f64 (f64.add (f64.abs (f64.reinterpret_i64 (local.get 0))) (local.get $zero))))
  (func (export "number_to_nan") (param i64) (result i64) (local $zero f64)
    (i64.reinterpret_f64 (f64.sub (f64.const nan:0x1234) (local.get $zero))))
  (func (export "constants") (param i64) (result i64)
    (i64.reinterpret_f64 (f64.mul (f64.const 1) (f64.const nan:0x1234))))
  (func (export "memory") (param i64) (result i64)
    (f64.store (i32.const 8) (f64.const 1))
    (i64.reinterpret_f64 (f64.div (f64.reinterpret_i64 (local.get 0)) (f64.load (i32.const 8)))))
  (func (export "memory_bits") (param i64) (result i64)
    (i64.store (i32.const 8) (i64.const 0x3ff0000000000000))
    (i64.reinterpret_f64 (f64.mul (f64.reinterpret_i64 (local.get 0)) (f64.load (i32.const 8)))))
  (func (export "global") (param i64) (result i64)
    (global.set $one (f64.const 1))
    (i64.reinterpret_f64 (f64.mul (f64.reinterpret_i64 (local.get 0)) (global.get $one))))
  (func $product (param f64 f64) (result f64) (f64.mul (local.get 0) (local.get 1)))
  (func (export "parameter") (param i64) (result i64)
    (i64.reinterpret_f64 (call $product (f64.reinterpret_i64 (local.get 0)) (f64.const 1))))
  (func (export "converted") (param i64) (result i64) (local $i i32)
    (local.set $i (i32.const 1))
    (i64.reinterpret_f64 (f64.mul (f64.reinterpret_i64 (local.get 0)) (f64.convert_i32_s (local.get $i)))))
  (func (export "computed") (param i64) (result i64) (local $half f64)
    (local.set $half (f64.const 0.5))
    (i64.reinterpret_f64 (f64.mul (f64.reinterpret_i64 (local.get 0)) (f64.add (local.get $half) (local.get $half)))))
  (func $product_if_one (param f64 f64) (result f64)
    (if (result f64) (f64.eq (local.get 1) (f64.const 1))
      (then (f64.mul (local.get 0) (local.get 1))) (else (f64.const 3))))
  (func (export "compared") (param i64) (result i64)
    (i64.reinterpret_f64 (call $product_if_one (f64.reinterpret_i64 (local.get 0)) (global.get $one))))
  (func (export "selected") (param i64) (result i64)
    (i64.reinterpret_f64 (f64.mul (f64.reinterpret_i64 (local.get 0))
                                  (select (f64.const 1) (f64.const 2) (i64.ne (local.get 0) (i64.const 5))))))
  (func (export "power") (param i64) (result i64) (local $i i32) (local $r f64)
    (local.set $r (f64.const 1))
    (loop $l
      (local.set $r (f64.mul (local.get $r) (f64.reinterpret_i64 (local.get 0))))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 1))))
    (i64.reinterpret_f64 (local.get $r)))
  (func (export "maximum") (param i64) (result i64) (local $c f64)
    (local.set $c (f64.const -0))
    (i64.reinterpret_f64 (f64.max (f64.reinterpret_i64 (local.get 0)) (local.get $c))))
  (func (export "there_and_back") (param i32) (result i32) (local $wide f64)
    (local.set $wide (f64.promote_f32 (f32.reinterpret_i32 (local.get 0))))
    (i32.reinterpret_f32 (f32.demote_f64 (local.get $wide))))
  (func (export "negated_on_the_way") (param i32) (result i32) (local $wide f64)
    (local.set $wide (f64.neg (f64.promote_f32 (f32.reinterpret_i32 (local.get 0)))))
    (i32.reinterpret_f32 (f32.demote_f64 (local.get $wide))))
  (func (export "there_and_back_lanes") (param i32) (result i32) (local $wide v128)
    (local.set $wide (f64x2.promote_low_f32x4 (i32x4.splat (local.get 0))))
    (i32x4.extract_lane 1 (f32x4.demote_f64x2_zero (local.get $wide))))
  (func (export "lanes") (param i64) (result i64) (local $one v128)
    (local.set $one (f64x2.splat (f64.const 1)))
    (i64x2.extract_lane 1 (f64x2.mul (i64x2.splat (local.get 0)) (local.get $one))))
  (func (export "untouched_lanes") (param i32) (result i32) (local $zero v128)
    (i32x4.extract_lane 3 (f32x4.sub (i32x4.splat (local.get 0)) (local.get $zero))))))wat",
        "0061736d0100000001110360017e017e60027c7c017c60017f017f031c1b000000000000000000000000000100000001000000000202020002050301"
        "0001060d017c0144000000000000f03f0b07e8021908636f6e7374616e740000096c6f63616c5f6f6e6500010f6c6f63616c5f6d696e75735f6f6e65"
        "00020d6c6f63616c5f64697669736f7200030f756e746f75636865645f6c6f63616c00040a6d696e75735f7a65726f00050f66726f6d5f6d696e7573"
        "5f7a65726f00061c7a65726f5f746f5f776861745f69735f6e6f745f6e6567617469766500070d6e756d6265725f746f5f6e616e000809636f6e7374"
        "616e74730009066d656d6f7279000a0b6d656d6f72795f62697473000b06676c6f62616c000c09706172616d65746572000e09636f6e766572746564"
        "000f08636f6d7075746564001008636f6d706172656400120873656c6563746564001305706f7765720014076d6178696d756d00150e74686572655f"
        "616e645f6261636b0016126e6567617465645f6f6e5f7468655f77617900171474686572655f616e645f6261636b5f6c616e65730018056c616e6573"
        "00190f756e746f75636865645f6c616e6573001a0ac9041b10002000bf44000000000000f03fa2bd0b1601017c44000000000000f03f21012000bf20"
        "01a2bd0b1601017c44000000000000f0bf210120012000bfa2bd0b1601017c44000000000000f03f21012000bf2001a3bd0b0b01017c2000bf2001a1"
        "bd0b1601017c44000000000000008021012000bf2001a0bd0b1601017c440000000000000080210120012000bfa1bd0b0c01017c2000bf992001a0bd"
        "0b1101017c44341200000000f07f2001a1bd0b160044000000000000f03f44341200000000f07fa2bd0b1a00410844000000000000f03f3903002000"
        "bf41082b0300a3bd0b1b0041084280808080808080f83f3703002000bf41082b0300a2bd0b140044000000000000f03f24002000bf2300a2bd0b0700"
        "20002001a20b11002000bf44000000000000f03f100dbd0b1001017f410121012000bf2001b7a2bd0b1901017c44000000000000e03f21012000bf20"
        "012001a0a2bd0b2000200144000000000000f03f61047c20002001a2054400000000000008400b0b0a002000bf23001011bd0b1f002000bf44000000"
        "000000f03f44000000000000004020004205521ba2bd0b2b02017f017c44000000000000f03f2102034020022000bfa22102200141016a2201410149"
        "0d000b2002bd0b1601017c44000000000000008021012000bf2001a5bd0b0e01017c2000bebb21012001b6bc0b0f01017c2000bebb9a21012001b6bc"
        "0b1301017b2000fd11fd5f21012001fd5efd1b010b1d01017b44000000000000f03ffd1421012000fd122001fdf201fd1d010b1001017b2000fd1120"
        "01fde501fd1b030b"));
    constexpr std::array of_f32{"there_and_back", "negated_on_the_way", "there_and_back_lanes", "untouched_lanes"};
    constexpr std::array of_f64{"constant",
                                "local_one",
                                "local_minus_one",
                                "local_divisor",
                                "untouched_local",
                                "minus_zero",
                                "from_minus_zero",
                                "zero_to_what_is_not_negative",
                                "memory",
                                "number_to_nan",
                                "constants",
                                "memory_bits",
                                "global",
                                "parameter",
                                "converted",
                                "computed",
                                "compared",
                                "selected",
                                "power",
                                "maximum",
                                "lanes"};
    for (int round = 0; round < rounds; ++round) {
        for (const char* const name : of_f64) {
            const CallResult result = guest.call(name, {i64(signaling)});
            ASSERT_EQ(result.values.size(), 1) << name;
            EXPECT_EQ(result.values[0].bits & (signaling | quiet_bit), signaling | quiet_bit) << name << " in round " << round;
        }
        for (const char* const name : of_f32) {
            const CallResult result = guest.call(name, {i32(signaling_f32)});
            ASSERT_EQ(result.values.size(), 1) << name;
            EXPECT_EQ(result.values[0].bits & (signaling_f32 | quiet_bit_f32), signaling_f32 | quiet_bit_f32)
                << name << " in round " << round;
        }
    }
}

constexpr EngineMode tiered_modes[] = {
    {"guard", runtime::BoundsPolicy::guard, false, &optimizing::create_compiler},
    {"checked", runtime::BoundsPolicy::checked, false, &optimizing::create_compiler},
};
INSTANTIATE_TEST_SUITE_P(Tiered, QuietNans, testing::ValuesIn(tiered_modes),
                         [](const auto& test) { return std::string{test.param.name}; });

}  // namespace
}  // namespace weir::test
