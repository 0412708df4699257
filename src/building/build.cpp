#include "building/build.hpp"

#include "base/printable.hpp"
#include "building/clang_build.hpp"
#include "building/go_build.hpp"
#include "building/tell.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace weir::building {

void tell(std::string_view text)
{
    while (!text.empty()) {
        const ssize_t n = ::write(STDERR_FILENO, text.data(), text.size());
        if (n < 0 && errno != EINTR) return;
        if (n > 0) text.remove_prefix(static_cast<size_t>(n));
    }
}

bool wants_colours()
{
    const char* const no_colour = std::getenv("NO_COLOR");
    return (no_colour == nullptr || *no_colour == '\0') && ::isatty(STDERR_FILENO) != 0;
}

std::string version_of(const std::string& file)
{
    struct stat status{};
    if (::stat(file.c_str(), &status) != 0) return {};
    return std::to_string(status.st_ino) + " " + std::to_string(status.st_size) + " " + std::to_string(status.st_mtim.tv_sec) +
           "." + std::to_string(status.st_mtim.tv_nsec);
}

Result<Built, Failure> build(const Source& source, const BuildOptions& options)
{
    WEIR_TRY(store, Store::open(options.uses_cache ? Store::Lasting::kept : Store::Lasting::temporary));
    auto built =
        source.language == Source::Language::go ? build_by_go(source, options, store) : build_by_clang(source, options, store);
    if (!built || !store.is_temporary()) return built;
    // The store goes away now; what is open stays.
    built->file = UniqueFd{::open(built->module.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!built->file)
        return Unexpected{
            Failure{.error = "cannot open '" + printable(built->module) + "'", .because = std::strerror(errno), .hint = {}}};
    built->module = "/proc/self/fd/" + std::to_string(built->file.get());
    return built;
}

}  // namespace weir::building
