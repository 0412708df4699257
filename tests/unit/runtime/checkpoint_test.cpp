#include "runtime/checkpoint.hpp"

#include "runtime/fiber.hpp"
#include "world.hpp"

#include <gtest/gtest.h>

namespace weir::test {
namespace {

using namespace weir::runtime;
using wasm::Opcode;

#if defined(WEIR_HAS_ASAN) || defined(WEIR_HAS_TSAN)
constexpr bool can_copy_stacks = false;
#else
constexpr bool can_copy_stacks = true;
#endif

/// go(x): memory[8] = x, global = 5; f(x), which suspends; then both grow by one, the memory by a page, and f(x) again; answers all that there is.
/// trap(x): the same up to the second call, which is a trap.
std::vector<std::byte> counting()
{
    ModuleBuilder m;
    const uint32_t type = m.type({wasm::i32}, {wasm::i32});
    const uint32_t host = m.import_function("host", "f", type);
    m.memory(1);
    const uint32_t global = m.global(wasm::i32, true, Code{}.i32_const(0));
    Code begin;
    begin.i32_const(8).local_get(0).mem(Opcode::i32_store, 2);
    begin.i32_const(5).op(Opcode::global_set, global);
    begin.local_get(0).op(Opcode::call, host).local_set(0);
    begin.i32_const(8).i32_const(8).mem(Opcode::i32_load, 2).i32_const(1).op(Opcode::i32_add).mem(Opcode::i32_store, 2);
    begin.op(Opcode::global_get, global).i32_const(1).op(Opcode::i32_add).op(Opcode::global_set, global);
    begin.i32_const(1).op(Opcode::memory_grow, 0).op(Opcode::drop);
    // Zero behind the old end, and something for the next to find.
    begin.i32_const(70000).i32_const(70000).mem(Opcode::i32_load, 2).i32_const(1).op(Opcode::i32_add).mem(Opcode::i32_store, 2);
    Code go = begin;
    go.i32_const(8).mem(Opcode::i32_load, 2);
    go.op(Opcode::global_get, global).i32_const(1'000).op(Opcode::i32_mul).op(Opcode::i32_add);
    go.op(Opcode::memory_size, 0).i32_const(10'000).op(Opcode::i32_mul).op(Opcode::i32_add);
    go.i32_const(70000).mem(Opcode::i32_load, 2).i32_const(100'000).op(Opcode::i32_mul).op(Opcode::i32_add);
    go.local_get(0).i32_const(1'000'000).op(Opcode::i32_mul).op(Opcode::i32_add);
    m.function(type, "go", go);
    Code trap = begin;
    trap.op(Opcode::unreachable);
    m.function(type, "trap", trap);
    return m.build();
}

struct CheckpointTest : testing::Test {
    void SetUp() override
    {
        if (!can_copy_stacks) GTEST_SKIP() << "sanitizers keep what they know of stacks elsewhere";
        store = world.create_store();
        const Extern import = store->create_host_function(code->module()->functions[0], run_host_body, &suspends);
        auto made = store->instantiate(code, {&import, 1});
        ASSERT_TRUE(made.has_value());
        instance = *made;
    }
    bool start(std::string_view name, uint32_t argument)
    {
        value.i64 = argument;
        return std::holds_alternative<Suspended>(store->start(*std::get<const Function*>(*instance->find_export(name)), &value));
    }

    World world;
    std::shared_ptr<ModuleCode> code = world.load(counting());
    uint32_t answer = 0;
    HostBody suspends = [this](HostFunctionContext& cx, Value* v) {
        if (suspend(cx) != Resumption::resumed) return false;
        v->i32 = answer;
        return true;
    };
    std::unique_ptr<Store> store;
    Instance* instance = nullptr;
    Value value{};
};

TEST_F(CheckpointTest, a_guest_goes_on_from_it_again_and_again)
{
    ASSERT_TRUE(start("go", 40));
    const auto point = Checkpoint::capture(*instance);
    ASSERT_NE(point, nullptr);
    for (answer = 1; answer < 1500; ++answer) {  // more than resets that keep all pages
        ASSERT_TRUE(std::holds_alternative<Returned>(store->resume()));
        ASSERT_EQ(value.i32, 41 + 6'000 + 20'000 + 100'000 + answer * 1'000'000);
        store->recycle();
        ASSERT_TRUE(point->restore(*instance));
        ASSERT_TRUE(store->is_suspended());
        ASSERT_EQ(instance->memory(wasm::MemoryIdx{0})->pages(), 1U);
    }
}

TEST_F(CheckpointTest, also_when_it_trapped_or_was_stopped)
{
    ASSERT_TRUE(start("trap", 1));
    const auto point = Checkpoint::capture(*instance);
    ASSERT_NE(point, nullptr);
    for (int i = 0; i < 5; ++i) {
        const Progress trapped = store->resume();
        ASSERT_TRUE(std::holds_alternative<Trap>(trapped));
        EXPECT_EQ(std::get<Trap>(trapped).kind, TrapKind::unreachable);
        EXPECT_EQ(std::get<Trap>(trapped).frames.size(), 1U);
        ASSERT_TRUE(point->restore(*instance));
        const Outcome stopped = store->stop();
        ASSERT_TRUE(std::holds_alternative<Trap>(stopped));
        EXPECT_EQ(std::get<Trap>(stopped).kind, TrapKind::interrupted);
        ASSERT_TRUE(point->restore(*instance));
    }
}

TEST_F(CheckpointTest, a_store_may_end_there)
{
    ASSERT_TRUE(start("go", 40));
    const auto point = Checkpoint::capture(*instance);
    ASSERT_NE(point, nullptr);
    ASSERT_TRUE(std::holds_alternative<Returned>(store->resume()));
    ASSERT_TRUE(point->restore(*instance));
    store.reset();
}

TEST_F(CheckpointTest, there_is_none_of_a_guest_that_is_not_suspended) { EXPECT_EQ(Checkpoint::capture(*instance), nullptr); }

}  // namespace
}  // namespace weir::test
