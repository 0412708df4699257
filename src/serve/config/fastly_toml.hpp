#pragma once

#include "base/result.hpp"
#include "host/fastly/service.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace weir::serve {

/// A mistake in a configuration, and where.
struct ConfigProblem {
    uint32_t line = 0, column = 0;  // from 1 on; 0: of the file as a whole
    std::string text;               // what is wrong and what was expected
};

/// What a service is configured with by the text of a fastly.toml, of which [local_server] and the types of a few keys beside it are looked at.
/// Files that it names are read, by paths from the working directory. The error is all mistakes, in the order of the file.
/// Spec: https://www.fastly.com/documentation/reference/compute/fastly-toml/ and docs/edge.md.
[[nodiscard]] Result<std::shared_ptr<fastly::Service>, std::vector<ConfigProblem>> parse_fastly_toml(std::string_view text);

}  // namespace weir::serve
