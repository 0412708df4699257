#pragma once

#include "base/result.hpp"
#include "host/fastly/world.hpp"
#include "host/wasip1/world.hpp"
#include "runtime/checkpoint.hpp"
#include "runtime/linker.hpp"
#include "runtime/store.hpp"
#include "serve/guest_metrics.hpp"
#include "serve/loaded.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace weir::serve {

/// An instance of a service, in a store of its own, that one guest has at a time: new, so that not even its start function has run; or with a
/// snapshot, suspended where it first called a function that has to do with requests.
struct GuestInstance {
    std::shared_ptr<const Loaded> loaded;  // first: what follows needs its engine
    std::unique_ptr<runtime::Store> store;
    runtime::Instance* instance = nullptr;
    std::unique_ptr<const runtime::Checkpoint> snapshot;
    std::array<uint16_t, 3> file_flags{};                // of standard input, output and error, at the snapshot
    runtime::Value none{};                               // what _start is called with
    std::vector<runtime::HostFunctionContext*> imports;  // in the order of Loaded::imports; empty: they are bound for good

    /// With imports that are still to be bound. The error is for the log.
    static Result<std::unique_ptr<GuestInstance>, std::string> create(std::shared_ptr<const Loaded> loaded);
    /// With those that a linker finds. It cannot be used again.
    static Result<std::unique_ptr<GuestInstance>, std::string> create(std::shared_ptr<const Loaded> loaded,
                                                                      const runtime::Linker& linker);
    /// Lets the imports work on these worlds, until they are bound to others.
    void bind(fastly::World& world, wasip1::World& wasi) noexcept;
    /// The guest, started or resumed, has come to where a snapshot is to be taken, and is suspended there.
    bool is_at_snapshot = false;
    /// Takes it, if that is possible; then the guest is to be resumed, which does the call that it was about to do.
    void take_snapshot(wasip1::World& wasi);
    /// From here on the guest goes on at functions that have to do with requests.
    void pass_imports() noexcept;
    [[nodiscard]] bool has_snapshot() const { return snapshot != nullptr; }
    /// Undoes what the guest has done, which must have ended. False when that is not possible.
    [[nodiscard]] bool restore() noexcept;
    [[nodiscard]] bool can_be_used_again() const { return loaded->initial != nullptr && !imports.empty(); }

private:
    static Result<std::unique_ptr<GuestInstance>, std::string> create_without_imports(std::shared_ptr<const Loaded> loaded);
    void pause_at_imports() noexcept;
    Result<void, std::string> instantiate(std::span<const runtime::Extern> with);
};

/// A worker's instances that no guest has: they are what they were before the first one had them, and spare the next request the making of one.
/// Used by the worker's thread.
class InstancePool {
public:
    explicit InstancePool(GuestMetrics& metrics) : m_metrics(metrics) {}
    ~InstancePool() { drop_idle(); }
    InstancePool(const InstancePool&) = delete;
    InstancePool& operator=(const InstancePool&) = delete;

    /// An instance of this service, after keep_only() of it.
    Result<std::unique_ptr<GuestInstance>, std::string> take(const std::shared_ptr<const Loaded>& loaded);
    /// Instances of this version are kept from here on, and no others.
    void keep_only(std::shared_ptr<const Loaded> version);
    /// Undoes what the guest has done, which must have ended or be suspended, and keeps the instance if there is room.
    void give_back(std::unique_ptr<GuestInstance> instance) noexcept;

private:
    /// Each holds 4 MiB of memory and 64 KiB of stack at most.
    static constexpr size_t max_idle = 64;
    void drop_idle() noexcept;

    GuestMetrics& m_metrics;
    std::shared_ptr<const Loaded> m_version;
    std::vector<std::unique_ptr<GuestInstance>> m_idle;  // of that version
};

}  // namespace weir::serve
