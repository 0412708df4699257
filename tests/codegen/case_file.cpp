#include "case_file.hpp"

#include <charconv>
#include <fstream>
#include <sstream>
#include <string_view>

namespace weir::codegen {

namespace {
std::vector<std::string> words(std::string_view line)
{
    std::istringstream stream{std::string{line}};
    std::vector<std::string> found;
    for (std::string word; stream >> word;) found.push_back(word);
    return found;
}
}  // namespace

bool CaseFile::read(const std::string& path)
{
    std::ifstream file{path};
    for (std::string line; std::getline(file, line);) {
        const std::string_view view = line;
        if (view.starts_with(";;=")) {
            expected.emplace_back(view.substr(view.starts_with(";;= ") ? 4 : 3));
        } else if (view.starts_with(";;# ")) {
            hex.push_back(line);
            for (size_t i = 4; i + 2 <= line.size(); i += 2) {
                unsigned byte = 0;
                std::from_chars(line.data() + i, line.data() + i + 2, byte, 16);
                bytes.push_back(static_cast<std::byte>(byte));
            }
        } else {
            if (view.starts_with(";;! modes:")) modes = words(view.substr(10));
            if (view.starts_with(";;! cpus:")) cpus = words(view.substr(9));
            text.push_back(line);
        }
    }
    return file.eof() && !bytes.empty();
}

bool CaseFile::write(const std::string& path, const std::vector<std::string>& actual) const
{
    std::ofstream file{path};
    for (const auto& line : text) file << line << '\n';
    for (const auto& line : hex) file << line << '\n';
    for (const auto& line : actual) file << (line.empty() ? ";;=" : ";;= ") << line << '\n';
    return file.good();
}

}  // namespace weir::codegen
