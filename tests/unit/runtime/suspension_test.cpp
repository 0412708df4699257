#include "runtime/suspension.hpp"

#include "world.hpp"

#include <algorithm>
#include <csignal>
#include <gtest/gtest.h>
#include <numeric>
#include <pthread.h>
#include <random>
#include <thread>

namespace weir::test {
namespace {

using namespace weir::runtime;
using wasm::Opcode;

/// twice(x): f(f(x)) + x. Also one(x): f(x); trap(x): f(x), then unreachable, by way of an inner function; grow(x): f(x), memory.grow.
std::vector<std::byte> calls_host()
{
    ModuleBuilder m;
    const uint32_t i32_to_i32 = m.type({wasm::i32}, {wasm::i32});
    const uint32_t host = m.import_function("host", "f", i32_to_i32);
    m.function(i32_to_i32, "twice",
               Code{}.local_get(0).op(Opcode::call, host).op(Opcode::call, host).local_get(0).op(Opcode::i32_add));
    m.function(i32_to_i32, "one", Code{}.local_get(0).op(Opcode::call, host));
    const uint32_t inner = m.function(i32_to_i32, "", Code{}.local_get(0).op(Opcode::call, host).op(Opcode::unreachable));
    m.function(i32_to_i32, "trap", Code{}.local_get(0).op(Opcode::call, inner));
    m.function(i32_to_i32, "id", Code{}.local_get(0));
    return m.build();
}

/// A store with an instance of calls_host(), and the values of what it was started with.
class Task {
public:
    Task(const World& world, const std::shared_ptr<ModuleCode>& code, HostBody& body) : m_store(world.create_store())
    {
        const Extern import = m_store->create_host_function(code->module()->functions[0], run_host_body, &body);
        auto made = m_store->instantiate(code, {&import, 1});
        if (made) m_instance = *made;
        else ADD_FAILURE() << "not instantiated";
    }
    Progress start(std::string_view name, uint32_t argument)
    {
        m_value.i64 = argument;
        return m_store->start(*export_of(*m_instance, name), &m_value);
    }
    Outcome call(std::string_view name, uint32_t argument, uint32_t* result = nullptr)
    {
        Value value{.i64 = argument};
        Outcome outcome = m_store->call(*export_of(*m_instance, name), &value);
        if (result != nullptr) *result = value.i32;
        return outcome;
    }
    Progress resume() { return m_store->resume(); }
    [[nodiscard]] uint32_t result() const { return m_value.i32; }
    [[nodiscard]] Store& store() { return *m_store; }
    void destroy() { m_store.reset(); }

private:
    std::unique_ptr<Store> m_store;
    Instance* m_instance = nullptr;
    Value m_value{};
};

template <class Variant>
TrapKind trap_of(const Variant& outcome)
{
    const auto* const trap = std::get_if<Trap>(&outcome);
    return trap != nullptr ? trap->kind : TrapKind::none;
}
template <class Variant>
std::string detail_of(const Variant& outcome)
{
    const auto* const trap = std::get_if<Trap>(&outcome);
    return trap != nullptr ? trap->detail : std::string{};
}
bool is_suspended(const Progress& p) { return std::holds_alternative<Suspended>(p); }
template <class Variant>
bool has_returned(const Variant& outcome)
{
    return std::holds_alternative<Returned>(outcome);
}

struct Suspension : testing::Test {
    World world;
    std::shared_ptr<ModuleCode> code = world.load(calls_host());
    std::vector<Resumption> resumptions;
    /// Waits, then adds 100.
    HostBody waits = [this](HostFunctionContext& cx, Value* v) {
        resumptions.push_back(suspend(cx));
        v->i32 += 100;
        return true;
    };
};

TEST_F(Suspension, leaves_a_guest_in_a_host_function_and_goes_on_there)
{
    Task task{world, code, waits};
    EXPECT_TRUE(is_suspended(task.start("twice", 1)));
    EXPECT_TRUE(task.store().is_suspended());
    EXPECT_TRUE(is_suspended(task.resume()));
    EXPECT_TRUE(has_returned(task.resume()));
    EXPECT_FALSE(task.store().is_suspended());
    EXPECT_EQ(task.result(), 202U);
    EXPECT_EQ(resumptions, (std::vector{Resumption::resumed, Resumption::resumed}));
    EXPECT_TRUE(has_returned(task.call("id", 5)));
}

TEST_F(Suspension, says_that_the_host_function_asked_for_it)
{
    Task task{world, code, waits};
    const Progress progress = task.start("one", 1);
    ASSERT_TRUE(is_suspended(progress));
    EXPECT_EQ(std::get<Suspended>(progress).by, Suspended::By::host_function);
}

TEST_F(Suspension, serves_thousands_of_guests_on_one_thread_in_any_order)
{
    constexpr size_t count = 2000;
    std::vector<std::unique_ptr<Task>> tasks;
    for (uint32_t i = 0; i < count; ++i) {
        tasks.push_back(std::make_unique<Task>(world, code, waits));
        ASSERT_TRUE(is_suspended(tasks.back()->start("twice", i)));
    }
    std::vector<size_t> order(count);
    std::iota(order.begin(), order.end(), size_t{0});
    std::minstd_rand random{1};
    std::ranges::shuffle(order, random);
    for (const size_t i : order) ASSERT_TRUE(is_suspended(tasks[i]->resume()));
    std::ranges::shuffle(order, random);
    for (const size_t i : order) ASSERT_TRUE(has_returned(tasks[i]->resume()));
    for (uint32_t i = 0; i < count; ++i) ASSERT_EQ(tasks[i]->result(), 200 + 2 * i);
}

TEST_F(Suspension, takes_calls_of_the_same_store_along)
{
    Task* self = nullptr;
    HostBody nests = [&](HostFunctionContext& cx, Value* v) {
        const uint32_t n = v->i32;
        if (n == 0) {
            resumptions.push_back(suspend(cx));
            return true;
        }
        uint32_t below = 0;
        if (!has_returned(self->call("one", n - 1, &below))) return request_trap(cx, TrapKind::host_error);
        v->i32 = below + n;
        return true;
    };
    Task task{world, code, nests}, other{world, code, waits};
    self = &task;
    ASSERT_TRUE(is_suspended(task.start("one", 50)));
    ASSERT_TRUE(is_suspended(other.start("one", 1)));
    EXPECT_TRUE(has_returned(task.resume()));
    EXPECT_EQ(task.result(), 50U * 51 / 2);
    EXPECT_TRUE(has_returned(other.resume()));
}

TEST_F(Suspension, traps_and_exits_are_told_to_who_resumes)
{
    Task task{world, code, waits};
    ASSERT_TRUE(is_suspended(task.start("trap", 1)));
    const Progress progress = task.resume();
    ASSERT_EQ(trap_of(progress), TrapKind::unreachable);
    EXPECT_EQ(std::get<Trap>(progress).frames.size(), 2U);

    HostBody exits = [](HostFunctionContext& cx, Value*) {
        static_cast<void>(suspend(cx));
        return request_exit(cx, 7);
    };
    Task exiting{world, code, exits};
    ASSERT_TRUE(is_suspended(exiting.start("one", 1)));
    const Progress end = exiting.resume();
    ASSERT_TRUE(std::holds_alternative<Exit>(end));
    EXPECT_EQ(std::get<Exit>(end).code, 7U);
}

TEST_F(Suspension, a_stop_lets_host_functions_return)
{
    int destroyed = 0;
    struct Counts {
        int& count;
        ~Counts() { ++count; }
    };
    Task* self = nullptr;
    HostBody nests = [&](HostFunctionContext& cx, Value* v) {
        const Counts counts{destroyed};
        if (v->i32-- == 0) resumptions.push_back(suspend(cx));
        else static_cast<void>(self->call("one", v->i32));
        resumptions.push_back(suspend(cx));  // that does not wait any more
        return true;                         // as if nothing had happened
    };
    Task task{world, code, nests};
    self = &task;
    ASSERT_TRUE(is_suspended(task.start("one", 3)));
    EXPECT_EQ(trap_of(task.store().stop(4)), TrapKind::interrupted);
    EXPECT_EQ(task.store().stopped_for(), 4U);
    EXPECT_EQ(destroyed, 4);
    EXPECT_EQ(resumptions, std::vector(5, Resumption::stopped));
    EXPECT_TRUE(has_returned(task.call("id", 1)));  // the next one is not concerned
    EXPECT_TRUE(has_returned(task.store().stop()));
    EXPECT_TRUE(has_returned(task.call("id", 1)));
}

TEST_F(Suspension, ends_with_the_store)
{
    Task task{world, code, waits}, other{world, code, waits};
    ASSERT_TRUE(is_suspended(task.start("twice", 1)));
    ASSERT_TRUE(is_suspended(other.start("one", 1)));
    task.destroy();
    EXPECT_EQ(resumptions, std::vector{Resumption::stopped});
    EXPECT_TRUE(has_returned(other.resume()));
}

TEST_F(Suspension, a_request_from_elsewhere_meets_the_guest_when_it_is_resumed)
{
    Task task{world, code, waits};
    ASSERT_TRUE(is_suspended(task.start("one", 1)));
    std::thread{[&] { task.store().request_interrupt(2); }}.join();
    EXPECT_TRUE(task.store().is_suspended());
    EXPECT_EQ(trap_of(task.resume()), TrapKind::interrupted);
    EXPECT_EQ(task.store().stopped_for(), 2U);
    EXPECT_EQ(resumptions, std::vector{Resumption::stopped});
}

TEST_F(Suspension, what_is_not_possible_is_refused)
{
    Task task{world, code, waits};
    EXPECT_EQ(detail_of(task.resume()), "no guest of the store is suspended");
    ASSERT_TRUE(is_suspended(task.start("one", 1)));
    EXPECT_EQ(detail_of(task.start("one", 1)), "the store's guest is suspended");
    EXPECT_EQ(detail_of(task.call("id", 1)), "the store's guest is suspended");
    Progress elsewhere;
    std::thread{[&] { elsewhere = task.resume(); }}.join();
    EXPECT_EQ(detail_of(elsewhere), "a suspended guest goes on on the thread that started it");
    EXPECT_TRUE(has_returned(task.resume()));

    Task* self = nullptr;
    Progress nested;
    HostBody starts = [&](HostFunctionContext&, Value*) {
        nested = self->start("id", 1);
        return true;
    };
    Task starting{world, code, starts};
    self = &starting;
    EXPECT_TRUE(has_returned(starting.call("one", 1)));
    EXPECT_EQ(detail_of(nested), "the store's guest is running");
}

TEST_F(Suspension, is_impossible_for_a_guest_that_was_called)
{
    Task task{world, code, waits};
    EXPECT_TRUE(has_returned(task.call("one", 1)));
    EXPECT_EQ(resumptions, std::vector{Resumption::impossible});
}

TEST_F(Suspension, is_impossible_while_another_stores_guest_is_in_the_middle_of_a_call)
{
    Task inner{world, code, waits};
    Task* outer_task = nullptr;
    bool can_outer = false;
    HostBody calls_inner = [&](HostFunctionContext& cx, Value* v) {
        if (v->i32 == 0) {
            resumptions.push_back(suspend(cx));  // outer, inner, outer
            return true;
        }
        can_outer = can_suspend(cx);
        return has_returned(inner.call("one", 1));
    };
    Task outer{world, code, calls_inner};
    outer_task = &outer;
    EXPECT_TRUE(has_returned(outer.start("one", 1)));
    EXPECT_TRUE(can_outer);
    EXPECT_EQ(resumptions, std::vector{Resumption::impossible});

    HostBody calls_back = [&](HostFunctionContext&, Value*) { return has_returned(outer_task->call("one", 0)); };
    Task back{world, code, calls_back};
    HostBody calls_back_task = [&](HostFunctionContext& cx, Value* v) {
        if (v->i32 == 0) {
            resumptions.push_back(suspend(cx));
            return true;
        }
        return has_returned(back.call("one", 1));
    };
    Task around{world, code, calls_back_task};
    outer_task = &around;
    EXPECT_TRUE(has_returned(around.start("one", 1)));
    EXPECT_EQ(resumptions, std::vector(2, Resumption::impossible));
}

TEST_F(Suspension, guests_started_by_host_functions_of_others_go_on_anywhere)
{
    Task inner{world, code, waits};
    HostBody starts_inner = [&](HostFunctionContext& cx, Value*) {
        EXPECT_TRUE(is_suspended(inner.start("twice", 1)));
        return suspend(cx) == Resumption::resumed;
    };
    Task outer{world, code, starts_inner};
    ASSERT_TRUE(is_suspended(outer.start("one", 9)));
    EXPECT_TRUE(is_suspended(inner.resume()));
    HostBody resumes_inner = [&](HostFunctionContext&, Value*) { return has_returned(inner.resume()); };
    Task third{world, code, resumes_inner};
    EXPECT_TRUE(has_returned(third.call("one", 1)));
    EXPECT_EQ(inner.result(), 202U);
    EXPECT_TRUE(has_returned(outer.resume()));
    EXPECT_EQ(outer.result(), 9U);
}

TEST_F(Suspension, a_request_held_back_for_one_store_does_not_deafen_the_thread)
{
    Task suspended{world, code, waits};
    ASSERT_TRUE(is_suspended(suspended.start("one", 1)));
    suspended.store().request_interrupt(1);  // on this thread, where the signal is held back
    Task running{world, code, waits};
    EXPECT_TRUE(has_returned(running.call("id", 1)));
    sigset_t blocked;
    pthread_sigmask(SIG_BLOCK, nullptr, &blocked);
    EXPECT_EQ(sigismember(&blocked, SIGURG), 0);
    EXPECT_EQ(trap_of(suspended.resume()), TrapKind::interrupted);
}

}  // namespace
}  // namespace weir::test
