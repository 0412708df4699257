#include "cli/input.hpp"

#include "base/mapping.hpp"
#include "base/sys_error.hpp"
#include "base/unique_fd.hpp"
#include "cli/attachment.hpp"
#include "cli/syntax/syntax.hpp"
#include "wasm/decode.hpp"
#include "wasm/load.hpp"

#include <fmt/format.h>

#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <initializer_list>
#include <span>
#include <string_view>
#include <thread>
#include <utility>

namespace weir::cli {

namespace {

/// Below this a second thread takes longer to start than it saves.
constexpr size_t parallel_validation_bytes = size_t{1} << 20;

std::string quoted(std::string_view text) { return "'" + printable(text) + "'"; }

/// The name in the file's folder that is most like the one that is not there; empty when none is near.
std::string nearest_file(const std::string& path)
{
    const size_t slash = path.rfind('/');
    const std::string folder = slash == std::string::npos ? "" : path.substr(0, slash + 1);
    const std::string wanted = path.substr(folder.size());
    DIR* const dir = ::opendir(folder.empty() ? "." : folder.c_str());
    if (dir == nullptr) return {};
    std::string best;
    size_t best_distance = SIZE_MAX;
    while (const dirent* const entry = ::readdir(dir)) {
        const std::string_view name = entry->d_name;
        if (name == "." || name == "..") continue;
        const bool is_stem = name == wanted + ".wasm";
        if (!is_stem && !is_near(wanted, name)) continue;
        const size_t distance = is_stem ? 0 : edit_distance(wanted, name);
        if (distance < best_distance) {
            best_distance = distance;
            best = name;
        }
    }
    ::closedir(dir);
    return best.empty() ? best : folder + best;
}

/// A word that was meant for a command and is none: it was taken for a file.
std::string_view nearest_command(std::string_view word)
{
    std::string_view best;
    for (const syntax::Command& command : syntax::commands())
        if (!command.name.empty() && is_near(word, command.name) &&
            (best.empty() || edit_distance(word, command.name) < edit_distance(word, best)))
            best = command.name;
    return best;
}

Problem cannot_open(const std::string& path, int code)
{
    Problem problem{.error = "cannot open " + quoted(path), .because = std::strerror(code), .hint = {}};
    if (code == ENOENT) {
        problem.error = "there is no file " + quoted(path);
        problem.because.clear();
        if (const std::string near = nearest_file(path); !near.empty()) problem.hint = "did you mean " + quoted(near) + "?";
        else if (const std::string_view command = nearest_command(path); !command.empty())
            problem.hint = fmt::format("did you mean the command  weir {}?", command);
    } else if (code == EACCES) {
        problem.because = "you may not read it";
        problem.hint = fmt::format("chmod +r {}", printable(path));
    }
    return problem;
}

bool has_extension(std::string_view path, std::initializer_list<std::string_view> extensions)
{
    return std::ranges::any_of(extensions, [&](std::string_view extension) { return path.ends_with(extension); });
}

Problem is_text(const std::string& path, std::string_view content)
{
    Problem problem{.error = quoted(path) + " is text, not a WebAssembly module", .because = {}, .hint = {}};
    const size_t start = std::min(content.find_first_not_of(" \t\r\n"), content.size());
    content.remove_prefix(start);
    if (path.ends_with(".wat") || content.starts_with("(module") || content.starts_with("(component") ||
        content.starts_with(";;")) {
        problem.because = "it is in WebAssembly's text format; weir reads the binary format";
        problem.hint = fmt::format("wasm-tools parse {} -o x.wasm  (or wat2wasm) makes a module of it", printable(path));
    } else if (has_extension(path, {".c"})) {
        problem.because = "it looks like C source";
        problem.hint = fmt::format("weir build -o x.wasm {}  compiles it", printable(path));
    } else if (has_extension(path, {".cpp", ".cc", ".cxx"}) || content.starts_with("#include")) {
        problem.because = "it looks like C++ or C source";
        problem.hint = fmt::format("weir build -o x.wasm {}  compiles it", printable(path));
    } else if (has_extension(path, {".go"})) {
        problem.because = "it looks like Go source";
        problem.hint = fmt::format("weir build -o x.wasm {}  compiles it", printable(path));
    } else if (content.starts_with("#!")) {
        problem.because = "it looks like a script";
    } else {
        problem.hint = "weir takes modules (.wasm), and builds sources in C, C++ and Go";
    }
    return problem;
}

/// Files of other kinds that people give to weir, by how they start.
std::string_view other_kind(std::string_view content)
{
    if (content.starts_with("\x7f"
                            "ELF"))
        return "it is a native program or library (ELF); compile for wasm32-wasi instead";
    if (content.starts_with("BC\xc0\xde")) return "it is LLVM bitcode, not linked yet";
    if (content.starts_with("!<arch>")) return "it is a library archive, not linked yet";
    if (content.starts_with("\x1f\x8b") || content.starts_with("PK\x03\x04") || content.starts_with("\x28\xb5\x2f\xfd"))
        return "it is a compressed file; unpack it first";
    return "it does not begin with the four bytes of one, \"\\0asm\"";
}

Problem not_a_module(const std::string& path, std::span<const std::byte> bytes, const wasm::ModuleError& error)
{
    const std::string_view content{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    constexpr std::string_view magic{"\0asm", 4};
    switch (error.kind) {
    case wasm::ErrorKind::empty:
        return {.error = quoted(path) + " is empty", .because = {}, .hint = "did the compiler that should write it fail?"};
    case wasm::ErrorKind::text: return is_text(path, content);
    case wasm::ErrorKind::component:
        return {.error = quoted(path) + " is a WebAssembly component, not a module",
                .because = "weir runs core modules of WASI preview 1; components (WASI preview 2) are another format",
                .hint = "build for wasm32-wasip1 instead of wasm32-wasip2"};
    case wasm::ErrorKind::not_wasm:
        if (!content.empty() && content.size() < magic.size() && magic.starts_with(content)) break;
        return {.error = quoted(path) + " is not a WebAssembly module", .because = std::string{other_kind(content)}, .hint = {}};
    case wasm::ErrorKind::malformed:
    case wasm::ErrorKind::invalid:
    case wasm::ErrorKind::limit: break;
    }
    if (error.kind == wasm::ErrorKind::limit)
        return {.error = quoted(path) + " is beyond what weir accepts", .because = printable(error.to_string()), .hint = {}};
    if (error.kind == wasm::ErrorKind::invalid)
        return {.error = quoted(path) + " is not a valid module",
                .because = printable(error.to_string()),
                .hint = "the compiler that made it has a defect, or the file was changed"};
    const bool is_cut_short = error.offset_bytes >= bytes.size() || error.message.find("unexpected end") != std::string::npos;
    return {.error = quoted(path) + (is_cut_short ? " is cut short, or damaged" : " is damaged"),
            .because = printable(error.to_string()) + fmt::format(" (the file has {} bytes)", bytes.size()),
            .hint = is_cut_short ? "was the download or copy complete?" : ""};
}

/// A file's content in memory of its own; less than `size` when the file has become shorter.
Result<Mapping, SysError> read_all(int fd, size_t size)
{
    WEIR_TRY(copy, Mapping::map(size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1));
    for (size_t done = 0; done < size;) {
        const ssize_t n = ::read(fd, copy.data() + done, size - done);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return Unexpected{last_error("read")};
        if (n == 0) break;  // the zeros that are left are no section of a module: it is refused
        done += static_cast<size_t>(n);
    }
    return std::move(copy);
}

struct InputFile {
    UniqueFd file;
    struct stat status{};
    std::shared_ptr<const Mapping> content;
};

Result<InputFile, Problem> take_input(const std::string& path, FileBytes how)
{
    // Without O_NONBLOCK opening a FIFO that nobody writes to would wait for ever.
    InputFile input{.file = UniqueFd{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)}, .content = {}};
    if (!input.file) return Unexpected{cannot_open(path, errno)};
    if (::fstat(input.file.get(), &input.status) != 0) return Unexpected{cannot_open(path, errno)};
    if (S_ISDIR(input.status.st_mode))
        return Unexpected{Problem{.error = quoted(path) + " is a folder, not a module",
                                  .because = {},
                                  .hint = "to grant it to a program: weir run --dir " + printable(path) + " FILE"}};
    if (!S_ISREG(input.status.st_mode))
        return Unexpected{Problem{.error = quoted(path) + " is not a regular file",
                                  .because = "weir maps modules into memory instead of reading them",
                                  .hint = "write it to a file first"}};
    Mapping mapping;
    if (input.status.st_size != 0) {  // which mmap refuses
        const auto size = static_cast<size_t>(input.status.st_size);
        auto mapped = how == FileBytes::mapped ? Mapping::map(size, PROT_READ, MAP_PRIVATE, input.file.get())
                                               : read_all(input.file.get(), size);
        if (!mapped)
            return Unexpected{Problem{.error = "cannot read " + quoted(path), .because = mapped.error().to_string(), .hint = {}}};
        mapping = std::move(*mapped);
    }
    input.content = std::make_shared<const Mapping>(std::move(mapping));
    return input;
}

Result<std::shared_ptr<const wasm::Module>, Problem> load(const std::string& path, const std::shared_ptr<const Mapping>& content,
                                                          std::shared_ptr<wasm::TypeRegistry> registry)
{
    const auto bytes = content->bytes();
    const unsigned threads = bytes.size() < parallel_validation_bytes ? 1 : std::max(1U, std::thread::hardware_concurrency());
    auto module = wasm::load_module(bytes, content, std::move(registry), {.threads = threads, .limits = {}, .rules = {}});
    if (!module) return Unexpected{not_a_module(path, bytes, module.error())};
    return std::move(*module);
}

Problem not_for_here(const std::string& path, cache::ImageProblem problem, const runtime::Engine& engine)
{
    const std::string again = "weir compile FILE -o " + printable(path) + "  compiles the module again";
    switch (problem) {
    case cache::ImageProblem::other_build:
        return {.error = quoted(path) + " was compiled by another weir",
                .because = "machine code is of use only to the build that made it",
                .hint = again};
    case cache::ImageProblem::other_processor:
        return {.error = quoted(path) + " was compiled for another processor",
                .because = "its code may use instructions that this one does not have",
                .hint = again};
    case cache::ImageProblem::other_settings: {
        const bool has_guard_pages = cache::settings_here(cache::Settings::Tiers::by_heat, engine).has_guard_pages != 0;
        return {.error = quoted(path) + (has_guard_pages ? " was compiled for checked memory accesses"
                                                         : " was compiled for memories with guard pages"),
                .because = has_guard_pages
                             ? ""
                             : "there is too little address space for them here (ulimit -v), or --bounds checked was given",
                .hint = has_guard_pages ? "--bounds checked  runs it" : "weir compile --bounds checked  makes one that needs none"};
    }
    default: return {.error = quoted(path) + " is damaged", .because = "its checksum is another one", .hint = again};
    }
}

Problem is_compiled(const std::string& path)
{
    return {.error = quoted(path) + " is a compiled program, not a module",
            .because = "weir compile made it of one",
            .hint = fmt::format("weir run {0}  runs it; weir inspect {0}  shows the module that is in it", printable(path))};
}

Result<LoadedModule, Problem> load_program(const std::string& path, InputFile input, const runtime::Engine& engine,
                                           cache::Cache* cache, LoadFor what)
{
    UniqueFd same_file{cache == nullptr ? -1 : ::fcntl(input.file.get(), F_DUPFD_CLOEXEC, 0)};
    const auto settings = cache::settings_here(cache::Settings::Tiers::by_heat, engine);
    const auto opened = cache::open_image(std::move(input.file), settings, cache::Checks::tables);
    if (!opened) return Unexpected{not_for_here(path, opened.error(), engine)};
    // weir has validated it before it was compiled.
    const auto module = wasm::decode(opened->module, opened->image, engine.types());
    const bool is_to_run = what == LoadFor::running;
    constexpr bool counts = true;  // for the tier after it, whether or not there is one here
    if (module && is_to_run && same_file) {
        auto image =
            cache->find_program(cache::ModuleFile{std::move(same_file), input.status, path}, opened->header, opened->module);
        if (image != nullptr && runtime::is_consistent(*image, **module, counts))
            return LoadedModule{.module = *module, .image = std::move(image), .is_program = true};
    }
    if (!module || (is_to_run && !runtime::is_consistent(*opened->image, **module, counts)))
        return Unexpected{not_for_here(path, cache::ImageProblem::damaged, engine)};
    return LoadedModule{.module = *module, .image = opened->image, .is_program = true};
}

}  // namespace

Result<std::shared_ptr<const wasm::Module>, Problem> load_file(const std::string& path,
                                                               std::shared_ptr<wasm::TypeRegistry> registry, FileBytes how)
{
    WEIR_TRY(input, take_input(path, how));
    if (cache::is_image(input.content->bytes())) return Unexpected{is_compiled(path)};
    return load(path, input.content, std::move(registry));
}

Result<LoadedModule, Problem> load_file(const std::string& path, const runtime::Engine& engine, cache::Cache* cache, FileBytes how,
                                        LoadFor what)
{
    WEIR_TRY(input, take_input(path, how));
    if (cache::is_image(input.content->bytes())) return load_program(path, std::move(input), engine, cache, what);
    auto content = input.content;
    if (cache != nullptr) {
        cache::ModuleFile file{std::move(input.file), input.status, path};
        // What was copied from a file that changed meanwhile is not what the file's memo is of.
        const bool is_known = how == FileBytes::mapped || file.is_unchanged();
        auto image = is_known ? cache->find(std::move(file), content->bytes()) : nullptr;
        auto module = image == nullptr ? nullptr : wasm::decode(content->bytes(), content, engine.types()).value_or(nullptr);
        if (module != nullptr && runtime::is_consistent(*image, *module, engine.tier_up() != nullptr))
            return LoadedModule{.module = std::move(module), .image = std::move(image)};
    }
    WEIR_TRY(module, load(path, content, engine.types()));
    return LoadedModule{.module = std::move(module), .image = nullptr};
}

Result<LoadedModule, Problem> load_attached(const std::string& name, const cache::ImageRange& range, const runtime::Engine& engine)
{
    UniqueFd file = open_executable();
    if (!file) return Unexpected{cannot_open(name, errno)};
    const auto content = cache::read_image_module(file.get(), range);
    const auto module = wasm::decode(content.bytes, content.owner, engine.types());
    const Problem is_damaged{
        .error = quoted(name) + " is damaged", .because = "the program in it is not what was built", .hint = {}};
    if (!module) return Unexpected{is_damaged};
    const auto settings = cache::settings_here(cache::Settings::Tiers::by_heat, engine);
    const auto opened = cache::open_image(std::move(file), settings, cache::Checks::tables, range);
    if (!opened && opened.error() != cache::ImageProblem::other_processor && opened.error() != cache::ImageProblem::other_settings)
        return Unexpected{is_damaged};
    if (!opened) return LoadedModule{.module = *module, .image = nullptr, .is_program = true};
    constexpr bool counts = true;  // for the tier after it, whether or not there is one here
    if (!runtime::is_consistent(*opened->image, **module, counts)) return Unexpected{is_damaged};
    return LoadedModule{.module = *module, .image = opened->image, .is_program = true};
}

}  // namespace weir::cli
