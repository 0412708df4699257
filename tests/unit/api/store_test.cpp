#include "fixture.hpp"

#include <optional>
#include <thread>

// Instances that are linked with each other, and what the host makes for them.

namespace weir::test {
namespace {

/// Has a memory, a table and globals from outside, and functions on them.
const Wat user =
    wat(R"wat((module
  (import "env" "memory" (memory 1))
  (import "env" "table" (table 2 funcref))
  (import "env" "base" (global i64))
  (import "env" "counter" (global $counter (mut i32)))
  (import "host" "note" (func $note (param i32)))
  (elem (i32.const 1) func $seven)
  (func $seven (result i32) (i32.const 7))
  (func (export "peek") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "poke") (param i32 i32) (i32.store (local.get 0) (local.get 1)))
  (func (export "base") (result i64) (global.get 0))
  (func (export "count") (result i32)
    (call $note (global.get $counter))
    (global.set $counter (i32.add (global.get $counter) (i32.const 1))) (global.get $counter))
  (func (export "call") (param i32) (result i32) (call_indirect (result i32) (local.get 0)))
  (func (export "size") (result i32) (memory.size))))wat",
        "0061736d0100000001170560017f006000017f60017f017f60027f7f006000017e02440503656e76066d656d6f727902000103656e76057461626c65"
        "0170000203656e760462617365037e0003656e7607636f756e746572037f0104686f7374046e6f7465000003080701020304010201072c0604706565"
        "6b000204706f6b6500030462617365000405636f756e7400050463616c6c00060473697a6500070907010041010b01010a3a07040041070b07002000"
        "2802000b0900200020013602000b040023000b0f0023011000230141016a240123010b070020001101000b04003f000b");

/// Exports a function, a memory and a table; the function traps when told to.
const Wat library =
    wat(R"wat((module
  (memory (export "memory") 1)
  (table (export "table") 2 funcref)
  (elem (i32.const 0) func $double)
  (global (export "calls") (mut i32) (i32.const 0))
  (func $double (export "double") (param i32) (result i32)
    (if (i32.eqz (local.get 0)) (then (unreachable)))
    (global.set 0 (i32.add (global.get 0) (i32.const 1)))
    (i32.mul (local.get 0) (i32.const 2)))))wat",
        "0061736d0100000001060160017f017f0302010004040170000205030100010606017f0141000b072304066d656d6f72790200057461626c65010005"
        "63616c6c73030006646f75626c6500000907010041000b01000a170115002000450440000b230041016a2400200041026c0b");
const Wat client =
    wat(R"wat((module
  (import "library" "double" (func $double (param i32) (result i32)))
  (import "library" "table" (table 2 funcref))
  (import "library" "memory" (memory 1))
  (type $f (func (param i32) (result i32)))
  (func (export "twice") (param i32) (result i32) (call $double (call $double (local.get 0))))
  (func (export "indirect") (param i32) (result i32) (call_indirect (type $f) (local.get 0) (i32.const 0)))
  (func (export "write") (i32.store (i32.const 100) (i32.const 4711)))))wat",
        "0061736d0100000001090260017f017f600000023603076c69627261727906646f75626c650000076c696272617279057461626c6501700002076c69"
        "6272617279066d656d6f7279020001030403000001071c03057477696365000108696e646972656374000205777269746500030a2003080020001000"
        "10000b0900200041001100000b0b0041e40041e7243602000b");

struct Linked : Api {
    Store store = must(Store::create(engine));
    Module from(const Wat& wat) { return must(Module::from_bytes(engine, wat.bytes)); }
};

TEST_F(Linked, what_the_host_made_is_imported_and_shared)
{
    Memory memory = must(store.make_memory({.min_pages = 1, .max_pages = 2}));
    const Table table = must(store.make_table({.element = ValueType::funcref, .min_size = 2}));
    const Global base = must(store.make_global({.type = ValueType::i64}, Value{int64_t{1} << 40}));
    const Global counter = must(store.make_global({.type = ValueType::i32, .is_mutable = true}, Value{41}));
    ASSERT_TRUE(linker.define("env", "memory", memory));
    ASSERT_TRUE(linker.define("env", "table", table));
    ASSERT_TRUE(linker.define("env", "base", base));
    ASSERT_TRUE(linker.define("env", "counter", counter));
    const Module module = from(user);
    const Instance first = must(linker.instantiate(module)), second = must(linker.instantiate(module));

    ASSERT_TRUE(memory.store(8, 1234));
    EXPECT_EQ(must(first.call("peek", {8})), std::vector<Value>{1234});
    must(first.call("poke", {16, 99}));
    EXPECT_EQ(must(second.call("peek", {16})), std::vector<Value>{99});
    EXPECT_EQ(memory.load<int32_t>(16), 99);
    EXPECT_EQ(memory.grow(1), 1U);
    EXPECT_EQ(must(second.call("size")), std::vector<Value>{2});
    EXPECT_EQ(memory.grow(1), std::nullopt);

    EXPECT_EQ(must(first.call("base")), std::vector<Value>{int64_t{1} << 40});
    EXPECT_EQ(must(first.call("count")), std::vector<Value>{42});
    EXPECT_EQ(must(second.call("count")), std::vector<Value>{43});
    EXPECT_EQ(counter.get(), Value{43});
    EXPECT_TRUE(counter.set(Value{7}));
    EXPECT_EQ(must(first.call("count")), std::vector<Value>{8});
    EXPECT_FALSE(base.set(Value{int64_t{1}}));

    // A function of one in the table that both have.
    EXPECT_EQ(must(second.call("call", {1})), std::vector<Value>{7});
    EXPECT_EQ(first.call("call", {0}).error().trap, TrapKind::uninitialized_element);
    ASSERT_TRUE(table.set(0, *table.get(1)));
    EXPECT_EQ(must(first.call("call", {0})), std::vector<Value>{7});
}

TEST_F(Linked, an_instance_imports_what_another_exports)
{
    const Instance exporter = must(linker.instantiate(store, from(library)));
    ASSERT_TRUE(linker.define_instance("library", exporter));
    const Instance importer = must(linker.instantiate(from(client)));
    EXPECT_EQ(must(must(importer.get<int32_t(int32_t)>("twice"))(5)), 20);
    EXPECT_EQ(must(importer.call("indirect", {4})), std::vector<Value>{8});
    EXPECT_EQ(must(exporter.global("calls")).get(), Value{3});
    must(importer.call("write"));
    EXPECT_EQ(must(exporter.memory()).load<int32_t>(100), 4711);

    // A trap in the one comes through the other, with frames of both.
    const auto stopped = importer.call("twice", {0});
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().trap, TrapKind::unreachable);
    EXPECT_EQ(stopped.error().backtrace.size(), 2U);
    EXPECT_EQ(must(importer.call("twice", {1})), std::vector<Value>{4});
}

TEST_F(Linked, what_is_linked_outlives_its_handles)
{
    std::optional<Instance> importer;
    {
        const Store passing = must(Store::create(engine));
        Linker own{engine};
        const Instance exporter = must(own.instantiate(passing, from(library)));
        ASSERT_TRUE(own.define_instance("library", exporter));
        importer = must(own.instantiate(from(client)));
    }
    EXPECT_EQ(must(importer->call("twice", {5})), std::vector<Value>{20});
    EXPECT_EQ(must(importer->call("indirect", {4})), std::vector<Value>{8});
}

TEST_F(Linked, host_functions_know_which_instance_calls_them)
{
    const Wat caller = wat(R"wat((module
  (import "host" "who" (func $who (result i32)))
  (func (export "who") (result i32) (call $who))))wat",
                           "0061736d010000000105016000017f020c0104686f73740377686f0000030201000707010377686f00010a0601040010000b");
    linker.define("host", "who", [](const Caller& c) { return *static_cast<int32_t*>(c.data()); });
    const Module module = from(caller);
    Instance first = must(linker.instantiate(store, module)), second = must(linker.instantiate(store, module));
    int32_t one = 1, two = 2;
    first.set_data(&one);
    second.set_data(&two);
    EXPECT_EQ(must(first.call("who")), std::vector<Value>{1});
    EXPECT_EQ(must(second.call("who")), std::vector<Value>{2});
    // Imported from the first, the function is still the first's.
    const Wat through =
        wat(R"wat((module
  (import "first" "who" (func $who (result i32)))
  (func (export "who") (result i32) (call $who))))wat",
            "0061736d010000000105016000017f020d010566697273740377686f0000030201000707010377686f00010a0601040010000b");
    ASSERT_TRUE(linker.define_instance("first", first));
    Instance third = must(linker.instantiate(from(through)));
    int32_t three = 3;
    third.set_data(&three);
    EXPECT_EQ(must(third.call("who")), std::vector<Value>{1});
}

TEST_F(Linked, types_are_compared)
{
    ASSERT_TRUE(linker.define("env", "memory", must(store.make_memory({.min_pages = 0}))));
    ASSERT_TRUE(linker.define("env", "table", must(store.make_table({.element = ValueType::externref, .min_size = 2}))));
    ASSERT_TRUE(linker.define("env", "base", must(store.make_global({.type = ValueType::i32}, Value{1}))));
    ASSERT_TRUE(linker.define("env", "counter", must(store.make_global({.type = ValueType::i32}, Value{1}))));
    const auto refused = linker.instantiate(from(user));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::link);
    for (const char* const name : {"env.memory", "env.table", "env.base", "env.counter"})
        EXPECT_NE(refused.error().message.find(name), std::string::npos) << refused.error().message;
}

TEST_F(Linked, stores_do_not_mix)
{
    const Store other = must(Store::create(engine));
    const Memory memory = must(store.make_memory({.min_pages = 1}));
    ASSERT_TRUE(linker.define("env", "memory", memory));
    EXPECT_EQ(linker.define("env", "table", must(other.make_table({.element = ValueType::funcref}))).error().kind,
              ErrorKind::usage);
    EXPECT_EQ(message_of(linker.instantiate(other, from(library))), "what the linker defines is of another store");
    EXPECT_EQ(linker.prepare(from(library)).error().kind, ErrorKind::usage);

    // What Prepared makes has a store that is used again: nothing else may hold on to it.
    Linker plain{engine};
    const Instance pooled = must(plain.instantiate(from(library)));
    EXPECT_EQ(plain.define_instance("library", pooled).error().kind, ErrorKind::usage);
    EXPECT_EQ(plain.define("env", "memory", must(pooled.memory())).error().kind, ErrorKind::usage);
    EXPECT_EQ(plain.define("env", "memory", Memory{}).error().kind, ErrorKind::usage);

    const Engine another = must(Engine::create());
    EXPECT_EQ(Linker{another}.instantiate(store, must(Module::from_bytes(another, library.bytes))).error().kind, ErrorKind::usage);

    // Functions of one store cannot get into the other.
    const Instance here = must(Linker{engine}.instantiate(store, from(library)));
    const Value function = *must(here.table("table")).get(0);
    EXPECT_FALSE(must(other.make_table({.element = ValueType::funcref, .min_size = 1})).set(0, function));
    EXPECT_FALSE(other.make_table({.element = ValueType::funcref, .min_size = 1}, function));
    EXPECT_FALSE(other.make_global({.type = ValueType::funcref}, function));
    const Table mine = must(store.make_table({.element = ValueType::funcref, .min_size = 1}, function));
    EXPECT_EQ(mine.get(0), function);
}

TEST_F(Linked, limits_that_nothing_can_have_are_refused)
{
    const auto kind_of = [](const auto& result) { return result ? std::nullopt : std::optional{result.error().kind}; };
    EXPECT_EQ(kind_of(store.make_memory({.min_pages = 65537})), ErrorKind::usage);
    EXPECT_EQ(kind_of(store.make_memory({.min_pages = 2, .max_pages = 1})), ErrorKind::usage);
    EXPECT_EQ(kind_of(store.make_memory({.min_pages = 1, .is_shared = true})), ErrorKind::usage);
    EXPECT_EQ(kind_of(store.make_table({.element = ValueType::i32})), ErrorKind::usage);
    EXPECT_EQ(kind_of(store.make_table({.element = ValueType::funcref, .min_size = 3, .max_size = 2})), ErrorKind::usage);
    EXPECT_EQ(kind_of(store.make_table({.element = ValueType::funcref}, Value{ExternRef{1}})), ErrorKind::usage);
    EXPECT_EQ(kind_of(store.make_table({.element = ValueType::funcref, .min_size = 10'000'001})), ErrorKind::system);
    EXPECT_EQ(kind_of(store.make_global({.type = ValueType::i32}, Value{1.0})), ErrorKind::usage);
    EXPECT_EQ(kind_of(store.make_global({.type = ValueType::other}, Value{1})), ErrorKind::usage);
}

TEST_F(Linked, host_functions_and_what_is_of_a_store_hide_one_another)
{
    const Wat wants_function = wat(R"wat((module
  (import "env" "x" (func $f (result i32)))
  (func (export "f") (result i32) (call $f))))wat",
                                   "0061736d010000000105016000017f02090103656e760178000003020100070501016600010a0601040010000b");
    ASSERT_TRUE(linker.define("env", "x", must(store.make_memory({.min_pages = 1}))));
    EXPECT_EQ(linker.instantiate(from(wants_function)).error().kind, ErrorKind::link);
    linker.define("env", "x", [] { return 3; });
    EXPECT_EQ(must(must(linker.instantiate(from(wants_function))).call("f")), std::vector<Value>{3});
}

TEST_F(Linked, wasi_is_each_instance_s_own)
{
    const Wat wasi = wat(
        R"wat((module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "arguments") (result i32)
    (drop (call $sizes (i32.const 0) (i32.const 4))) (i32.load (i32.const 0)))))wat",
        "0061736d01000000010b0260027f7f017f6000017f02290116776173695f736e617073686f745f70726576696577310e617267735f73697a65735f67"
        "65740000030201010503010001071602066d656d6f7279020009617267756d656e747300010a10010e004100410410001a41002802000b");
    linker.define_wasi({.arguments = {"a", "b", "c"}});
    const Module module = from(wasi);
    const Instance first = must(linker.instantiate(store, module)), second = must(linker.instantiate(store, module));
    EXPECT_EQ(must(first.call("arguments")), std::vector<Value>{3});
    EXPECT_EQ(must(second.call("arguments")), std::vector<Value>{3});
    EXPECT_EQ(must(first.call("arguments")), std::vector<Value>{3});
}

TEST_F(Linked, a_suspended_guest_ends_with_its_store)
{
    const Wat waiting =
        wat(R"wat((module
  (import "host" "wait" (func $wait (result i32)))
  (func (export "wait") (result i32) (call $wait))))wat",
            "0061736d010000000105016000017f020d0104686f73740477616974000003020100070801047761697400010a0601040010000b");
    int returned = 0;
    struct Counter {
        int& count;
        ~Counter() { ++count; }
    };
    linker.define("host", "wait", [&returned](const Caller& caller) {
        const Counter counter{returned};  // host frames are unwound
        static_cast<void>(caller.suspend());
        return 1;
    });
    std::optional<Task<int32_t>> task;
    {
        const Store passing = must(Store::create(engine));
        const Instance instance = must(linker.instantiate(passing, from(waiting)));
        task = must(instance.get<int32_t()>("wait")).start();
        EXPECT_FALSE(task->is_done());
    }
    EXPECT_EQ(returned, 1);
    ASSERT_TRUE(task->is_done());
    EXPECT_EQ(task->take().error().trap, TrapKind::interrupted);
}

TEST_F(Linked, one_interrupter_stops_what_runs_in_the_store)
{
    WEIR_NEEDS_SIGNALS();
    const Wat spinning = wat(R"wat((module (func (export "spin") (loop (br 0)))))wat",
                             "0061736d0100000001040160000003020100070801047370696e00000a0901070003400c000b0b");
    const Module module = from(spinning);
    const Instance first = must(linker.instantiate(store, module)), second = must(linker.instantiate(store, module));
    const Interrupter interrupter = first.interrupter();
    interrupter.stop();  // the next call, of whichever
    EXPECT_EQ(second.call("spin").error().trap, TrapKind::interrupted);
    std::thread stopper{[interrupter] { interrupter.stop(); }};
    EXPECT_EQ(second.call("spin").error().trap, TrapKind::interrupted);
    stopper.join();
}

}  // namespace
}  // namespace weir::test
