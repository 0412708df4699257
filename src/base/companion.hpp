#pragma once

#include <string>
#include <string_view>

namespace weir {

/// The path of another of weir's programs: beside this one, or in ../libexec/weir as it is installed. It need not be there.
[[nodiscard]] std::string companion_program(std::string_view name);

}  // namespace weir
