#include "base/companion.hpp"

#include <unistd.h>

#include <array>
#include <climits>

namespace weir {

std::string companion_program(std::string_view name)
{
    std::array<char, PATH_MAX> self{};
    const ssize_t n = ::readlink("/proc/self/exe", self.data(), self.size());
    std::string folder{self.data(), n > 0 ? static_cast<size_t>(n) : 0};
    folder.resize(folder.rfind('/') + 1);  // none: the name alone, which is not found
    std::string beside = folder + std::string{name};
    return ::access(beside.c_str(), X_OK) == 0 ? beside : folder + "../libexec/weir/" + std::string{name};
}

}  // namespace weir
