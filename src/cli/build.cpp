#include "cli/build.hpp"

#include "base/mapping.hpp"
#include "building/source.hpp"
#include "cli/attachment.hpp"
#include "cli/command_line.hpp"
#include "cli/compile.hpp"
#include "cli/input.hpp"
#include "cli/network.hpp"
#include "cli/output_file.hpp"
#include "cli/program.hpp"
#include "cli/run.hpp"
#include "cli/world.hpp"
#include "wasm/type_registry.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

namespace weir::cli {

// clang-format off
const std::string_view build_help = R"(weir build [OPTIONS] [FILE|FOLDER]   build a program of sources (of this folder)

  -o OUT                where to (NAME.wasm; with --exe NAME)
  --release             without what debuggers and traps' source lines need
  --reactor             a library of exports, not a command

  --exe                 one native executable with the program inside, of a
                        source or a module; it needs neither weir nor libraries
  -O0, -O1, -O2, -O3    how it is compiled, as by  weir compile
  --dir, --env, --env-inherit, --cwd, --net, --listen, --dial, --timeout,
  --max-memory, --max-stack, --max-open-files
                        what it may do, as for  weir run; all arguments that it
                        is called with are the program's

Examples:
  weir build -o hello.wasm hello.cpp
  weir build --exe --dir /srv::/ --net=tcp:listen=0.0.0.0:80 -o server ./server
)";
// clang-format on

namespace {

/// Those options of `weir run` that say what a program may do. The others are about how weir runs it.
constexpr std::array grant_options{"--dir",  "--env",     "--env-inherit", "--cwd",       "--net",           "--listen",
                                   "--dial", "--timeout", "--max-memory",  "--max-stack", "--max-open-files"};

Problem build_usage(std::string error, std::string because = {}, std::string hint = "weir build --help  shows the options")
{
    return {.error = std::move(error), .because = std::move(because), .hint = std::move(hint), .exit_code = exit_usage};
}

/// What is wrong with them is told now, not when the executable runs.
Result<void, Problem> check_grants(const std::vector<std::string>& grants)
{
    WEIR_TRY(options, parse_run_words(grants, "program", {}));
    for (const std::string& directory : options.directories) WEIR_CHECK(parse_directory(directory));
    WEIR_CHECK(network_config(options.network));
    return {};
}

std::string default_output(const BuildCommandOptions& options)
{
    std::string stem;
    if (const auto source = building::find_source(options.file); source && *source) {
        stem = building::stem_of(**source);
    } else {
        stem = options.file.substr(options.file.rfind('/') + 1);
        stem = stem.substr(0, stem.rfind('.'));
    }
    return options.is_executable ? stem : stem + ".wasm";
}

Result<void, Problem> check_not_the_same(const std::string& a, const std::string& b)
{
    struct stat first{}, second{};
    if (::stat(a.c_str(), &first) != 0 || ::stat(b.c_str(), &second) != 0) return {};
    if (S_ISDIR(second.st_mode))
        return Unexpected{
            build_usage(fmt::format("'{}' is a folder", printable(b)), "what is built is written to a file", "-o OUT  names one")};
    if (first.st_dev != second.st_dev || first.st_ino != second.st_ino) return {};
    return Unexpected{
        build_usage(fmt::format("'{}' would replace the module itself", printable(b)), {}, "-o OUT  names another file")};
}

Result<void, Problem> copy_module(const std::string& module, const std::string& output)
{
    const UniqueFd file{::open(module.c_str(), O_RDONLY | O_CLOEXEC)};
    const auto content = file ? Mapping::map_file(file.get(), module) : Unexpected{last_error("open", module)};
    if (!content)
        return Unexpected{
            Problem{.error = "what was built cannot be read", .because = printable(content.error().to_string()), .hint = {}}};
    WEIR_TRY(out, OutputFile::create(output, 0666));
    WEIR_CHECK(out.write(content->bytes()));
    return out.finish();
}

/// What weir itself, without the programs beside it, can run.
Result<void, Problem> check_runs_alone(const std::string& name, const std::string& module)
{
    WEIR_TRY(loaded, load_file(module, std::make_shared<wasm::TypeRegistry>()));
    switch (world_of(*loaded)) {
    case WorldKind::command:
    case WorldKind::sockets: return {};
    case WorldKind::edge_service:
        return Unexpected{
            Problem{.error = fmt::format("'{}' is an edge service, of which weir makes no executable", printable(name)),
                    .because = "it takes the server that  weir serve  is",
                    .hint = {}}};
    case WorldKind::reactor: break;
    }
    return Unexpected{Problem{.error = fmt::format("'{}' is a library, of which weir makes no executable", printable(name)),
                              .because = "it exports no function _start to begin with",
                              .hint = "programs in C and C++ call its functions: docs/embedding.md"}};
}

Result<void, Problem> make_executable(const BuildCommandOptions& options, const std::string& module, const std::string& output)
{
    WEIR_CHECK(check_runs_alone(options.file, module));
    WEIR_TRY(executable, own_executable());
    WEIR_TRY(file, OutputFile::create(output, 0777));
    WEIR_CHECK(file.write(executable));
    WEIR_CHECK(compile_to(file.descriptor(), {.file = options.file, .output = {}, .level = options.level}, module));
    const off_t end = ::lseek(file.descriptor(), 0, SEEK_CUR);
    const Attachment attached{.image = {.offset = executable.size(), .size_bytes = static_cast<uint64_t>(end) - executable.size()},
                              .options = {}};
    const std::string words = pack_options(options.grants);
    WEIR_CHECK(file.write(std::as_bytes(std::span{words})));
    WEIR_CHECK(attach(executable, attached, words.size()));
    if (::lseek(file.descriptor(), 0, SEEK_SET) != 0)
        return Unexpected{
            Problem{.error = fmt::format("cannot write '{}'", printable(output)), .because = std::strerror(errno), .hint = {}}};
    WEIR_CHECK(file.write(executable));
    return file.finish();
}

Result<void, Problem> try_build(const BuildCommandOptions& options)
{
    const std::string output = options.output.empty() ? default_output(options) : options.output;
    WEIR_TRY(program, find_program(options.file, {.is_library = options.is_library, .is_release = options.is_release}));
    if (program.module == options.file && !options.is_executable) {
        WEIR_CHECK(load_file(program.module, std::make_shared<wasm::TypeRegistry>()));
        return Unexpected{
            build_usage(fmt::format("'{}' is no source to build", printable(options.file)), {},
                        fmt::format("weir build --exe {0}  makes an executable of a module; weir compile {0}  a program for weir",
                                    printable(options.file)))};
    }
    WEIR_CHECK(check_not_the_same(program.module, output));
    return options.is_executable ? make_executable(options, program.module, output) : copy_module(program.module, output);
}

}  // namespace

Result<BuildCommandOptions, Problem> parse_build(std::span<const char* const> words)
{
    BuildCommandOptions options;
    bool has_file = false, has_level = false;
    while (!words.empty()) {
        const std::string_view word = words.front();
        if (const auto count = words_of_run_option(words);
            count && std::ranges::find(grant_options, word.substr(0, word.find('='))) != grant_options.end()) {
            WEIR_TRY(taken, *count);
            for (size_t i = 0; i < taken; ++i) options.grants.emplace_back(words[i]);
            words = words.subspan(taken);
            continue;
        }
        words = words.subspan(1);
        if (word == "-o") {
            if (words.empty()) return Unexpected{build_usage("option -o needs a value: -o OUT")};
            options.output = words.front();
            words = words.subspan(1);
        } else if (word == "--exe") {
            options.is_executable = true;
        } else if (word == "--release") {
            options.is_release = true;
        } else if (word == "--reactor") {
            options.is_library = true;
        } else if (word.size() == 3 && word.starts_with("-O") && word[2] >= '0' && word[2] <= '3') {
            options.level = static_cast<unsigned>(word[2] - '0');
            has_level = true;
        } else if (word.size() > 1 && word.starts_with("-")) {
            return Unexpected{build_usage(fmt::format("weir build has no option {}", printable(word)))};
        } else if (has_file) {
            return Unexpected{
                build_usage("weir build takes one file or folder", fmt::format("'{}' is one too many", printable(word)))};
        } else {
            options.file = word;
            has_file = true;
        }
    }
    if (!options.is_executable && (has_level || !options.grants.empty()))
        return Unexpected{build_usage(fmt::format("{} is for executables", has_level ? "-O" : options.grants.front()),
                                      "a module is run with what  weir run  grants it", "weir build --exe  makes an executable")};
    if (options.is_executable) WEIR_CHECK(check_grants(options.grants));
    return options;
}

int build(const BuildCommandOptions& options)
{
    const auto done = try_build(options);
    return done ? 0 : report(done.error());
}

}  // namespace weir::cli
