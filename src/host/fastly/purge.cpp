#include "host/fastly/support.hpp"

#include <algorithm>
#include <array>

// fastly_purge.

namespace weir::fastly {

namespace {

/// Purges what has a surrogate key from the cache. There is no cache that could hold any, so a key that is one purges nothing.
/// @error inval  The key is empty, too long, or not of visible ASCII characters.   @error unsupported  An answer is asked for.
/// Spec: purge_surrogate_key.
HostResult<Nothing> purge_surrogate_key(Context& cx, GuestSpan<char> key, PurgeMask mask, GuestPtr<uint32_t> /*options*/)
{
    constexpr size_t max_key_bytes = 1024;
    if ((mask & purge_ret_buf) != 0) return Status::unsupported;
    WEIR_TRY(text, read_bytes(cx, key, max_key_bytes));
    if (text.empty() || !std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; })) return Status::inval;
    return nothing;
}

constexpr std::array functions{
    fastly_fn<"purge_surrogate_key", purge_surrogate_key>("key key_len mask options"),
};

}  // namespace

const std::span<const runtime::HostFunction> purge_functions{functions};

}  // namespace weir::fastly
