#include "compile_process/remote_compiler.hpp"

#include "compile_process/fallback.hpp"
#include "support/execution.hpp"

// The test program has no weir-llvm that would answer: what a compiler that cannot work leads to.

namespace weir::test {
namespace {

using runtime::CompiledCode;
using runtime::CompileError;

/// Compiles nothing.
class Refusing final : public runtime::Compiler {
public:
    Result<void, CompileError> compile_function(const wasm::Module&, const runtime::ContextLayout&, const runtime::CompileOptions&,
                                                wasm::FuncIdx, CompiledCode&) const override
    {
        return Unexpected{CompileError{"no"}};
    }
    Result<void, CompileError> compile_loop(const wasm::Module&, const runtime::ContextLayout&, const runtime::CompileOptions&,
                                            wasm::FuncIdx, uint32_t, CompiledCode&) const override
    {
        return Unexpected{CompileError{"no"}};
    }
    Result<void, CompileError> compile_entry(const wasm::FuncType&, CompiledCode&) const override
    {
        return Unexpected{CompileError{"no"}};
    }
    Result<void, CompileError> compile_host_call(const wasm::FuncType&, CompiledCode&) const override
    {
        return Unexpected{CompileError{"no"}};
    }
};

const Wat sum =
    wat(R"wat((module
  (func (export "sum") (param $n i32) (result i32) (local $s i32)
    (loop $l
      (local.set $s (i32.add (local.get $s) (local.get $n)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $s))))wat",
        "0061736d0100000001060160017f017f030201000707010373756d00000a1b011901017f0340200120006a2101200041016b22000d000b20010b");

void expect_sums(const EngineMode& mode)
{
    Guest guest{mode, sum};
    EXPECT_EQ(guest.call("sum", {i32(10)}), returns(i32(55)));
    EXPECT_EQ(guest.call("sum", {i32(100)}), returns(i32(5050)));
}

TEST(Tiers, functions_that_the_optimizer_refuses_stay_as_they_are)
{
    expect_sums({"refusing", runtime::BoundsPolicy::guard, false,
                 // NOLINTNEXTLINE(performance-unnecessary-value-param): the type that a mode wants
                 [](std::shared_ptr<const runtime::Compiler>) -> std::shared_ptr<const runtime::Compiler> {
                     return std::make_shared<Refusing>();
                 }});
}

TEST(Tiers, a_compiling_process_that_is_not_there_changes_nothing)
{
    expect_sums({"remote", runtime::BoundsPolicy::guard, false, &compile_process::create_remote_compiler});
}

TEST(Tiers, what_the_first_compiler_refuses_the_second_does)
{
    expect_sums({"fallback", runtime::BoundsPolicy::guard, false, [](std::shared_ptr<const runtime::Compiler> baseline) {
                     return compile_process::create_fallback_compiler(std::make_shared<Refusing>(), std::move(baseline));
                 }});
}

}  // namespace
}  // namespace weir::test
