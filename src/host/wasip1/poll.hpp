#pragma once

#include "host/wasip1/world.hpp"

// What extensions of preview 1 need of waiting.

namespace weir::wasip1 {

/// As poll_oneoff, but what is ready is told once, until there is more to read or more room to write: epoll's edges.
/// @error notsup  This kernel cannot, or two of the descriptors are one of the host's.   @error ...  As poll_oneoff.
[[nodiscard]] HostResult<uint32_t> poll_edges(Context& cx, host::GuestPtr<Subscription> in, host::GuestPtr<Event> out,
                                              uint32_t count) noexcept;

}  // namespace weir::wasip1
