#include "fixture.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <thread>

// Instances that are used again: nothing of one guest reaches the next, and nothing is left behind.

namespace weir::test {
namespace {

#if defined(__has_feature) && (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
constexpr bool is_sanitized = true;
#else
constexpr bool is_sanitized = false;
#endif

size_t count_lines(const char* file)
{
    std::ifstream in{file};
    return static_cast<size_t>(std::count(std::istreambuf_iterator<char>{in}, {}, '\n'));
}
size_t open_descriptors()
{
    const auto entries = std::filesystem::directory_iterator{"/proc/self/fd"};
    return static_cast<size_t>(std::distance(begin(entries), end(entries)));
}
size_t resident_bytes()
{
    std::ifstream in{"/proc/self/statm"};
    size_t all = 0, resident = 0;
    in >> all >> resident;
    return resident * 4096;
}

/// All that a guest can see of itself, of the kitchen module.
std::string state_of(const Instance& instance)
{
    std::string state;
    const Memory memory = must(instance.memory());
    state += std::to_string(memory.size_bytes());
    state += *memory.text(0, memory.size_bytes());
    const Table table = must(instance.table("table"));
    for (uint64_t i = 0; i < table.size(); ++i) state += std::get<FuncRef>(*table.get(i)) ? "f" : "0";
    state += std::to_string(std::get<int32_t>(must(instance.global("counter")).get()));
    return state;
}

TEST_F(Api, an_instance_that_is_used_again_is_as_new)
{
    const Prepared prepared = prepare();
    std::string fresh;
    const void* first_memory = nullptr;
    for (int i = 0; i < 3; ++i) {
        const Instance instance = must(prepared.instantiate());
        const void* const memory = must(instance.memory()).bytes(0, 1)->data();
        if (i == 0) {
            fresh = state_of(instance);
            first_memory = memory;
        } else {
            EXPECT_EQ(memory, first_memory);  // or this test tests nothing
            EXPECT_TRUE(state_of(instance) == fresh) << i;
        }
        must(instance.call("use_segments"));  // not dropped
        EXPECT_EQ(must(instance.call("spoil")), std::vector<Value>{3});
        EXPECT_FALSE(instance.call("use_segments"));
        EXPECT_FALSE(state_of(instance) == fresh);
    }
    EXPECT_EQ(prepared.idle_count(), 1U);
}

TEST_F(Api, growth_that_was_given_back_is_out_of_bounds_again)
{
    const Prepared prepared = prepare();
    must(must(prepared.instantiate()).call("spoil"));
    const Instance instance = must(prepared.instantiate());
    const auto fill = instance.call("spoil");  // grows again, and finds zero bytes there
    ASSERT_TRUE(fill);
    Memory memory = must(instance.memory());
    EXPECT_EQ(memory.size_bytes(), 3U * 65536);
    EXPECT_EQ(memory.grow(1), 3U);
    EXPECT_EQ(memory.load<uint64_t>(3 * 65536), 0U);
}

TEST_F(Api, a_trap_leaves_nothing_for_the_next)
{
    const Prepared prepared = prepare();
    EXPECT_FALSE(must(prepared.instantiate()).call("trap"));
    const Instance instance = must(prepared.instantiate());
    EXPECT_EQ(must(instance.call("count")), std::vector<Value>{6});
}

TEST_F(Api, who_stops_an_instance_that_is_gone_does_not_stop_the_next)
{
    const Prepared prepared = prepare();
    Interrupter old;
    {
        const Instance instance = must(prepared.instantiate());
        old = instance.interrupter();
        old.stop();
    }
    const Instance instance = must(prepared.instantiate());
    old.stop();
    must(instance.call("nothing"));
}

TEST_F(Api, no_more_are_kept_than_the_engine_says)
{
    const Engine frugal = must(Engine::create({.max_idle_instances = 2}));
    Linker others{frugal};
    others.define("host", "add", [](int32_t a, int32_t) { return a; });
    others.define("host", "note", [](int32_t) {});
    const Prepared prepared = must(others.prepare(load(frugal)));
    {
        std::vector<Instance> many;
        for (int i = 0; i < 5; ++i) many.push_back(must(prepared.instantiate()));
    }
    EXPECT_EQ(prepared.idle_count(), 2U);

    const Engine without = must(Engine::create({.max_idle_instances = 0}));
    Linker again{without};
    again.define("host", "add", [](int32_t a, int32_t) { return a; });
    again.define("host", "note", [](int32_t) {});
    const Prepared none = must(again.prepare(load(without)));
    EXPECT_EQ(must(must(none.instantiate()).call("count")), std::vector<Value>{6});
    EXPECT_EQ(none.idle_count(), 0U);
}

/// A module with much data, which so is mapped, and with a start function.
Wat large()
{
    return wat(
        R"wat(
(module
  (memory (export "memory") 4)
  (data (i32.const 8) "begin")
  (global $n (export "n") (mut i32) (i32.const 0))
  (func $start (global.set $n (i32.add (global.get $n) (i32.const 1))) (i32.store (i32.const 200000) (i32.const 7)))
  (start $start)
  (func (export "sum") (result i32) (i32.add (i32.load8_u (i32.const 8)) (i32.load8_u (i32.const 140000))))
  (func (export "spoil") (memory.fill (i32.const 0) (i32.const 0xaa) (i32.const 262144)))
)
)wat",
        "0061736d010000000108026000006000017f03040300010005030100040606017f0141000b071c04066d656d6f72790200016e03000373756d000105"
        "73706f696c00020801000a33031200230041016a240041c09a0c41073602000b0f0041082d000041e0c5082d00006a0b0e00410041aa0141808010fc"
        "0b000b0b0b010041080b05626567696e");
}

/// The module above with another data segment behind its own, of 150,000 bytes.
std::vector<std::byte> with_large_data()
{
    std::vector<std::byte> bytes = large().bytes;
    // The data section is the last but custom ones, which are stripped: id 11, size, count, segments.
    const std::byte* const section = bytes.data();
    size_t at = 8;
    while (at < bytes.size() && section[at] != std::byte{11}) at += 2 + static_cast<size_t>(section[at + 1]);
    EXPECT_LT(at, bytes.size());
    std::vector<std::byte> segments{bytes.begin() + static_cast<std::ptrdiff_t>(at) + 3, bytes.end()};
    bytes.resize(at);
    constexpr size_t size = 150'000;
    const auto leb = [](std::vector<std::byte>& to, size_t n) {
        for (; n >= 128; n >>= 7) to.push_back(static_cast<std::byte>(n | 128));
        to.push_back(static_cast<std::byte>(n));
    };
    for (const int b : {0, 0x41, 0x20, 0x0b}) segments.push_back(static_cast<std::byte>(b));  // active, i32.const 32
    leb(segments, size);
    segments.insert(segments.end(), size, std::byte{3});
    bytes.push_back(std::byte{11});
    leb(bytes, segments.size() + 1);
    bytes.push_back(std::byte{2});
    bytes.insert(bytes.end(), segments.begin(), segments.end());
    return bytes;
}

TEST_F(Api, mapped_data_is_shared_until_it_is_written)
{
    Module mapped = must(Module::from_bytes(engine, with_large_data()));
    const Prepared prepared = must(Linker{engine}.prepare(mapped));
    const auto check = [](const Instance& instance) {
        EXPECT_EQ(must(instance.call("sum")), std::vector<Value>{'b' + 3});
        EXPECT_EQ(must(instance.global("n")).get(), Value{1});
        EXPECT_EQ(must(instance.memory()).load<uint32_t>(200000), 7U);
        EXPECT_EQ(must(instance.memory()).load<uint32_t>(200004), 0U);
    };
    Instance one = must(prepared.instantiate()), two = must(prepared.instantiate());
    must(one.call("spoil"));
    check(two);
    one = must(prepared.instantiate());
    check(one);
    must(one.call("spoil"));
    must(two.call("spoil"));
    check(must(prepared.instantiate()));
}

TEST_F(Api, address_space_that_held_an_image_is_zero_for_others)
{
    {
        Module mapped = must(Module::from_bytes(engine, with_large_data()));
        const Prepared prepared = must(Linker{engine}.prepare(mapped));
        must(must(prepared.instantiate()).call("sum"));
    }
    const Instance instance = must(prepare().instantiate());
    EXPECT_EQ(must(instance.memory()).load<uint8_t>(1000), 0U);
}

TEST_F(Api, many_cycles_leave_nothing_behind)
{
    constexpr int count = is_sanitized ? 3000 : 100'000;
    const Prepared prepared = prepare();
    const auto cycle = [&] {
        const Instance instance = must(prepared.instantiate());
        EXPECT_EQ(must(must(instance.get<int32_t()>("count"))()), 6);
    };
    for (int i = 0; i < 100; ++i) cycle();
    const size_t descriptors = open_descriptors(), maps = count_lines("/proc/self/maps"), resident = resident_bytes();
    for (int i = 0; i < count; ++i) cycle();
    EXPECT_EQ(open_descriptors(), descriptors);
    EXPECT_EQ(count_lines("/proc/self/maps"), maps);
    if (!is_sanitized) EXPECT_LE(resident_bytes(), resident + (size_t{1} << 20));
    EXPECT_EQ(prepared.idle_count(), 1U);
}

TEST_F(Api, threads_share_engine_module_and_pool)
{
    const Prepared prepared = prepare();
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&, t] {
            for (int i = 0; i < 200; ++i) {
                const Instance instance = must(prepared.instantiate());
                EXPECT_EQ(must(instance.call("count")), std::vector<Value>{6});
                EXPECT_EQ(must(instance.call("add", {t, i})), std::vector<Value>{t + i});
                if (i % 50 == 0) must(must(linker.instantiate(module)).call("nothing"));
            }
        });
}

}  // namespace
}  // namespace weir::test
