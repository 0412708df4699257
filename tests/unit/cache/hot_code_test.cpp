#include "cache/cache.hpp"

#include "baseline/baseline.hpp"
#include "runtime/store.hpp"
#include "support/module_builder.hpp"
#include "temporary_folder.hpp"
#include "wasm/load.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>

#include <atomic>
#include <fstream>
#include <initializer_list>
#include <thread>

// Code of the second tier, kept from one run for the next.

using namespace weir;
using namespace weir::cache;
using namespace weir::test;
using wasm::Opcode;

namespace {

constexpr uint8_t function_answer = 66, loop_answer = 77;

/// Takes every function for one that answers 66, and every loop for one that ends its function with 77: so what ran is seen.
class FakeOptimizer final : public runtime::Compiler {
public:
    Result<void, runtime::CompileError> compile_function(const wasm::Module&, const runtime::ContextLayout&,
                                                         const runtime::CompileOptions&, wasm::FuncIdx,
                                                         runtime::CompiledCode& out) const override
    {
        return answer(function_answer, out);
    }
    Result<void, runtime::CompileError> compile_loop(const wasm::Module&, const runtime::ContextLayout&,
                                                     const runtime::CompileOptions&, wasm::FuncIdx, uint32_t,
                                                     runtime::CompiledCode& out) const override
    {
        return answer(loop_answer, out);
    }
    Result<void, runtime::CompileError> compile_entry(const wasm::FuncType&, runtime::CompiledCode&) const override
    {
        return Unexpected{runtime::CompileError{"the baseline's"}};
    }
    Result<void, runtime::CompileError> compile_host_call(const wasm::FuncType&, runtime::CompiledCode&) const override
    {
        return Unexpected{runtime::CompileError{"the baseline's"}};
    }

    mutable std::atomic<int> asked{0};

private:
    Result<void, runtime::CompileError> answer(uint8_t value, runtime::CompiledCode& out) const
    {
        ++asked;
        out = {};
        for (const uint8_t byte : {uint8_t{0xb8}, value, uint8_t{0}, uint8_t{0}, uint8_t{0}, uint8_t{0xc3}})  // mov eax, value; ret
            out.bytes.push_back(static_cast<std::byte>(byte));
        return {};
    }
};

/// calls(n) calls one() n times and answers what it answered last. loop(n) goes around n times and answers 5; cold(n) likewise, around
/// another loop first, which it leaves at once.
std::vector<std::byte> module_bytes()
{
    ModuleBuilder m;
    const uint32_t nothing = m.type({}, {wasm::i32}), number = m.type({wasm::i64}, {wasm::i32});
    const Code count_down =
        Code{}.local_get(0).i64_const(1).op(Opcode::i64_sub).local_tee(0).i64_const(0).op(Opcode::i64_ne).op(Opcode::br_if, 0);
    m.function(nothing, "one", Code{}.i32_const(1));
    m.function(number, "calls", Code{}.open(Opcode::loop).op(Opcode::call, 0).local_set(1).add(count_down).end().local_get(1),
               {wasm::i32});
    m.function(number, "loop", Code{}.open(Opcode::loop).add(count_down).end().i32_const(5));
    m.function(number, "late", Code{}.open(Opcode::loop).end().open(Opcode::loop).add(count_down).end().i32_const(5));
    return m.build();
}

constexpr int64_t until_replaced = int64_t{1} << 40;

class HotCode : public testing::Test {
protected:
    /// A run of its own: engine, code and cache.
    void start()
    {
        optimizer = std::make_shared<FakeOptimizer>();
        m_engine = *runtime::Engine::create(
            {.compiler = baseline::create_compiler(), .optimizer = optimizer, .tiers = runtime::TierPolicy::by_heat});
        UniqueFd file{::open(m_file.c_str(), O_RDONLY | O_CLOEXEC)};
        struct stat status{};
        EXPECT_EQ(::fstat(file.get(), &status), 0);
        m_cache = Cache::open(m_here / "weir", settings_here(Settings::Tiers::by_heat, *m_engine));
        auto image = m_cache->find(ModuleFile{std::move(file), status, m_file}, m_bytes);
        had_image = image != nullptr;
        auto module = *wasm::load_module(m_bytes, nullptr, m_engine->types());
        if (image) EXPECT_TRUE(runtime::is_consistent(*image, *module, true));
        m_store = *runtime::Store::create(m_engine);
        m_code = *runtime::ModuleCode::create(m_engine, module, image);
        m_instance = *m_store->instantiate(m_code, {});
    }
    int32_t call(const char* name, int64_t n)
    {
        runtime::Value value{.i64 = static_cast<uint64_t>(n)};
        const auto function = std::get<const runtime::Function*>(*m_instance->find_export(name));
        EXPECT_TRUE(std::holds_alternative<runtime::Returned>(m_store->call(*function, &value)));
        return static_cast<int32_t>(value.i32);
    }
    void save() { m_cache->save(*m_code); }

    void SetUp() override
    {
        std::ofstream{m_file, std::ios::binary}.write(reinterpret_cast<const char*>(m_bytes.data()),
                                                      static_cast<std::streamsize>(m_bytes.size()));
        wait_until_settled(m_file);
    }

    std::shared_ptr<FakeOptimizer> optimizer;
    bool had_image = false;

private:
    const TemporaryFolder m_here;
    const std::string m_file = m_here / "x.wasm";
    const std::vector<std::byte> m_bytes = module_bytes();
    std::shared_ptr<runtime::Engine> m_engine;
    std::unique_ptr<Cache> m_cache;
    std::shared_ptr<runtime::ModuleCode> m_code;
    std::unique_ptr<runtime::Store> m_store;
    runtime::Instance* m_instance = nullptr;
};

TEST_F(HotCode, of_a_function_is_there_at_the_next_runs_first_call)
{
    start();
    EXPECT_EQ(call("one", 0), 1);
    while (call("calls", 20'000) != function_answer) std::this_thread::yield();
    save();
    start();
    EXPECT_TRUE(had_image);
    EXPECT_EQ(call("one", 0), function_answer);
    EXPECT_EQ(optimizer->asked, 0);
}

TEST_F(HotCode, of_a_loop_is_entered_at_the_next_runs_first_pass)
{
    start();
    EXPECT_EQ(call("loop", until_replaced), loop_answer);
    save();
    start();
    EXPECT_EQ(call("loop", 1), loop_answer);
    EXPECT_EQ(optimizer->asked, 0);
}

TEST_F(HotCode, of_a_functions_second_loop_is_found_although_the_first_has_none)
{
    start();
    EXPECT_EQ(call("late", until_replaced), loop_answer);
    save();
    start();
    EXPECT_EQ(call("late", 5'000), loop_answer);
    EXPECT_EQ(optimizer->asked, 0);
}

TEST_F(HotCode, is_still_made_where_nothing_was_kept)
{
    start();
    EXPECT_EQ(call("loop", until_replaced), loop_answer);
    EXPECT_EQ(call("one", 0), 1);
    save();
    start();
    EXPECT_EQ(call("one", 0), 1);
    while (call("calls", 20'000) != function_answer) std::this_thread::yield();
    EXPECT_EQ(call("late", until_replaced), loop_answer);
    EXPECT_GT(optimizer->asked, 0);
    save();  // again
    start();
    EXPECT_EQ(call("one", 0), function_answer);
    EXPECT_EQ(call("loop", 1), loop_answer);
    EXPECT_EQ(call("late", 5'000), loop_answer);
    EXPECT_EQ(optimizer->asked, 0);
}

}  // namespace
