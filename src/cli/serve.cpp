#include "cli/serve.hpp"

#include "compile_process/remote_compiler.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

namespace weir::cli {

int serve(const Serve& how)
{
    const std::string program = compile_process::installed_program("weir-serve");
    std::string name = "weir-serve";
    std::vector<char*> words{name.data()};
    for (const char* const word : how.words) words.push_back(const_cast<char*>(word));  // NOLINT: execv does not write to them
    words.push_back(nullptr);
    pass_colour_on();
    ::execv(program.c_str(), words.data());
    return report({.error = "there is no edge server",
                   .because = fmt::format("'{}': {}", printable(program), std::strerror(errno)),
                   .hint = "it is a part of weir that is built where its libraries are (CMake option WEIR_HTTP)"});
}

}  // namespace weir::cli
