#include "http/message.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

namespace weir::http {

std::string_view to_string(Version version) noexcept
{
    switch (version) {
    case Version::http_1_0: return "HTTP/1.0";
    case Version::http_1_1: return "HTTP/1.1";
    case Version::http_2: return "HTTP/2.0";
    }
    return "";
}

std::string Address::host() const
{
    char text[INET6_ADDRSTRLEN]{};
    switch (family) {
    case Family::none: return "";
    case Family::unix_: return "unix";
    case Family::ipv4: inet_ntop(AF_INET, ip.data(), text, sizeof text); break;
    case Family::ipv6: inet_ntop(AF_INET6, ip.data(), text, sizeof text); break;
    }
    return text;
}

std::string Address::to_string() const
{
    switch (family) {
    case Family::none: return "";
    case Family::unix_: return "unix:" + path;
    case Family::ipv4: return host() + ":" + std::to_string(port);
    case Family::ipv6: return "[" + host() + "]:" + std::to_string(port);
    }
    return "";
}

}  // namespace weir::http
