#include "host/wasip1/support.hpp"

#include <sys/random.h>

#include <algorithm>
#include <array>

namespace weir::wasip1 {

namespace {

using host::GuestSpan;
using host::host_fn;

/// Fills the buffer with random bytes good for keys.
/// @error fault  The buffer is not in memory.
/// Spec: random_get. Linux: getrandom(2).
HostResult<Nothing> random_get(Context& cx, GuestSpan<uint8_t> buffer) noexcept
{
    constexpr size_t chunk_bytes = size_t{1} << 20;  // what one system call may take: some 3 ms
    auto rest = cx.memory.range(buffer);
    if (!rest) return Errno::fault;
    while (!rest->empty()) {
        const ssize_t n = retrying([&] { return ::getrandom(rest->data(), std::min(rest->size(), chunk_bytes), 0); });
        if (n < 0) return from_host(errno);
        rest = rest->subspan(static_cast<size_t>(n));
    }
    return nothing;
}

constexpr std::array functions{
    host_fn<"random_get", random_get>(">buf buf_len"),
};

}  // namespace

const std::span<const runtime::HostFunction> random_functions{functions};

}  // namespace weir::wasip1
