#pragma once

#include "base/result.hpp"
#include "base/sys_error.hpp"
#include "runtime/code_listener.hpp"
#include "runtime/code_space.hpp"
#include "runtime/compiler.hpp"
#include "runtime/memory_pool.hpp"
#include "runtime/tier_up.hpp"
#include "wasm/type_registry.hpp"

#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace weir::runtime {

enum class BoundsPolicy : uint8_t {
    automatic,  // guard pages where address space is unlimited, checks elsewhere
    guard,
    checked,
};

/// Which tier makes a function's code.
enum class TierPolicy : uint8_t {
    single,   // EngineConfig::compiler makes all
    by_heat,  // and EngineConfig::optimizer, in the background, what runs often
    eager,    // for tests: the optimizer at every entry of a function or a loop, which waits for it
};

struct EngineConfig {
    std::shared_ptr<const Compiler> compiler{};
    std::shared_ptr<const Compiler> optimizer{};  // null: TierPolicy::single
    TierPolicy tiers = TierPolicy::single;
    std::shared_ptr<CodeListener> code_listener{};  // null: nobody is told
    BoundsPolicy bounds = BoundsPolicy::automatic;
    size_t guest_stack_bytes = size_t{8} << 20;                        // for guest frames
    uint64_t max_memory_bytes = uint64_t{1} << 36;                     // of one memory; growth beyond answers -1
    void (*on_memory_limit)(uint64_t limit_bytes) noexcept = nullptr;  // each time that happens, on the guest's thread
    uint64_t max_table_elements = 10'000'000;  // of all tables of a store together; growth beyond answers -1
    /// What the guests of a store have at first: an instruction takes one. 0: it is not counted. Where it is, code has one tier.
    uint64_t fuel = 0;
    size_t max_idle_memories = 64;  // address space of ended guard-mode memories, kept for those that come
};

/// What instances share: types, trampolines, configuration. Thread-safe.
class Engine {
public:
    static Result<std::shared_ptr<Engine>, SysError> create(EngineConfig config);

    [[nodiscard]] const EngineConfig& config() const { return m_config; }
    [[nodiscard]] const Compiler& compiler() const { return *m_config.compiler; }
    [[nodiscard]] const std::shared_ptr<wasm::TypeRegistry>& types() const { return m_types; }
    [[nodiscard]] MemoryMode mode_for(const wasm::MemoryType& type) const;
    [[nodiscard]] MemoryPool& memory_pool() { return m_memory_pool; }
    /// Null where code has one tier.
    [[nodiscard]] TierUp* tier_up() const { return m_tier_up.get(); }

    /// Trampolines, made once a type. Null when code space or compiler refuses.
    const void* entry_code(wasm::TypeId type);
    const void* host_call_code(wasm::TypeId type);

private:
    explicit Engine(EngineConfig config)
        : m_config(std::move(config)), m_types(std::make_shared<wasm::TypeRegistry>()), m_memory_pool(m_config.max_idle_memories)
    {
    }
    const std::byte* publish_trampoline(wasm::TypeId type, bool is_entry);

    EngineConfig m_config;
    std::shared_ptr<wasm::TypeRegistry> m_types;
    MemoryPool m_memory_pool;
    std::unique_ptr<TierUp> m_tier_up;
    bool m_uses_guard_pages = true;
    std::unique_ptr<CodeSpace> m_trampolines;
    std::mutex m_mutex;  // guards the maps
    std::unordered_map<uint32_t, const void*> m_entries, m_host_calls;
};

}  // namespace weir::runtime
