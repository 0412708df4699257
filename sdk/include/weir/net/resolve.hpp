#pragma once

#include "weir/net/address.hpp"
#include "weir/net/platform.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace weir::net {

/// What a host name stands for, best first; of "127.0.0.1" and "::1" themselves. Waits for the name server: neither platform can be asked
/// without waiting.
/// @error ENOENT        There is no such name, or it has no address.
/// @error EHOSTUNREACH  The name servers did not answer.
/// @error EACCES        The program was not granted to look it up (of guests: --net dns).
inline Result<std::vector<Address>> resolve(std::string_view host, uint16_t port)
{
    if (const auto literal = Address::parse_ip(host, port)) return std::vector{*literal};
    if (host.empty() || host.size() > 253 || host.find('\0') != std::string_view::npos) return Error{ENOENT, "no host name"};
    std::vector<Address> found;
    const int error = platform::look_up(std::string{host}, port, found);
    if (platform::is_unknown_name(error) || (error == 0 && found.empty())) return Error{ENOENT, "there is no host of this name"};
    if (platform::is_lookup_error(error)) return Error{EHOSTUNREACH, "the name could not be looked up"};
    if (error != 0) return Error{error};
    return found;
}

}  // namespace weir::net
