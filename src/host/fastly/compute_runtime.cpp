#include "host/fastly/support.hpp"

#include <array>

// fastly_compute_runtime: what the guest uses of the machine.

namespace weir::fastly {

namespace {

/// Time the guest has computed, in ms, without what it waited. Spec: get_vcpu_ms.
HostResult<uint64_t> get_vcpu_ms(Context& cx)
{
    constexpr uint64_t ns_per_ms = 1'000'000;
    return cx.world.scheduler().guest_cpu_ns() / ns_per_ms;
}

/// The size of its memory in MiB, rounded up. Spec: get_heap_mib.
HostResult<uint32_t> get_heap_mib(Context& cx)
{
    constexpr uint64_t mib = uint64_t{1} << 20;
    const runtime::Memory* const memory = cx.call.instance == nullptr ? nullptr : cx.call.instance->default_memory();
    if (memory == nullptr) return 0;
    return static_cast<uint32_t>((memory->bytes().size() + mib - 1) / mib);
}

/// 0: there is no such product here. Spec: has_domain_inspector, has_image_optimizer, has_origin_inspector.
HostResult<uint32_t> has_not(Context&) { return 0; }

constexpr std::array functions{
    fastly_fn<"get_vcpu_ms", get_vcpu_ms>("ms"),       fastly_fn<"get_heap_mib", get_heap_mib>("mib"),
    fastly_fn<"has_domain_inspector", has_not>("has"), fastly_fn<"has_image_optimizer", has_not>("has"),
    fastly_fn<"has_origin_inspector", has_not>("has"),
};

}  // namespace

const std::span<const runtime::HostFunction> compute_runtime_functions{functions};

}  // namespace weir::fastly
