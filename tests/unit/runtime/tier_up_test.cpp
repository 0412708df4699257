#include "runtime/tier_up.hpp"

#include "baseline/baseline.hpp"
#include "runtime/store.hpp"
#include "support/module_builder.hpp"
#include "wasm/load.hpp"
#include "wasm/type_registry.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <vector>

// In what order hot functions are compiled.

namespace weir::test {
namespace {

using runtime::CompileError;
using wasm::Opcode;

/// Compiles nothing; remembers what it was asked for, and does not answer while it is closed.
class GatedOptimizer final : public runtime::Compiler {
public:
    Result<void, CompileError> compile_function(const wasm::Module&, const runtime::ContextLayout&, const runtime::CompileOptions&,
                                                wasm::FuncIdx function, runtime::CompiledCode&) const override
    {
        std::unique_lock lock{m_mutex};
        m_asked.push_back(function.value);
        m_changed.notify_all();
        m_changed.wait(lock, [&] { return m_is_open; });
        return Unexpected{CompileError{"not by this one"}};
    }
    Result<void, CompileError> compile_loop(const wasm::Module&, const runtime::ContextLayout&, const runtime::CompileOptions&,
                                            wasm::FuncIdx, uint32_t, runtime::CompiledCode&) const override
    {
        return Unexpected{CompileError{"not by this one"}};
    }
    Result<void, CompileError> compile_entry(const wasm::FuncType&, runtime::CompiledCode&) const override
    {
        return Unexpected{CompileError{"the baseline's"}};
    }
    Result<void, CompileError> compile_host_call(const wasm::FuncType&, runtime::CompiledCode&) const override
    {
        return Unexpected{CompileError{"the baseline's"}};
    }

    void open()
    {
        const std::scoped_lock lock{m_mutex};
        m_is_open = true;
        m_changed.notify_all();
    }
    /// Waits until so many functions were asked for.
    std::vector<uint32_t> asked(size_t count)
    {
        std::unique_lock lock{m_mutex};
        m_changed.wait(lock, [&] { return m_asked.size() >= count; });
        return m_asked;
    }

private:
    mutable std::mutex m_mutex;
    mutable std::condition_variable m_changed;
    mutable std::vector<uint32_t> m_asked;
    bool m_is_open = false;
};

class TierUp : public testing::Test {
protected:
    void SetUp() override
    {
        ModuleBuilder m;
        const uint32_t nothing = m.type({}, {});
        for (const char* name : {"first", "second", "third", "fourth"}) m.function(nothing, name, Code{});
        m_bytes = m.build();
        m_engine = *runtime::Engine::create(
            {.compiler = baseline::create_compiler(), .optimizer = optimizer, .tiers = runtime::TierPolicy::by_heat});
        auto module = *wasm::load_module(m_bytes, nullptr, m_engine->types());
        m_store = *runtime::Store::create(m_engine);
        m_instance = *m_store->instantiate(*runtime::ModuleCode::create(m_engine, module), {});
    }
    void TearDown() override { optimizer->open(); }

    void call(const char* name, int times)
    {
        const auto function = std::get<const runtime::Function*>(*m_instance->find_export(name));
        for (int i = 0; i < times; ++i) {
            runtime::Value value{};
            ASSERT_TRUE(std::holds_alternative<runtime::Returned>(m_store->call(*function, &value)));
        }
    }

    const std::shared_ptr<GatedOptimizer> optimizer = std::make_shared<GatedOptimizer>();

private:
    std::vector<std::byte> m_bytes;
    std::shared_ptr<runtime::Engine> m_engine;
    std::unique_ptr<runtime::Store> m_store;
    runtime::Instance* m_instance = nullptr;
};

constexpr int calls_until_hot = 10'001;

TEST_F(TierUp, the_hottest_function_that_waits_is_next)
{
    call("first", calls_until_hot);
    EXPECT_EQ(optimizer->asked(1), (std::vector{0U}));  // it is being compiled, the others wait
    call("second", calls_until_hot);
    call("third", calls_until_hot);
    call("fourth", calls_until_hot);
    call("third", 2 * calls_until_hot);
    call("fourth", calls_until_hot);
    optimizer->open();
    EXPECT_EQ(optimizer->asked(4), (std::vector{0U, 2U, 3U, 1U}));
}

TEST_F(TierUp, functions_as_hot_as_each_other_are_compiled_in_the_order_in_which_they_became_it)
{
    call("first", calls_until_hot);
    EXPECT_EQ(optimizer->asked(1), (std::vector{0U}));
    call("third", calls_until_hot);
    call("second", calls_until_hot);
    optimizer->open();
    EXPECT_EQ(optimizer->asked(3), (std::vector{0U, 2U, 1U}));
}

}  // namespace
}  // namespace weir::test
