#include "host/wasip1/world.hpp"

#include <sched.h>
#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

// Arguments, environment, exit, random numbers, yield.

namespace weir::wasip1 {

namespace {

using host::GuestPtr;
using host::GuestSpan;
using host::host_fn;
using host::Stop;

std::pair<uint32_t, uint32_t> sizes_of(const std::vector<std::string>& strings)
{
    uint32_t bytes = 0;
    for (const std::string& s : strings) bytes += static_cast<uint32_t>(s.size() + 1);
    return {static_cast<uint32_t>(strings.size()), bytes};
}

/// Writes NUL-terminated strings to `buffer` and their addresses to `pointers`.
HostResult<Nothing> write_strings(Context& cx, const std::vector<std::string>& strings, GuestPtr<uint32_t> pointers, GuestPtr<uint8_t> buffer)
{
    uint32_t at = buffer.address, pointer = pointers.address;
    for (const std::string& s : strings) {
        const auto to = cx.memory.range(at, s.size() + 1);
        if (!to || !cx.memory.write(GuestPtr<uint32_t>{pointer}, at)) return Errno::fault;
        std::memcpy(to->data(), s.c_str(), s.size() + 1);
        at += static_cast<uint32_t>(s.size() + 1);
        pointer += 4;
    }
    return nothing;
}

/// Counts the arguments and the bytes they take, NULs included. Spec: args_sizes_get.
HostResult<std::pair<uint32_t, uint32_t>> args_sizes_get(Context& cx) noexcept { return sizes_of(cx.world.config().args); }
/// Stores the arguments and their addresses. Spec: args_get.
/// @error fault  They do not fit.
HostResult<Nothing> args_get(Context& cx, GuestPtr<uint32_t> argv, GuestPtr<uint8_t> buffer) noexcept
{
    return write_strings(cx, cx.world.config().args, argv, buffer);
}
/// Spec: environ_sizes_get.
HostResult<std::pair<uint32_t, uint32_t>> environ_sizes_get(Context& cx) noexcept { return sizes_of(cx.world.config().environment); }
/// Spec: environ_get.
HostResult<Nothing> environ_get(Context& cx, GuestPtr<uint32_t> environ, GuestPtr<uint8_t> buffer) noexcept
{
    return write_strings(cx, cx.world.config().environment, environ, buffer);
}

/// Ends the guest. The code passes through to weir's own exit code, modulo 256 as everywhere. Spec: proc_exit.
Stop proc_exit(Context&, uint32_t code) noexcept { return {code}; }

/// Spec: sched_yield. POSIX: sched_yield(2).
HostResult<Nothing> sched_yield(Context&) noexcept
{
    ::sched_yield();
    return nothing;
}

/// Fills the buffer with random bytes good for keys.
/// @error fault  The buffer is not in memory.
/// Spec: random_get. Linux: getrandom(2).
HostResult<Nothing> random_get(Context& cx, GuestSpan<uint8_t> buffer) noexcept
{
    auto rest = cx.memory.range(buffer);
    if (!rest) return Errno::fault;
    while (!rest->empty()) {
        const ssize_t n = ::getrandom(rest->data(), rest->size(), 0);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return from_host(errno);
        rest = rest->subspan(static_cast<size_t>(n));
    }
    return nothing;
}

constexpr std::array functions{
    host_fn<"args_get", args_get>("argv argv_buf"),
    host_fn<"args_sizes_get", args_sizes_get>("argc argv_buf_size"),
    host_fn<"environ_get", environ_get>("environ environ_buf"),
    host_fn<"environ_sizes_get", environ_sizes_get>("count buf_size"),
    host_fn<"proc_exit", proc_exit>("rval"),
    host_fn<"sched_yield", sched_yield>(""),
    host_fn<"random_get", random_get>("buf buf_len"),
};

}  // namespace

const std::span<const runtime::HostFunction> process_functions{functions};

}  // namespace weir::wasip1
