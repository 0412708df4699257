// Prints the functions that a program runs, in the order of their first instructions, one linker symbol a line.
// Usage: first_calls SYMBOLS PROGRAM [ARGUMENT...]    SYMBOLS: what `nm -n -S --defined-only PROGRAM` printed
// The program is stepped through instruction by instruction (ptrace), so it must be one that starts no threads.

#include <fcntl.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

struct Function {
    uint64_t begin, end;
    std::string name;
    bool is_seen = false;
};

std::vector<Function> read_symbols(const char* file)
{
    std::vector<Function> functions;
    std::ifstream in{file};
    for (std::string line; std::getline(in, line);) {
        std::istringstream words{line};
        uint64_t begin = 0, size = 0;
        char kind = 0;
        std::string name;
        if (words >> std::hex >> begin >> size >> kind >> name && std::string_view{"tTwWi"}.contains(kind))
            functions.push_back({begin, begin + size, name});
    }
    return functions;
}

/// Where the process has mapped its program: first and last address.
std::pair<uint64_t, uint64_t> program_range(pid_t process, const std::string& program)
{
    std::pair<uint64_t, uint64_t> range{UINT64_MAX, 0};
    std::ifstream maps{"/proc/" + std::to_string(process) + "/maps"};
    for (std::string line; std::getline(maps, line);) {
        if (!line.ends_with(program)) continue;
        std::istringstream words{line};
        uint64_t begin = 0, end = 0;
        char dash = 0;
        words >> std::hex >> begin >> dash >> end;
        range = {std::min(range.first, begin), std::max(range.second, end)};
    }
    return range;
}

[[noreturn]] void be_stepped(char** command)
{
    ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    ::personality(ADDR_NO_RANDOMIZE);
    ::dup2(::open("/dev/null", O_WRONLY | O_CLOEXEC), STDOUT_FILENO);
    ::execv(command[0], command);
    ::_exit(127);
}

}  // namespace

int main(int argc, char** argv)
{
    if (argc < 3) {
        std::fputs("usage: first_calls SYMBOLS PROGRAM [ARGUMENT...]\n", stderr);
        return 2;
    }
    std::vector<Function> functions = read_symbols(argv[1]);
    const pid_t child = ::fork();
    if (child == 0) be_stepped(argv + 2);
    int status = 0;
    ::waitpid(child, &status, 0);
    const auto [base, top] = program_range(child, std::filesystem::canonical(argv[2]).string());
    while (WIFSTOPPED(status) && ::ptrace(PTRACE_SINGLESTEP, child, nullptr, nullptr) == 0) {
        ::waitpid(child, &status, 0);
        user_regs_struct registers{};
        if (!WIFSTOPPED(status) || ::ptrace(PTRACE_GETREGS, child, nullptr, &registers) != 0) break;
        if (registers.rip < base || registers.rip >= top) continue;
        const uint64_t at = registers.rip - base;
        auto next = std::upper_bound(functions.begin(), functions.end(), at,
                                     [](uint64_t address, const Function& f) { return address < f.begin; });
        if (next == functions.begin()) continue;
        Function& function = *--next;
        if (at >= function.end || function.is_seen) continue;
        function.is_seen = true;
        std::puts(function.name.c_str());
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
