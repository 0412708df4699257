#include "fixture.hpp"

#include <chrono>
#include <stdexcept>
#include <thread>

namespace weir::test {

/// Something of everything.
Wat kitchen()
{
    return wat(
        R"wat(
(module
  (import "host" "add" (func $add (param i32 i32) (result i32)))
  (import "host" "note" (func $note (param i32)))
  (memory (export "memory") 1 4)
  (data (i32.const 16) "weir\00")
  (data $passive "passive")
  (table $t (export "table") 4 8 funcref)
  (elem (i32.const 1) $twice)
  (elem $refs funcref (ref.func $twice))
  (global $counter (export "counter") (mut i32) (i32.const 5))
  (global (export "constant") f64 (f64.const 2.5))
  (func (export "nothing"))
  (func $twice (export "twice") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
  (func (export "add") (param i32 i32) (result i32) (call $add (local.get 0) (local.get 1)))
  (func (export "note") (param i32) (call $note (local.get 0)))
  (func (export "swap") (param i64 f64) (result f64 i64) (local.get 1) (local.get 0))
  (func $inner (unreachable))
  (func (export "trap") (call $inner))
  (func (export "endless") (loop (br 0)))
  (func (export "count") (result i32)
    (global.set $counter (i32.add (global.get $counter) (i32.const 1)))
    (global.get $counter))
  (func (export "funcref") (param funcref) (result funcref) (local.get 0))
  (func (export "externref") (param externref) (result externref) (local.get 0))
  (func (export "vector") (param v128) (result v128) (i32x4.add (local.get 0) (local.get 0)))
  (func (export "spoil") (result i32)
    (memory.fill (i32.const 0) (i32.const 0xaa) (i32.const 65536))
    (memory.init $passive (i32.const 100) (i32.const 0) (i32.const 7))
    (data.drop $passive)
    (drop (memory.grow (i32.const 2)))
    (memory.fill (i32.const 65536) (i32.const 0xaa) (i32.const 131072))
    (table.set $t (i32.const 0) (ref.func $twice))
    (table.set $t (i32.const 1) (ref.null func))
    (table.init $t $refs (i32.const 2) (i32.const 0) (i32.const 1))
    (elem.drop $refs)
    (drop (table.grow $t (ref.func $twice) (i32.const 3)))
    (global.set $counter (i32.const 99))
    (memory.size))
  (func (export "use_segments")
    (memory.init $passive (i32.const 100) (i32.const 0) (i32.const 7))
    (table.init $t $refs (i32.const 2) (i32.const 0) (i32.const 1)))
)
)wat",
        "0061736d01000000012d0960027f7f017f60017f0060000060017f017f60027e7c027c7e6000017f600170017060016f016f60017b017b0218020468"
        "6f737403616464000004686f7374046e6f74650001030f0e0203000104020202050607080502040501700104080504010101040612027f0141050b7c"
        "004400000000000004400b079c0111066d656d6f72790200057461626c65010007636f756e746572030008636f6e7374616e740301076e6f7468696e"
        "6700020574776963650003036164640004046e6f74650005047377617000060474726170000807656e646c657373000905636f756e74000a0766756e"
        "63726566000b0965787465726e726566000c06766563746f72000d0573706f696c000e0c7573655f7365676d656e7473000f090d020041010b010305"
        "7001d2030b0c01020ac4010e02000b0700200041026c0b08002000200110000b0600200010010b0600200120000b0300000b040010070b070003400c"
        "000b0b0b00230041016a240023000b040020000b040020000b090020002000fdae010b5700410041aa0141808004fc0b0041e40041004107fc080100"
        "fc0901410240001a4180800441aa0141808008fc0b004100d20326004101d0702600410241004101fc0c0100fc0d01d2034103fc0f001a41e3002400"
        "3f000b170041e40041004107fc080100410241004101fc0c01000b0b14020041100b057765697200010770617373697665");
}

Module Api::load(const Engine& engine)
{
    auto loaded = Module::from_bytes(engine, kitchen().bytes);
    if (loaded) return *loaded;
    ADD_FAILURE() << loaded.error().message;
    return {};
}

namespace {

TEST_F(Api, calls_typed_functions)
{
    const Instance instance = must(prepare().instantiate());
    const auto twice = must(instance.get<int32_t(int32_t)>("twice"));
    EXPECT_EQ(must(twice(21)), 42);
    EXPECT_EQ(must(must(instance.get<uint32_t(uint32_t)>("twice"))(0x8000'0001U)), 2U);
    const auto swap = must(instance.get<std::tuple<double, int64_t>(int64_t, double)>("swap"));
    EXPECT_EQ(must(swap(-7, 0.5)), std::tuple(0.5, int64_t{-7}));
    const auto vector = must(instance.get<V128(V128)>("vector"));
    EXPECT_EQ(must(vector(V128{1, 2})), (V128{2, 4}));
    const auto externref = must(instance.get<ExternRef(ExternRef)>("externref"));
    EXPECT_EQ(must(externref(ExternRef{77})).word, 77U);
    must(must(instance.get<void()>("nothing"))());
}

TEST_F(Api, says_what_there_is_when_a_function_is_not_what_was_asked_for)
{
    const Instance instance = must(prepare().instantiate());
    const auto missing = instance.get<void()>("twicce");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().kind, ErrorKind::usage);
    EXPECT_TRUE(missing.error().message.starts_with("the module exports no function 'twicce'; it exports nothing, twice, add"))
        << missing.error().message;
    EXPECT_EQ(message_of(instance.get<int64_t(int32_t)>("twice")), "'twice' is [i32] -> [i32] and was asked for as [i32] -> [i64]");
    EXPECT_EQ(message_of(instance.memory("twice")), "the module exports no memory 'twice'");
    EXPECT_EQ(message_of(instance.call("twice", {1.5F})), "'twice' is [i32] -> [i32] and was called with [f32]");
    EXPECT_EQ(message_of(instance.call("twice")), "'twice' is [i32] -> [i32] and was called with []");
}

TEST_F(Api, calls_with_values)
{
    const Instance instance = must(prepare().instantiate());
    EXPECT_EQ(must(instance.call("swap", {int64_t{3}, 4.0})), (std::vector<Value>{4.0, int64_t{3}}));
    EXPECT_EQ(must(instance.function_type("swap")),
              (FunctionType{{ValueType::i64, ValueType::f64}, {ValueType::f64, ValueType::i64}}));
}

TEST_F(Api, host_functions_are_lambdas_of_all_kinds)
{
    int noted = 0;
    const std::string text = "kept";
    linker.define("host", "note", [&noted, text](const Caller& caller, int32_t n) {
        noted += n;
        EXPECT_EQ(caller.memory().c_string(16), "weir");
        EXPECT_EQ(caller.data(), &noted);
        EXPECT_EQ(text, "kept");
    });
    Instance instance = must(prepare().instantiate());
    instance.set_data(&noted);
    must(instance.call("note", {7}));
    EXPECT_EQ(noted, 7);
    linker.define("host", "add", +[](int32_t a, int32_t b) { return a * b; });  // hides the other
    EXPECT_EQ(must(must(prepare().instantiate()).call("add", {6, 7})), std::vector<Value>{42});
}

TEST_F(Api, failures_of_host_functions_are_traps_with_their_message)
{
    linker.define("host", "note", [](int32_t n) -> Result<void> {
        if (n == 1) return Unexpected{Error::failure("one is too few")};
        if (n == 2) throw std::runtime_error{"two is too many"};
        if (n == 3) throw 3;
        if (n == 4) return Unexpected{Error::exit(44)};
        return {};
    });
    const Instance instance = must(prepare().instantiate());
    const auto note = must(instance.get<void(int32_t)>("note"));
    must(note(0));
    const std::pair<int32_t, std::string> failures[] = {
        {1, "one is too few"}, {2, "two is too many"}, {3, "a host function threw something that is no std::exception"}};
    for (const auto& [n, message] : failures) {
        const auto failed = note(n);
        ASSERT_FALSE(failed);
        EXPECT_EQ(failed.error().kind, ErrorKind::trap);
        EXPECT_EQ(failed.error().trap, TrapKind::host_error);
        EXPECT_EQ(failed.error().message, message);
        ASSERT_EQ(failed.error().backtrace.size(), 1U);
    }
    const auto exited = note(4);
    ASSERT_FALSE(exited);
    EXPECT_EQ(exited.error().kind, ErrorKind::exit);
    EXPECT_EQ(exited.error().exit_code, 44U);
}

TEST_F(Api, host_and_guest_call_one_another_in_turns)
{
    linker.define("host", "add", [](const Caller& caller, uint32_t depth, uint32_t sum) -> Result<uint32_t> {
        if (depth == 0) return sum;
        const auto add = caller.get<uint32_t(uint32_t, uint32_t)>("add");
        if (!add) return Unexpected{add.error()};
        return (*add)(depth - 1, sum + depth);
    });
    const Instance instance = must(prepare().instantiate());
    EXPECT_EQ(must(instance.call("add", {100, 0})), std::vector<Value>{5050});
    const auto too_deep = instance.call("add", {1'000'000, 0});
    ASSERT_FALSE(too_deep);
    EXPECT_EQ(too_deep.error().trap, TrapKind::call_stack_exhausted);
    EXPECT_EQ(must(instance.call("add", {2, 0})), std::vector<Value>{3});
}

TEST_F(Api, untyped_host_functions_are_checked_when_they_answer)
{
    std::vector<Value> answer{10};
    linker.define_untyped("host", "add", {{ValueType::i32, ValueType::i32}, {ValueType::i32}},
                          [&](const Caller&, std::span<const Value> arguments) -> Result<std::vector<Value>> {
                              EXPECT_EQ(arguments.size(), 2U);
                              return answer;
                          });
    const Instance instance = must(prepare().instantiate());
    EXPECT_EQ(must(instance.call("add", {1, 2})), answer);
    answer = {1.5};
    EXPECT_EQ(message_of(instance.call("add", {1, 2})), "a host function answered values of other types than it was defined with");
}

TEST_F(Api, traps_say_where)
{
    const Instance instance = must(prepare().instantiate());
    const auto trapped = instance.call("trap");
    ASSERT_FALSE(trapped);
    EXPECT_EQ(trapped.error().trap, TrapKind::unreachable);
    EXPECT_EQ(trapped.error().message, "unreachable");
    ASSERT_EQ(trapped.error().backtrace.size(), 2U);
    EXPECT_LT(trapped.error().backtrace[0].function_index, trapped.error().backtrace[1].function_index);
    EXPECT_NE(trapped.error().to_string().find("\n  1: trap (function 8, byte 0x"), std::string::npos)
        << trapped.error().to_string();
}

TEST_F(Api, memory_is_bounds_checked)
{
    const Instance instance = must(prepare().instantiate());
    Memory memory = must(instance.memory());
    EXPECT_EQ(memory.size_bytes(), 65536U);
    EXPECT_EQ(memory.text(16, 4), "weir");
    EXPECT_EQ(memory.c_string(16), "weir");
    EXPECT_EQ(memory.c_string(16, 4), std::nullopt);  // no null in there
    EXPECT_EQ(memory.c_string(65536), std::nullopt);
    EXPECT_TRUE(memory.store(65532, 0x01020304U));
    EXPECT_FALSE(memory.store(65533, 0x01020304U));
    EXPECT_EQ(memory.load<uint32_t>(65532), 0x01020304U);
    EXPECT_EQ(memory.load<uint8_t>(65536), std::nullopt);
    EXPECT_TRUE(memory.bytes(65536, 0));
    EXPECT_FALSE(memory.bytes(65537, 0));
    EXPECT_FALSE(memory.bytes(UINT64_MAX, 2));
    EXPECT_FALSE(memory.bytes(1, UINT64_MAX));
    EXPECT_TRUE(memory.write(0, "text"));
    EXPECT_EQ(memory.grow(3), 1U);
    EXPECT_EQ(memory.grow(1), std::nullopt);
    EXPECT_EQ(memory.size_bytes(), 4U * 65536);
    EXPECT_EQ(Memory{}.size_bytes(), 0U);
    EXPECT_FALSE(Memory{}.bytes(0, 0));
}

TEST_F(Api, tables_and_globals_take_what_is_of_their_type)
{
    const Prepared prepared = prepare();
    const Instance instance = must(prepared.instantiate()), other = must(prepared.instantiate());
    const Table table = must(instance.table("table"));
    EXPECT_EQ(table.size(), 4U);
    EXPECT_EQ(table.get(0), Value{FuncRef{}});
    EXPECT_EQ(table.get(4), std::nullopt);
    const FuncRef twice = std::get<FuncRef>(*table.get(1));
    ASSERT_TRUE(twice);
    EXPECT_EQ(must(instance.call(twice, std::vector<Value>{4})), std::vector<Value>{8});
    must(table.set(3, twice));
    EXPECT_EQ(table.get(3), Value{twice});
    EXPECT_FALSE(table.set(4, twice));
    EXPECT_FALSE(table.set(0, 7));
    EXPECT_EQ(table.grow(4), 4U);
    EXPECT_EQ(table.grow(1), std::nullopt);

    const Global counter = must(instance.global("counter"));
    EXPECT_EQ(counter.get(), Value{5});
    must(counter.set(41));
    EXPECT_EQ(must(instance.call("count")), std::vector<Value>{42});
    EXPECT_FALSE(counter.set(1.5));
    EXPECT_EQ(message_of(must(instance.global("constant")).set(1.5)), "the global is constant");

    // Another instance's function would run with this one's stack.
    const FuncRef foreign = std::get<FuncRef>(*must(other.table("table")).get(1));
    EXPECT_FALSE(table.set(0, foreign));
    EXPECT_FALSE(instance.call(foreign, std::vector<Value>{4}));
    EXPECT_FALSE(instance.call("funcref", {foreign}));
    const auto identity = must(instance.get<FuncRef(FuncRef)>("funcref"));
    EXPECT_EQ(message_of(identity(foreign)), "an argument is a reference to another instance's function");
    EXPECT_EQ(must(identity(twice)), twice);
}

TEST_F(Api, what_is_no_module_or_does_not_link_is_an_error)
{
    EXPECT_EQ(Module::from_bytes(engine, {}).error().kind, ErrorKind::module);
    EXPECT_EQ(Module::from_file(engine, "/nonexistent.wasm").error().kind, ErrorKind::system);
    EXPECT_EQ(Module::from_file(engine, "/").error().message, "cannot read '/': it is not a regular file");

    Linker empty{engine};
    empty.define("host", "add", [](int64_t a, int64_t b) { return a + b; });
    const auto unlinked = empty.prepare(module);
    ASSERT_FALSE(unlinked);
    EXPECT_EQ(unlinked.error().kind, ErrorKind::link);
    EXPECT_EQ(unlinked.error().message,
              "the module's imports are not all there:\n"
              "  host.add, function [i32 i32] -> [i32]: what has this name is function [i64 i64] -> [i64]\n"
              "  host.note, function [i32] -> []");

    const Engine second = must(Engine::create());
    EXPECT_EQ(message_of(linker.prepare(load(second))), "the module and the linker are of two engines");
}

TEST_F(Api, modules_say_what_they_import_and_export)
{
    const auto imports = module.imports();
    ASSERT_EQ(imports.size(), 2U);
    EXPECT_EQ(imports[0].module + "." + imports[0].name, "host.add");
    EXPECT_EQ(to_string(std::get<FunctionType>(imports[0].type)), "[i32 i32] -> [i32]");
    const auto exports = module.exports();
    EXPECT_EQ(exports[0].name, "memory");
    EXPECT_EQ(std::get<MemoryType>(exports[0].type).max_pages, 4U);
    must(module.compile(2));
}

TEST_F(Api, guests_are_stopped_from_other_threads_and_by_time)
{
    WEIR_NEEDS_SIGNALS();
    const Instance instance = must(prepare().instantiate());
    const auto endless = must(instance.get<void()>("endless"));
    {
        const std::jthread other{[stop = instance.interrupter()] { stop.stop(); }};
        const auto stopped = endless();
        ASSERT_FALSE(stopped);
        EXPECT_EQ(stopped.error().trap, TrapKind::interrupted);
    }
    {
        const Deadline deadline = instance.stop_after(std::chrono::milliseconds{1});
        EXPECT_FALSE(deadline.has_passed() && false);
        EXPECT_EQ(endless().error().trap, TrapKind::interrupted);
        EXPECT_TRUE(deadline.has_passed());
    }
    {
        const Deadline never = instance.stop_after(std::chrono::nanoseconds::max());
        must(instance.call("nothing"));
    }
    must(instance.call("nothing"));
}

TEST_F(Api, a_deadline_that_passed_between_calls_does_not_stop_the_next)
{
    const Instance instance = must(prepare().instantiate());
    {
        const Deadline deadline = instance.stop_after(std::chrono::nanoseconds{0});
        while (!deadline.has_passed()) std::this_thread::yield();
    }
    must(instance.call("nothing"));
}

TEST_F(Api, limits_hold)
{
    const Engine small = must(Engine::create({.max_stack_bytes = 65536, .max_memory_bytes = 2 * 65536, .max_table_elements = 5}));
    Linker others{small};
    others.define("host", "add", [](int32_t a, int32_t) { return a; });
    others.define("host", "note", [](int32_t) {});
    const Instance instance = must(others.instantiate(load(small)));
    Memory memory = must(instance.memory());
    EXPECT_EQ(memory.grow(2), std::nullopt);
    EXPECT_EQ(memory.grow(1), 1U);
    EXPECT_EQ(must(instance.table("table")).grow(2), std::nullopt);
}

}  // namespace
}  // namespace weir::test
