#include "host/fastly/support.hpp"

#include <array>

// fastly_geo, fastly_device_detection, fastly_uap: what is known of an address or a user agent.

namespace weir::fastly {

namespace {

/// What is known of where an address is, as JSON; empty for one of which nothing is.
/// @error inval  It has neither 4 nor 16 bytes.   @error buflen
/// Spec: fastly_geo lookup.
HostResult<Nothing> geo_lookup(Context& cx, GuestSpan<uint8_t> ip, GuestSpan<char> buffer, GuestPtr<uint32_t> written)
{
    if (ip.count != 4 && ip.count != 16) return Status::inval;
    WEIR_TRY(address, read_bytes(cx, ip));
    const auto& find = cx.world.service().geolocation;
    const auto found = find ? find(address) : std::nullopt;
    return write_value(cx, found.value_or(""), buffer, written);
}

/// What is known of a device by its user agent, as JSON. @error none  Nothing.   @error inval  No text.   @error buflen
/// Spec: fastly_device_detection lookup.
HostResult<Nothing> device_lookup(Context& cx, GuestSpan<char> user_agent, GuestSpan<char> buffer, GuestPtr<uint32_t> written)
{
    WEIR_TRY(text, read_text(cx, user_agent));
    const auto& find = cx.world.service().device_detection;
    const auto found = find ? find(text) : std::nullopt;
    if (!found) return Status::none;
    return write_value(cx, *found, buffer, written);
}

/// @error unsupported  Always, as with Viceroy. Spec: fastly_uap parse.
HostResult<Nothing> parse(Context&, GuestSpan<char>, GuestSpan<char>, GuestPtr<uint32_t>, GuestSpan<char>, GuestPtr<uint32_t>,
                          GuestSpan<char>, GuestPtr<uint32_t>, GuestSpan<char>, GuestPtr<uint32_t>)
{
    return Status::unsupported;
}

constexpr std::array geo{
    fastly_fn<"lookup", geo_lookup>("ip ip_len >json[nwritten] json_len nwritten"),
};
constexpr std::array device{
    fastly_fn<"lookup", device_lookup>("user_agent user_agent_len >json[nwritten] json_len nwritten"),
};
constexpr std::array uap{
    fastly_fn<"parse", parse>("user_agent user_agent_len family family_len family_nwritten major major_len major_nwritten "
                              "minor minor_len minor_nwritten patch patch_len patch_nwritten"),
};

}  // namespace

const std::span<const runtime::HostFunction> geo_functions{geo};
const std::span<const runtime::HostFunction> device_detection_functions{device};
const std::span<const runtime::HostFunction> uap_functions{uap};

}  // namespace weir::fastly
