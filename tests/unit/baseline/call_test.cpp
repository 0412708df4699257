#include "support/execution.hpp"
#include "support/module_builder.hpp"

#include "runtime/linker.hpp"

#include <array>

// Calls: arguments and results beyond the registers, tail calls, tables, host functions, exhaustion of the stack.

namespace weir::test {
namespace {

using runtime::TrapKind;
using runtime::Value;
using wasm::Opcode;
using wasm::ValKind;
using wasm::ValType;

class Call : public Execution {};

/// A function of many parameters of all four types that answers every one of them, in reverse order; `caller` calls it with its own
/// parameters and answers the same.
struct ManyValues {
    std::vector<ValType> params, results;
    Values arguments, expected;
    std::vector<std::byte> bytes;
};
ManyValues many_values(uint32_t count, Opcode call)
{
    constexpr ValKind kinds[] = {ValKind::i32, ValKind::f64, ValKind::i64, ValKind::f32};
    ManyValues m;
    for (uint32_t i = 0; i < count; ++i) {
        const ValKind kind = kinds[i * 7 / 3 % 4];
        m.params.emplace_back(kind);
        m.arguments.push_back({kind,
                               kind == ValKind::i64   ? 0x9e37'79b9'7f4a'7c15U * (i + 1)
                               : kind == ValKind::f64 ? f64(i + 0.25).bits
                                                      : f32(static_cast<float>(i)).bits,
                               0});
    }
    m.results.assign(m.params.rbegin(), m.params.rend());
    m.expected.assign(m.arguments.rbegin(), m.arguments.rend());
    ModuleBuilder module;
    const uint32_t type = module.type(m.params, m.results);
    Code callee, caller;
    for (uint32_t i = count; i-- > 0;) callee.local_get(i);
    const uint32_t index = module.function(type, "callee", callee);
    for (uint32_t i = 0; i < count; ++i) caller.local_get(i);
    caller.op(call, index);
    module.function(type, "caller", caller);
    m.bytes = module.build();
    return m;
}

TEST_P(Call, passes_any_number_of_values_of_any_type_both_ways)
{
    for (const uint32_t count : {1U, 2U, 5U, 6U, 9U, 16U, 17U, 40U, 333U, 1000U}) {
        for (const Opcode call : {Opcode::call, Opcode::return_call}) {
            SCOPED_TRACE(count);
            const ManyValues m = many_values(count, call);
            Guest guest = load(m.bytes);
            CallResult expected = returns();
            expected.values = m.expected;
            EXPECT_EQ(guest.call("callee", m.arguments), expected);
            EXPECT_EQ(guest.call("caller", m.arguments), expected);
        }
    }
}

TEST_P(Call, keeps_operands_and_locals_over_calls)
{
    Guest guest = load(wat(
        R"wat(
(module
  (func $clobber (param i64 i64 f64 f64) (result i64)
    (local i64 i64 i64 i64 i64 i64 f64 f64 f64 f64)
    (local.set 4 (i64.const -1)) (local.set 5 (i64.const -1)) (local.set 6 (i64.const -1)) (local.set 7 (i64.const -1))
    (local.set 10 (f64.const -1)) (local.set 11 (f64.const -1)) (local.set 12 (f64.const -1))
    (loop (result i64)
      (local.set 4 (i64.add (local.get 4) (local.get 5))) (local.set 6 (i64.add (local.get 6) (local.get 7)))
      (local.set 10 (f64.add (local.get 10) (local.get 11))) (local.set 12 (f64.add (local.get 12) (local.get 10)))
      (i64.add (i64.add (local.get 0) (local.get 1)) (i64.trunc_f64_s (f64.add (local.get 2) (local.get 3))))))
  (func (export "operands") (param i64 f64) (result i64 f64 i64)
    (i64.mul (local.get 0) (i64.const 3))
    (f64.mul (local.get 1) (f64.const 2))
    (call $clobber (i64.add (local.get 0) (i64.const 1)) (local.get 0) (f64.add (local.get 1) (f64.const 1)) (local.get 1)))
  (func (export "locals") (param $a i64) (param $b i64) (param $x f64) (param $y f64) (result i64 i64 f64 f64 i64)
    (local $sum i64) (local $n i32)
    ;; Hot locals of both classes, and calls in the loop.
    (local.set $n (i32.const 100))
    (loop
      (local.set $a (i64.add (local.get $a) (i64.const 1)))
      (local.set $b (i64.sub (local.get $b) (i64.const 1)))
      (local.set $x (f64.add (local.get $x) (f64.const 1)))
      (local.set $y (f64.sub (local.get $y) (f64.const 1)))
      (local.set $sum (i64.add (local.get $sum) (call $clobber (local.get $a) (local.get $b) (local.get $x) (local.get $y))))
      (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $a) (local.get $b) (local.get $x) (local.get $y) (local.get $sum))
  (func (export "unused_parameters") (param i32 i64 f32 f64) (result i32) (call $second (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4) (i32.const 5) (i32.const 6) (i32.const 7)))
  (func $second (param i32 i32 i32 i32 i32 i32 i32) (result i32) (local.get 6))
  (func (export "rotate") (param i32 i32 i32 i32 i32 i32) (result i32)
    (call $digits (local.get 1) (local.get 2) (local.get 3) (local.get 4) (local.get 5) (local.get 0)))
  (func (export "swap") (param i32 i32 i32 i32 i32 i32) (result i32)
    (call $digits (local.get 1) (local.get 0) (local.get 3) (local.get 2) (local.get 5) (local.get 4)))
  (func $digits (param i32 i32 i32 i32 i32 i32) (result i32)
    (local.get 0) (i32.const 10) (i32.mul) (local.get 1) (i32.add) (i32.const 10) (i32.mul) (local.get 2) (i32.add)
    (i32.const 10) (i32.mul) (local.get 3) (i32.add) (i32.const 10) (i32.mul) (local.get 4) (i32.add)
    (i32.const 10) (i32.mul) (local.get 5) (i32.add))
)
)wat",
        "0061736d01000000013a0660047e7e7c7c017e60027e7c037e7c7e60047e7e7c7c057e7e7c7c7e60047f7e7d7c017f60077f7f7f7f7f7f7f017f6006"
        "7f7f7f7f7f7f017f0309080001020304050505073905086f706572616e64730001066c6f63616c73000211756e757365645f706172616d6574657273"
        "000306726f746174650005047377617000060ac702086202067e047c427f2104427f2105427f2106427f210744000000000000f0bf210a4400000000"
        "0000f0bf210b44000000000000f0bf210c037e200420057c2104200620077c2106200a200ba0210a200c200aa0210c200020017c20022003a0b07c0b"
        "0b2a00200042037e2001440000000000000040a2200042017c2000200144000000000000f03fa0200110000b5a02017e017f41e40021050340200042"
        "017c2100200142017d2101200244000000000000f03fa02102200344000000000000f03fa121032004200020012002200310007c2104200541016b22"
        "050d000b200020012002200320040b1200410141024103410441054106410710040b040020060b100020012002200320042005200010070b10002001"
        "2000200320022005200410070b22002000410a6c20016a410a6c20026a410a6c20036a410a6c20046a410a6c20056a0b"));
    EXPECT_EQ(guest.call("operands", {i64(10), f64(4)}), returns(i64(30), f64(8), i64(30)));
    EXPECT_EQ(guest.call("locals", {i64(1), i64(2), f64(3), f64(4)}), returns(i64(101), i64(-98), f64(103), f64(-96), i64(1000)));
    EXPECT_EQ(guest.call("unused_parameters", {i32(9), i64(9), f32(9), f64(9)}), returns(i32(7)));
    EXPECT_EQ(guest.call("rotate", {i32(1), i32(2), i32(3), i32(4), i32(5), i32(6)}), returns(i32(234561)));
    EXPECT_EQ(guest.call("swap", {i32(1), i32(2), i32(3), i32(4), i32(5), i32(6)}), returns(i32(214365)));
}

constexpr uint32_t tail_calls = 10'000'000;

TEST_P(Call, tail_calls_take_no_stack)
{
    Guest guest = load(wat(
        R"wat(
(module
  (type $step (func (param i32 i64) (result i64)))
  (type $wide (func (param i32 i64 i64 i64 i64 i64 i64 i64 f64) (result i64)))
  (table funcref (elem $even $odd $indirect))
  (elem declare func $by_reference)
  (func $even (export "even") (type $step)
    (if (result i64) (local.get 0)
      (then (return_call $odd (i32.sub (local.get 0) (i32.const 1)) (i64.add (local.get 1) (i64.const 1))))
      (else (local.get 1))))
  (func $odd (type $step)
    (if (result i64) (local.get 0)
      (then (return_call $even (i32.sub (local.get 0) (i32.const 1)) (i64.add (local.get 1) (i64.const 1))))
      (else (local.get 1))))
  (func $indirect (export "indirect") (type $step)
    (if (result i64) (local.get 0)
      (then (return_call_indirect (type $step) (i32.sub (local.get 0) (i32.const 1)) (i64.add (local.get 1) (i64.const 2)) (i32.const 2)))
      (else (local.get 1))))
  (func $by_reference (export "by_reference") (type $step)
    (if (result i64) (local.get 0)
      (then (return_call_ref $step (i32.sub (local.get 0) (i32.const 1)) (i64.add (local.get 1) (i64.const 3)) (ref.func $by_reference)))
      (else (local.get 1))))
  (func $wide (export "wide") (type $wide)
    (if (result i64) (local.get 0)
      (then (return_call $wide (i32.sub (local.get 0) (i32.const 1)) (local.get 2) (local.get 3) (local.get 4) (local.get 5) (local.get 6) (local.get 7) (local.get 1)
             (f64.add (local.get 8) (f64.const 1))))
      (else (i64.add (local.get 1) (i64.trunc_f64_s (local.get 8))))))
)
)wat",
        "0061736d0100000001140260027f7e017e60097f7e7e7e7e7e7e7e7c017e030605000000000104050170010303072904046576656e000008696e6469"
        "7265637400020c62795f7265666572656e6365000304776964650004090f02020041000b0003000102030001030a92010516002000047e200041016b"
        "200142017c12010520010b0b16002000047e200041016b200142017c12000520010b0b19002000047e200041016b200142027c41021300000520010b"
        "0b18002000047e200041016b200142037cd20315000520010b0b2f002000047e200041016b2002200320042005200620072001200844000000000000"
        "f03fa012040520012008b07c0b0b"));
    EXPECT_EQ(guest.call("even", {i32(tail_calls), i64(0)}), returns(i64(tail_calls)));
    EXPECT_EQ(guest.call("indirect", {i32(tail_calls), i64(0)}), returns(i64(uint64_t{2} * tail_calls)));
    EXPECT_EQ(guest.call("by_reference", {i32(tail_calls), i64(0)}), returns(i64(uint64_t{3} * tail_calls)));
    const Values wide{i32(tail_calls), i64(1), i64(2), i64(3), i64(4), i64(5), i64(6), i64(7), f64(0)};
    EXPECT_EQ(guest.call("wide", wide), returns(i64(uint64_t{tail_calls} % 7 + 1 + tail_calls)));
}

TEST_P(Call, tables_trap_for_each_reason)
{
    Guest guest = load(wat(
        R"wat(
(module
  (type $i (func (param i32) (result i32)))
  (type $j (func (param i64) (result i32)))
  (type $r (func (result i32)))
  (rec (type $a (sub (func (param i32) (result i32)))) (type $b (sub $a (func (param i32) (result i32)))))
  (table $t 6 6 funcref)
  (table $t64 i64 3 3 funcref)
  (elem (table $t) (i32.const 0) func $double $other $base $derived)
  (elem (table $t64) (i64.const 1) func $double)
  (func $double (type $i) (i32.mul (local.get 0) (i32.const 2)))
  (func $other (type $j) (i32.const 5))
  (func $base (type $a) (i32.const 10))
  (func $derived (type $b) (i32.add (local.get 0) (i32.const 20)))
  (func (export "call") (param i32 i32) (result i32) (call_indirect $t (type $i) (local.get 1) (local.get 0)))
  (func (export "call64") (param i64 i32) (result i32) (call_indirect $t64 (type $i) (local.get 1) (local.get 0)))
  (func (export "call_base") (param i32 i32) (result i32) (call_indirect $t (type $a) (local.get 1) (local.get 0)))
  (func (export "call_derived") (param i32 i32) (result i32) (call_indirect $t (type $b) (local.get 1) (local.get 0)))
  (func (export "tail") (param i32 i32) (result i32) (return_call_indirect $t (type $i) (local.get 1) (local.get 0)))
  (func (export "tail_base_hot") (param i32 i32) (result i32)
    (local i32)
    (loop (br_if 0 (i32.lt_u (local.tee 2 (i32.add (local.get 2) (i32.const 1))) (i32.const 3)))
      (local.set 1 (i32.add (local.get 1) (local.get 2))) (local.set 1 (i32.sub (local.get 1) (local.get 2))))
    (return_call_indirect $t (type $a) (local.get 1) (local.get 0)))
  (func (export "null") (result i32) (call_ref $r (ref.null $r)))
  (func (export "null_tail") (result i32) (return_call_ref $r (ref.null $r)))
)
)wat",
        "0061736d01000000012c0660017f017f60017e017f6000017f4e02500060017f017f50010360017f017f60027f7f017f60027e7f017f030d0c000103"
        "04050605050505020204090270010606700503030756080463616c6c00040663616c6c363400050963616c6c5f6261736500060c63616c6c5f646572"
        "697665640007047461696c00080d7461696c5f626173655f686f740009046e756c6c000a096e756c6c5f7461696c000b091402020041000b00040001"
        "0203020142010b0001000a84010c0700200041026c0b040041050b0400410a0b0700200041146a0b0900200120001100000b0900200120001100010b"
        "0900200120001103000b0900200120001104000b0900200120001300000b2801017f0340200241016a22024103490d00200120026a2101200120026b"
        "21010b200120001303000b0600d00214020b0600d00215020b"));
    EXPECT_EQ(guest.call("call", {i32(0), i32(21)}), returns(i32(42)));
    EXPECT_EQ(guest.call("call", {i32(1), i32(21)}), traps(TrapKind::indirect_call_type));
    EXPECT_EQ(guest.call("call", {i32(4), i32(21)}), traps(TrapKind::uninitialized_element));
    EXPECT_EQ(guest.call("call", {i32(6), i32(21)}), traps(TrapKind::undefined_element));
    EXPECT_EQ(guest.call("call", {i32(-1), i32(21)}), traps(TrapKind::undefined_element));
    EXPECT_EQ(guest.call("tail", {i32(0), i32(21)}), returns(i32(42)));
    EXPECT_EQ(guest.call("tail", {i32(1), i32(21)}), traps(TrapKind::indirect_call_type));
    EXPECT_EQ(guest.call("call64", {i64(1), i32(21)}), returns(i32(42)));
    EXPECT_EQ(guest.call("call64", {i64(0x1'0000'0001), i32(21)}), traps(TrapKind::undefined_element));
    EXPECT_EQ(guest.call("call64", {i64(0), i32(21)}), traps(TrapKind::uninitialized_element));
    EXPECT_EQ(guest.call("call_base", {i32(2), i32(1)}), returns(i32(10)));
    EXPECT_EQ(guest.call("call_base", {i32(3), i32(1)}), returns(i32(21))) << "a subtype's function";
    EXPECT_EQ(guest.call("call_derived", {i32(2), i32(1)}), traps(TrapKind::indirect_call_type)) << "a supertype's function";
    EXPECT_EQ(guest.call("call_derived", {i32(0), i32(1)}), traps(TrapKind::indirect_call_type)) << "an equal but unrelated type";
    EXPECT_EQ(guest.call("tail_base_hot", {i32(3), i32(5)}), returns(i32(25)));
    EXPECT_EQ(guest.call("null"), traps(TrapKind::null_function_reference));
    EXPECT_EQ(guest.call("null_tail"), traps(TrapKind::null_function_reference));
}

TEST_P(Call, recursion_without_end_traps_and_leaves_the_guest_usable)
{
    Guest guest = load(wat(
        R"wat(
(module
  (memory 1)
  (func $deep (export "deep") (param i32) (result i32) (i32.add (i32.const 1) (call $deep (local.get 0))))
  (func $mutual (export "mutual") (param f64) (result f64) (f64.add (local.get 0) (call $mutual2 (local.get 0) (i64.const 1))))
  (func $mutual2 (param f64 i64) (result f64) (call $mutual (local.get 0)))
  (func (export "depth") (param i32) (result i32)
    (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 0)) (else (i32.add (i32.const 1) (call 3 (i32.sub (local.get 0) (i32.const 1)))))))
  (func $big (export "big_frames") (param i32) (result i32)
    (local i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64)
    (i32.add (i32.const 1) (call $big (local.get 0))))
)
)wat",
        "0061736d0100000001110360017f017f60017c017c60027c7e017c0306050001020000050301000107260404646565700000066d757475616c000105"
        "646570746800030a6269675f6672616d657300040a400509004101200010006a0b0b002000200042011002a00b0600200010010b1500200045047f41"
        "00054101200041016b10036a0b0b0b01207e4101200010046a0b"));
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(guest.call("deep", {i32(1)}), traps(TrapKind::call_stack_exhausted));
        EXPECT_TRUE(guest.last_trap().is_truncated);
        EXPECT_FALSE(guest.last_trap().frames.empty());
        EXPECT_EQ(guest.call("mutual", {f64(1)}), traps(TrapKind::call_stack_exhausted));
        EXPECT_EQ(guest.call("big_frames", {i32(1)}), traps(TrapKind::call_stack_exhausted));
        EXPECT_EQ(guest.call("depth", {i32(20'000)}), returns(i32(20'000)));
    }
}

TEST_P(Call, a_frame_larger_than_the_stack_traps)
{
    // 50,000 vectors and their operands: more than the stack of this engine.
    ModuleBuilder module;
    Code code;
    code.i32_const(7);
    std::vector<ValType> locals(50'000, ValType{ValKind::i64});
    for (uint32_t i = 1; i < 50'000; i += 1000) code.local_get(i).op(Opcode::i32_wrap_i64).op(Opcode::i32_add);
    const uint32_t index = module.function(module.type({}, {ValKind::i32}), "large", code, locals);
    // Recursion with that frame: a few fit in the stack, then it ends in one step of 400 KB.
    module.function(module.type({}, {ValKind::i32}), "recurse", Code{}.op(Opcode::call, index + 1), locals);
    Guest guest = load(module.build());
    EXPECT_EQ(guest.call("large"), returns(i32(7)));
    EXPECT_EQ(guest.call("recurse"), traps(TrapKind::call_stack_exhausted));
}

// --- host functions ---

struct Host {
    int calls = 0;
    TrapKind trap = TrapKind::none;
};
bool sum_all(runtime::HostFunctionContext& context, Value* values) noexcept
{
    auto& host = *static_cast<Host*>(context.data);
    ++host.calls;
    if (host.trap != TrapKind::none) return runtime::request_trap(context, host.trap);
    // i32 i64 f32 f64 ... seven i64: a sum of what came, and two more results.
    uint64_t sum = values[0].i32 + values[1].i64 + static_cast<uint64_t>(values[2].f32) + static_cast<uint64_t>(values[3].f64);
    for (size_t i = 4; i < 11; ++i) sum += values[i].i64 * i;
    values[0].i64 = sum;
    values[1].f32 = 1.5F;
    values[2].i32 = 0xffff'ffff;
    return true;
}
bool leave(runtime::HostFunctionContext& context, Value* values) noexcept { return runtime::request_exit(context, values[0].i32); }

constexpr std::array sum_params{wasm::i32, wasm::i64, wasm::f32, wasm::f64, wasm::i64, wasm::i64,
                                wasm::i64, wasm::i64, wasm::i64, wasm::i64, wasm::i64};
constexpr std::array sum_results{wasm::i64, wasm::f32, wasm::i32};
constexpr std::array leave_params{wasm::i32};
const runtime::HostFunction host_functions[] = {{"sum_all", sum_params, sum_results, sum_all, ""},
                                                {"leave", leave_params, {}, leave, ""}};
const runtime::HostModule host_module{"host", "test", host_functions};

TEST_P(Call, host_functions_take_and_give_values_and_stop_the_guest)
{
    Host host;
    Guest guest{GetParam(),
                wat(R"wat(
(module
  (import "host" "sum_all" (func $sum (param i32 i64 f32 f64 i64 i64 i64 i64 i64 i64 i64) (result i64 f32 i32)))
  (import "host" "leave" (func $leave (param i32)))
  (table funcref (elem $sum))
  (type $sum_type (func (param i32 i64 f32 f64 i64 i64 i64 i64 i64 i64 i64) (result i64 f32 i32)))
  (func (export "direct") (param i64) (result i64 f32 i32)
    (call $sum (i32.const 1) (local.get 0) (f32.const 3) (f64.const 4) (i64.const 1) (i64.const 1) (i64.const 1) (i64.const 1) (i64.const 1) (i64.const 1) (local.get 0)))
  (func (export "indirect") (param i64) (result i64 f32 i32)
    (call_indirect (type $sum_type)
      (i32.const 1) (local.get 0) (f32.const 3) (f64.const 4) (i64.const 1) (i64.const 1) (i64.const 1) (i64.const 1) (i64.const 1) (i64.const 1) (local.get 0) (i32.const 0)))
  (func (export "tail") (param i64) (result i64 f32 i32)
    (return_call $sum (i32.const 1) (local.get 0) (f32.const 3) (f64.const 4) (i64.const 1) (i64.const 1) (i64.const 1) (i64.const 1) (i64.const 1) (i64.const 1) (local.get 0)))
  (func (export "leave") (param i32) (result i64) (call $leave (local.get 0)) unreachable)
)
)wat",
                    "0061736d01000000012204600b7f7e7d7c7e7e7e7e7e7e7e037e7d7f60017f0060017e037e7d7f60017f017e021d0204686f7374077375"
                    "6d5f616c6c"
                    "000004686f7374056c656176650001030504020202030405017001010107240406646972656374000208696e6469726563740003047461"
                    "696c000405"
                    "6c656176650005090901020041000b0001000a7b0424004101200043000040404400000000000010404201420142014201420142012000"
                    "10000b2700"
                    "410120004300004040440000000000001040420142014201420142014201200041001100000b2400410120004300004040440000000000"
                    "0010404201"
                    "42014201420142014201200012000b070020001001000b"),
                &host_module, &host};
    const auto expected = returns(i64(1 + 2 + 3 + 4 + 4 + 5 + 6 + 7 + 8 + 9 + 2 * 10), f32(1.5F), i32(-1));
    EXPECT_EQ(guest.call("direct", {i64(2)}), expected);
    EXPECT_EQ(guest.call("indirect", {i64(2)}), expected);
    EXPECT_EQ(guest.call("tail", {i64(2)}), expected);
    EXPECT_EQ(host.calls, 3);
    host.trap = TrapKind::host_error;
    EXPECT_EQ(guest.call("direct", {i64(2)}), traps(TrapKind::host_error));
    ASSERT_EQ(guest.last_trap().frames.size(), 1U);
    EXPECT_EQ(guest.last_trap().frames[0].function.value, 2U);
    EXPECT_EQ(guest.call("tail", {i64(2)}), traps(TrapKind::host_error));
    EXPECT_EQ(guest.call("leave", {i32(77)}), exits(77));
}

TEST_P(Call, a_trap_names_the_frames_and_offsets_it_went_through)
{
    Guest guest = load(wat(
        R"wat(
(module
  (func $outer (export "outer") (param i32) (result i32) nop (call $middle (local.get 0)))
  (func $middle (param i32) (result i32) (i32.const 1) (call $inner (local.get 0)) (i32.add))
  (func $inner (param i32) (result i32) nop nop (i32.div_u (i32.const 8) (local.get 0)))
)
)wat",
        "0061736d0100000001060160017f017f030403000000070901056f7574657200000a1d03070001200010010b09004101200010026a0b090001014108"
        "20006e0b"));
    EXPECT_EQ(guest.call("outer", {i32(2)}), returns(i32(5)));
    EXPECT_EQ(guest.call("outer", {i32(0)}), traps(TrapKind::integer_divide_by_zero));
    const auto& frames = guest.last_trap().frames;
    ASSERT_EQ(frames.size(), 3U);
    // Offsets count from the body's start, where the number of local declarations is.
    constexpr std::pair<uint32_t, uint32_t> expected[] = {{2, 7}, {1, 5}, {0, 4}};
    for (size_t i = 0; i < frames.size(); ++i) {
        EXPECT_EQ(frames[i].function.value, expected[i].first) << i;
        EXPECT_EQ(frames[i].wasm_offset, expected[i].second) << i;
    }
}

}  // namespace

INSTANTIATE_EXECUTION_TESTS(Call);

}  // namespace weir::test
