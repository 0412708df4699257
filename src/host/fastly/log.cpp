#include "host/fastly/support.hpp"

#include <algorithm>
#include <array>

// fastly_log: named endpoints that take entries.

namespace weir::fastly {

namespace {

constexpr size_t max_name_bytes = 4096;

bool is_reserved(std::string_view name)
{
    constexpr std::string_view managed = "fst_managed_";
    const auto is_same = [](char a, char b) { return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b | 0x20) : b); };
    return name == "stdout" || name == "stderr" || std::ranges::equal(managed, name.substr(0, managed.size()), is_same);
}

/// An endpoint by its name, which need not be configured: the same handle each time.
/// @error inval  A name that the platform keeps for itself: stdout, stderr, fst_managed_...   @error limit_exceeded
/// Spec: endpoint_get.
HostResult<EndpointHandle> endpoint_get(Context& cx, GuestSpan<char> name)
{
    WEIR_TRY(text, read_bytes(cx, name, max_name_bytes));
    if (is_reserved(text)) return Status::inval;
    if (const auto known = cx.world.endpoint_names.find(text); known != cx.world.endpoint_names.end()) return known->second;
    const auto handle = cx.world.endpoints.add(text);
    if (handle) cx.world.endpoint_names.emplace(std::move(text), *handle);
    return or_limit(handle);
}

/// Writes an entry; of a long one only the first part (Limits::max_log_bytes). @error badf   @error inval  It is not in memory.
/// @error limit_exceeded  All entries together are more than Limits::max_logged_bytes. Spec: write.
HostResult<uint32_t> write(Context& cx, EndpointHandle h, GuestSpan<char> message)
{
    const std::string* const name = cx.world.endpoints.find(h);
    if (name == nullptr) return Status::badf;
    if (!cx.memory.range(message)) return Status::inval;
    const auto size = static_cast<uint32_t>(std::min<size_t>(message.count, cx.world.limits().max_log_bytes));
    if (!cx.world.take_log_bytes(size)) return Status::limit_exceeded;
    WEIR_TRY(text, read_bytes(cx, message.address, size, size));
    if (cx.world.service().log) cx.world.service().log(*name, text);
    return message.count;
}

constexpr std::array functions{
    fastly_fn<"endpoint_get", endpoint_get>("name name_len endpoint"),
    fastly_fn<"write", write>("endpoint message message_len nwritten"),
};

}  // namespace

const std::span<const runtime::HostFunction> log_functions{functions};

}  // namespace weir::fastly
