#include "cli/cache_command.hpp"
#include "cli/command_line.hpp"
#include "cli/compile.hpp"
#include "cli/console.hpp"
#include "cli/inspect.hpp"
#include "cli/run.hpp"
#include "cli/serve.hpp"

#include <unistd.h>

#include <span>

int main(int argc, char** argv)
{
    using namespace weir::cli;
    const std::span<const char* const> words{argv, static_cast<size_t>(argc)};
    const auto after_name = words.subspan(words.empty() ? 0 : 1);
    if (!words.empty() && is_viceroy(words.front())) return serve({.name = "viceroy", .words = after_name});
    const auto command = parse_command_line(after_name);
    if (!command) return report(command.error());
    if (const auto* const options = std::get_if<RunOptions>(&*command)) return run(*options);
    if (const auto* const options = std::get_if<InspectOptions>(&*command)) return inspect(*options);
    if (const auto* const how = std::get_if<Serve>(&*command)) return serve(*how);
    if (const auto* const options = std::get_if<CacheOptions>(&*command)) return manage_cache(*options);
    if (const auto* const options = std::get_if<CompileProgramOptions>(&*command)) return compile(*options);
    print(STDOUT_FILENO, std::get<Show>(*command).text);
    return 0;
}
