#include "fixture.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <random>
#include <thread>
#include <vector>

// Guests that wait.

namespace weir::test {
namespace {

struct Tasks : Api {
    std::vector<Completion<int32_t>> waiting;
    Tasks()
    {
        linker.define_async("host", "add", [this](const Caller&, int32_t, int32_t, Completion<int32_t> done) {
            waiting.push_back(std::move(done));
        });
    }
    static Task<int32_t> start(const Instance& instance)
    {
        return must(instance.get<int32_t(int32_t, int32_t)>("add")).start(1, 2);
    }
};

TEST_F(Tasks, a_host_function_may_answer_later)
{
    const Instance instance = must(prepare().instantiate());
    Task<int32_t> task = start(instance);
    EXPECT_EQ(task.status(), TaskStatus::waiting);
    EXPECT_EQ(task.resume(), TaskStatus::waiting);  // there is no answer yet
    EXPECT_EQ(message_of(task.take()), "the task is not done");
    EXPECT_EQ(message_of(instance.call("nothing")), "the store's guest is suspended");
    waiting.at(0).complete(30);
    ASSERT_TRUE(task.is_done());
    EXPECT_EQ(must(task.take()), 30);
    waiting.at(0).complete(31);  // of no effect
    must(instance.call("nothing"));
}

TEST_F(Tasks, or_at_once)
{
    linker.define_async("host", "add", [](const Caller&, int32_t a, int32_t b, Completion<int32_t> done) { done.complete(a - b); });
    const Instance instance = must(prepare().instantiate());
    EXPECT_EQ(must(start(instance).take()), -1);
    EXPECT_EQ(must(instance.call("add", {5, 3})), std::vector<Value>{2});  // also when called
}

TEST_F(Tasks, or_fail)
{
    const Instance instance = must(prepare().instantiate());
    Task<int32_t> task = start(instance);
    waiting.at(0).fail(Error::failure("no such thing"));
    EXPECT_EQ(message_of(task.take()), "no such thing");
    EXPECT_EQ(message_of(task.take()), "the result was taken already");
    Task<int32_t> exiting = start(instance);
    waiting.at(1).fail(Error::exit(3));
    EXPECT_EQ(exiting.take().error().exit_code, 3U);
}

TEST_F(Tasks, thousands_wait_on_one_thread)
{
    const Prepared prepared = prepare();
    std::vector<Instance> instances;
    std::vector<Task<int32_t>> tasks;
#if defined(__has_feature) && __has_feature(thread_sanitizer)
    constexpr size_t count = 50;  // its address space is small
#else
    constexpr size_t count = 1000;
#endif
    for (size_t i = 0; i < count; ++i) {
        instances.push_back(must(prepared.instantiate()));
        tasks.push_back(start(instances.back()));
    }
    ASSERT_EQ(waiting.size(), count);
    std::vector<size_t> order(count);
    for (size_t i = 0; i < count; ++i) order[i] = i;
    std::minstd_rand random{1};
    std::ranges::shuffle(order, random);
    for (const size_t i : order) waiting[i].complete(static_cast<int32_t>(i));
    for (size_t i = 0; i < count; ++i) EXPECT_EQ(must(tasks[i].take()), static_cast<int32_t>(i));
}

TEST_F(Tasks, what_does_not_end_is_stopped)
{
    const Prepared prepared = prepare();
    {
        const Instance instance = must(prepared.instantiate());
        Task<int32_t> stopped = start(instance);
        stopped.stop();
        EXPECT_EQ(stopped.take().error().trap, TrapKind::interrupted);
        {
            const Task<int32_t> dropped = start(instance);
        }
        EXPECT_EQ(message_of(instance.call("nothing")), "no error");
    }
    std::optional<Task<int32_t>> orphan;
    {
        const Instance instance = must(prepared.instantiate());
        orphan = start(instance);
    }
    ASSERT_TRUE(orphan->is_done());
    EXPECT_EQ(orphan->take().error().trap, TrapKind::interrupted);
    for (const auto& late : waiting) late.complete(1);  // for nobody
    EXPECT_EQ(must(must(prepared.instantiate()).call("count")), std::vector<Value>{6});
}

TEST_F(Tasks, a_guest_that_was_called_cannot_wait)
{
    const Instance instance = must(prepare().instantiate());
    EXPECT_EQ(message_of(instance.call("add", {1, 2})),
              "a host function waits, which it can only for a guest that was started, not called");
    Task<int32_t> task = start(instance);
    EXPECT_EQ(message_of(start(instance).take()), "a guest of the instance is running or suspended already");
    waiting.back().complete(5);
    EXPECT_EQ(must(task.take()), 5);
}

/// A coroutine that runs until it waits, and owns itself.
struct Detached {
    struct promise_type {
        static Detached get_return_object() { return {}; }
        static std::suspend_never initial_suspend() noexcept { return {}; }
        static std::suspend_never final_suspend() noexcept { return {}; }
        static void return_void() {}
        static void unhandled_exception() { std::abort(); }
    };
};

TEST_F(Tasks, are_awaited_by_coroutines)
{
    const Prepared prepared = prepare();
    int sum = 0, ended = 0;
    const auto use = [&]() -> Detached {
        const Instance instance = must(prepared.instantiate());
        for (int i = 0; i < 3; ++i) sum += must(co_await start(instance));
        ++ended;
    };
    use();
    use();
    for (int i = 0; !waiting.empty(); ++i) {
        const auto next = waiting.front();
        waiting.erase(waiting.begin());
        next.complete(1 << i);
    }
    EXPECT_EQ(ended, 2);
    EXPECT_EQ(sum, 63);
}

TEST_F(Tasks, host_functions_may_suspend_by_themselves)
{
    std::vector<Resumption> resumptions;
    linker.define("host", "note", [&](const Caller& caller, int32_t) { resumptions.push_back(caller.suspend()); });
    const Instance instance = must(prepare().instantiate());
    const auto note = must(instance.get<void(int32_t)>("note"));
    Task<void> task = note.start(1);
    EXPECT_EQ(task.status(), TaskStatus::waiting);
    EXPECT_EQ(task.resume(), TaskStatus::done);
    must(task.take());
    must(note(1));
    EXPECT_EQ(resumptions, (std::vector{Resumption::resumed, Resumption::impossible}));
}

TEST_F(Tasks, are_preempted)
{
#if defined(__has_feature) && __has_feature(thread_sanitizer)
    GTEST_SKIP() << "ThreadSanitizer delays signals";
#endif
    const Prepared prepared = prepare();
    const Instance one = must(prepared.instantiate()), two = must(prepared.instantiate());
    one.interrupter().preempt();  // before its first instruction
    two.interrupter().preempt();
    Task<void> first = must(one.get<void()>("endless")).start(), second = must(two.get<void()>("endless")).start();
    for (int i = 0; i < 10; ++i)
        for (auto [task, instance] : {std::pair{&first, &one}, std::pair{&second, &two}}) {
            EXPECT_EQ(task->status(), TaskStatus::preempted);
            const std::jthread other{[tick = instance->interrupter()] { tick.preempt(); }};
            EXPECT_EQ(task->resume(), TaskStatus::preempted);
        }
    one.interrupter().stop();
    EXPECT_EQ(first.resume(), TaskStatus::done);
    EXPECT_EQ(first.take().error().trap, TrapKind::interrupted);
    one.interrupter().preempt();
    must(one.call("nothing"));  // which cannot be
}

}  // namespace
}  // namespace weir::test
