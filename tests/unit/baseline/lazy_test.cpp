#include "support/execution.hpp"
#include "wasm/load.hpp"

#ifdef WEIR_TEST_OPTIMIZING
#include "optimizing/optimizing.hpp"
#endif

#include <array>

// Elements of tables and functions that are referred to are made when they are first looked at: no program may see that.

namespace weir::test {
namespace {

using runtime::TrapKind;

class Lazy : public Execution {};

const Wat tables =
    wat(R"wat((module
  (type $f (func (param i32) (result i32)))
  (table $t 6 20 funcref)
  (elem (table $t) (i32.const 1) func $one $two $three)
  (elem (table $t) (i32.const 3) func $four)
  (elem $passive func $two $one)
  (func $one (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
  (func $two (param i32) (result i32) (i32.add (local.get 0) (i32.const 2)))
  (func $three (param i32) (result i32) (i32.add (local.get 0) (i32.const 3)))
  (func $four (param i32) (result i32) (i32.add (local.get 0) (i32.const 4)))
  (func (export "call") (param i32) (result i32) (call_indirect $t (type $f) (i32.const 100) (local.get 0)))
  (func (export "tail") (param i32) (result i32) (return_call_indirect $t (type $f) (i32.const 200) (local.get 0)))
  (func (export "is_null") (param i32) (result i32) (ref.is_null (table.get $t (local.get 0))))
  (func (export "set_null") (param i32) (table.set $t (local.get 0) (ref.null func)))
  (func (export "set_two") (param i32) (table.set $t (local.get 0) (ref.func $two)))
  (func (export "move") (param i32 i32) (table.set $t (local.get 0) (table.get $t (local.get 1))))
  (func (export "fill_null") (table.fill $t (i32.const 0) (ref.null func) (i32.const 6)))
  (func (export "init") (table.init $t $passive (i32.const 1) (i32.const 0) (i32.const 2)))
  (func (export "copy") (table.copy $t $t (i32.const 4) (i32.const 1) (i32.const 2)))
  (func (export "grow") (result i32) (table.grow $t (ref.func $two) (i32.const 2)))
  (func (export "size") (result i32) (table.size $t))
  (func (export "mixed") (param i32 i64 f64 f32 i32) (result f64)
    ;; Operands and locals of all kinds lie in registers around the call.
    (f64.add
      (f64.add (f64.convert_i64_s (i64.add (local.get 1) (i64.const 5))) (f64.mul (local.get 2) (f64.const 2)))
      (f64.add (f64.promote_f32 (f32.add (local.get 3) (f32.const 1)))
        (f64.convert_i32_s (i32.add (i32.mul (local.get 4) (i32.const 3))
          (call_indirect $t (type $f) (i32.add (local.get 4) (i32.const 7)) (local.get 0)))))))))wat",
        "0061736d01000000011f0660017f017f60017f0060027f7f006000006000017f60057f7e7c7d7f017c03111000000000000000010102030303040405"
        "0405017001061407650c0463616c6c0004047461696c00050769735f6e756c6c0006087365745f6e756c6c0007077365745f74776f0008046d6f7665"
        "00090966696c6c5f6e756c6c000a04696e6974000b04636f7079000c0467726f77000d0473697a65000e056d69786564000f091803020041010b0003"
        "000102020041030b00010301000201000ac401100700200041016a0b0700200041026a0b0700200041036a0b0700200041046a0b0a0041e400200011"
        "00000b0a0041c80120001300000b070020002500d10b08002000d07026000b08002000d20126000b0a0020002001250026000b0b004100d0704106fc"
        "11000b0c00410141004102fc0c02000b0c00410441014102fc0e00000b0900d2014102fc0f000b0500fc10000b3100200142057cb920024400000000"
        "00000040a2a02003430000803f92bb200441036c200441076a20001100006ab7a0a00b");

CallResult call(Guest& guest, uint32_t element) { return guest.call("call", {i32(element)}); }
const CallResult is_null = traps(TrapKind::uninitialized_element);

TEST_P(Lazy, elements_are_what_the_segments_say_and_later_segments_win)
{
    Guest guest = load(tables);
    for (int round = 0; round < 3; ++round) {
        EXPECT_EQ(call(guest, 0), is_null);
        EXPECT_EQ(call(guest, 1), returns(i32(101)));
        EXPECT_EQ(call(guest, 2), returns(i32(102)));
        EXPECT_EQ(call(guest, 3), returns(i32(104)));
        EXPECT_EQ(call(guest, 4), is_null);
        EXPECT_EQ(call(guest, 6), traps(TrapKind::undefined_element));
        EXPECT_EQ(guest.call("tail", {i32(2)}), returns(i32(202)));
        EXPECT_EQ(guest.call("tail", {i32(0)}), is_null);
    }
}

TEST_P(Lazy, registers_are_kept_where_an_element_is_made)
{
    Guest guest = load(tables);
    for (int round = 0; round < 3; ++round)
        for (const auto& [element, added] : {std::pair{1U, 1}, std::pair{2U, 2}, std::pair{3U, 4}})
            EXPECT_EQ(guest.call("mixed", {i32(element), i64(10), f64(0.25), f32(0.5F), i32(1000)}),
                      returns(f64(15 + 0.5 + 1.5 + 3000 + 1007 + added)));
}

TEST_P(Lazy, an_element_that_is_looked_at_first_by_table_get)
{
    Guest guest = load(tables);
    EXPECT_EQ(guest.call("is_null", {i32(2)}), returns(i32(0)));
    EXPECT_EQ(guest.call("is_null", {i32(0)}), returns(i32(1)));
    EXPECT_EQ(guest.call("is_null", {i32(6)}), traps(TrapKind::table_out_of_bounds));
    EXPECT_EQ(call(guest, 2), returns(i32(102)));
}

TEST_P(Lazy, null_that_was_written_stays_null)
{
    Guest guest = load(tables);
    EXPECT_EQ(guest.call("set_null", {i32(2)}), returns());
    EXPECT_EQ(call(guest, 2), is_null);
    EXPECT_EQ(call(guest, 1), returns(i32(101)));
    EXPECT_EQ(guest.call("set_two", {i32(0)}), returns());
    EXPECT_EQ(call(guest, 0), returns(i32(102)));
    EXPECT_EQ(guest.call("move", {i32(5), i32(3)}), returns());
    EXPECT_EQ(call(guest, 5), returns(i32(104)));
    EXPECT_EQ(guest.call("fill_null"), returns());
    for (uint32_t i = 0; i < 6; ++i) EXPECT_EQ(call(guest, i), is_null) << i;
}

TEST_P(Lazy, bulk_instructions_see_all_elements)
{
    Guest copying = load(tables);
    EXPECT_EQ(copying.call("copy"), returns());
    EXPECT_EQ(call(copying, 4), returns(i32(101)));
    EXPECT_EQ(call(copying, 5), returns(i32(102)));
    EXPECT_EQ(call(copying, 3), returns(i32(104)));

    Guest initializing = load(tables);
    EXPECT_EQ(initializing.call("init"), returns());
    EXPECT_EQ(call(initializing, 1), returns(i32(102)));
    EXPECT_EQ(call(initializing, 2), returns(i32(101)));
    EXPECT_EQ(call(initializing, 3), returns(i32(104)));
    EXPECT_EQ(call(initializing, 0), is_null);

    Guest growing = load(tables);
    EXPECT_EQ(growing.call("grow"), returns(i32(6)));
    EXPECT_EQ(growing.call("size"), returns(i32(8)));
    EXPECT_EQ(call(growing, 7), returns(i32(102)));
    EXPECT_EQ(call(growing, 5), is_null);
    EXPECT_EQ(call(growing, 3), returns(i32(104)));
}

TEST_P(Lazy, a_segment_that_does_not_fit_leaves_those_before_it_applied)
{
    // The second segment traps; an instance of the kind never comes to be, but what the first one put into the other's table stays.
    const Wat owner =
        wat(R"wat((module
  (table (export "t") 2 funcref)
  (func (export "call") (param i32) (result i32) (call_indirect (result i32) (local.get 0)))))wat",
            "0061736d01000000010a0260017f017f6000017f03020100040401700002070c02017401000463616c6c00000a0901070020001101000b");
    const Wat failing = wat(
        R"wat((module
  (import "m" "t" (table 2 funcref))
  (table $own 2 funcref)
  (func $f (result i32) (call_indirect $own (result i32) (i32.const 0)))
  (func $g (result i32) (i32.const 5))
  (elem (table 0) (i32.const 0) func $f)
  (elem (table $own) (i32.const 2) func $g)
  (elem (table $own) (i32.const 0) func $g)))wat",
        "0061736d010000000105016000017f020901016d0174017000020303020000040401700002091903020041000b000100020141020b00010102014100"
        "0b0001010a0e02070041001100010b040041050b");
    const auto engine = GetParam().create_engine();
    ASSERT_TRUE(engine);
    const auto store = runtime::Store::create(engine);
    ASSERT_TRUE(store);
    const auto instantiate = [&](const Wat& m, std::span<const runtime::Extern> imports) {
        auto module = wasm::load_module(m.bytes, nullptr, engine->types());
        auto code = runtime::ModuleCode::create(engine, *module);
        return (*store)->instantiate(*code, imports);
    };
    const auto first = instantiate(owner, {});
    ASSERT_TRUE(first);
    const std::array imports{*(*first)->find_export("t")};
    EXPECT_FALSE(instantiate(failing, imports));
    runtime::Value values[1] = {{.i32 = 0}};
    const auto function = std::get<const runtime::Function*>(*(*first)->find_export("call"));
    const runtime::Outcome outcome = (*store)->call(*function, values);
    const auto* const trap = std::get_if<runtime::Trap>(&outcome);
    ASSERT_TRUE(trap);
    EXPECT_EQ(trap->kind, TrapKind::uninitialized_element);
}

TEST_P(Lazy, references_to_one_function_are_one)
{
    const Wat module = wat(
        R"wat((module
  (table (export "t") 3 funcref)
  (elem (i32.const 1) func $f)
  (func $f (export "f"))
  (global (export "g") funcref (ref.func $f))
  (func (export "get") (result funcref) (ref.func $f))
  (func (export "put") (table.set (i32.const 2) (ref.func $f)))))wat",
        "0061736d01000000010802600000600001700304030001000404017000030606017000d2000b07190501740100016600000167030003676574000103"
        "70757400020907010041010b01000a120302000b0400d2000b08004102d20026000b");
    for (const bool first_by_code : {true, false}) {
        Guest guest = load(module);
        if (first_by_code) static_cast<void>(guest.call("put"));
        const auto function = std::get<const runtime::Function*>(*guest.instance()->find_export("f"));
        const auto reference = reinterpret_cast<uint64_t>(function);
        EXPECT_EQ(guest.call("put"), returns());
        const auto& table = *std::get<runtime::Table*>(*guest.instance()->find_export("t"));
        EXPECT_EQ(table.elements[0], 0U);
        EXPECT_EQ(table.elements[1], reference);
        EXPECT_EQ(table.elements[2], reference);
        EXPECT_EQ(std::get<runtime::Global*>(*guest.instance()->find_export("g"))->cell->ref, reference);
        const CallResult got = guest.call("get");
        ASSERT_EQ(got.values.size(), 1U);
        EXPECT_EQ(got.values[0].bits, reference);
    }
}

#ifdef WEIR_TEST_OPTIMIZING
constexpr EngineMode modes[] = {
    {"guard", runtime::BoundsPolicy::guard, false, &optimizing::create_compiler},
    {"checked", runtime::BoundsPolicy::checked, false, &optimizing::create_compiler},
};
INSTANTIATE_TEST_SUITE_P(Tiered, Lazy, testing::ValuesIn(modes), [](const auto& test) { return std::string{test.param.name}; });
#else
INSTANTIATE_EXECUTION_TESTS(Lazy);
#endif

}  // namespace
}  // namespace weir::test
