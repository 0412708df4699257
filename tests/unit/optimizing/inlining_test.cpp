#include "baseline/baseline.hpp"
#include "optimizing/optimizing.hpp"
#include "support/execution.hpp"

#include <set>

// What LLVM inlines is seen in no result and in no backtrace. The first call of a function begins in the baseline's code: what that
// answers is what all others must.

namespace weir::test {
namespace {

constexpr int rounds = 3;

struct Place {
    uint32_t function, wasm_offset;
    friend bool operator==(const Place&, const Place&) = default;
    friend void PrintTo(const Place& p, std::ostream* out) { *out << "function " << p.function << " at " << p.wasm_offset; }
};

class Inlining : public Execution {
protected:
    static std::vector<Place> places_of(const runtime::Trap& trap)
    {
        std::vector<Place> places;
        for (const runtime::Frame& f : trap.frames) places.push_back({f.function.value, f.wasm_offset});
        return places;
    }
    static std::vector<uint32_t> functions_of(const runtime::Trap& trap)
    {
        std::vector<uint32_t> functions;
        for (const runtime::Frame& f : trap.frames) functions.push_back(f.function.value);
        return functions;
    }
    /// Calls "f" some times over, which traps each time at the same place, in these functions.
    static void expect_same_backtrace(Guest& guest, const Values& arguments, runtime::TrapKind kind,
                                      const std::vector<uint32_t>& functions)
    {
        SCOPED_TRACE(to_string(kind));
        std::vector<Place> first;
        for (int round = 0; round < rounds; ++round) {
            SCOPED_TRACE(round);
            EXPECT_EQ(guest.call("f", arguments), traps(kind));
            EXPECT_EQ(functions_of(guest.last_trap()), functions);
            if (round == 0) first = places_of(guest.last_trap());
            EXPECT_EQ(places_of(guest.last_trap()), first);
        }
    }
};

/// What the optimizing compiler makes of a function.
runtime::CompiledCode code_of(const Guest& guest, uint32_t function)
{
    runtime::CompiledCode code;
    const auto compiler = optimizing::create_compiler(baseline::create_compiler());
    const runtime::ModuleCode& module = guest.code();
    const auto done =
        compiler->compile_function(*module.module(), module.layout(), module.options(), wasm::FuncIdx{function}, code);
    EXPECT_TRUE(done.has_value());
    return code;
}

TEST_P(Inlining, of_a_small_callee_leaves_no_call)
{
    Guest guest = load(wat(
        R"wat((module (memory 1)
  (func $inner (param i32) (result i32) (i32.load offset=8 (local.get 0)))
  (func $middle (param i32) (result i32) (i32.add (call $inner (local.get 0)) (i32.const 1)))
  (func (export "f") (param i32) (result i32) (i32.mul (call $middle (local.get 0)) (call $inner (local.get 0))))))wat",
        "0061736d0100000001060160017f017f0304030000000503010001070501016600020a1f03070020002802080b09002000100041016a0b0b00200010"
        "01200010006c0b"));
    const runtime::CompiledCode code = code_of(guest, 2);
    EXPECT_TRUE(code.relocations.empty());
    std::set<uint32_t> callees;
    for (const runtime::InlinedCall& c : code.inlined_calls) callees.insert(c.callee);
    EXPECT_EQ(callees, (std::set<uint32_t>{0, 1}));
    for (int round = 0; round < rounds; ++round) EXPECT_EQ(guest.call("f", {i32(0)}), returns(i32(0)));
}

TEST_P(Inlining, functions_in_a_backtrace_are_those_of_the_module)
{
    Guest guest = load(wat(
        R"wat((module (memory 1) (table 1 funcref) (type $none (func))
  (func $inner (param $how i32) (param $x i32) (result i32)
    (if (i32.eq (local.get $how) (i32.const 0)) (then (return (i32.load (local.get $x)))))
    (if (i32.eq (local.get $how) (i32.const 1)) (then (return (i32.div_u (i32.const 7) (local.get $x)))))
    (if (i32.eq (local.get $how) (i32.const 2)) (then (call_indirect (type $none) (local.get $x))))
    (unreachable))
  (func $middle (param $how i32) (param $x i32) (result i32)
    (i32.add (i32.const 1) (call $inner (local.get $how) (local.get $x))))
  (func (export "f") (param $how i32) (param $x i32) (result i32)
    (i32.add (i32.const 2) (call $middle (local.get $how) (local.get $x))))))wat",
        "0061736d01000000010a0260000060027f7f017f0304030101010404017000010503010001070501016600020a46032c002000410046044020012802"
        "000f0b20004101460440410720016e0f0b2000410246044020011100000b000b0b0041012000200110006a0b0b0041022000200110016a0b"));
    const std::vector<uint32_t> functions{0, 1, 2};
    expect_same_backtrace(guest, {i32(0), i32(65533)}, runtime::TrapKind::memory_out_of_bounds, functions);
    expect_same_backtrace(guest, {i32(1), i32(0)}, runtime::TrapKind::integer_divide_by_zero, functions);
    expect_same_backtrace(guest, {i32(2), i32(0)}, runtime::TrapKind::uninitialized_element, functions);
    expect_same_backtrace(guest, {i32(2), i32(1)}, runtime::TrapKind::undefined_element, functions);
    expect_same_backtrace(guest, {i32(3), i32(0)}, runtime::TrapKind::unreachable, functions);
    EXPECT_FALSE(code_of(guest, 2).inlined_calls.empty());
}

TEST_P(Inlining, each_of_two_calls_of_one_function_has_its_own_place)
{
    Guest guest = load(wat(
        R"wat((module (memory 1)
  (func $inner (param $x i32) (result i32) (i32.load (local.get $x)))
  (func (export "f") (param $first i32) (param $second i32) (result i32)
    (i32.sub (call $inner (local.get $first)) (call $inner (local.get $second))))))wat",
        "0061736d01000000010c0260017f017f60027f7f017f03030200010503010001070501016600010a1502070020002802000b0b002000100020011000"
        "6b0b"));
    expect_same_backtrace(guest, {i32(65536), i32(0)}, runtime::TrapKind::memory_out_of_bounds, {0, 1});
    expect_same_backtrace(guest, {i32(0), i32(65536)}, runtime::TrapKind::memory_out_of_bounds, {0, 1});
    EXPECT_EQ(code_of(guest, 1).inlined_calls.size(), 2U);
}

TEST_P(Inlining, what_an_inlined_function_calls_returns_into_it)
{
    Guest guest = load(wat(
        R"wat((module (memory 1)
  (func $deepest (param $x i32) (result i32) (local $sum i32)
    (loop $again
      (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 31)) (i32.load (local.get $x))))
      (local.set $sum (i32.xor (local.get $sum) (i32.shr_u (local.get $sum) (i32.const 7))))
      (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 17)) (i32.load offset=4 (local.get $x))))
      (local.set $sum (i32.xor (local.get $sum) (i32.shr_u (local.get $sum) (i32.const 9))))
      (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 13)) (i32.load offset=8 (local.get $x))))
      (local.set $sum (i32.xor (local.get $sum) (i32.shr_u (local.get $sum) (i32.const 11))))
      (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 19)) (i32.load offset=12 (local.get $x))))
      (local.set $sum (i32.xor (local.get $sum) (i32.shr_u (local.get $sum) (i32.const 13))))
      (local.set $sum (i32.rotl (i32.clz (local.get $sum)) (i32.popcnt (local.get $sum))))
      (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 23)) (i32.load offset=16 (local.get $x))))
      (local.set $sum (i32.xor (local.get $sum) (i32.shr_u (local.get $sum) (i32.const 15))))
      (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 29)) (i32.load offset=20 (local.get $x))))
      (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 37)) (i32.load offset=24 (local.get $x))))
      (local.set $sum (i32.xor (local.get $sum) (i32.shr_u (local.get $sum) (i32.const 3))))
      (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 41)) (i32.load offset=28 (local.get $x))))
      (local.set $sum (i32.xor (local.get $sum) (i32.shr_u (local.get $sum) (i32.const 4))))
      (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 43)) (i32.load offset=32 (local.get $x))))
      (local.set $sum (i32.xor (local.get $sum) (i32.shr_u (local.get $sum) (i32.const 5))))
      (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 47)) (i32.load offset=36 (local.get $x))))
      (local.set $sum (i32.xor (local.get $sum) (i32.shr_u (local.get $sum) (i32.const 6))))
      (br_if $again (i32.rem_u (local.tee $x (i32.add (local.get $x) (i32.const 24))) (i32.const 4096))))
    (local.get $sum))
  (func $inner (param $x i32) (result i32) (i32.add (call $deepest (local.get $x)) (i32.const 1)))
  (func (export "f") (param $x i32) (result i32)
    (i32.add (call $inner (i32.const 60000)) (call $inner (local.get $x))))))wat",
        "0061736d0100000001060160017f017f0304030000000503010001070501016600020a960203fb0101017f03402001411f6c20002802006a21012001"
        "2001410776732101200141116c20002802046a2101200120014109767321012001410d6c20002802086a210120012001410b76732101200141136c20"
        "0028020c6a210120012001410d76732101200167200169772101200141176c20002802106a210120012001410f767321012001411d6c20002802146a"
        "2101200141256c20002802186a210120012001410376732101200141296c200028021c6a2101200120014104767321012001412b6c20002802206a21"
        "01200120014105767321012001412f6c20002802246a210120012001410676732101200041186a2200418020700d000b20010b09002000100041016a"
        "0b0d0041e0d4031001200010016a0b"));
    expect_same_backtrace(guest, {i32(65530)}, runtime::TrapKind::memory_out_of_bounds, {0, 1, 2});
    const runtime::CompiledCode code = code_of(guest, 2);
    EXPECT_FALSE(code.relocations.empty()) << "of the largest function there is a call";
    EXPECT_FALSE(code.inlined_calls.empty()) << "of the smaller one there is none";
}

TEST_P(Inlining, recursion_through_inlined_functions_ends_at_the_stack_limit)
{
    Guest guest = load(wat(
        R"wat((module
  (func $f (export "f") (param $n i32) (result i32) (i32.add (call $other (local.get $n)) (i32.const 1)))
  (func $other (param $n i32) (result i32)
    (if (result i32) (local.get $n)
      (then (i32.mul (call $f (i32.sub (local.get $n) (i32.const 1))) (i32.const 3)))
      (else (i32.const 1))))))wat",
        "0061736d0100000001060160017f017f0303020000070501016600000a200209002000100141016a0b14002000047f200041016b100041036c054101"
        "0b0b"));
    for (int round = 0; round < rounds; ++round) {
        EXPECT_EQ(guest.call("f", {i32(2)}), returns(i32(22)));
        EXPECT_EQ(guest.call("f", {i32(-1)}), traps(runtime::TrapKind::call_stack_exhausted));
    }
}

TEST_P(Inlining, of_many_results_and_parameters_passes_them_all)
{
    Guest guest = load(wat(
        R"wat((module
  (func $turn (param i64 i64 i64 i64 i64 i64 i64) (result i64 i64 i64 i64 i64 i64 i64)
    (local.get 6) (local.get 5) (local.get 4) (local.get 3) (local.get 2) (local.get 1) (local.get 0))
  (func (export "f") (param i64) (result i64 i64 i64 i64 i64 i64 i64)
    (call $turn (call $turn (local.get 0) (i64.const 2) (i64.const 3) (i64.const 4) (i64.const 5) (i64.const 6) (i64.const 7))))))wat",
        "0061736d01000000011d0260077e7e7e7e7e7e7e077e7e7e7e7e7e7e60017e077e7e7e7e7e7e7e0303020001070501016600010a2702100020062005"
        "200420032002200120000b14002000420242034204420542064207100010000b"));
    for (int round = 0; round < rounds; ++round)
        EXPECT_EQ(guest.call("f", {i64(1)}), returns(i64(1), i64(2), i64(3), i64(4), i64(5), i64(6), i64(7)));
}

constexpr EngineMode tiered_modes[] = {
    {"guard", runtime::BoundsPolicy::guard, false, &optimizing::create_compiler},
    {"checked", runtime::BoundsPolicy::checked, false, &optimizing::create_compiler},
};
INSTANTIATE_TEST_SUITE_P(Tiered, Inlining, testing::ValuesIn(tiered_modes),
                         [](const auto& test) { return std::string{test.param.name}; });

}  // namespace
}  // namespace weir::test
