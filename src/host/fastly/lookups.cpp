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

/// Family and version of a client by its user agent; parts that are not known are empty.
/// @error unsupported  There are no rules to tell by.   @error inval  No text, or longer than any user agent is.
/// @error buflen  A part has no room; all that have some are written, and all lengths.
/// Spec: fastly_uap parse.
HostResult<Nothing> parse(Context& cx, GuestSpan<char> user_agent, GuestSpan<char> family, GuestPtr<uint32_t> family_written,
                          GuestSpan<char> major, GuestPtr<uint32_t> major_written, GuestSpan<char> minor,
                          GuestPtr<uint32_t> minor_written, GuestSpan<char> patch, GuestPtr<uint32_t> patch_written)
{
    constexpr size_t max_user_agent_bytes = size_t{8} * 1024;
    WEIR_TRY(text, read_text(cx, user_agent, max_user_agent_bytes));
    const auto& find = cx.world.service().user_agent;
    const auto found = find ? find(text) : std::nullopt;
    if (!found) return Status::unsupported;
    Status status = Status::ok;
    const auto write = [&](std::string_view part, GuestSpan<char> buffer, GuestPtr<uint32_t> written) {
        const Status wrote = write_value(cx, part, buffer.address, buffer.count, written);
        if (status == Status::ok || wrote == Status::inval) status = wrote;
    };
    write(found->family, family, family_written);
    write(found->major, major, major_written);
    write(found->minor, minor, minor_written);
    write(found->patch, patch, patch_written);
    if (status != Status::ok) return status;
    return nothing;
}

constexpr std::array geo{
    fastly_fn<"lookup", geo_lookup>("ip ip_len >json[nwritten] json_len nwritten"),
};
constexpr std::array device{
    fastly_fn<"lookup", device_lookup>("user_agent user_agent_len >json[nwritten] json_len nwritten"),
};
constexpr std::array uap{
    fastly_fn<"parse", parse>("user_agent user_agent_len >family[family_nwritten] family_len family_nwritten "
                              ">major[major_nwritten] major_len major_nwritten >minor[minor_nwritten] minor_len minor_nwritten "
                              ">patch[patch_nwritten] patch_len patch_nwritten"),
};

}  // namespace

const std::span<const runtime::HostFunction> geo_functions{geo};
const std::span<const runtime::HostFunction> device_detection_functions{device};
const std::span<const runtime::HostFunction> uap_functions{uap};

}  // namespace weir::fastly
