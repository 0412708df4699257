#include "building/clang_build.hpp"

#include "base/mapping.hpp"
#include "base/printable.hpp"
#include "base/unique_fd.hpp"
#include "building/depfile.hpp"
#include "building/object_file.hpp"
#include "building/process.hpp"
#include "building/tell.hpp"
#include "building/toolchain.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::building {

namespace {

using Words = std::vector<std::string>;

void append(Words& to, const Words& more) { to.insert(to.end(), more.begin(), more.end()); }

Words words_in(const char* variable)
{
    const char* const value = std::getenv(variable);
    std::string_view text = value == nullptr ? std::string_view{} : value;
    Words words;
    for (;;) {
        const size_t begin = text.find_first_not_of(" \t\n");
        if (begin == std::string_view::npos) return words;
        const size_t end = std::min(text.find_first_of(" \t\n", begin), text.size());
        words.emplace_back(text.substr(begin, end - begin));
        text.remove_prefix(end);
    }
}

std::string joined(const Words& words)
{
    std::string text;
    for (const std::string& word : words) (text += word) += '\0';
    return text;
}

std::string current_folder()
{
    std::array<char, PATH_MAX> path{};
    return ::getcwd(path.data(), path.size()) == nullptr ? std::string{} : path.data();
}

bool is_folder(const std::string& path)
{
    struct stat status{};
    return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

int64_t time_ns(clockid_t clock)
{
    timespec now{};
    ::clock_gettime(clock, &now);
    return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

/// A time that no file has that was changed until now, and that each has that is changed from here on, or a later one: at most some milliseconds
/// from now. Files are stamped with the kernel's coarse clock, which is late by up to two ticks, but with the exact one if somebody has
/// looked at their times since they were last changed (Linux 6.13). So the coarse one has to get past what the exact one says now.
int64_t next_file_time_ns()
{
    const int64_t now_ns = time_ns(CLOCK_REALTIME);
    constexpr int most = 40;
    for (int i = 0; i < most && time_ns(CLOCK_REALTIME_COARSE) <= now_ns; ++i) {
        const timespec pause{.tv_sec = 0, .tv_nsec = 1'000'000};
        ::nanosleep(&pause, nullptr);
    }
    return time_ns(CLOCK_REALTIME_COARSE);
}

std::string read_text(const std::string& path)
{
    const UniqueFd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!file) return {};
    const auto content = Mapping::map_file(file.get(), path);
    if (!content || content->size_bytes() == 0) return {};
    return {reinterpret_cast<const char*>(content->data()), content->size_bytes()};
}

/// A file on its way to an object.
struct Unit {
    std::string source;
    Words command;       // without where to
    std::string recipe;  // its name in the store
    std::string object;  // likewise; empty: not made yet
    std::string draft;
    std::vector<Store::Input> inputs;

    [[nodiscard]] std::string depfile() const { return draft + ".d.new"; }
};

class ClangBuild {
public:
    ClangBuild(const Source& source, const BuildOptions& options, ClangToolchain toolchain, Store& store)
        : m_source(source), m_options(options), m_toolchain(std::move(toolchain)), m_store(store), m_here(current_folder())
    {
    }

    Result<Built, Failure> build()
    {
        for (const std::string& file : m_source.files) m_units.push_back(unit_of(file));
        WEIR_CHECK(compile());
        WEIR_TRY(module, link());
        if (m_has_written) m_store.prune();
        Built built{.module = m_store.path_of(module), .file = {}, .version = module, .inputs = {}};
        if (m_options.wants_inputs) built.inputs = inputs();
        return built;
    }

private:
    [[nodiscard]] Unit unit_of(const std::string& file) const
    {
        const bool is_in_cpp = is_cpp(file);
        Unit unit;
        unit.source = file;
        unit.command = {is_in_cpp ? m_toolchain.cxx : m_toolchain.cc};
        append(unit.command, m_toolchain.target);
        append(unit.command, is_in_cpp ? Words{"-std=c++20", "-fno-exceptions"} : Words{"-std=gnu17"});
        append(unit.command, {"-O2", "-Wall", "-Wextra"});
        if (!m_options.is_release) unit.command.emplace_back("-g");
        if (m_source.is_folder)
            for (const std::string& folder : {m_source.folder, m_source.folder + "/include"})
                if (is_folder(folder)) append(unit.command, {"-I", folder});
        if (const std::string sdk = sdk_include_folder(); !sdk.empty()) append(unit.command, {"-isystem", sdk});
        append(unit.command, words_in(is_in_cpp ? "WEIR_CXXFLAGS" : "WEIR_CFLAGS"));
        append(unit.command, {"-c", file});
        unit.recipe = hash_of(m_toolchain.identity + joined(unit.command) + m_here) + ".inputs";
        return unit;
    }

    Result<void, Failure> compile()
    {
        std::vector<ProgramToRun> programs;
        std::vector<Unit*> missing;
        for (Unit& unit : m_units) {
            if (auto recipe = m_store.find_recipe(unit.recipe)) {
                unit.object = std::move(recipe->product);
                unit.inputs = std::move(recipe->inputs);
                continue;
            }
            unit.draft = m_store.draft();
            ProgramToRun program{.words = unit.command, .environment = {}, .folder = {}};
            append(program.words, {"-MD", "-MF", unit.depfile(), "-o", unit.draft});
            if (wants_colours()) program.words.emplace_back("-fcolor-diagnostics");
            programs.push_back(std::move(program));
            missing.push_back(&unit);
        }
        if (programs.empty()) return {};
        const int64_t begin_ns = next_file_time_ns();
        const auto ends = run_all(programs);
        if (!ends) return Unexpected{not_started(ends.error())};
        std::optional<Failure> failure;
        for (size_t i = 0; i < missing.size(); ++i) {
            tell((*ends)[i].errors);
            if ((*ends)[i].exit_code != 0) {
                if (!failure) failure = failed((*ends)[i].exit_code);
                ::unlink(missing[i]->draft.c_str());
                ::unlink(missing[i]->depfile().c_str());
            } else if (const auto kept = keep_object(*missing[i], begin_ns); !kept) {
                return Unexpected{kept.error()};
            }
        }
        if (failure) return Unexpected{*failure};
        return {};
    }

    /// Gives an object the name of all that it was made of.
    Result<void, Failure> keep_object(Unit& unit, int64_t begin_ns)
    {
        std::string content = m_toolchain.identity + joined(unit.command);
        bool is_certain = true;
        for (const std::string& path : parse_depfile(read_text(unit.depfile()))) {
            auto input = read_input(path.starts_with('/') ? path : m_here + "/" + path);
            // What has changed meanwhile is perhaps not what the compiler has read.
            if (!input || std::max(input->modified_ns, input->changed_ns) >= begin_ns) is_certain = false;
            if (!input) continue;
            content += input->path + '\0' + input->content + '\0';
            unit.inputs.push_back(std::move(*input));
        }
        ::unlink(unit.depfile().c_str());
        unit.object = hash_of(content) + ".object";
        m_has_written = true;
        WEIR_CHECK(m_store.keep(unit.draft, unit.object));
        if (is_certain) m_store.put_recipe(unit.recipe, {.product = unit.object, .inputs = unit.inputs});
        return {};
    }

    /// The module's name in the store.
    Result<std::string, Failure> link()
    {
        const bool has_main = !m_options.is_library && std::ranges::any_of(m_units, [this](const Unit& unit) {
            const std::string object = read_text(m_store.path_of(unit.object));
            return defines_main(std::as_bytes(std::span{object}));
        });
        Words command{m_toolchain.cxx.empty() ? m_toolchain.cc : m_toolchain.cxx};
        append(command, m_toolchain.target);
        // The linker's own 64 KiB are soon used up: frames of coroutines may be on the stack.
        command.emplace_back("-Wl,-z,stack-size=1048576");
        if (!has_main) command.emplace_back("-mexec-model=reactor");
        if (m_options.is_release) command.emplace_back("-Wl,--strip-debug");
        std::string content = m_toolchain.identity + joined(command);
        for (const Unit& unit : m_units) {
            command.push_back(m_store.path_of(unit.object));
            content += unit.object;
        }
        const Words last = words_in("WEIR_LDFLAGS");  // libraries have to stand behind objects
        append(command, last);
        std::string name = hash_of(content + joined(last)) + ".wasm";
        if (m_store.has(name)) return name;

        const std::string draft = m_store.draft();
        append(command, {"-o", draft});
        if (wants_colours()) command.emplace_back("-fcolor-diagnostics");
        auto ends = run_all({{.words = command, .environment = {}, .folder = {}}});
        if (!ends) return Unexpected{not_started(ends.error())};
        tell(ends->front().errors);
        if (ends->front().exit_code != 0) {
            ::unlink(draft.c_str());
            return Unexpected{failed(ends->front().exit_code)};
        }
        m_has_written = true;
        WEIR_CHECK(m_store.keep(draft, name));
        return name;
    }

    [[nodiscard]] Failure failed(int exit_code) const
    {
        if (auto missing = find_missing_library(m_toolchain)) return std::move(*missing);
        return {.error = "it does not compile", .because = {}, .hint = {}, .exit_code = exit_code, .is_told = true};
    }
    [[nodiscard]] static Failure not_started(const SysError& error)
    {
        return {.error = "cannot run the compiler", .because = printable(error.to_string()), .hint = {}};
    }

    /// All that was included, without what comes with the compiler; and of a folder whatever is put there.
    [[nodiscard]] std::vector<std::string> inputs() const
    {
        std::vector<std::string> paths;
        for (const Unit& unit : m_units)
            for (const Store::Input& input : unit.inputs)
                if (!input.path.starts_with("/usr/")) paths.push_back(input.path);
        if (m_source.is_folder) paths.push_back(m_source.folder + "/");
        std::ranges::sort(paths);
        paths.erase(std::ranges::unique(paths).begin(), paths.end());
        return paths;
    }

    const Source& m_source;
    const BuildOptions& m_options;
    ClangToolchain m_toolchain;
    Store& m_store;
    std::string m_here;
    std::vector<Unit> m_units;
    bool m_has_written = false;
};

}  // namespace

Result<Built, Failure> build_by_clang(const Source& source, const BuildOptions& options, Store& store)
{
    WEIR_TRY(toolchain, find_clang(source));
    return ClangBuild{source, options, std::move(toolchain), store}.build();
}

}  // namespace weir::building
