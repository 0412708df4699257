// Files through the streams of C and C++, which buffer, seek and grow on their own.

#include <cstdio>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <string>

namespace {

struct Closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, Closer>;

File open(const char* name, const char* mode)
{
    File file{std::fopen(name, mode)};
    std::cout << "open " << name << ' ' << mode << ": " << (file != nullptr) << '\n';
    return file;
}

std::string content(const char* name)
{
    const File file = open(name, "rb");
    std::string text;
    char part[1000];
    while (const size_t n = file ? std::fread(part, 1, sizeof part, file.get()) : 0) text.append(part, n);
    return text;
}

unsigned checksum(const std::string& text)
{
    unsigned sum = 1;
    for (const char c : text) sum = sum * 31 + static_cast<unsigned char>(c);
    return sum;
}

void show_content(const char* name)
{
    const std::string text = content(name);
    std::cout << text.size() << ' ' << checksum(text) << '\n';
}

}  // namespace

int main()
{
    if (const File file = open("numbers", "w"))
        for (int i = 0; i < 20000; ++i) std::fprintf(file.get(), "%d%c", i, i % 10 == 9 ? '\n' : ' ');
    show_content("numbers");
    {
        std::istringstream text{content("numbers")};
        std::map<size_t, int> lengths;
        for (std::string word; text >> word;) ++lengths[word.size()];
        for (const auto& [length, count] : lengths) std::cout << length << ' ' << count << '\n';
    }
    if (const File file = open("numbers", "r+")) {
        std::FILE* const f = file.get();
        char word[20] = "";
        std::cout << std::fseek(f, -12, SEEK_END) << std::fscanf(f, "%19s", word) << ' ' << word << ' ' << std::ftell(f) << '\n';
        std::cout << std::fseek(f, 5000, SEEK_SET) << (std::fputs("<here>", f) >= 0) << std::fseek(f, 4990, SEEK_SET);
        std::cout << std::fscanf(f, "%*s %19s", word) << ' ' << word << '\n';
        std::cout << std::fseek(f, 0, SEEK_END) << (std::fputs("the end\n", f) >= 0) << std::ftell(f) << '\n';
        std::cout << std::fgetc(f) << ' ' << std::feof(f) << std::ferror(f) << '\n';
        std::rewind(f);
        std::cout << static_cast<char>(std::fgetc(f)) << std::ungetc('u', f) << std::ftell(f) << static_cast<char>(std::fgetc(f))
                  << '\n';
    }
    if (const File file = open("numbers", "a+")) {
        std::cout << (std::fputs("appended\n", file.get()) >= 0) << std::fseek(file.get(), 0, SEEK_SET);
        std::cout << (std::fputs("and again\n", file.get()) >= 0) << std::fflush(file.get()) << '\n';
    }
    show_content("numbers");
    for (const char* const mode : {"r", "w", "a", "r+", "w+", "a+", "wx", "rb+"}) {
        open("missing/file", mode);
        open(mode, mode);
        open(mode, mode);
    }
    if (const File file = open("numbers", "r")) std::cout << std::fputc('x', file.get()) << !!std::ferror(file.get()) << '\n';
    if (const File file = open("numbers", "w")) std::cout << std::fgetc(file.get()) << !!std::ferror(file.get()) << '\n';
    show_content("numbers");
    std::cout << std::rename("numbers", "moved") << std::rename("numbers", "moved") << std::remove("moved") << std::remove("moved")
              << '\n';
    std::string line;
    std::cout << static_cast<bool>(std::getline(std::cin, line)) << std::cin.eof() << '\n';
    std::cerr << "to standard error\n";
    return 0;
}
