// weir-llvm: compiles functions with LLVM for a weir that asks at standard input, a socket.

#include "base/mapping.hpp"
#include "baseline/baseline.hpp"
#include "compile_process/serve.hpp"
#include "optimizing/optimizing.hpp"
#include "optimizing/source_lines.hpp"

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

/// "-O1" to "-O3", from a weir of the same build.
unsigned effort_of(std::string_view word) { return word.ends_with('1') ? 1 : word.ends_with('3') ? 3 : 2; }

/// `weir-llvm --source-lines OFFSET...`: what the DWARF sections of the module at standard input say of these places (source_lines.hpp).
int print_source_lines(int argc, char** argv)
{
    constexpr rlim_t max_seconds = 30;  // of a processor: it reads what a guest brings along
    const rlimit limit{.rlim_cur = max_seconds, .rlim_max = max_seconds};
    ::setrlimit(RLIMIT_CPU, &limit);
    std::vector<uint64_t> places;
    for (int i = 2; i < argc; ++i) places.push_back(std::strtoull(argv[i], nullptr, 0));
    const auto module = weir::Mapping::map_file(STDIN_FILENO, "standard input");
    if (!module) {
        std::fprintf(stderr, "weir-llvm: %s\n", module.error().to_string().c_str());
        return 1;
    }
    const std::string text = weir::optimizing::describe_places(module->bytes(), places);
    std::fwrite(text.data(), 1, text.size(), stdout);
    return std::fflush(stdout) == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv)
{
    if (argc > 1 && std::string_view{argv[1]} == "--source-lines") return print_source_lines(argc, argv);
    struct stat status{};
    if (::fstat(STDIN_FILENO, &status) != 0 || !S_ISSOCK(status.st_mode)) {
        std::fputs("weir-llvm is started by weir, when a program runs long enough to be compiled once more\n", stderr);
        return 2;
    }
    const auto compiler = weir::optimizing::create_compiler(weir::baseline::create_compiler(), argc > 1 ? effort_of(argv[1]) : 2);
    const int code = weir::compile_process::serve(STDIN_FILENO, *compiler);
    std::fflush(nullptr);
    ::_exit(code);
}
