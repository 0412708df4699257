#include "world.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>

using namespace weir;
using namespace weir::test;
using namespace weir::runtime;
using wasm::Opcode;

namespace {

EngineConfig with_small_stack()
{
    EngineConfig config;
    config.guest_stack_bytes = size_t{256} * 1024;
    return config;
}

/// run(x): host.f(x); x. Also trap(): unreachable, by way of an inner function; nop(): nothing.
std::vector<std::byte> calls_host()
{
    ModuleBuilder m;
    const uint32_t i32_to_i32 = m.type({wasm::i32}, {wasm::i32}), nothing = m.type({}, {});
    const uint32_t host = m.import_function("host", "f", i32_to_i32);
    m.function(i32_to_i32, "run", Code{}.local_get(0).op(Opcode::call, host));
    const uint32_t inner = m.function(nothing, "", Code{}.op(Opcode::nop).op(Opcode::unreachable));
    m.function(nothing, "trap", Code{}.op(Opcode::call, inner));
    m.function(nothing, "nop", Code{});
    m.memory(1);
    return m.build();
}

/// A store with an instance of calls_host() whose import is `body`.
struct CallsHost {
    CallsHost(const CallsHost&) = delete;
    CallsHost& operator=(const CallsHost&) = delete;
    CallsHost(const World& world, HostBody b) : body(std::move(b)), store(world.create_store()), code(world.load(calls_host()))
    {
        const wasm::TypeId type = code->module()->functions[0];
        const Extern import = store->create_host_function(type, run_host_body, &body);
        auto made = store->instantiate(code, {&import, 1});
        if (!made) {
            ADD_FAILURE() << "not instantiated";
            return;
        }
        instance = *made;
        run = export_of(*instance, "run");
    }
    Outcome call(uint32_t argument, uint32_t* result = nullptr) const
    {
        Value value{.i64 = argument};
        Outcome outcome = store->call(*run, &value);
        if (result != nullptr) *result = value.i32;
        return outcome;
    }
    HostBody body;
    std::unique_ptr<Store> store;
    std::shared_ptr<ModuleCode> code;
    Instance* instance = nullptr;
    const Function* run = nullptr;
};

TrapKind trap_of(const Outcome& outcome)
{
    const auto* const trap = std::get_if<Trap>(&outcome);
    return trap != nullptr ? trap->kind : TrapKind::none;
}

/// Passes on what a nested call came to, as a host function would.
bool pass_on(HostFunctionContext& cx, const Outcome& outcome)
{
    if (const auto* const trap = std::get_if<Trap>(&outcome)) return request_trap(cx, trap->kind);
    if (const auto* const exit = std::get_if<Exit>(&outcome)) return request_exit(cx, exit->code);
    return true;
}

TEST(Store, host_and_guest_may_call_one_another_in_turns)
{
    const World world;
    const CallsHost* self = nullptr;
    std::vector<uintptr_t> frames;
    const CallsHost guest{world, [&](HostFunctionContext& cx, Value* v) {
                              frames.push_back(reinterpret_cast<uintptr_t>(__builtin_frame_address(0)));
                              const uint32_t n = v->i32;
                              if (n == 0) return true;
                              uint32_t below = 0;
                              const Outcome outcome = self->call(n - 1, &below);
                              v->i32 = below + n;
                              return pass_on(cx, outcome);
                          }};
    self = &guest;
    uint32_t sum = 0;
    EXPECT_TRUE(std::holds_alternative<Returned>(guest.call(100, &sum)));
    EXPECT_EQ(sum, 5050U);
    ASSERT_EQ(frames.size(), 101U);
    for (size_t i = 1; i < frames.size(); ++i) EXPECT_LT(frames[i], frames[i - 1]);  // one stack, ever deeper
}

TEST(Store, endless_turns_exhaust_the_stack_as_a_trap)
{
    const World world;
    const CallsHost* self = nullptr;
    const CallsHost guest{world, [&](HostFunctionContext& cx, Value* v) { return pass_on(cx, self->call(v->i32 + 1)); }};
    self = &guest;
    EXPECT_EQ(trap_of(guest.call(0)), TrapKind::call_stack_exhausted);
    EXPECT_EQ(trap_of(guest.call(0)), TrapKind::call_stack_exhausted);
}

TEST(Store, host_functions_that_call_one_another_exhaust_the_stack_as_a_trap)
{
    const World world;
    const auto store = world.create_store();
    const wasm::TypeId type = world.load(calls_host())->module()->functions[0];
    const Function* self = nullptr;
    HostBody body = [&](HostFunctionContext& cx, Value* v) { return pass_on(cx, store->call(*self, v)); };
    self = store->create_host_function(type, run_host_body, &body);
    Value value{.i64 = 0};
    EXPECT_EQ(trap_of(store->call(*self, &value)), TrapKind::call_stack_exhausted);
}

TEST(Store, guests_of_two_stores_may_call_one_another_in_turns)
{
    const World world;
    const CallsHost* a = nullptr;
    const CallsHost* b = nullptr;
    std::vector<uintptr_t> frames_of_a;
    const CallsHost guest_a{world, [&](HostFunctionContext& cx, Value* v) {
                                frames_of_a.push_back(reinterpret_cast<uintptr_t>(__builtin_frame_address(0)));
                                return v->i32 == 0 || pass_on(cx, b->call(v->i32 - 1, &v->i32));
                            }};
    const CallsHost guest_b{
        world, [&](HostFunctionContext& cx, Value* v) { return v->i32 == 0 || pass_on(cx, a->call(v->i32 - 1, &v->i32)); }};
    a = &guest_a;
    b = &guest_b;
    uint32_t result = 1;
    EXPECT_TRUE(std::holds_alternative<Returned>(a->call(20, &result)));
    EXPECT_EQ(result, 0U);
    ASSERT_EQ(frames_of_a.size(), 11U);
    for (size_t i = 1; i < frames_of_a.size(); ++i) {
        EXPECT_LT(frames_of_a[i], frames_of_a[i - 1]);
        EXPECT_LT(frames_of_a[i - 1] - frames_of_a[i], 65536U);  // still on a's stack
    }
}

TEST(Store, endless_turns_of_two_stores_exhaust_a_stack_as_a_trap)
{
    const World world{with_small_stack()};
    const CallsHost* a = nullptr;
    const CallsHost* b = nullptr;
    const CallsHost guest_a{world, [&](HostFunctionContext& cx, Value* v) { return pass_on(cx, b->call(v->i32)); }};
    const CallsHost guest_b{world, [&](HostFunctionContext& cx, Value* v) { return pass_on(cx, a->call(v->i32)); }};
    a = &guest_a;
    b = &guest_b;
    EXPECT_EQ(trap_of(a->call(0)), TrapKind::call_stack_exhausted);
    EXPECT_EQ(trap_of(b->call(0)), TrapKind::call_stack_exhausted);
}

TEST(Store, a_host_function_that_fails_without_a_reason_is_an_error_of_the_host)
{
    const World world;
    const CallsHost guest{world, [](HostFunctionContext&, Value*) { return false; }};
    const Outcome outcome = guest.call(0);
    EXPECT_EQ(trap_of(outcome), TrapKind::host_error);
    EXPECT_EQ(std::get<Trap>(outcome).frames.size(), 1U);
}

TEST(Store, a_reason_that_came_to_nothing_is_not_told_by_the_next_call)
{
    const World world;
    const CallsHost guest{world, [](HostFunctionContext& cx, Value* v) {
                              if (v->i32 == 1) cx.exec->store->set_pending_trap(TrapKind::host_error, "said and not meant");
                              if (v->i32 == 2) request_exit(cx, 7);
                              return v->i32 != 0;
                          }};
    const auto detail = [](const Outcome& outcome) {
        return std::holds_alternative<Trap>(outcome) ? std::get<Trap>(outcome).detail : "";
    };
    const Outcome without_reason = guest.call(0);
    EXPECT_EQ(detail(without_reason), "a host function stopped the guest and did not say why");
    for (const uint32_t what : {1U, 2U}) {
        EXPECT_TRUE(std::holds_alternative<Returned>(guest.call(what)));
        const Outcome next = guest.call(0);
        EXPECT_EQ(trap_of(next), TrapKind::host_error);
        EXPECT_EQ(detail(next), detail(without_reason)) << what;
    }
}

TEST(Store, the_reason_of_a_nested_trap_is_not_taken_for_the_outer_calls)
{
    const World world;
    const CallsHost* self = nullptr;
    TrapKind nested = TrapKind::none;
    const CallsHost guest{world, [&](HostFunctionContext&, Value* v) {
                              nested = trap_of(self->store->call(*export_of(*self->instance, "trap"), v));
                              return v->i32 == 1;
                          }};
    self = &guest;
    EXPECT_TRUE(std::holds_alternative<Returned>(guest.call(1)));
    EXPECT_EQ(nested, TrapKind::unreachable);
    EXPECT_EQ(trap_of(guest.call(0)), TrapKind::host_error);
}

TEST(Store, an_exit_ends_the_call_it_was_asked_in)
{
    const World world;
    const CallsHost* self = nullptr;
    uint32_t nested_code = 0;
    const CallsHost guest{world, [&](HostFunctionContext& cx, Value* v) {
                              if (v->i32 < 10) return request_exit(cx, 40 + v->i32);
                              const Outcome outcome = self->call(2);
                              if (const auto* const exit = std::get_if<Exit>(&outcome)) nested_code = exit->code;
                              return true;
                          }};
    self = &guest;
    const Outcome outer = guest.call(10);
    EXPECT_TRUE(std::holds_alternative<Returned>(outer));
    EXPECT_EQ(nested_code, 42U);
    const Outcome direct = guest.call(1);
    ASSERT_TRUE(std::holds_alternative<Exit>(direct));
    EXPECT_EQ(std::get<Exit>(direct).code, 41U);
}

TEST(Store, a_backtrace_names_the_innermost_function_first)
{
    const World world;
    const CallsHost guest{world, [](HostFunctionContext&, Value*) { return true; }};
    Value none{};
    const Outcome outcome = guest.store->call(*export_of(*guest.instance, "trap"), &none);
    ASSERT_EQ(trap_of(outcome), TrapKind::unreachable);
    const auto& frames = std::get<Trap>(outcome).frames;
    ASSERT_EQ(frames.size(), 2U);
    EXPECT_EQ(frames[0].function.value, 2U);
    EXPECT_EQ(frames[0].wasm_offset, 2U);  // no locals; nop; unreachable
    EXPECT_EQ(frames[1].function.value, 3U);

    const std::string plain = format_backtrace(std::get<Trap>(outcome));
    EXPECT_EQ(std::ranges::count(plain, '\n'), 2) << plain;
    EXPECT_EQ(plain.find(" at "), std::string::npos) << plain;
    const SourcePlaces places[] = {{{"inner\n", "a.c", 3, 4}, {"own", "b.c", 5, 0}}, {}};
    const std::string placed = format_backtrace(std::get<Trap>(outcome), places);
    EXPECT_TRUE(placed.starts_with("  0: inner\\u{a} at a.c:3:4, inlined\n     ")) << placed;
    EXPECT_NE(placed.find(") at b.c:5\n  1: "), std::string::npos) << placed;
}

TEST(Store, refuses_imports_that_are_not_the_modules)
{
    const World world;
    const auto code = world.load(calls_host());
    const auto store = world.create_store();
    EXPECT_FALSE(store->instantiate(code, {}).has_value());
    const Extern memory = *store->create_memory(memory_type(1));
    EXPECT_FALSE(store->instantiate(code, {&memory, 1}).has_value());
}

// A few bytes of module for 80 GB of table.
TEST(Store, refuses_many_large_tables_before_it_pays_for_them)
{
    constexpr uint32_t count = 1000;
    Bytes section, module;
    section.u32(count);
    for (uint32_t i = 0; i < count; ++i) section.u8(0x70).u8(0x00).u32(10'000'000);
    module.fixed(0x6d736100, 4).fixed(1, 4).u8(4).u32(section.size()).append(section.view());
    const World world;
    const auto store = world.create_store();
    const auto instance = store->instantiate(world.load({module.view().begin(), module.view().end()}), {});
    ASSERT_FALSE(instance.has_value());
    EXPECT_TRUE(std::get<std::string>(instance.error()).starts_with("a table of 10000000 elements is more than what is left"));
}

// The compiler runs on the guest's stack, in what is reserved below the limit.
TEST(Store, a_first_call_at_the_deepest_point_of_the_stack_compiles)
{
    ModuleBuilder m;
    const uint32_t type = m.type({wasm::i32}, {wasm::i32});
    // Deep nesting, a large br_table, many locals: what a compiler may keep on its stack.
    Code large;
    constexpr uint32_t depth = 300, entries = 5000;
    for (uint32_t i = 0; i < depth; ++i) large.open(Opcode::block);
    large.local_get(0).op(Opcode::br_table, entries);
    for (uint32_t i = 0; i <= entries; ++i) large.u32(i % depth);
    for (uint32_t i = 0; i < depth; ++i) large.end();
    large.local_get(0);
    for (int32_t i = 0; i < 1000; ++i) large.local_get(0).i32_const(i).op(Opcode::i32_mul);
    for (uint32_t i = 0; i < 1000; ++i) large.op(Opcode::i32_add);
    const uint32_t large_index = m.function(type, "large", large, std::vector<wasm::ValType>(1000, wasm::i64));
    const uint32_t self = large_index + 1;
    m.function(type, "recurse",
               Code{}
                   .local_get(0)
                   .open(Opcode::if_, wasm::ValKind::i32)
                   .local_get(0)
                   .i32_const(1)
                   .op(Opcode::i32_sub)
                   .op(Opcode::call, self)
                   .op(Opcode::else_)
                   .local_get(0)
                   .op(Opcode::call, large_index)
                   .end());
    const World world{with_small_stack()};
    const std::vector<std::byte> bytes = m.build();
    const auto reaches = [&](uint32_t n) {
        const auto store = world.create_store();
        const auto instance = store->instantiate(world.load(bytes), {});  // code of its own: nothing is compiled yet
        if (!instance) return false;
        Value value{.i64 = n};
        return std::holds_alternative<Returned>(store->call(*export_of(**instance, "recurse"), &value));
    };
    uint32_t low = 0, high = 100'000;
    ASSERT_TRUE(reaches(low));
    ASSERT_FALSE(reaches(high));
    while (high - low > 1) {
        const uint32_t middle = (low + high) / 2;
        (reaches(middle) ? low : high) = middle;
    }
    EXPECT_GT(low, 1000U);
}

size_t count_lines(const char* file)
{
    std::ifstream in{file};
    size_t lines = 0;
    for (std::string line; std::getline(in, line);) ++lines;
    return lines;
}
size_t count_fds()
{
    size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator{"/proc/self/fd"}) ++count;
    return count;
}

TEST(Store, many_instances_one_after_another_leave_nothing_behind)
{
    const World world;
    const auto cycle = [&] { const CallsHost guest{world, [](HostFunctionContext&, Value*) { return true; }}; };
    for (int i = 0; i < 100; ++i) cycle();
    const size_t maps = count_lines("/proc/self/maps"), fds = count_fds();
    for (int i = 0; i < 3000; ++i) cycle();
    EXPECT_LE(count_lines("/proc/self/maps"), maps + 4);  // the allocator's own
    EXPECT_EQ(count_fds(), fds);
}

class StoreSignals : public testing::Test {
protected:
    // A process of its own: the handlers before weir's are what it is about.
    void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }

    static void exit_with_42(int) { ::_exit(42); }
    /// A guest whose trap shows that weir's handlers are there.
    static void expect_trap(const CallsHost& guest)
    {
        Value none{};
        if (trap_of(guest.store->call(*export_of(*guest.instance, "trap"), &none)) != TrapKind::unreachable) ::_exit(1);
    }
};

TEST_F(StoreSignals, a_fault_of_the_host_goes_to_the_handler_before)
{
    const auto fault_in_host = [] {
        std::signal(SIGSEGV, exit_with_42);
        const World world;
        const CallsHost guest{world, [](HostFunctionContext&, Value*) { return true; }};
        expect_trap(guest);
        *reinterpret_cast<volatile int*>(8) = 1;
    };
    EXPECT_EXIT(fault_in_host(), testing::ExitedWithCode(42), "");
}

TEST_F(StoreSignals, a_fault_in_a_host_function_is_no_trap_even_inside_a_guests_memory)
{
    const auto fault_in_host_function = [] {
        std::signal(SIGSEGV, exit_with_42);
        const World world;
        const CallsHost* self = nullptr;
        const CallsHost guest{world, [&](HostFunctionContext&, Value*) {
                                  Memory& memory = *self->instance->default_memory();
                                  *reinterpret_cast<volatile char*>(memory.base + memory.size_bytes.load()) = 1;
                                  return true;
                              }};
        self = &guest;
        expect_trap(guest);
        static_cast<void>(guest.call(0));
    };
    EXPECT_EXIT(fault_in_host_function(), testing::ExitedWithCode(42), "");
}

}  // namespace
