#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::http {

/// What the JA3 fingerprint of a client is made of: the numbers of its ClientHello's version, cipher suites, extensions, groups and point
/// formats, in decimal, in the order sent, without those that are there to be ignored (GREASE, RFC 8701): "771,4865-4866,0-43,29-23,0".
/// `client_hello`: the handshake message with its header of four bytes (RFC 8446, 4.1.2). Nothing when it is not well-formed.
std::optional<std::string> ja3_text(std::string_view client_hello);

/// The fingerprint: MD5 of ja3_text.
std::optional<std::array<uint8_t, 16>> ja3_md5(std::string_view client_hello);

}  // namespace weir::http
