#pragma once

#include "weir/fastly/abi.hpp"

#include <cstdint>
#include <string>
#include <string_view>

// What the platform does for a service besides messages and stores: rate limits, purging, shields, and what the service uses.

namespace weir::fastly {

namespace detail {
extern "C" {
WEIR_FASTLY_IMPORT("erl", "check_rate", weir_fastly_check_rate)
(const char* counter, size_t counter_size, const char* entry, size_t entry_size, uint32_t delta, uint32_t window_s, uint32_t limit,
 const char* box, size_t box_size, uint32_t ttl_s, uint32_t* is_blocked);
WEIR_FASTLY_IMPORT("erl", "ratecounter_increment", weir_fastly_rate_increment)
(const char* counter, size_t counter_size, const char* entry, size_t entry_size, uint32_t delta);
WEIR_FASTLY_IMPORT("erl", "ratecounter_lookup_rate", weir_fastly_rate_lookup)
(const char* counter, size_t counter_size, const char* entry, size_t entry_size, uint32_t window_s, uint32_t* rate);
WEIR_FASTLY_IMPORT("erl", "ratecounter_lookup_count", weir_fastly_rate_count)
(const char* counter, size_t counter_size, const char* entry, size_t entry_size, uint32_t duration_s, uint32_t* count);
WEIR_FASTLY_IMPORT("erl", "penaltybox_add", weir_fastly_penalty_add)
(const char* box, size_t box_size, const char* entry, size_t entry_size, uint32_t ttl_s);
WEIR_FASTLY_IMPORT("erl", "penaltybox_has", weir_fastly_penalty_has)
(const char* box, size_t box_size, const char* entry, size_t entry_size, uint32_t* has);
WEIR_FASTLY_IMPORT("purge", "purge_surrogate_key", weir_fastly_purge)(const char* key, size_t size, uint32_t mask, void* options);
WEIR_FASTLY_IMPORT("compute_runtime", "get_vcpu_ms", weir_fastly_vcpu_ms)(uint64_t* ms);
WEIR_FASTLY_IMPORT("compute_runtime", "get_heap_mib", weir_fastly_heap_mib)(uint32_t* mib);
WEIR_FASTLY_IMPORT("shielding", "shield_info", weir_fastly_shield_info)
(const char* name, size_t name_size, char* to, size_t room, uint32_t* size);
WEIR_FASTLY_IMPORT("shielding", "backend_for_shield", weir_fastly_shield_backend)
(const char* target, size_t target_size, uint32_t mask, const void* config, char* to, size_t room, uint32_t* size);
}
}  // namespace detail

/// Counts what clients do. What an entry is, an address or a key, is the service's affair. ENOTSUP where the host does not count.
class RateCounter {
public:
    explicit RateCounter(std::string_view name) : m_name(name) {}

    Result<void> increment(std::string_view entry, uint32_t by = 1)
    {
        return detail::to_result(detail::weir_fastly_rate_increment(m_name.data(), m_name.size(), entry.data(), entry.size(), by));
    }
    /// In a second, over a window of 1, 10 or 60 seconds.
    [[nodiscard]] Result<uint32_t> rate(std::string_view entry, uint32_t window_s) const
    {
        uint32_t rate = 0;
        const auto status =
            detail::weir_fastly_rate_lookup(m_name.data(), m_name.size(), entry.data(), entry.size(), window_s, &rate);
        if (status != detail::ok) return detail::to_error(status);
        return rate;
    }
    /// In the last 10, 20, ... 60 seconds.
    [[nodiscard]] Result<uint32_t> count(std::string_view entry, uint32_t duration_s) const
    {
        uint32_t count = 0;
        const auto status =
            detail::weir_fastly_rate_count(m_name.data(), m_name.size(), entry.data(), entry.size(), duration_s, &count);
        if (status != detail::ok) return detail::to_error(status);
        return count;
    }
    [[nodiscard]] const std::string& name() const noexcept { return m_name; }

private:
    std::string m_name;
};

/// Entries that are kept out for a time.
class PenaltyBox {
public:
    explicit PenaltyBox(std::string_view name) : m_name(name) {}

    /// For a minute to an hour.
    Result<void> add(std::string_view entry, uint32_t ttl_s)
    {
        return detail::to_result(detail::weir_fastly_penalty_add(m_name.data(), m_name.size(), entry.data(), entry.size(), ttl_s));
    }
    [[nodiscard]] Result<bool> has(std::string_view entry) const
    {
        uint32_t has = 0;
        const auto status = detail::weir_fastly_penalty_has(m_name.data(), m_name.size(), entry.data(), entry.size(), &has);
        if (status != detail::ok) return detail::to_error(status);
        return has != 0;
    }
    [[nodiscard]] const std::string& name() const noexcept { return m_name; }

private:
    std::string m_name;
};

/// Counts something of an entry, and puts it into the box when its rate over the window is more than `limit` in a second. Whether it is in there.
[[nodiscard]] inline Result<bool> check_rate(const RateCounter& counter, const PenaltyBox& box, std::string_view entry,
                                             uint32_t delta, uint32_t window_s, uint32_t limit, uint32_t ttl_s)
{
    uint32_t is_blocked = 0;
    const auto status =
        detail::weir_fastly_check_rate(counter.name().data(), counter.name().size(), entry.data(), entry.size(), delta, window_s,
                                       limit, box.name().data(), box.name().size(), ttl_s, &is_blocked);
    if (status != detail::ok) return detail::to_error(status);
    return is_blocked != 0;
}

enum class Purge : uint32_t { hard, soft };
/// Removes what the cache has of a surrogate key, or marks it as stale.
inline Result<void> purge(std::string_view surrogate_key, Purge how = Purge::hard)
{
    return detail::to_result(
        detail::weir_fastly_purge(surrogate_key.data(), surrogate_key.size(), static_cast<uint32_t>(how), nullptr));
}

/// The processor's time that this instance has used, waiting not counted.
[[nodiscard]] inline Result<uint64_t> vcpu_ms()
{
    uint64_t ms = 0;
    const auto status = detail::weir_fastly_vcpu_ms(&ms);
    if (status != detail::ok) return detail::to_error(status);
    return ms;
}
/// The size of its memory.
[[nodiscard]] inline Result<uint32_t> heap_mib()
{
    uint32_t mib = 0;
    const auto status = detail::weir_fastly_heap_mib(&mib);
    if (status != detail::ok) return detail::to_error(status);
    return mib;
}

/// A place that stands between the others and the origin.
struct Shield {
    bool is_here = false;            // this service runs there
    std::string target, tls_target;  // for shield_backend(); empty when it is here
};
/// EINVAL when there is none of this name.
[[nodiscard]] inline Result<Shield> find_shield(std::string_view name)
{
    std::string info(1024, '\0');
    for (;;) {
        uint32_t size = 0;
        const auto status = detail::weir_fastly_shield_info(name.data(), name.size(), info.data(), info.size(), &size);
        constexpr size_t most = size_t{64} * 1024;
        if (status == detail::buflen && info.size() < most) {
            info.resize(info.size() * 2);
            continue;
        }
        if (status != detail::ok) return detail::to_error(status);
        info.resize(size);
        break;
    }
    Shield shield;
    if (info.empty()) return shield;
    shield.is_here = info[0] != 0;
    const size_t end = info.find('\0', 1);
    if (end == std::string::npos) return shield;
    shield.target = info.substr(1, end - 1);
    shield.tls_target = info.substr(end + 1, info.find('\0', end + 1) - end - 1);
    return shield;
}
/// The name of a backend for one of a shield's targets.
[[nodiscard]] inline Result<std::string> shield_backend(std::string_view target)
{
    std::string name(1024, '\0');
    uint32_t size = 0;
    const uint32_t config[4]{};
    const auto status =
        detail::weir_fastly_shield_backend(target.data(), target.size(), 0, config, name.data(), name.size(), &size);
    if (status != detail::ok) return detail::to_error(status);
    name.resize(size);
    return name;
}

}  // namespace weir::fastly
