#include "support/execution.hpp"
#include "support/module_builder.hpp"

// Structured control. Standard: Core 3.0, 4.6.8.

namespace weir::test {
namespace {

using runtime::TrapKind;
using wasm::Opcode;
using wasm::ValKind;

class Control : public Execution {};

TEST_P(Control, blocks_keep_what_is_below_and_pass_results_on)
{
    Guest guest = load(wat(
        R"wat(
(module
  (func (export "nested") (param i32) (result i32 i64 f64)
    i32.const 5
    (block (result i64 f64)
      (block (result i32)
        (block (result i32 i32) local.get 0 i32.const 2)
        i32.mul)
      i64.extend_i32_s
      (block (result f64) f64.const 0.5 (block) (block (block))))
  )
  (func (export "loop_with_parameters") (param i32) (result i32 i64)
    (local $n i32) (local $p i64)
    ;; (count, product) from (n, 1)
    local.get 0
    i64.const 1
    (loop (param i32 i64) (result i32 i64)
      (block (param i32 i64) (result i32 i64 i32)
        local.set $p
        local.tee $n
        i64.extend_i32_u
        local.get $p
        i64.mul
        local.set $p
        local.get $n
        i32.const 1
        i32.sub
        local.get $p
        local.get $n
        i32.const 1
        i32.gt_u)
      br_if 0))
  (func (export "if_with_parameters") (param i32 i32 i32) (result i32)
    local.get 0
    local.get 1
    local.get 2
    (if (param i32 i32) (result i32) (then i32.sub) (else i32.add)))
  (func (export "if_without_else") (param i32 i32) (result i32)
    local.get 0
    local.get 1
    (if (param i32) (result i32) (then i32.const 100 i32.add)))
  (func (export "constant_parameter_of_loop") (result i32)
    (local i32)
    i32.const 7
    (loop (param i32) (result i32)
      i32.const 1
      i32.add
      local.tee 0
      local.get 0
      i32.const 10
      i32.lt_u
      br_if 0))
)
)wat",
        "0061736d01000000013d0a60017f037f7e7c6000027e7c6000027f7f60017f027f7e60027f7e027f7e60027f7e037f7e7f60037f7f7f017f60027f7f"
        "017f60017f017f6000017f0306050003060709076505066e65737465640000146c6f6f705f776974685f706172616d657465727300011269665f7769"
        "74685f706172616d657465727300020f69665f776974686f75745f656c736500031a636f6e7374616e745f706172616d657465725f6f665f6c6f6f70"
        "00040a860105280041050201027f0202200041020b6c0bac027c44000000000000e03f02400b024002400b0b0b0b0b2802017f017e20004201030402"
        "0521022201ad20027e2102200141016b2002200141014b0b0d000b0b0e0020002001200204076b056a0b0b0d0020002001040841e4006a0b0b150101"
        "7f4107030841016a22002000410a490d000b0b"));
    EXPECT_EQ(guest.call("nested", {i32(21)}), returns(i32(5), i64(42), f64(0.5)));
    EXPECT_EQ(guest.call("loop_with_parameters", {i32(10)}), returns(i32(0), i64(3628800)));
    EXPECT_EQ(guest.call("if_with_parameters", {i32(7), i32(3), i32(1)}), returns(i32(4)));
    EXPECT_EQ(guest.call("if_with_parameters", {i32(7), i32(3), i32(0)}), returns(i32(10)));
    EXPECT_EQ(guest.call("if_without_else", {i32(7), i32(1)}), returns(i32(107)));
    EXPECT_EQ(guest.call("if_without_else", {i32(7), i32(0)}), returns(i32(7)));
    EXPECT_EQ(guest.call("constant_parameter_of_loop"), returns(i32(10)));
}

TEST_P(Control, branches_carry_values_over_what_lies_between)
{
    Guest guest = load(wat(
        R"wat(
(module
  (func (export "br") (param i32) (result i32)
    i32.const 1000
    (block (result i32)
      i32.const 1 i32.const 2 i32.const 3
      local.get 0
      br 0)
    i32.add)
  (func (export "br_two") (param i32 f32) (result i32 f32)
    (block (result i32 f32)
      (block (result i32)
        i64.const 9
        local.get 0
        local.get 1
        br 1)
      f32.const 0))
  (func (export "br_if") (param i32 i32) (result i32)
    (block (result i32)
      i32.const 9
      local.get 0
      local.get 1
      br_if 0
      i32.const 1
      i32.add
      i32.add))
  (func (export "br_if_on_compare") (param i32 i32) (result i32)
    (block
      (block (br_if 1 (i32.lt_s (local.get 0) (local.get 1))))
      (return (i32.const 0)))
    i32.const 1)
  (func (export "br_if_eqz_eqz") (param i32) (result i32)
    (block (br_if 0 (i32.eqz (i32.eqz (local.get 0)))) (return (i32.const 0)))
    i32.const 1)
  (func (export "br_if_carries_compare") (param f64 f64) (result i32)
    (block (result i32)
      (f64.lt (local.get 0) (local.get 1))
      (f64.lt (local.get 0) (local.get 1))
      br_if 0
      drop
      i32.const 42))
  (func (export "br_if_to_function") (param i32) (result i32 i64)
    i32.const 1
    i64.const 2
    local.get 0
    br_if 0
    drop
    i64.const 3)
  (func (export "return_from_depth") (param i32) (result i32)
    i32.const 5
    (loop (result i32)
      (block
        i32.const 6
        local.get 0
        return)
      unreachable)
    drop)
)
)wat",
        "0061736d0100000001240660017f017f60027f7d027f7d6000027f7d60027f7f017f60027c7c017f60017f027f7e0309080001030300040500077a08"
        "02627200000662725f74776f00010562725f696600021062725f69665f6f6e5f636f6d7061726500030d62725f69665f65717a5f65717a0004156272"
        "5f69665f636172726965735f636f6d7061726500051162725f69665f746f5f66756e6374696f6e00061172657475726e5f66726f6d5f646570746800"
        "070a980108130041e807027f41014102410320000c000b6a0b15000202027f4209200020010c010b43000000000b0b1100027f4109200020010d0041"
        "016a6a0b0b14000240024020002001480d010b41000f0b41010b10000240200045450d0041000f0b41010b1400027f200020016320002001630d001a"
        "412a0b0b0d004101420220000d001a42030b11004105037f0240410620000f0b000b1a0b"));
    EXPECT_EQ(guest.call("br", {i32(4)}), returns(i32(1004)));
    EXPECT_EQ(guest.call("br_two", {i32(4), f32(1.5F)}), returns(i32(4), f32(1.5F)));
    EXPECT_EQ(guest.call("br_if", {i32(5), i32(1)}), returns(i32(5)));
    EXPECT_EQ(guest.call("br_if", {i32(5), i32(0)}), returns(i32(15)));
    EXPECT_EQ(guest.call("br_if_on_compare", {i32(-1), i32(0)}), returns(i32(1)));
    EXPECT_EQ(guest.call("br_if_on_compare", {i32(0), i32(0)}), returns(i32(0)));
    EXPECT_EQ(guest.call("br_if_eqz_eqz", {i32(7)}), returns(i32(1)));
    EXPECT_EQ(guest.call("br_if_eqz_eqz", {i32(0)}), returns(i32(0)));
    EXPECT_EQ(guest.call("br_if_carries_compare", {f64(1), f64(2)}), returns(i32(1)));
    EXPECT_EQ(guest.call("br_if_carries_compare", {f64(2), f64(1)}), returns(i32(42)));
    EXPECT_EQ(guest.call("br_if_to_function", {i32(1)}), returns(i32(1), i64(2)));
    EXPECT_EQ(guest.call("br_if_to_function", {i32(0)}), returns(i32(1), i64(3)));
    EXPECT_EQ(guest.call("return_from_depth", {i32(8)}), returns(i32(8)));
}

TEST_P(Control, unreachable_code_after_a_branch_is_skipped_whatever_it_nests)
{
    Guest guest = load(wat(
        R"wat(
(module
  (func (export "after_br") (result i32)
    (block (result i32)
      i32.const 1
      br 0
      (block (result i32) (loop (br 0)) (if (result i32) (i32.const 0) (then unreachable) (else i32.const 2)))
      i32.add
      (br_table 0 0 0)
      f64.add
      drop))
  (func (export "after_return") (param i32) (result i32)
    (if (local.get 0) (then (return (i32.const 1)) (drop (i32.div_u)) (loop (if (i32.const 1) (then) (else)))))
    i32.const 2)
  (func (export "dead_if") (result i32)
    (block
      (br 0)
      (if (i32.const 1) (then) (else (br 1))))
    i32.const 3)
  (func (export "both_arms_leave") (param i32) (result i32)
    (block
      (if (local.get 0) (then (br 1)) (else (return (i32.const 4))))
      unreachable)
    i32.const 5)
  (func (export "unreachable") (result i64) unreachable)
)
)wat",
        "0061736d01000000010e036000017f60017f017f6000017e03060500010001020745050861667465725f627200000c61667465725f72657475726e00"
        "0107646561645f696600020f626f74685f61726d735f6c6561766500030b756e726561636861626c6500040a66052200027f41010c00027f03400c00"
        "0b4100047f000541020b0b6a0e02000000a01a0b0b17002000044041010f6e1a034041010440050b0b0b41020b110002400c0041010440050c010b0b"
        "41030b13000240200004400c010541040f0b000b41050b0300000b"));
    EXPECT_EQ(guest.call("after_br"), returns(i32(1)));
    EXPECT_EQ(guest.call("after_return", {i32(1)}), returns(i32(1)));
    EXPECT_EQ(guest.call("after_return", {i32(0)}), returns(i32(2)));
    EXPECT_EQ(guest.call("dead_if"), returns(i32(3)));
    EXPECT_EQ(guest.call("both_arms_leave", {i32(1)}), returns(i32(5)));
    EXPECT_EQ(guest.call("both_arms_leave", {i32(0)}), returns(i32(4)));
    EXPECT_EQ(guest.call("unreachable"), traps(TrapKind::unreachable));
}

/// Case k of `count` branches out of k + 1 blocks and answers 100 + k; with a value, that value plus k.
std::vector<std::byte> switch_module(uint32_t count, bool carries_value)
{
    ModuleBuilder module;
    const ValKind carried = carries_value ? ValKind::i64 : ValKind::bottom;
    Code code;
    for (uint32_t i = 0; i <= count; ++i) code.open(Opcode::block, carried);
    if (carries_value) code.local_get(1);
    code.local_get(0).op(Opcode::br_table, count);
    for (uint32_t i = 0; i <= count; ++i) code.u32(i);
    for (uint32_t i = 0; i <= count; ++i) {
        code.end();
        if (!carries_value) code.i64_const(100);
        code.i64_const(i).op(Opcode::i64_add).op(Opcode::return_);
    }
    code.op(Opcode::unreachable);
    module.function(module.type({ValKind::i32, ValKind::i64}, {ValKind::i64}), "switch", code);
    return module.build();
}

TEST_P(Control, br_table_reaches_every_target_and_the_default)
{
    for (const bool carries_value : {false, true}) {
        for (const uint32_t count : {0U, 1U, 2U, 3U, 4U, 5U, 100U, 3000U}) {
            SCOPED_TRACE(std::to_string(count) + (carries_value ? " with a value" : ""));
            Guest guest = load(switch_module(count, carries_value));
            const auto expected = [&](uint32_t i) {
                return returns(i64(static_cast<uint64_t>(carries_value ? 7 : 100) + std::min(i, count)));
            };
            for (uint32_t i = 0; i < count + 2; ++i) ASSERT_EQ(guest.call("switch", {i32(i), i64(7)}), expected(i)) << i;
            EXPECT_EQ(guest.call("switch", {i32(0x8000'0000U), i64(7)}), expected(count));
            EXPECT_EQ(guest.call("switch", {i32(-1), i64(7)}), expected(count));
        }
    }
}

TEST_P(Control, br_table_to_loop_block_and_function_moves_each_ones_values)
{
    Guest guest = load(wat(
        R"wat(
(module
  (func (export "mixed") (param i32) (result i32)
    (local $turns i32)
    i32.const 1000
    (block $out (result i32)
      i32.const 0
      (loop $again (param i32) (result i32)
        local.set $turns
        (block $inner (result i32)
          (i32.add (local.get $turns) (i32.const 1))
          (select (i32.const 0) (local.get 0) (i32.ge_u (local.get $turns) (i32.const 3)))
          br_table $inner $again $out 3)
        i32.const 500
        i32.add))
    i32.add)
)
)wat",
        "0061736d0100000001060160017f017f03020100070901056d6978656400000a30012e01017f41e807027f410003002101027f200141016a41002000"
        "200141034f1b0e03000102030b41f4036a0b0b6a0b"));
    EXPECT_EQ(guest.call("mixed", {i32(0)}), returns(i32(1501)));
    EXPECT_EQ(guest.call("mixed", {i32(1)}), returns(i32(1504)));
    EXPECT_EQ(guest.call("mixed", {i32(2)}), returns(i32(1001)));
    EXPECT_EQ(guest.call("mixed", {i32(3)}), returns(i32(1)));
    EXPECT_EQ(guest.call("mixed", {i32(-1)}), returns(i32(1)));
}

}  // namespace

INSTANTIATE_EXECUTION_TESTS(Control);

}  // namespace weir::test
