#include "cli/persona/install.hpp"

#include "base/sys_error.hpp"
#include "cli/console.hpp"
#include "cli/persona/tool.hpp"

#include <fmt/format.h>

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>

namespace weir::cli {

namespace {

enum class State : uint8_t { absent, is_ours, is_other };

Result<std::string, Problem> own_path()
{
    std::array<char, PATH_MAX> path{};
    const ssize_t size = ::readlink("/proc/self/exe", path.data(), path.size());
    if (size > 0 && static_cast<size_t>(size) < path.size()) return std::string{path.data(), static_cast<size_t>(size)};
    return Unexpected{Problem{
        .error = "weir does not find itself", .because = std::string{"/proc/self/exe: "} + std::strerror(errno), .hint = {}}};
}

State state_of(const std::string& link, const std::string& target)
{
    std::array<char, PATH_MAX> to{};
    const ssize_t size = ::readlink(link.c_str(), to.data(), to.size());
    if (size > 0) return std::string_view{to.data(), static_cast<size_t>(size)} == target ? State::is_ours : State::is_other;
    return errno == ENOENT ? State::absent : State::is_other;
}

Problem cannot_link(const std::string& link)
{
    return {.error = fmt::format("cannot make '{}'", printable(link)), .because = std::strerror(errno), .hint = {}};
}

/// In one step: whoever starts the tool meanwhile finds the old one or the new one.
Result<void, Problem> make_link(const std::string& target, const std::string& link)
{
    const std::string draft = fmt::format("{}.{}.new", link, ::getpid());
    if (::symlink(target.c_str(), draft.c_str()) != 0) return Unexpected{cannot_link(link)};
    if (::rename(draft.c_str(), link.c_str()) == 0) return {};
    const Problem problem = cannot_link(link);
    ::unlink(draft.c_str());
    return Unexpected{problem};
}

Result<std::string, Problem> try_make(const PersonasOptions& options)
{
    WEIR_TRY(target, own_path());
    const std::string folder = options.folder.ends_with('/') ? options.folder : options.folder + "/";
    struct stat status{};
    errno = 0;
    if (::mkdir(folder.c_str(), 0777) != 0 && errno == EEXIST && ::stat(folder.c_str(), &status) == 0) errno = 0;
    if (errno != 0) {
        Problem problem{.error = fmt::format("cannot make the folder '{}'", printable(options.folder)),
                        .because = std::strerror(errno),
                        .hint = {}};
        if (errno == ENOENT) problem.hint = "the folder that it is to be in has to be there";
        return Unexpected{std::move(problem)};
    }
    std::string others;
    for (const persona::Tool* const tool : persona::tools())
        if (!options.replaces && state_of(folder + std::string{tool->name}, target) == State::is_other)
            others += (others.empty() ? "" : ", ") + std::string{tool->name};
    if (!others.empty())
        return Unexpected{Problem{.error = fmt::format("'{}' has other programs of these names", printable(options.folder)),
                                  .because = others,
                                  .hint = "weir personas --force DIR  replaces them; a folder of its own in PATH keeps both"}};
    std::string made;
    for (const persona::Tool* const tool : persona::tools()) {
        const std::string link = folder + std::string{tool->name};
        if (state_of(link, target) != State::is_ours) WEIR_CHECK(make_link(target, link));
        made += fmt::format("{} -> {}\n", printable(link), printable(target));
    }
    return made;
}

}  // namespace

int make_personas(const PersonasOptions& options)
{
    const auto made = try_make(options);
    if (!made) return report(made.error());
    print(STDOUT_FILENO, *made);
    return 0;
}

}  // namespace weir::cli
