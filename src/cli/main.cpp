#include "cli/attachment.hpp"
#include "cli/build.hpp"
#include "cli/cache_command.hpp"
#include "cli/command_line.hpp"
#include "cli/compile.hpp"
#include "cli/console.hpp"
#include "cli/inspect.hpp"
#include "cli/new.hpp"
#include "cli/run.hpp"
#include "cli/serve.hpp"

#include <unistd.h>

#include <span>

namespace {

using namespace weir::cli;

/// An executable of `weir build --exe`: all words are the program's.
int run_attached(const Attachment& attached, std::span<const char* const> words)
{
    const auto args = words.subspan(words.empty() ? 0 : 1);
    auto options = parse_run_words(attached.options, words.empty() ? "program" : words.front(), {args.begin(), args.end()});
    if (!options) return report(options.error());
    options->attached = attached.image;
    return run(*options);
}

}  // namespace

int main(int argc, char** argv)
{
    const std::span<const char* const> words{argv, static_cast<size_t>(argc)};
    const auto after_name = words.subspan(words.empty() ? 0 : 1);
    const auto attached = find_attachment();
    if (!attached) return report(attached.error());
    if (*attached) return run_attached(**attached, words);
    if (!words.empty() && is_viceroy(words.front())) return serve({.name = "viceroy", .words = after_name});
    const auto command = parse_command_line(after_name);
    if (!command) return report(command.error());
    if (const auto* const options = std::get_if<RunOptions>(&*command)) return run(*options);
    if (const auto* const options = std::get_if<BuildCommandOptions>(&*command)) return build(*options);
    if (const auto* const options = std::get_if<NewProjectOptions>(&*command)) return make_project(*options);
    if (const auto* const options = std::get_if<InspectOptions>(&*command)) return inspect(*options);
    if (const auto* const how = std::get_if<Serve>(&*command)) return serve(*how);
    if (const auto* const options = std::get_if<CacheOptions>(&*command)) return manage_cache(*options);
    if (const auto* const options = std::get_if<CompileProgramOptions>(&*command)) return compile(*options);
    print(STDOUT_FILENO, std::get<Show>(*command).text);
    return 0;
}
