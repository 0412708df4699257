#include "fixture.hpp"

// Fuel: a bound of instructions that cuts a program always at the same place.

namespace weir::test {
namespace {

const Wat programs =
    wat(R"wat((module
  (import "host" "look" (func $look))
  (memory (export "memory") 2)
  (table 4 funcref)
  (func (export "nothing"))
  (func (export "three") (result i32) (i32.add (i32.const 1) (i32.const 2)))
  (func (export "spin") (loop (br 0)))
  (func (export "nested") (loop (block (loop (br 1)) (br 1)) (br 0)))
  (func $recurse (export "recurse") (call $recurse))
  (func $ping (export "tail") (return_call $ping))
  (func (export "sum") (param $n i32) (result i32) (local $sum i32)
    (loop $again
      (local.set $sum (i32.add (local.get $sum) (local.get $n)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))
  (func (export "choose") (param i32) (result i32)
    (if (result i32) (local.get 0) (then (i32.const 1)) (else (drop (i32.const 5)) (drop (i32.const 6)) (i32.const 2))))
  (func (export "switch") (param i32) (result i32)
    (block (block (block (br_table 0 1 2 (local.get 0))) (return (i32.const 10))) (drop (i32.const 1)) (return (i32.const 20)))
    (i32.const 30))
  (func (export "look") (call $look))
  (func (export "fill") (param i32) (memory.fill (i32.const 0) (i32.const 1) (local.get 0)))
  (func (export "copy") (param i32) (memory.copy (i32.const 0) (i32.const 1) (local.get 0)))
  (func (export "divide") (param i32) (result i32) (i32.div_u (i32.const 1) (local.get 0)))))wat",
        "0061736d010000000111046000006000017f60017f017f60017f00020d0104686f7374046c6f6f6b0000030e0d000100000000020202000303020404"
        "01700004050301000207730e066d656d6f72790200076e6f7468696e6700010574687265650002047370696e0003066e657374656400040772656375"
        "7273650005047461696c00060373756d00070663686f6f73650008067377697463680009046c6f6f6b000a0466696c6c000b04636f7079000c066469"
        "76696465000d0aa1010d02000b0700410141026a0b070003400c000b0b11000340024003400c010b0c010b0c000b0b040010050b040012060b190101"
        "7f0340200120006a2101200041016b22000d000b20010b12002000047f41010541051a41061a41020b0b1d0002400240024020000e020001020b410a"
        "0f0b41011a41140f0b411e0b040010000b0b00410041012000fc0b000b0c00410041012000fc0a00000b0700410120006e0b");

struct Fuel : testing::TestWithParam<bool> {
    static constexpr uint64_t plenty = 1'000'000;
    Engine engine = must(Engine::create({.checks_bounds = GetParam(), .fuel = plenty}));
    Linker linker{engine};
    Module module = must(Module::from_bytes(engine, programs.bytes));
    std::function<void(const Caller&)> on_look = [](const Caller&) {};
    Fuel()
    {
        linker.define("host", "look", [this](const Caller& caller) { on_look(caller); });
    }
    /// What a call takes.
    static uint64_t cost(Instance& instance, std::string_view name, std::initializer_list<Value> arguments = {})
    {
        instance.set_fuel(plenty);
        static_cast<void>(instance.call(name, arguments));
        return plenty - instance.fuel();
    }
};

TEST_P(Fuel, each_instruction_takes_one_and_marks_of_blocks_none)
{
    Instance instance = must(linker.instantiate(module));
    EXPECT_EQ(instance.fuel(), plenty);
    EXPECT_EQ(cost(instance, "nothing"), 0U);
    EXPECT_EQ(cost(instance, "three"), 3U);
    EXPECT_EQ(cost(instance, "sum", {1}), 10U);  // nine of the loop, and what follows
    EXPECT_EQ(cost(instance, "sum", {1000}), 9001U);
    EXPECT_EQ(cost(instance, "choose", {1}), 3U);
    EXPECT_EQ(cost(instance, "choose", {0}), 7U);
    EXPECT_EQ(cost(instance, "switch", {0}), 4U);
    EXPECT_EQ(cost(instance, "switch", {1}), 6U);
    EXPECT_EQ(cost(instance, "switch", {2}), 3U);
    EXPECT_EQ(cost(instance, "divide", {0}), 3U);  // a trap in the middle
}

TEST_P(Fuel, is_the_same_each_time_and_in_each_instance)
{
    Instance first = must(linker.instantiate(module));
    const uint64_t once = cost(first, "sum", {12345});
    EXPECT_EQ(cost(first, "sum", {12345}), once);
    Instance second = must(linker.instantiate(module));
    EXPECT_EQ(cost(second, "sum", {12345}), once);
    const Module again = must(Module::from_bytes(engine, programs.bytes));
    Instance third = must(linker.instantiate(again));
    EXPECT_EQ(cost(third, "sum", {12345}), once);
}

TEST_P(Fuel, cuts_loops_recursion_and_tail_calls)
{
    for (const char* const name : {"spin", "nested", "recurse", "tail"}) {
        Instance instance = must(linker.instantiate(module));
        instance.set_fuel(1000);  // less than the stack has room for
        const auto cut = instance.call(name);
        ASSERT_FALSE(cut) << name;
        EXPECT_EQ(cut.error().trap, TrapKind::out_of_fuel) << name;
        EXPECT_EQ(instance.fuel(), 0U);
        EXPECT_FALSE(cut.error().backtrace.empty()) << name;
        // Nothing goes on without more.
        EXPECT_EQ(instance.call("three").error().trap, TrapKind::out_of_fuel);
        instance.set_fuel(3);
        EXPECT_EQ(must(instance.call("three")), std::vector<Value>{3});
        EXPECT_EQ(instance.fuel(), 0U);
    }
}

TEST_P(Fuel, what_is_just_enough_is_enough)
{
    Instance instance = must(linker.instantiate(module));
    const uint64_t needed = cost(instance, "sum", {100});
    instance.set_fuel(needed);
    EXPECT_TRUE(instance.call("sum", {100}));
    instance.set_fuel(needed - 10);  // one pass less
    EXPECT_FALSE(instance.call("sum", {100}));
}

TEST_P(Fuel, host_functions_see_it_and_give_more)
{
    Instance instance = must(linker.instantiate(module));
    uint64_t seen = 0;
    on_look = [&](const Caller&) {
        seen = instance.fuel();
        instance.set_fuel(50);
    };
    instance.set_fuel(5);
    EXPECT_TRUE(instance.call("look"));
    EXPECT_EQ(seen, 4U);
    EXPECT_EQ(instance.fuel(), 50U);
}

TEST_P(Fuel, bulk_instructions_take_what_they_move)
{
    Instance instance = must(linker.instantiate(module));
    EXPECT_EQ(cost(instance, "fill", {0}), 4U);
    for (const unsigned count : {1U, 63U, 64U, 127U, 128U, 129U, 256U, 257U}) {
        EXPECT_EQ(cost(instance, "fill", {static_cast<int>(count)}), 4U + count / 64) << count;
        EXPECT_EQ(cost(instance, "copy", {static_cast<int>(count)}), 4U + count / 64) << count;
    }
    EXPECT_EQ(cost(instance, "fill", {64 * 1000}), 1004U);
}

TEST_P(Fuel, an_instance_that_is_used_again_has_it_all_again)
{
    const Prepared prepared = must(linker.prepare(module));
    {
        const Instance instance = must(prepared.instantiate());
        EXPECT_FALSE(instance.call("spin"));
    }
    const Instance instance = must(prepared.instantiate());
    EXPECT_EQ(instance.fuel(), plenty);
    EXPECT_TRUE(instance.call("three"));
}

TEST_P(Fuel, a_start_function_takes_its_share)
{
    const Wat starting = wat(R"wat((module (func $f (loop (br 0))) (start $f)))wat",
                             "0061736d01000000010401600000030201000801000a0901070003400c000b0b");
    const auto refused = Linker{engine}.instantiate(must(Module::from_bytes(engine, starting.bytes)));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().trap, TrapKind::out_of_fuel);
}

INSTANTIATE_TEST_SUITE_P(Bounds, Fuel, testing::Bool(), [](const auto& test) { return test.param ? "checked" : "guard"; });

TEST(FuelOff, nothing_is_counted_unless_asked_for)
{
    const Engine engine = must(Engine::create());
    Linker linker{engine};
    linker.define("host", "look", [] {});
    Instance instance = must(linker.instantiate(must(Module::from_bytes(engine, programs.bytes))));
    EXPECT_EQ(instance.fuel(), 0U);
    EXPECT_EQ(must(instance.call("sum", {1000})), std::vector<Value>{500500});
    EXPECT_EQ(instance.fuel(), 0U);
}

}  // namespace
}  // namespace weir::test
