#include "baseline/baseline.hpp"
#include "optimizing/optimizing.hpp"
#include "support/execution.hpp"

// What the compiler hands over depends on the function alone.

namespace weir::test {
namespace {

class CompiledCodeOfOptimizer : public Execution {};

void compile(const Guest& guest, uint32_t function, runtime::CompiledCode& code)
{
    const auto compiler = optimizing::create_compiler(baseline::create_compiler());
    const runtime::ModuleCode& module = guest.code();
    ASSERT_TRUE(
        compiler->compile_function(*module.module(), module.layout(), module.options(), wasm::FuncIdx{function}, code).has_value());
}

TEST_P(CompiledCodeOfOptimizer, does_not_depend_on_what_was_compiled_before)
{
    // The first has a loop, calls, an inlined function, accesses and constants for vectors: all tables. The second has none.
    Guest guest = load(wat(
        R"wat((module (memory 1)
  (func $large (param i32) (result i32) (local $i i32)
    (loop $l
      (i32.store (local.get $i) (i32.add (call $middle (local.get $i)) (call $large (local.get $i))))
      (v128.store offset=64 (local.get $i) (f32x4.mul (v128.load offset=64 (local.get $i)) (v128.const f32x4 1.5 2.5 3.5 4.5)))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4))) (local.get 0))))
    (local.get $i))
  (func $middle (param i32) (result i32) (i32.load offset=8 (local.get 0)))
  (func $small (param i32) (result i32) (i32.add (local.get 0) (i32.const 3)))))wat",
        "0061736d0100000001060160017f017f03040300000005030100010a56034401017f0340200120011001200110006a36020020012001fd000440fd0c"
        "0000c03f000020400000604000009040fde601fd0b0440200141046a22012000490d000b20010b070020002802080b0700200041036a0b"));
    constexpr uint32_t large = 0, small = 2;
    runtime::CompiledCode fresh, reused;
    compile(guest, small, fresh);
    compile(guest, large, reused);
    EXPECT_FALSE(reused.sites.empty());
    EXPECT_FALSE(reused.inlined_calls.empty());

    reused.alignment_bytes = 4096;  // as if that had wanted more than any does
    compile(guest, small, reused);
    EXPECT_EQ(reused.alignment_bytes, fresh.alignment_bytes);
    EXPECT_EQ(reused.bytes, fresh.bytes);
    EXPECT_EQ(reused.sites.size(), fresh.sites.size());
    EXPECT_EQ(reused.relocations.size(), fresh.relocations.size());
    EXPECT_EQ(reused.inlined_calls.size(), fresh.inlined_calls.size());
}

constexpr EngineMode tiered_modes[] = {
    {"guard", runtime::BoundsPolicy::guard, false, &optimizing::create_compiler},
};
INSTANTIATE_TEST_SUITE_P(Tiered, CompiledCodeOfOptimizer, testing::ValuesIn(tiered_modes),
                         [](const auto& test) { return std::string{test.param.name}; });

}  // namespace
}  // namespace weir::test
