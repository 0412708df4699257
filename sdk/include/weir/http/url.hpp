#pragma once

#include "weir/http/fields.hpp"
#include "weir/net/address.hpp"
#include "weir/result.hpp"

#include <cerrno>
#include <cstdint>
#include <string>
#include <string_view>

namespace weir::http {

/// An http:// address, taken apart.
struct Url {
    std::string host;  // a name, or an address without brackets
    uint16_t port = 80;
    std::string target;     // path and query, "/" at least
    std::string authority;  // as Host has it

    /// @error EINVAL  Not of the form http://HOST[:PORT][/PATH][?QUERY].   @error EPROTONOSUPPORT  https, or another scheme.
    static Result<Url> parse(std::string_view text)
    {
        using namespace detail;
        const size_t colon = text.find("://");
        if (colon == std::string_view::npos) return Error{EINVAL, "an address is http://HOST[:PORT]/PATH"};
        if (!equals_ignoring_case(text.substr(0, colon), "http")) return Error{EPROTONOSUPPORT, "only http:// is spoken"};
        text.remove_prefix(colon + 3);
        text = text.substr(0, text.find('#'));
        const std::string_view authority = text.substr(0, text.find_first_of("/?"));
        text.remove_prefix(authority.size());
        if (!consists_of(text, target_char))
            return Error{EINVAL, "spaces and letters beyond ASCII are written as %20 and the like"};
        if (!consists_of(authority, host_char)) return Error{EINVAL, "this is no host"};

        Url url;
        url.authority = authority;
        url.target = text.starts_with('/') ? std::string{text} : "/" + std::string{text};
        std::string_view host = authority, port;
        if (host.starts_with('[')) {
            const size_t end = host.find(']');
            if (end == std::string_view::npos) return Error{EINVAL, "a [ without its ]"};
            port = host.substr(end + 1);
            host = host.substr(1, end - 1);
        } else if (const size_t port_colon = host.find(':'); port_colon != std::string_view::npos) {
            port = host.substr(port_colon);
            host = host.substr(0, port_colon);
        }
        if (host.empty()) return Error{EINVAL, "there is no host"};
        if (!port.empty() && port != ":") {
            const auto number = net::Address::parse_port(port.substr(1));
            if (port.front() != ':' || !number || *number == 0) return Error{EINVAL, "a port is a number from 1 to 65535"};
            url.port = *number;
        }
        url.host = host;
        return url;
    }
};

}  // namespace weir::http
