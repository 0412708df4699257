#include "cli/new.hpp"

#include "base/unique_fd.hpp"
#include "cli/templates.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

namespace weir::cli {

// clang-format off
const std::string_view new_help = R"(weir new [KIND] NAME [--lang c++|go]   make a project in a new folder NAME

  command   a program with a main function (what is made when no KIND is given)
  http      an HTTP server
  fastly    an edge service for Fastly Compute
  reactor   a library of functions that others call

  --lang LANGUAGE   c++ (the default) or go

Examples:
  weir new hello && cd hello && make run
  weir new http server --lang go && weir run --net=tcp:listen server
)";
// clang-format on

namespace {

struct Kind {
    std::string_view name;
    std::string_view command;  // that runs a project of it, for a folder
};
constexpr std::array kinds{
    Kind{"command", "weir run {}"},
    Kind{"http", "weir run --net=tcp:listen=127.0.0.1:3000 {}"},
    Kind{"fastly", "weir serve {}"},
    Kind{"reactor", "weir run --invoke add {} 2 3"},
};

Problem new_usage(std::string error, std::string because = {}, std::string hint = "weir new --help  shows what there is")
{
    return {.error = std::move(error), .because = std::move(because), .hint = std::move(hint), .exit_code = exit_usage};
}

std::string project_name(std::string_view folder)
{
    while (folder.size() > 1 && folder.ends_with('/')) folder.remove_suffix(1);
    return std::string{folder.substr(folder.rfind('/') + 1)};  // npos + 1 is 0
}

/// What is a name for files, Go's modules and TOML's strings alike.
bool is_project_name(std::string_view name)
{
    const auto is_fit = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    };
    return !name.empty() && name.front() != '.' && name.front() != '-' && std::ranges::all_of(name, is_fit);
}

std::optional<std::string_view> language_named(std::string_view name)
{
    if (name == "c++" || name == "cpp" || name == "C++") return "cpp";
    if (name == "go" || name == "Go") return "go";
    return std::nullopt;
}

std::string fill_in(std::string_view content, std::string_view name)
{
    constexpr std::string_view place = "@NAME@";
    std::string text;
    for (;;) {
        const size_t at = content.find(place);
        text += content.substr(0, at);
        if (at == std::string_view::npos) return text;
        text += name;
        content.remove_prefix(at + place.size());
    }
}

Problem cannot_make(const std::string& path)
{
    return {.error = fmt::format("cannot make '{}'", printable(path)), .because = std::strerror(errno), .hint = {}};
}

Result<void, Problem> make_file(const std::string& path, std::string_view content)
{
    const UniqueFd file{::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666)};
    if (!file) return Unexpected{cannot_make(path)};
    while (!content.empty()) {
        const ssize_t n = ::write(file.get(), content.data(), content.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return Unexpected{cannot_make(path)};
        content.remove_prefix(static_cast<size_t>(n));
    }
    return {};
}

Result<void, Problem> try_make(const NewProjectOptions& options)
{
    if (::mkdir(options.folder.c_str(), 0777) != 0) {
        // An empty folder is as good as a new one.
        if (errno != EEXIST) return Unexpected{cannot_make(options.folder)};
        if (::rmdir(options.folder.c_str()) != 0 || ::mkdir(options.folder.c_str(), 0777) != 0)
            return Unexpected{Problem{.error = fmt::format("'{}' is there already", printable(options.folder)),
                                      .because = "weir new makes a folder, and changes none that has something in it",
                                      .hint = {}}};
    }
    const std::string name = project_name(options.folder);
    for (const TemplateFile& file : templates())
        if (file.kind == options.kind && file.language == options.language)
            WEIR_CHECK(make_file(options.folder + "/" + std::string{file.path}, fill_in(file.content, name)));
    return {};
}

}  // namespace

Result<NewProjectOptions, Problem> parse_new(std::span<const char* const> words)
{
    NewProjectOptions options;
    std::vector<std::string_view> names;
    for (size_t i = 0; i < words.size(); ++i) {
        const std::string_view word = words[i];
        std::string_view language;
        if (word.starts_with("--lang=")) {
            language = word.substr(7);
        } else if (word == "--lang") {
            if (++i == words.size()) return Unexpected{new_usage("option --lang needs a value: --lang c++, --lang go")};
            language = words[i];
        } else if (word.starts_with('-')) {
            return Unexpected{new_usage(fmt::format("weir new has no option {}", printable(word)))};
        } else {
            names.push_back(word);
            continue;
        }
        const auto known = language_named(language);
        if (!known)
            return Unexpected{
                new_usage(fmt::format("weir new makes no project in '{}'", printable(language)), {}, "--lang is c++ or go")};
        options.language = *known;
    }
    if (names.size() > 2)
        return Unexpected{new_usage("weir new makes one project", fmt::format("'{}' is one too many", printable(names[2])))};
    const bool is_kind_alone = names.size() == 1 && std::ranges::find(kinds, names[0], &Kind::name) != kinds.end();
    if (names.empty() || is_kind_alone)
        return Unexpected{new_usage("weir new: which name?", {}, "weir new [command|http|fastly|reactor] NAME [--lang c++|go]")};
    if (names.size() == 2) {
        if (std::ranges::find(kinds, names[0], &Kind::name) == kinds.end())
            return Unexpected{new_usage(fmt::format("weir new knows no kind of project '{}'", printable(names[0])), {},
                                        "the kinds are command, http, fastly and reactor")};
        options.kind = names[0];
    }
    options.folder = names.back();
    if (!is_project_name(project_name(options.folder)))
        return Unexpected{new_usage(fmt::format("'{}' is no name for a project", printable(project_name(options.folder))),
                                    "it is made of letters, digits, '-', '_' and '.', and begins with a letter or digit")};
    return options;
}

int make_project(const NewProjectOptions& options)
{
    const auto made = try_make(options);
    if (!made) return report(made.error());
    const auto* const kind = std::ranges::find(kinds, options.kind, &Kind::name);
    std::string text = fmt::format("{} has\n", printable(options.folder));
    for (const TemplateFile& file : templates())
        if (file.kind == options.kind && file.language == options.language) text += fmt::format("  {}\n", file.path);
    print(STDOUT_FILENO, text + fmt::format("\n{}   runs it;  README.md says what else\n",
                                            fmt::format(fmt::runtime(kind->command), printable(options.folder))));
    return 0;
}

}  // namespace weir::cli
