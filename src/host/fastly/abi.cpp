#include "host/fastly/support.hpp"

#include <array>

namespace weir::fastly {

namespace {

/// Says which version of the interface the guest was made for. Guests need not call it.
/// @error error  Not version 1, the only one there is.
/// Spec: fastly_abi init.
HostResult<Nothing> init(Context&, uint64_t abi_version)
{
    if (abi_version != 1) return Status::error;
    return nothing;
}

constexpr std::array functions{
    fastly_fn<"init", init>("abi_version"),
};

}  // namespace

const std::span<const runtime::HostFunction> abi_functions{functions};

}  // namespace weir::fastly
