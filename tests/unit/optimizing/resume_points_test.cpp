#include "optimizing/resume_points.hpp"

#include "optimizing/optimizing.hpp"
#include "support/execution.hpp"
#include "wasm/reader.hpp"

// Functions in the form that Go's compiler gives them.

namespace weir::test {
namespace {

class ResumePoints : public Execution {};

const Wat counter =
    wat(R"wat((module
  (func (export "run") (param $point i32) (result i32) (local $i i32)
    (loop $top
      (block $b3 (block $b2 (block $b1
        (br_table $b1 $b2 $b3 (local.get $point)))
        (local.set $i (i32.const 5))
        (local.set $point (i32.const 1))
        (br $top))
       (local.set $i (i32.add (local.get $i) (i32.const 1)))
       (if (i32.lt_u (local.get $i) (i32.const 10))
         (then (local.set $point (i32.const 1)) (br $top)))
       (local.set $point (i32.const 77))
       (br $top)))
    (i32.add (local.get $i) (i32.const 100)))
  (func (export "not_known") (param $point i32) (result i32) (local $i i32)
    (loop $top (result i32)
      (block $b3 (block $b2 (block $b1
        (br_table $b1 $b2 $b3 (local.get $point)))
        (local.set $point (i32.add (local.get $point) (i32.const 1)))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $top))
       (local.set $point (i32.const 2))
       (local.set $point (i32.sub (local.get $point) (i32.const 2)))
       (local.set $i (i32.add (local.get $i) (i32.const 10)))
       (br_if $top (i32.lt_u (local.get $i) (i32.const 50)))
       (local.set $point (i32.const 2))
       (br $top))
      (local.get $i)))))wat",
        "0061736d0100000001060160017f017f03030200000713020372756e0000096e6f745f6b6e6f776e00010a8e01024301017f03400240024002402000"
        "0e020001020b41052101410121000c020b200141016a21012001410a490440410121000c020b41cd0021000c010b0b200141e4006a0b4801017f037f"
        "02400240024020000e020001020b200041016a2100200141016a21010c020b41022100200041026b21002001410a6a210120014132490d0141022100"
        "0c010b20010b0b");

TEST_P(ResumePoints, lead_where_the_table_does)
{
    Guest guest = load(counter);
    for (int round = 0; round < 3; ++round) {  // the first call is the first tier's
        EXPECT_EQ(guest.call("run", {i32(0)}), returns(i32(110)));
        EXPECT_EQ(guest.call("run", {i32(1)}), returns(i32(110)));
        EXPECT_EQ(guest.call("run", {i32(2)}), returns(i32(100)));
        EXPECT_EQ(guest.call("run", {i32(0xffff'ffff)}), returns(i32(100)));
    }
}

TEST_P(ResumePoints, that_are_computed_go_through_the_table)
{
    Guest guest = load(counter);
    for (int round = 0; round < 3; ++round) {
        EXPECT_EQ(guest.call("not_known", {i32(0)}), returns(i32(55)));
        EXPECT_EQ(guest.call("not_known", {i32(1)}), returns(i32(54)));
        EXPECT_EQ(guest.call("not_known", {i32(2)}), returns(i32(0)));
    }
}

constexpr EngineMode tiered_modes[] = {
    {"guard", runtime::BoundsPolicy::guard, false, &optimizing::create_compiler},
    {"checked", runtime::BoundsPolicy::checked, false, &optimizing::create_compiler},
};
INSTANTIATE_TEST_SUITE_P(Tiered, ResumePoints, testing::ValuesIn(tiered_modes),
                         [](const auto& test) { return std::string{test.param.name}; });

TEST(ResumableForm, is_a_table_over_the_parameter_at_the_beginning_of_a_loop)
{
    const EngineMode mode{"guard", runtime::BoundsPolicy::guard, false};
    const Wat module = wat(
        R"wat((module
  (func (param i32) (loop (block (br_table 0 1 (local.get 0)))))
  (func (param i32) (block (br_table 0 (local.get 0))))
  (func (param i32) (loop (block (local.set 0 (i32.const 1)) (br_table 0 (local.get 0)))))
  (func (param i32 i32) (loop (block (br_table 0 (local.get 0)))))
  (func (param i32) (local i32) (loop (block (br_table 0 (local.get 1)))))
  (func (param i64) (loop (block (br_table 0 (i32.wrap_i64 (local.get 0))))))))wat",
        "0061736d01000000010e0360017f0060027f7f0060017e000307060000000100020a5a060e000340024020000e0100010b0b0b0a00024020000e0000"
        "0b0b1100034002404101210020000e00000b0b0b0d000340024020000e00000b0b0b0f01017f0340024020010e00000b0b0b0e00034002402000a70e"
        "00000b0b0b");
    Guest guest{mode, module};
    ASSERT_NE(guest.instance(), nullptr);
    const wasm::Module& m = guest.instance()->module();
    for (uint32_t f = 0; f < m.bodies.size(); ++f) {
        const auto locals = wasm::read_locals(m, m.bodies[f]);
        ASSERT_TRUE(locals);
        EXPECT_EQ(optimizing::is_resumable(m, m.func_type(wasm::FuncIdx{f}), m.bodies[f].bytes.subspan(locals->code_begin)), f == 0)
            << "function " << f;
    }
}

}  // namespace
}  // namespace weir::test
