#include "cli/syntax/completions.hpp"
#include "cli/syntax/manual.hpp"

#include <cstdio>
#include <span>
#include <string>

// weir-documents DIR: writes what is installed beside weir and made of its syntax, manual pages and completions, into a folder that is there.
// Run by the build.

namespace {

bool write(const std::string& path, const std::string& text)
{
    std::FILE* const file = std::fopen(path.c_str(), "w");
    if (file == nullptr) {
        std::perror(path.c_str());
        return false;
    }
    const bool is_written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
    return (std::fclose(file) == 0) && is_written;
}

}  // namespace

int main(int argc, char** argv)
{
    using namespace weir::cli::syntax;
    const std::span<char* const> words{argv, static_cast<size_t>(argc)};
    if (words.size() != 2) {
        std::fputs("usage: weir-documents DIR\n", stderr);
        return 2;
    }
    const std::string folder = std::string{words[1]} + "/";
    bool is_written = write(folder + "weir.bash", completions(Shell::bash)) && write(folder + "_weir", completions(Shell::zsh)) &&
                      write(folder + "weir.fish", completions(Shell::fish));
    for (const Command& command : commands())
        is_written = write(folder + page_name(command) + ".1", manual_page(command)) && is_written;
    return is_written ? 0 : 1;
}
