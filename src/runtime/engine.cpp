#include "runtime/engine.hpp"

#include <sys/resource.h>

namespace weir::runtime {

namespace {
constexpr size_t trampoline_bytes = size_t{64} << 20;  // address space, committed as used: some 200,000 types
}

Result<std::shared_ptr<Engine>, SysError> Engine::create(EngineConfig config)
{
    auto engine = std::shared_ptr<Engine>{new Engine{std::move(config)}};
    rlimit limit{};
    const bool is_limited = ::getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
    engine->m_uses_guard_pages =
        engine->m_config.bounds == BoundsPolicy::guard || (engine->m_config.bounds == BoundsPolicy::automatic && !is_limited);
    WEIR_TRY(space, CodeSpace::create(0, is_limited ? trampoline_bytes / 16 : trampoline_bytes));
    engine->m_trampolines = std::move(space);
    if (engine->m_config.optimizer != nullptr && engine->m_config.tiers != TierPolicy::single && engine->m_config.fuel == 0)
        engine->m_tier_up = std::make_unique<TierUp>(engine->m_config.optimizer, engine->m_config.tiers == TierPolicy::eager);
    return engine;
}

MemoryMode Engine::mode_for(const wasm::MemoryType& type) const
{
    const bool can_be_guarded = type.address == wasm::AddressType::i32 && type.page_size_log2 == 16;
    return m_uses_guard_pages && can_be_guarded ? MemoryMode::guard : MemoryMode::checked;
}

const std::byte* Engine::publish_trampoline(wasm::TypeId type, bool is_entry)
{
    CompiledCode code;
    const wasm::FuncType& func = m_types->at(type).func;
    const auto result = is_entry ? compiler().compile_entry(func, code) : compiler().compile_host_call(func, code);
    const std::byte* const place = result ? m_trampolines->publish(code, 0, 0) : nullptr;
    if (place != nullptr && m_config.code_listener != nullptr)
        m_config.code_listener->placed({.kind = is_entry ? PlacedCode::Kind::entry : PlacedCode::Kind::host_call,
                                        .module = nullptr,
                                        .function = {},
                                        .loop_offset = 0,
                                        .bytes = {place, code.bytes.size()}});
    return place;
}

const void* Engine::entry_code(wasm::TypeId type)
{
    const std::scoped_lock lock{m_mutex};
    const auto [entry, is_new] = m_entries.try_emplace(type.value, nullptr);
    if (is_new) entry->second = publish_trampoline(type, true);
    return entry->second;
}

const void* Engine::host_call_code(wasm::TypeId type)
{
    const std::scoped_lock lock{m_mutex};
    const auto [call, is_new] = m_host_calls.try_emplace(type.value, nullptr);
    if (is_new) call->second = publish_trampoline(type, false);
    return call->second;
}

}  // namespace weir::runtime
