#include "cli/attachment.hpp"
#include "cli/build.hpp"
#include "cli/cache_command.hpp"
#include "cli/command_line.hpp"
#include "cli/compile.hpp"
#include "cli/console.hpp"
#include "cli/inspect.hpp"
#include "cli/new.hpp"
#include "cli/persona/install.hpp"
#include "cli/persona/translate.hpp"
#include "cli/run.hpp"
#include "cli/serve.hpp"

#include <unistd.h>

#include <span>
#include <vector>

namespace weir::cli {

namespace {

using Words = std::span<const char* const>;

/// An executable of `weir build --exe`: all words are the program's.
int run_attached(const Attachment& attached, Words words)
{
    const auto args = words.subspan(words.empty() ? 0 : 1);
    auto options = parse_run_words(attached.options, words.empty() ? "program" : words.front(), {args.begin(), args.end()});
    if (!options) return report(options.error());
    options->attached = attached.image;
    return run(*options);
}

int carry_out(Words words, const Manners& manners)
{
    auto command = parse_command_line(words);
    if (!command) return report(command.error());
    if (auto* const options = std::get_if<RunOptions>(&*command)) {
        options->manners = manners;
        return run(*options);
    }
    if (const auto* const options = std::get_if<BuildCommandOptions>(&*command)) return build(*options);
    if (const auto* const options = std::get_if<NewProjectOptions>(&*command)) return make_project(*options);
    if (const auto* const options = std::get_if<InspectOptions>(&*command)) return inspect(*options);
    if (const auto* const how = std::get_if<Serve>(&*command)) return serve(*how);
    if (const auto* const options = std::get_if<CacheOptions>(&*command)) return manage_cache(*options);
    if (const auto* const options = std::get_if<CompileProgramOptions>(&*command)) return compile(*options);
    if (const auto* const options = std::get_if<PersonasOptions>(&*command)) return make_personas(*options);
    if (const auto* const text = std::get_if<Print>(&*command)) print(STDOUT_FILENO, text->text);
    else print_help(std::get<Show>(*command).text);
    return 0;
}

/// As the tool by whose name weir was called.
int stand_in(const persona::Tool& tool, Words words)
{
    const auto translation = persona::translate(tool, words);
    if (!translation) return report(translation.error());
    if (translation->words.empty()) {
        print_help(translation->text);
        return 0;
    }
    std::vector<const char*> own_words;
    for (const std::string& word : translation->words) own_words.push_back(word.c_str());
    reword_reports([&](std::string_view text) { return persona::in_words_of(*translation->command, text); });
    return carry_out(own_words, tool.manners);
}

}  // namespace

}  // namespace weir::cli

int main(int argc, char** argv)
{
    using namespace weir::cli;
    const Words words{argv, static_cast<size_t>(argc)};
    const auto after_name = words.subspan(words.empty() ? 0 : 1);
    const auto attached = find_attachment();
    if (!attached) return report(attached.error());
    if (*attached) return run_attached(**attached, words);
    const persona::Tool* const tool = words.empty() ? nullptr : persona::find_tool(words.front());
    return tool == nullptr ? carry_out(after_name, {}) : stand_in(*tool, after_name);
}
