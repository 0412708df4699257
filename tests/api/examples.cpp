// What docs/embedding.md shows. tests/api/docs_test.py compares.

#include <weir/weir.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <deque>
#include <filesystem>
#include <span>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

namespace {

/// (module
///   (import "host" "log" (func $log (param i32 i32)))
///   (import "host" "fetch" (func $fetch (param i32) (result i32)))
///   (memory (export "memory") 1)
///   (data (i32.const 8) "hello")
///   (func (export "greet") (call $log (i32.const 8) (i32.const 5)))
///   (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
///   (func (export "divide") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
///   (func (export "sum") (param i32) (result i32) (i32.add (call $fetch (local.get 0)) (call $fetch (i32.add (local.get 0) (i32.const 1)))))
///   (func (export "spin") (loop (br 0))))
constexpr unsigned char example[] = {
#include "examples_module.inc"
};

template <class T>
T must(weir::Result<T> result)
{
    if (!result) {
        ADD_FAILURE() << result.error().to_string();
        std::abort();
    }
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

weir::Result<int32_t> add_two_numbers(std::span<const std::byte> bytes)
{
    auto engine = weir::Engine::create();
    if (!engine) return weir::Unexpected{engine.error()};
    auto module = weir::Module::from_bytes(*engine, bytes);
    if (!module) return weir::Unexpected{module.error()};
    weir::Linker linker{*engine};
    linker.define("host", "log", [](int32_t, int32_t) {});
    linker.define("host", "fetch", [](int32_t key) { return key; });
    auto instance = linker.instantiate(*module);
    if (!instance) return weir::Unexpected{instance.error()};
    auto add = instance->get<int32_t(int32_t, int32_t)>("add");
    if (!add) return weir::Unexpected{add.error()};
    return (*add)(2, 3);
}

struct Examples : testing::Test {
    weir::Engine engine = must(weir::Engine::create());
    weir::Module module = must(weir::Module::from_bytes(engine, std::as_bytes(std::span{example})));
    weir::Linker linker{engine};
    Examples()
    {
        linker.define("host", "log", [](int32_t, int32_t) {});
        linker.define("host", "fetch", [](int32_t key) { return key; });
    }
};

TEST_F(Examples, first) { EXPECT_EQ(must(add_two_numbers(std::as_bytes(std::span{example}))), 5); }

TEST_F(Examples, host_functions)
{
    std::vector<std::string> lines;
    linker.define("host", "log", [&lines](const weir::Caller& caller, uint32_t text, uint32_t size) -> weir::Result<void> {
        const auto line = caller.memory().text(text, size);
        if (!line) return weir::Unexpected{weir::Error::failure("log: the text is not in memory")};
        lines.push_back(*line);
        return {};
    });
    const weir::Prepared prepared = must(linker.prepare(module));
    const weir::Instance instance = must(prepared.instantiate());
    must(instance.call("greet"));
    EXPECT_EQ(lines, std::vector<std::string>{"hello"});
}

TEST_F(Examples, errors)
{
    const weir::Instance instance = must(linker.instantiate(module));
    const auto divide = must(instance.get<int32_t(int32_t, int32_t)>("divide"));
    const auto quotient = divide(1, 0);
    if (!quotient && quotient.error().kind == weir::ErrorKind::trap) {
        std::puts(quotient.error().to_string().c_str());  // integer divide by zero, and where
    }
    EXPECT_EQ(quotient.error().trap, weir::TrapKind::integer_divide_by_zero);
}

TEST_F(Examples, values)
{
    const weir::Instance instance = must(linker.instantiate(module));
    const auto results = must(instance.call("add", {20, 22}));
    EXPECT_EQ(std::get<int32_t>(results.at(0)), 42);
}

TEST_F(Examples, memory)
{
    const weir::Instance instance = must(linker.instantiate(module));
    weir::Memory memory = must(instance.memory());
    if (!memory.write(100, "text for the guest")) std::puts("it does not fit");
    const auto number = memory.load<uint32_t>(8);
    EXPECT_EQ(number, 0x6c6c6568U);
}

#if !defined(__has_feature) || !__has_feature(thread_sanitizer)
TEST_F(Examples, stopping)
{
    const weir::Instance instance = must(linker.instantiate(module));
    const auto spin = must(instance.get<void()>("spin"));
    {
        const weir::Deadline deadline = instance.stop_after(std::chrono::milliseconds{10});
        const auto stopped = spin();
        EXPECT_TRUE(!stopped && stopped.error().trap == weir::TrapKind::interrupted && deadline.has_passed());
    }
    std::thread watcher{[interrupter = instance.interrupter()] { interrupter.stop(); }};
    EXPECT_FALSE(spin());
    watcher.join();
}
#endif

/// Stands for an event loop.
std::deque<std::pair<int32_t, weir::Completion<int32_t>>> requests;

TEST_F(Examples, waiting)
{
    linker.define_async("host", "fetch", [](const weir::Caller&, int32_t key, weir::Completion<int32_t> done) {
        requests.emplace_back(key, done);  // the guest waits; this thread goes on
    });
    const weir::Instance instance = must(linker.instantiate(module));
    const auto sum = must(instance.get<int32_t(int32_t)>("sum"));
    weir::Task<int32_t> task = sum.start(10);
    while (!task.is_done()) {
        const auto [key, done] = requests.front();
        requests.pop_front();
        done.complete(key * 100);  // the guest goes on within this call
    }
    EXPECT_EQ(must(task.take()), 2100);
}

/// The least that a coroutine needs.
struct Detached {
    struct promise_type {
        static Detached get_return_object() { return {}; }
        static std::suspend_never initial_suspend() noexcept { return {}; }
        static std::suspend_never final_suspend() noexcept { return {}; }
        static void return_void() {}
        static void unhandled_exception() { std::terminate(); }
    };
};

Detached serve(const weir::Prepared& prepared, int32_t key, int32_t& answer)
{
    const weir::Instance instance = must(prepared.instantiate());
    const auto sum = must(instance.get<int32_t(int32_t)>("sum"));
    answer = must(co_await sum.start(key));
}

TEST_F(Examples, coroutines)
{
    linker.define_async("host", "fetch",
                        [](const weir::Caller&, int32_t key, weir::Completion<int32_t> done) { requests.emplace_back(key, done); });
    const weir::Prepared prepared = must(linker.prepare(module));
    int32_t one = 0, two = 0;
    serve(prepared, 1, one);
    serve(prepared, 2, two);
    while (!requests.empty()) {
        const auto [key, done] = requests.front();
        requests.pop_front();
        done.complete(key * 100);
    }
    EXPECT_EQ(one, 300);
    EXPECT_EQ(two, 500);
}

/// (module (import "host" "memory" (memory 1)) (func (export "first") (result i32) (i32.load (i32.const 0))))
constexpr unsigned char library_bytes[] = {
#include "examples_library.inc"
};
/// (module (import "library" "first" (func $first (result i32))) (func (export "twice") (result i32) (i32.mul (call $first) (i32.const 2))))
constexpr unsigned char program_bytes[] = {
#include "examples_program.inc"
};

TEST_F(Examples, linking)
{
    const auto library_module = must(weir::Module::from_bytes(engine, std::as_bytes(std::span{library_bytes})));
    const auto program_module = must(weir::Module::from_bytes(engine, std::as_bytes(std::span{program_bytes})));
    const weir::Store store = must(weir::Store::create(engine));
    const weir::Memory memory = must(store.make_memory({.min_pages = 1}));
    must(linker.define("host", "memory", memory));
    const weir::Instance library = must(linker.instantiate(library_module));
    must(linker.define_instance("library", library));
    const weir::Instance program = must(linker.instantiate(program_module));
    static_cast<void>(memory.store(0, 21));
    EXPECT_EQ(must(program.call("twice")), std::vector<weir::Value>{42});
}

TEST_F(Examples, fuel)
{
    const weir::Engine counting = must(weir::Engine::create({.fuel = 1'000'000}));
    weir::Linker own{counting};
    own.define("host", "log", [](int32_t, int32_t) {});
    own.define("host", "fetch", [](int32_t key) { return key; });
    weir::Instance instance = must(own.instantiate(must(weir::Module::from_bytes(counting, std::as_bytes(std::span{example})))));
    const auto spin = must(instance.get<void()>("spin"));
    if (const auto stopped = spin(); !stopped && stopped.error().trap == weir::TrapKind::out_of_fuel) instance.set_fuel(1000);
    EXPECT_EQ(instance.fuel(), 1000U);
}

TEST_F(Examples, programs)
{
    const auto path = std::filesystem::temp_directory_path() / ("weir-example-" + std::to_string(getpid()));
    must(module.save(path, std::thread::hardware_concurrency()));
    const weir::Module compiled = must(weir::Module::from_file(engine, path));
    EXPECT_EQ(must(must(linker.instantiate(compiled)).call("add", {1, 2})), std::vector<weir::Value>{3});
    std::filesystem::remove(path);
}

TEST_F(Examples, wasi)
{
    weir::WasiOptions wasi;
    wasi.arguments = {"program", "--verbose"};
    wasi.environment = {"LANG=C"};
    wasi.directories = {{"/tmp", "/data", true}};  // of the host, as the guest finds it, read-only
    linker.define_wasi(wasi);
    const weir::Prepared prepared = must(linker.prepare(module));
    EXPECT_TRUE(prepared.instantiate());
}

}  // namespace
