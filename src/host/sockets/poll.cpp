#include "host/wasip1/poll.hpp"
#include "host/sockets/world.hpp"

#include <array>

// Waiting for changes.

namespace weir::sockets {

namespace {

using host::GuestPtr;
using host::host_fn;

/// poll_oneoff's sister: tells once of each subscription that is ready, and again when more has come or there is more room. Programs that use
/// it read and write until errno again.
/// @error inval, fault, nomem   As poll_oneoff.   @error notsup  Two of the descriptors are one of the host's.
/// WasmEdge: epoll_oneoff. Linux: epoll(7), EPOLLET.
HostResult<uint32_t> epoll_oneoff(Context& cx, GuestPtr<wasip1::Subscription> in, GuestPtr<wasip1::Event> out,
                                  uint32_t count) noexcept
{
    auto wasi = to_wasi(cx);
    return wasip1::poll_edges(wasi, in, out, count);
}

constexpr std::array functions{
    host_fn<"epoll_oneoff", epoll_oneoff>("in[nsubscriptions] >out[nevents] nsubscriptions nevents"),
};

}  // namespace

const std::span<const runtime::HostFunction> poll_functions{functions};

}  // namespace weir::sockets
