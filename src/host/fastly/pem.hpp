#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace weir::fastly {

/// How many certificates a text in PEM form holds; empty when one of them is no certificate.
[[nodiscard]] std::optional<size_t> count_certificates(std::string_view pem);
/// How many private keys it holds that can be read; encrypted ones cannot.
[[nodiscard]] size_t count_private_keys(std::string_view pem);

/// A certificate in DER form, as PEM.
[[nodiscard]] std::string to_pem(std::string_view certificate_der);

}  // namespace weir::fastly
