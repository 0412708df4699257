#include "building/toolchain.hpp"

#include "base/printable.hpp"

#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace weir::building {

namespace {

/// The suffixes of clang's names, the one whose libraries scripts and documents speak of first.
constexpr std::array clang_versions{"-22", "-23", "-24", "-21", "-20", "-19", "-18", "-17", "-16", ""};
constexpr std::string_view debian_headers = "/usr/include/wasm32-wasi", debian_libraries = "/usr/lib/wasm32-wasi";
constexpr std::string_view c_packages = "clang-22 lld-22 wasi-libc libclang-rt-22-dev-wasm32";
constexpr std::string_view cpp_packages = " libc++-22-dev-wasm32 libc++abi-22-dev-wasm32";

/// The program's path; empty when there is none. A name without a slash is looked for in PATH.
std::string find_program(const std::string& name)
{
    const auto is_program = [](const std::string& path) {
        struct stat status{};
        return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && ::access(path.c_str(), X_OK) == 0;
    };
    if (name.find('/') != std::string::npos) return is_program(name) ? name : std::string{};
    const char* const variable = std::getenv("PATH");
    std::string_view folders = variable == nullptr ? std::string_view{} : variable;
    while (!folders.empty()) {
        const size_t colon = folders.find(':');
        const std::string path = std::string{folders.substr(0, colon)} + "/" + name;
        if (path.front() == '/' && is_program(path)) return path;
        folders = colon == std::string_view::npos ? std::string_view{} : folders.substr(colon + 1);
    }
    return {};
}

/// Path, size and time of what stands at a path, behind all links.
std::string identity_of(const std::string& path)
{
    std::array<char, PATH_MAX> real{};
    struct stat status{};
    if (::realpath(path.c_str(), real.data()) == nullptr || ::stat(real.data(), &status) != 0) return path + " -\n";
    return std::string{real.data()} + " " + std::to_string(status.st_size) + " " + std::to_string(status.st_mtim.tv_sec) + "." +
           std::to_string(status.st_mtim.tv_nsec) + "\n";
}

std::string text_of(const char* variable)
{
    const char* const value = std::getenv(variable);
    return value == nullptr ? std::string{} : value;
}

std::string apt_line(bool needs_cpp)
{
    return "apt-get install " + std::string{c_packages} + std::string{needs_cpp ? cpp_packages : std::string_view{}};
}

/// The compiler that a variable names, else the one of the SDK, else the newest.
Result<std::string, Failure> find_compiler(const char* variable, const std::string& sdk, const std::string& name, bool is_for_cpp)
{
    if (const std::string wanted = text_of(variable); !wanted.empty()) {
        std::string found = find_program(wanted);
        if (!found.empty()) return found;
        return Unexpected{Failure{.error = "there is no compiler '" + printable(wanted) + "'",
                                  .because = std::string{variable} + " names it",
                                  .hint = {}}};
    }
    if (!sdk.empty()) {
        std::string found = find_program(sdk + "/bin/" + name);
        if (!found.empty()) return found;
        return Unexpected{Failure{.error = "there is no compiler '" + printable(sdk) + "/bin/" + name + "'",
                                  .because = "WASI_SDK_PATH names that folder",
                                  .hint = {}}};
    }
    for (const char* const version : clang_versions)
        if (std::string found = find_program(name + version); !found.empty()) return found;
    return Unexpected{Failure{.error = std::string{"there is no compiler for "} + (is_for_cpp ? "C++" : "C"),
                              .because = "weir compiles sources by clang, and finds no " + name + "-22 nor another version in PATH",
                              .hint = apt_line(is_for_cpp) + "  installs it on Debian; WASI_SDK_PATH names a wasi-sdk instead"}};
}

}  // namespace

bool is_cpp(std::string_view file) { return !file.ends_with(".c"); }

Result<ClangToolchain, Failure> find_clang(const Source& source)
{
    ClangToolchain toolchain;
    const std::string sdk = text_of("WASI_SDK_PATH");
    // Debian lays its libraries out for the triple's older name, about which clang warns.
    toolchain.target = sdk.empty() ? std::vector<std::string>{"--target=wasm32-wasi", "-Wno-deprecated"}
                                   : std::vector<std::string>{"--target=wasm32-wasip1"};
    const bool has_cpp = std::ranges::any_of(source.files, is_cpp), has_c = !std::ranges::all_of(source.files, is_cpp);
    if (has_cpp) {
        WEIR_TRY(found, find_compiler("WEIR_CXX", sdk, "clang++", true));
        toolchain.cxx = found;
        toolchain.identity += identity_of(found);
    }
    if (has_c) {
        WEIR_TRY(found, find_compiler("WEIR_CC", sdk, "clang", false));
        toolchain.cc = found;
        toolchain.identity += identity_of(found);
    }
    const std::string libraries = sdk.empty() ? std::string{debian_libraries} : sdk + "/share/wasi-sysroot/lib/wasm32-wasip1";
    for (const char* const library : {"/libc.a", "/libc++.a", "/libc++abi.a", "/crt1-command.o"})
        toolchain.identity += identity_of(libraries + library);
    return toolchain;
}

Result<GoToolchain, Failure> find_go()
{
    std::string go = find_program("go");
    if (go.empty()) go = find_program("/usr/local/go/bin/go");  // where Go's own archive is unpacked to
    if (go.empty())
        return Unexpected{Failure{.error = "there is no Go",
                                  .because = "weir builds Go packages by the command go, and finds none in PATH",
                                  .hint = "https://go.dev/dl/ has it; it takes Go 1.21 or later, libraries 1.24"}};
    std::string identity = identity_of(go);
    return GoToolchain{.go = std::move(go), .identity = std::move(identity)};
}

std::optional<Failure> find_missing_library(const ClangToolchain& toolchain)
{
    if (!text_of("WASI_SDK_PATH").empty()) return std::nullopt;
    const auto is_there = [](std::string_view folder, const char* file) {
        return ::access((std::string{folder} + file).c_str(), F_OK) == 0;
    };
    const bool needs_cpp = !toolchain.cxx.empty();
    const char* missing = nullptr;  // behind "there is no "
    if (!is_there(debian_headers, "/stdio.h")) missing = "C library for WebAssembly (wasi-libc)";
    else if (needs_cpp && (!is_there(debian_headers, "/c++/v1/vector") || !is_there(debian_libraries, "/libc++.a")))
        missing = "C++ library for WebAssembly (libc++)";
    else if (find_program("wasm-ld").empty() && find_program("wasm-ld-22").empty()) missing = "linker for WebAssembly (wasm-ld)";
    if (missing == nullptr) return std::nullopt;
    return Failure{
        .error = std::string{"there is no "} + missing, .because = {}, .hint = apt_line(needs_cpp) + "  installs it on Debian"};
}

std::string sdk_include_folder()
{
    std::array<char, PATH_MAX> self{};
    const ssize_t n = ::readlink("/proc/self/exe", self.data(), self.size());
    std::string path{self.data(), n > 0 ? static_cast<size_t>(n) : 0};
    // weir is in bin, weir-serve in libexec/weir or, where it was built, in bin as well.
    for (const char* const way : {"../include/weir-sdk", "../../include/weir-sdk"}) {
        std::string folder = path.substr(0, path.rfind('/') + 1) + way;
        if (::access((folder + "/weir/export.hpp").c_str(), F_OK) == 0) return folder;
    }
    return {};
}

}  // namespace weir::building
