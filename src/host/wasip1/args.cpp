#include "host/wasip1/world.hpp"

#include <array>
#include <cstring>

// Arguments and environment.

namespace weir::wasip1 {

namespace {

using host::GuestPtr;
using host::host_fn;

std::pair<uint32_t, uint32_t> sizes_of(const std::vector<std::string>& strings) noexcept
{
    size_t bytes = 0;
    for (const std::string& s : strings) bytes += s.size() + 1;
    // The host's own limit for both together (ARG_MAX) is far below 4 GiB.
    return {static_cast<uint32_t>(strings.size()), static_cast<uint32_t>(bytes)};
}

/// Writes NUL-terminated strings to `buffer` and their addresses to `pointers`; all of it fits or nothing is written.
HostResult<Nothing> write_strings(Context& cx, const std::vector<std::string>& strings, GuestPtr<uint32_t> pointers,
                                  GuestPtr<uint8_t> buffer) noexcept
{
    const auto [count, bytes] = sizes_of(strings);
    const auto pointer_range = cx.memory.range(pointers.address, uint64_t{count} * sizeof(uint32_t));
    const auto buffer_range = cx.memory.range(buffer.address, bytes);
    if (!pointer_range || !buffer_range) return Errno::fault;
    std::byte* pointer = pointer_range->data();
    std::byte* to = buffer_range->data();
    uint32_t address = buffer.address;
    for (const std::string& s : strings) {
        std::memcpy(pointer, &address, sizeof address);
        std::memcpy(to, s.c_str(), s.size() + 1);
        pointer += sizeof address;
        to += s.size() + 1;
        address += static_cast<uint32_t>(s.size() + 1);
    }
    return nothing;
}

/// Counts the arguments and the bytes they take, NULs included. Spec: args_sizes_get.
HostResult<std::pair<uint32_t, uint32_t>> args_sizes_get(Context& cx) noexcept { return sizes_of(cx.world.config().args); }

/// Stores the arguments and their addresses.
/// @error fault  They do not fit in memory.
/// Spec: args_get.
HostResult<Nothing> args_get(Context& cx, GuestPtr<uint32_t> argv, GuestPtr<uint8_t> buffer) noexcept
{
    return write_strings(cx, cx.world.config().args, argv, buffer);
}

/// Counts the variables and the bytes they take, NULs included. Spec: environ_sizes_get.
HostResult<std::pair<uint32_t, uint32_t>> environ_sizes_get(Context& cx) noexcept
{
    return sizes_of(cx.world.config().environment);
}

/// Stores the variables, each "NAME=value", and their addresses.
/// @error fault  They do not fit in memory.
/// Spec: environ_get.
HostResult<Nothing> environ_get(Context& cx, GuestPtr<uint32_t> environ, GuestPtr<uint8_t> buffer) noexcept
{
    return write_strings(cx, cx.world.config().environment, environ, buffer);
}

constexpr std::array functions{
    host_fn<"args_get", args_get>(">argv >argv_buf"),
    host_fn<"args_sizes_get", args_sizes_get>("argc argv_buf_size"),
    host_fn<"environ_get", environ_get>(">environ >environ_buf"),
    host_fn<"environ_sizes_get", environ_sizes_get>("count buf_size"),
};

}  // namespace

const std::span<const runtime::HostFunction> args_functions{functions};

}  // namespace weir::wasip1
