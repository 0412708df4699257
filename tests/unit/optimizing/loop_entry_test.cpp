#include "optimizing/optimizing.hpp"
#include "support/execution.hpp"

#include <atomic>

// A running function changes tiers at a loop's header: all that it has must arrive there.

namespace weir::test {
namespace {

class LoopEntry : public Execution {};

TEST_P(LoopEntry, locals_of_every_type_arrive)
{
    Guest guest = load(wat(
        R"wat((module
  (func (export "run") (param $n i32) (param $l i64) (param $f f32) (param $d f64) (result i32 i64 f32 f64 v128)
    (local $v v128) (local $unused i64)
    (local.set $v (v128.const i64x2 11 22))
    (loop $again
      (local.set $l (i64.add (local.get $l) (i64.const 1)))
      (local.set $f (f32.add (local.get $f) (f32.const 1)))
      (local.set $d (f64.add (local.get $d) (f64.const 1)))
      (local.set $v (i64x2.add (local.get $v) (v128.const i64x2 1 2)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $n) (local.get $l) (local.get $f) (local.get $d) (local.get $v))))wat",
        "0061736d01000000010d0160047f7e7d7c057f7e7d7c7b030201000707010372756e00000a6a016802017b017efd0c0b000000000000001600000000"
        "00000021040340200142017c21012002430000803f922102200344000000000000f03fa021032004fd0c01000000000000000200000000000000fdce"
        "012104200041016b22000d000b200020012002200320040b"));
    EXPECT_EQ(guest.call("run", {i32(3), i64(10), f32(0.5F), f64(0.25)}),
              returns(i32(0), i64(13), f32(3.5F), f64(3.25), v128(14, 28)));
}

TEST_P(LoopEntry, operands_below_the_loop_arrive)
{
    Guest guest = load(wat(
        R"wat((module
  (func (export "run") (param $n i32) (result i64) (local $last i64)
    (i64.const 1000)
    (i64.extend_i32_u (local.get $n))
    (f64.const 0.5)
    (loop $again (result i64)
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))
      (i64.const 7))
    (local.set $last) (drop) (i64.add) (i64.add (local.get $last))))
)wat",
        "0061736d0100000001060160017f017e030201000707010372756e00000a2a012801017e42e8072000ad44000000000000e03f037e200041016b2200"
        "0d0042070b21011a7c20017c0b"));
    EXPECT_EQ(guest.call("run", {i32(5)}), returns(i64(1012)));
}

TEST_P(LoopEntry, parameters_of_the_loop_arrive)
{
    Guest guest = load(wat(
        R"wat((module
  (func (export "run") (param $n i32) (result i32)
    (i32.const 1) (i32.const 2)
    (loop $again (param i32 i32) (result i32)
      (i32.add) (i32.const 3)
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))
      (i32.mul))))
)wat",
        "0061736d01000000010c0260017f017f60027f7f017f030201000707010372756e00000a180116004101410203016a4103200041016b22000d006c0b"
        "0b"));
    EXPECT_EQ(guest.call("run", {i32(3)}), returns(i32(27)));
}

TEST_P(LoopEntry, a_loop_that_an_outer_one_enters_again_has_both_ways_to_it)
{
    Guest guest = load(wat(
        R"wat((module
  (func (export "run") (param $n i32) (result i32) (local $i i32) (local $sum i32)
    (loop $outer
      (i32.mul (local.get $n) (i32.const 100))
      (local.set $i (i32.const 3))
      (if (i32.and (local.get $n) (i32.const 1))
        (then (loop $inner
          (local.set $sum (i32.add (local.get $sum) (local.get $i)))
          (br_if $inner (local.tee $i (i32.sub (local.get $i) (i32.const 1))))))
        (else (local.set $sum (i32.add (local.get $sum) (i32.const 1000000)))))
      (local.set $sum (i32.add (local.get $sum)))
      (br_if $outer (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum)))
)wat",
        "0061736d0100000001060160017f017f030201000707010372756e00000a48014601027f0340200041e4006c41032101200041017104400340200220"
        "016a2102200141016b22010d000b05200241c0843d6a21020b20026a2102200041016b22000d000b20020b"));
    // n = 4, 3, 2, 1: 400 + 300 + 200 + 100, two times 3 + 2 + 1, two times 1000000
    EXPECT_EQ(guest.call("run", {i32(4)}), returns(i32(2'001'012)));
}

TEST_P(LoopEntry, br_table_to_the_loop_and_out_of_it)
{
    Guest guest = load(wat(
        R"wat((module
  (func (export "run") (param $n i32) (result i32)
    (block $out (result i32)
      (i32.const 40)
      (loop $again (param i32) (result i32)
        (i32.add (i32.const 1))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br_table $out $again $again $out (local.get $n))))))
)wat",
        "0061736d0100000001060160017f017f030201000707010372756e00000a1e011c00027f4128030041016a200041016b210020000e03010000010b0b"
        "0b"));
    EXPECT_EQ(guest.call("run", {i32(3)}), returns(i32(43)));
    EXPECT_EQ(guest.call("run", {i32(9)}), returns(i32(41)));
}

TEST_P(LoopEntry, a_trap_in_the_other_tier_has_the_same_backtrace)
{
    const Wat module = wat(
        R"wat((module (memory 1)
  (func $f (param $n i32) (result i32)
    (loop $again (result i32)
      (drop (i32.load (i32.mul (local.get $n) (i32.const 4096))))
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (br $again)))
  (func (export "run") (result i32) (call $f (i32.const 0)))))wat",
        "0061736d01000000010a0260017f017f6000017f030302000105030100010707010372756e00010a21021800037f20004180206c2802001a20004101"
        "6a21000c000b0b0600410010000b");
    Guest tiered = load(module);
    EngineMode single = GetParam();
    single.create_optimizer = nullptr;
    Guest plain{single, module};
    EXPECT_EQ(tiered.call("run"), traps(runtime::TrapKind::memory_out_of_bounds));
    EXPECT_EQ(plain.call("run"), traps(runtime::TrapKind::memory_out_of_bounds));
    ASSERT_EQ(tiered.last_trap().frames.size(), plain.last_trap().frames.size());
    for (size_t i = 0; i < plain.last_trap().frames.size(); ++i) {
        EXPECT_EQ(tiered.last_trap().frames[i].function, plain.last_trap().frames[i].function);
        EXPECT_EQ(tiered.last_trap().frames[i].wasm_offset, plain.last_trap().frames[i].wasm_offset);
    }
}

TEST_P(LoopEntry, a_loop_in_a_function_of_tail_calls)
{
    Guest guest = load(wat(
        R"wat((module
  (func $down (export "run") (param $n i32) (param $d f64) (result f64) (local $i i32)
    (local.set $i (i32.const 2))
    (loop $again
      (local.set $d (f64.add (local.get $d) (f64.const 1)))
      (br_if $again (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
    (if (i32.eqz (local.get $n)) (then (return (local.get $d))))
    (return_call $down (i32.sub (local.get $n) (i32.const 1)) (local.get $d)))))wat",
        "0061736d0100000001070160027f7c017c030201000707010372756e00000a36013401017f410221020340200144000000000000f03fa02101200241"
        "016b22020d000b200045044020010f0b200041016b200112000b"));
    EXPECT_EQ(guest.call("run", {i32(1000), f64(0)}), returns(f64(2002)));
}

/// The optimizing compiler, counting what it makes.
class Counting final : public runtime::Compiler {
public:
    explicit Counting(std::shared_ptr<const runtime::Compiler> baseline)
        : m_compiler(optimizing::create_compiler(std::move(baseline)))
    {
    }
    static inline std::atomic<int> functions = 0, loops = 0;

    Result<void, runtime::CompileError> compile_function(const wasm::Module& module, const runtime::ContextLayout& layout,
                                                         const runtime::CompileOptions& options, wasm::FuncIdx function,
                                                         runtime::CompiledCode& out) const override
    {
        auto result = m_compiler->compile_function(module, layout, options, function, out);
        if (result) ++functions;
        return result;
    }
    Result<void, runtime::CompileError> compile_loop(const wasm::Module& module, const runtime::ContextLayout& layout,
                                                     const runtime::CompileOptions& options, wasm::FuncIdx function,
                                                     uint32_t loop_offset, runtime::CompiledCode& out) const override
    {
        auto result = m_compiler->compile_loop(module, layout, options, function, loop_offset, out);
        if (result) ++loops;
        return result;
    }
    Result<void, runtime::CompileError> compile_entry(const wasm::FuncType& type, runtime::CompiledCode& out) const override
    {
        return m_compiler->compile_entry(type, out);
    }
    Result<void, runtime::CompileError> compile_host_call(const wasm::FuncType& type, runtime::CompiledCode& out) const override
    {
        return m_compiler->compile_host_call(type, out);
    }

private:
    std::shared_ptr<const runtime::Compiler> m_compiler;
};

TEST(LoopEntryCounted, each_function_and_each_loop_is_compiled_once)
{
    const EngineMode counting{"counting", runtime::BoundsPolicy::guard, false,
                              [](std::shared_ptr<const runtime::Compiler> baseline) -> std::shared_ptr<const runtime::Compiler> {
                                  return std::make_shared<Counting>(std::move(baseline));
                              }};
    Guest guest{counting, wat(R"wat((module
  (func (export "run") (param $n i32) (result i32) (local $s i32)
    (loop $again
      (local.set $s (i32.add (local.get $s) (local.get $n)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $s))))wat",
                              "0061736d0100000001060160017f017f030201000707010372756e00000a1b011901017f0340200120006a2101200041016b"
                              "22000d000b20010b")};
    EXPECT_EQ(guest.call("run", {i32(10)}), returns(i32(55)));
    EXPECT_EQ(guest.call("run", {i32(10)}), returns(i32(55)));
    EXPECT_EQ(Counting::functions, 1);
    EXPECT_EQ(Counting::loops, 1);
}

constexpr EngineMode tiered_modes[] = {
    {"guard", runtime::BoundsPolicy::guard, false, &optimizing::create_compiler},
    {"checked", runtime::BoundsPolicy::checked, false, &optimizing::create_compiler},
};
INSTANTIATE_TEST_SUITE_P(Tiered, LoopEntry, testing::ValuesIn(tiered_modes),
                         [](const auto& test) { return std::string{test.param.name}; });

}  // namespace
}  // namespace weir::test
