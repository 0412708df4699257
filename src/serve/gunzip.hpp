#pragma once

#include "http/body.hpp"

namespace weir::serve {

/// The content of a body that is packed with gzip. One that is damaged, or ends early, is cut. Several members one after the other are one
/// content, as RFC 1952 says.
[[nodiscard]] http::BodyReader gunzip(http::EventLoop& loop, http::BodyReader packed);

}  // namespace weir::serve
