// weir-llvm: compiles functions with LLVM for a weir that asks at standard input, a socket.

#include "baseline/baseline.hpp"
#include "compile_process/serve.hpp"
#include "optimizing/optimizing.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

int main()
{
    struct stat status{};
    if (::fstat(STDIN_FILENO, &status) != 0 || !S_ISSOCK(status.st_mode)) {
        std::fputs("weir-llvm is started by weir, when a program runs long enough to be compiled once more\n", stderr);
        return 2;
    }
    const auto compiler = weir::optimizing::create_compiler(weir::baseline::create_compiler());
    const int code = weir::compile_process::serve(STDIN_FILENO, *compiler);
    std::fflush(nullptr);
    ::_exit(code);
}
