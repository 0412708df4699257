#pragma once

#include "runtime/linker.hpp"
#include "runtime/module_code.hpp"
#include "runtime/store.hpp"
#include "support/typed_value.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir::test {

/// A way to run guests. Every execution test runs in all of them.
struct EngineMode {
    const char* name = "";
    runtime::BoundsPolicy bounds = runtime::BoundsPolicy::guard;
    bool uses_floor = false;  // no CPU feature beyond the floor
    /// Makes the second tier, which is then used at every chance (TierPolicy::eager). Null: the baseline alone.
    std::shared_ptr<const runtime::Compiler> (*create_optimizer)(std::shared_ptr<const runtime::Compiler> baseline) = nullptr;
    /// A new engine for this mode. Fails the test and answers null when the system refuses.
    [[nodiscard]] std::shared_ptr<runtime::Engine> create_engine(runtime::EngineConfig config = {}) const;
};
std::ostream& operator<<(std::ostream& out, const EngineMode& mode);

inline constexpr EngineMode engine_modes[] = {
    {"guard", runtime::BoundsPolicy::guard, false},
    {"checked", runtime::BoundsPolicy::checked, false},
    {"guard_floor", runtime::BoundsPolicy::guard, true},
    {"checked_floor", runtime::BoundsPolicy::checked, true},
};

/// What a call came to.
struct CallResult {
    enum class Kind : uint8_t { returned, trapped, exited, no_such_function } kind = Kind::returned;
    Values values;
    runtime::TrapKind trap = runtime::TrapKind::none;
    uint32_t exit_code = 0;
    friend bool operator==(const CallResult&, const CallResult&) = default;
};
std::ostream& operator<<(std::ostream& out, const CallResult& result);

template <class... Vs>
CallResult returns(const Vs&... values)
{
    CallResult result;
    result.values = Values{values...};
    return result;
}
inline CallResult traps(runtime::TrapKind kind) { return {CallResult::Kind::trapped, {}, kind, 0}; }
inline CallResult exits(uint32_t code) { return {CallResult::Kind::exited, {}, runtime::TrapKind::none, code}; }

/// A module as text and as bytes: `wat(R"wat(...)wat", "0061736d...")`. tests/support/assemble-wat writes the bytes.
struct Wat {
    std::string_view text;
    std::vector<std::byte> bytes;
};
Wat wat(std::string_view text, std::string_view hex);

/// An instance of a module with an engine and a store of its own. A module that does not load, link or start fails the test; calls
/// then answer no_such_function.
class Guest {
public:
    Guest(const EngineMode& mode, std::span<const std::byte> bytes, const runtime::HostModule* imports = nullptr,
          void* data = nullptr);
    Guest(const EngineMode& mode, const Wat& module, const runtime::HostModule* imports = nullptr, void* data = nullptr)
        : Guest(mode, module.bytes, imports, data)
    {
    }

    /// Calls an exported function. Types of arguments are the caller's responsibility.
    CallResult call(std::string_view name, const Values& arguments = {});
    CallResult call(wasm::FuncIdx function, const Values& arguments = {});
    /// The trap of the last call that trapped, with its backtrace.
    [[nodiscard]] const runtime::Trap& last_trap() const { return m_last_trap; }
    [[nodiscard]] runtime::Instance* instance() const { return m_instance; }
    [[nodiscard]] runtime::ModuleCode& code() const { return *m_code; }
    [[nodiscard]] std::span<std::byte> memory() const;

private:
    CallResult call(const runtime::Function& function, const Values& arguments);

    std::vector<std::byte> m_bytes;  // functions are compiled from them on demand
    std::shared_ptr<runtime::Engine> m_engine;
    std::unique_ptr<runtime::Store> m_store;
    std::shared_ptr<runtime::ModuleCode> m_code;
    runtime::Instance* m_instance = nullptr;
    runtime::Trap m_last_trap;
};

/// Fixture of execution tests: TEST_P(Execution, ...) with INSTANTIATE_EXECUTION_TESTS(Execution) once in a file.
class Execution : public testing::TestWithParam<EngineMode> {
protected:
    [[nodiscard]] Guest load(const Wat& module) const { return Guest{GetParam(), module}; }
    [[nodiscard]] Guest load(std::span<const std::byte> bytes) const { return Guest{GetParam(), bytes}; }
};

}  // namespace weir::test

#define INSTANTIATE_EXECUTION_TESTS(fixture)                                                 \
    INSTANTIATE_TEST_SUITE_P(AllModes, fixture, testing::ValuesIn(weir::test::engine_modes), \
                             [](const auto& test) { return std::string{test.param.name}; })
