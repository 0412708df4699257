#include "support/execution.hpp"

#include "baseline/baseline.hpp"
#include "wasm/load.hpp"

#include <algorithm>
#include <cstring>
#include <variant>

namespace weir::test {

using runtime::Value;
using wasm::ValKind;

Value to_value(const TypedValue& v)
{
    Value value;
    // What a value does not use is filled, so that a reader of too much shows.
    value.v128.fill(0xa5);
    switch (v.kind) {
    case ValKind::i32:
    case ValKind::f32: value.i32 = static_cast<uint32_t>(v.bits); break;
    case ValKind::v128: std::memcpy(value.v128.data() + 8, &v.high, 8); [[fallthrough]];
    default: std::memcpy(value.v128.data(), &v.bits, 8); break;
    }
    return value;
}

TypedValue from_value(ValKind kind, const Value& v)
{
    TypedValue typed{kind, 0, 0};
    if (kind == ValKind::i32 || kind == ValKind::f32) typed.bits = v.i32;
    else std::memcpy(&typed.bits, v.v128.data(), 8);
    if (kind == ValKind::v128) std::memcpy(&typed.high, v.v128.data() + 8, 8);
    return typed;
}

std::ostream& operator<<(std::ostream& out, const TypedValue& v)
{
    const auto flags = out.flags();
    out << wasm::to_string(wasm::ValType{v.kind}) << " 0x" << std::hex;
    if (v.kind == ValKind::v128) out << v.high << "'";
    out << v.bits << std::dec;
    if (v.kind == ValKind::f32) out << " (" << std::bit_cast<float>(static_cast<uint32_t>(v.bits)) << ")";
    if (v.kind == ValKind::f64) out << " (" << std::bit_cast<double>(v.bits) << ")";
    out.flags(flags);
    return out;
}

std::ostream& operator<<(std::ostream& out, const EngineMode& mode) { return out << mode.name; }

std::ostream& operator<<(std::ostream& out, const CallResult& result)
{
    switch (result.kind) {
    case CallResult::Kind::trapped: return out << "trap: " << runtime::to_string(result.trap);
    case CallResult::Kind::exited: return out << "exit " << result.exit_code;
    case CallResult::Kind::no_such_function: return out << "no such function";
    case CallResult::Kind::returned: break;
    }
    out << "returns (";
    for (size_t i = 0; i < result.values.size(); ++i) out << (i == 0 ? "" : ", ") << result.values[i];
    return out << ")";
}

std::shared_ptr<runtime::Engine> EngineMode::create_engine(runtime::EngineConfig config) const
{
    config.bounds = bounds;
    config.compiler = baseline::create_compiler(uses_floor ? baseline::CpuFeatures::floor() : baseline::CpuFeatures::host());
    if (create_optimizer != nullptr) {
        config.optimizer = create_optimizer(config.compiler);
        config.tiers = runtime::TierPolicy::eager;
    }
    auto engine = runtime::Engine::create(std::move(config));
    if (engine) return std::move(*engine);
    ADD_FAILURE() << "no engine: " << engine.error().to_string();
    return nullptr;
}

Wat wat(std::string_view text, std::string_view hex)
{
    Wat module{text, {}};
    const auto digit = [](char c) { return static_cast<uint8_t>(c <= '9' ? c - '0' : c - 'a' + 10); };
    for (size_t i = 0; i + 1 < hex.size(); i += 2)
        module.bytes.push_back(std::byte{static_cast<uint8_t>(digit(hex[i]) << 4 | digit(hex[i + 1]))});
    if (module.bytes.empty()) ADD_FAILURE() << "a module without bytes: run tests/support/assemble-wat on this file";
    return module;
}

Guest::Guest(const EngineMode& mode, std::span<const std::byte> bytes, const runtime::HostModule* imports, void* data)
    : m_bytes(bytes.begin(), bytes.end()), m_engine(mode.create_engine())
{
    if (m_engine == nullptr) return;
    auto store = runtime::Store::create(m_engine);
    if (!store) {
        ADD_FAILURE() << "no store: " << store.error().to_string();
        return;
    }
    m_store = std::move(*store);
    auto module = wasm::load_module(m_bytes, nullptr, m_engine->types());
    if (!module) {
        ADD_FAILURE() << "the module does not load: " << module.error().to_string();
        return;
    }
    auto code = runtime::ModuleCode::create(m_engine, *module);
    if (!code) {
        ADD_FAILURE() << "no code: " << code.error();
        return;
    }
    m_code = std::move(*code);
    runtime::Linker linker;
    if (imports != nullptr) linker.add(*imports, data);
    const auto resolved = linker.resolve(*m_store, **module);
    if (!resolved) {
        for (const auto& missing : resolved.error().imports)
            ADD_FAILURE() << "import " << missing.module << "." << missing.name << " is missing";
        return;
    }
    auto instance = m_store->instantiate(m_code, *resolved);
    if (!instance) {
        if (const auto* const trap = std::get_if<runtime::Trap>(&instance.error()))
            ADD_FAILURE() << "instantiation traps: " << trap->message();
        else ADD_FAILURE() << "instantiation fails";
        return;
    }
    m_instance = *instance;
}

CallResult Guest::call(std::string_view name, const Values& arguments)
{
    const auto found = m_instance != nullptr ? m_instance->find_export(name) : std::nullopt;
    const auto* const function = found ? std::get_if<const runtime::Function*>(&*found) : nullptr;
    if (function == nullptr) return {CallResult::Kind::no_such_function, {}, runtime::TrapKind::none, 0};
    return call(**function, arguments);
}

CallResult Guest::call(wasm::FuncIdx function, const Values& arguments)
{
    if (m_instance == nullptr) return {CallResult::Kind::no_such_function, {}, runtime::TrapKind::none, 0};
    return call(*m_instance->function(function), arguments);
}

CallResult Guest::call(const runtime::Function& function, const Values& arguments)
{
    const wasm::FuncType& type = m_engine->types()->at(function.type).func;
    std::vector<Value> values(std::max({type.params.size(), type.results.size(), size_t{1}}));
    EXPECT_EQ(arguments.size(), type.params.size());
    std::transform(arguments.begin(), arguments.end(), values.begin(), to_value);
    const runtime::Outcome outcome = m_store->call(function, values.data());
    if (const auto* const trap = std::get_if<runtime::Trap>(&outcome)) {
        m_last_trap = *trap;
        return traps(trap->kind);
    }
    if (const auto* const exit = std::get_if<runtime::Exit>(&outcome)) return exits(exit->code);
    CallResult result;
    for (size_t i = 0; i < type.results.size(); ++i) result.values.push_back(from_value(type.results[i].kind(), values[i]));
    return result;
}

std::span<std::byte> Guest::memory() const
{
    runtime::Memory* const memory = m_instance != nullptr ? m_instance->default_memory() : nullptr;
    return memory != nullptr ? memory->bytes() : std::span<std::byte>{};
}

}  // namespace weir::test
