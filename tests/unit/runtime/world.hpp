#pragma once

#include "support/execution.hpp"
#include "support/module_builder.hpp"
#include "wasm/load.hpp"

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace weir::test {

/// An engine, and what the runtime's tests do with it again and again. What fails is a test failure and answers null.
class World {
public:
    explicit World(const runtime::EngineConfig& config = {}) : m_engine(engine_modes[0].create_engine(config)) {}

    [[nodiscard]] const std::shared_ptr<runtime::Engine>& engine() const { return m_engine; }
    [[nodiscard]] std::unique_ptr<runtime::Store> create_store() const
    {
        auto store = runtime::Store::create(m_engine);
        if (store) return std::move(*store);
        ADD_FAILURE() << store.error().to_string();
        return nullptr;
    }
    [[nodiscard]] std::shared_ptr<runtime::ModuleCode> load(std::vector<std::byte> bytes) const
    {
        wasm::LoadOptions one_thread;
        one_thread.threads = 1;
        const auto owner = std::make_shared<std::vector<std::byte>>(std::move(bytes));
        auto module = wasm::load_module(*owner, owner, m_engine->types(), one_thread);
        if (!module) {
            ADD_FAILURE() << module.error().to_string();
            return nullptr;
        }
        auto code = runtime::ModuleCode::create(m_engine, *module);
        if (code) return std::move(*code);
        ADD_FAILURE() << code.error();
        return nullptr;
    }

private:
    std::shared_ptr<runtime::Engine> m_engine;
};

inline wasm::MemoryType memory_type(uint64_t min_pages, std::optional<uint64_t> max_pages = {})
{
    wasm::MemoryType type;
    type.limits = {.min = min_pages, .max = max_pages};
    return type;
}

/// A host function made of a lambda, which may fail, call guests, ask to exit.
using HostBody = std::function<bool(runtime::HostFunctionContext&, runtime::Value*)>;
inline bool run_host_body(runtime::HostFunctionContext& cx, runtime::Value* values) noexcept
{
    return (*static_cast<HostBody*>(cx.data))(cx, values);
}

inline const runtime::Function* export_of(runtime::Instance& instance, std::string_view name)
{
    const auto found = instance.find_export(name);
    const auto* const function = found ? std::get_if<const runtime::Function*>(&*found) : nullptr;
    if (function != nullptr) return *function;
    ADD_FAILURE() << "no function " << name;
    return nullptr;
}

}  // namespace weir::test
