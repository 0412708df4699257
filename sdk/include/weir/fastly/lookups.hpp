#pragma once

#include "weir/fastly/body.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::fastly {

namespace detail {
extern "C" {
WEIR_FASTLY_IMPORT("acl", "open", weir_fastly_acl_open)(const char* name, size_t size, uint32_t* acl);
WEIR_FASTLY_IMPORT("acl", "lookup", weir_fastly_acl_lookup)
(uint32_t acl, const char* octets, size_t size, uint32_t* body, uint32_t* error);
WEIR_FASTLY_IMPORT("geo", "lookup", weir_fastly_geo_lookup)(const char* octets, size_t count, char* to, size_t room, size_t* size);
WEIR_FASTLY_IMPORT("device_detection", "lookup", weir_fastly_device_lookup)
(const char* agent, size_t agent_size, char* to, size_t room, size_t* size);
WEIR_FASTLY_IMPORT("uap", "parse", weir_fastly_uap_parse)
(const char* agent, size_t agent_size, char* family, size_t family_room, size_t* family_size, char* major, size_t major_room,
 size_t* major_size, char* minor, size_t minor_room, size_t* minor_size, char* patch, size_t patch_room, size_t* patch_size);
}
}  // namespace detail

/// An access control list: address ranges, each with what is to be done about it.
class Acl {
public:
    [[nodiscard]] static Result<Acl> open(std::string_view name)
    {
        Acl acl;
        const auto status = detail::weir_fastly_acl_open(name.data(), name.size(), &acl.m_number);
        if (status != detail::ok) return detail::to_error(status);
        return acl;
    }
    /// The entry of the smallest range with an address of 4 or 16 bytes, as JSON with the members "prefix" and "action"; nothing when it is in
    /// none. EAGAIN when there were too many requests.
    [[nodiscard]] Result<std::optional<std::string>> lookup(std::string_view octets) const
    {
        enum { found = 1, nothing = 2 };
        uint32_t body = detail::no_handle, error = 0;
        const auto status = detail::weir_fastly_acl_lookup(m_number, octets.data(), octets.size(), &body, &error);
        if (status != detail::ok) return detail::to_error(status);
        if (error == nothing) return std::optional<std::string>{};
        if (error != found) return Error{EAGAIN, "too many requests"};
        auto text = Body{Body::FromHost{body}}.read_all();
        if (!text) return text.error();
        return std::optional<std::string>{std::move(*text)};
    }

private:
    Acl() = default;
    uint32_t m_number = detail::no_handle;
};

/// Where an address of 4 or 16 bytes is, as JSON ("city", "country_code", "latitude", ...); nothing when that is not known.
[[nodiscard]] inline Result<std::optional<std::string>> geo_lookup(std::string_view octets)
{
    auto text = detail::read_value([&](char* to, size_t room, size_t* size) {
        return detail::weir_fastly_geo_lookup(octets.data(), octets.size(), to, room, size);
    });
    if (!text) return text.error();
    if (text->empty()) return std::optional<std::string>{};
    return std::optional<std::string>{std::move(*text)};
}

/// Which device a User-Agent stands for, as JSON; nothing when that is not known.
[[nodiscard]] inline Result<std::optional<std::string>> device_lookup(std::string_view user_agent)
{
    auto text = detail::read_value([&](char* to, size_t room, size_t* size) {
        return detail::weir_fastly_device_lookup(user_agent.data(), user_agent.size(), to, room, size);
    });
    if (!text && text.error() == ENOENT) return std::optional<std::string>{};
    if (!text) return text.error();
    return std::optional<std::string>{std::move(*text)};
}

/// The parts of a User-Agent.
struct UserAgent {
    std::string family, major, minor, patch;
};
/// ENOTSUP where the host does not take them apart.
[[nodiscard]] inline Result<UserAgent> parse_user_agent(std::string_view text)
{
    std::array<std::string, 4> parts;
    std::array<size_t, 4> sizes{};
    for (std::string& part : parts) part.resize(256);
    for (;;) {
        const auto status = detail::weir_fastly_uap_parse(text.data(), text.size(), parts[0].data(), parts[0].size(), &sizes[0],
                                                          parts[1].data(), parts[1].size(), &sizes[1], parts[2].data(),
                                                          parts[2].size(), &sizes[2], parts[3].data(), parts[3].size(), &sizes[3]);
        bool has_grown = false;
        for (size_t i = 0; i < parts.size(); ++i) {
            has_grown = has_grown || sizes[i] > parts[i].size();
            if (status == detail::ok || sizes[i] > parts[i].size()) parts[i].resize(sizes[i]);
        }
        if (status == detail::buflen && has_grown) continue;
        if (status != detail::ok) return detail::to_error(status);
        return UserAgent{std::move(parts[0]), std::move(parts[1]), std::move(parts[2]), std::move(parts[3])};
    }
}

}  // namespace weir::fastly
