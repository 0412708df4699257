#include "building/go_build.hpp"

#include "base/printable.hpp"
#include "building/process.hpp"
#include "building/tell.hpp"
#include "building/toolchain.hpp"

#include <algorithm>
#include <climits>
#include <cstdlib>
#include <memory>
#include <string_view>

namespace weir::building {

namespace {

using Words = std::vector<std::string>;

/// The name of a file that is named with its folder.
std::string name_in_folder(const std::string& file) { return file.substr(file.rfind('/') + 1); }

std::string real_path(const std::string& path)
{
    const std::unique_ptr<char, decltype(&std::free)> real{::realpath(path.c_str(), nullptr), &std::free};
    return real == nullptr ? path : real.get();
}

ProgramToRun go_program(const GoToolchain& toolchain, const Source& source, const Words& words)
{
    ProgramToRun program{
        .words = {toolchain.go}, .environment = {"GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0"}, .folder = source.folder};
    program.words.insert(program.words.end(), words.begin(), words.end());
    if (source.is_folder) program.words.emplace_back(".");
    for (const std::string& file : source.files) program.words.push_back("./" + name_in_folder(file));
    return program;
}

/// The folders of all packages that are not Go's own, and the files that say which those are.
Result<std::vector<std::string>, SysError> find_inputs(const GoToolchain& toolchain, const Source& source)
{
    const Words words{"list", "-e", "-deps", "-f",
                      "{{if not .Standard}}{{$dir := .Dir}}{{.Dir}}/\n{{range .EmbedFiles}}{{$dir}}/{{.}}\n{{end}}{{with "
                      ".Module}}{{.GoMod}}{{end}}{{end}}"};
    WEIR_TRY(ends, run_all({go_program(toolchain, source, words)}));
    std::vector<std::string> paths{real_path(source.folder) + "/"};
    for (std::string_view rest = ends.front().output; !rest.empty();) {
        const size_t end = std::min(rest.find('\n'), rest.size());
        if (end > 1) paths.emplace_back(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    std::ranges::sort(paths);
    paths.erase(std::ranges::unique(paths).begin(), paths.end());
    return paths;
}

}  // namespace

Result<Built, Failure> build_by_go(const Source& source, const BuildOptions& options, Store& store)
{
    WEIR_TRY(toolchain, find_go());
    Words words{"build"};
    if (options.is_library) words.emplace_back("-buildmode=c-shared");
    if (options.is_release) words.insert(words.end(), {"-trimpath", "-ldflags=-s -w"});
    // One name for a package: then Go sees by itself that what is there is up to date.
    std::string content = toolchain.identity + real_path(source.folder);
    for (const std::string& word : words) content += '\0' + word;
    for (const std::string& file : source.files) content += '\0' + name_in_folder(file);
    Built built{.module = store.path_of(hash_of(content) + ".wasm"), .file = {}, .version = {}, .inputs = {}};
    words.insert(words.end(), {"-o", built.module});

    const auto ends = run_all({go_program(toolchain, source, words)});
    const auto cannot_run = [](const SysError& error) {
        return Failure{.error = "cannot run Go", .because = printable(error.to_string()), .hint = {}};
    };
    if (!ends) return Unexpected{cannot_run(ends.error())};
    const auto& end = ends->front();
    tell(end.errors);
    if (end.exit_code != 0)
        return Unexpected{
            Failure{.error = "it does not compile", .because = {}, .hint = {}, .exit_code = end.exit_code, .is_told = true}};
    store.prune();
    built.version = version_of(built.module);
    if (options.wants_inputs) {
        auto inputs = find_inputs(toolchain, source);
        if (!inputs) return Unexpected{cannot_run(inputs.error())};
        built.inputs = std::move(*inputs);
    }
    return built;
}

}  // namespace weir::building
