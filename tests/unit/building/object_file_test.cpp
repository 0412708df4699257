#include "building/object_file.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

using weir::building::defines_main;

namespace {

constexpr uint8_t function = 0, data = 1, undefined = 0x10;

std::string with_size(const std::string& text) { return static_cast<char>(text.size()) + text; }

std::string symbol(uint8_t kind, uint8_t flags, const std::string& name)
{
    std::string text{static_cast<char>(kind), static_cast<char>(flags)};
    if (kind == data) return text + with_size(name) + ((flags & undefined) == 0 ? std::string{0, 0, 4} : "");
    text += '\0';  // its number
    return (flags & undefined) == 0 ? text + with_size(name) : text;
}

/// An object with this symbol table.
std::string object(uint8_t count, const std::string& symbols)
{
    const std::string table = static_cast<char>(count) + symbols;
    const std::string linking = with_size("linking") + '\2' + '\10' + with_size(table);
    using namespace std::string_literals;
    return "\0asm\1\0\0\0"s + '\0' + with_size(with_size("producers")) + '\0' + with_size(linking);
}

bool has_main(const std::string& bytes) { return defines_main(std::as_bytes(std::span{bytes})); }

}  // namespace

TEST(ObjectFile, main_is_defined_under_any_of_its_names)
{
    for (const std::string name : {"__main_void", "__main_argc_argv", "__original_main", "main"})
        EXPECT_TRUE(has_main(object(2, symbol(data, 0, "text") + symbol(function, 0, name)))) << name;
}

TEST(ObjectFile, what_is_called_so_and_not_defined_there_or_no_function_is_not_main)
{
    EXPECT_FALSE(has_main(object(1, symbol(function, undefined, "main"))));
    EXPECT_FALSE(has_main(object(1, symbol(data, 0, "main"))));
    EXPECT_FALSE(has_main(object(1, symbol(function, 0, "mains"))));
}

TEST(ObjectFile, what_is_no_object_has_no_main)
{
    using namespace std::string_literals;
    EXPECT_FALSE(has_main(""));
    EXPECT_FALSE(has_main("\177ELF and __main_void"s));
    EXPECT_FALSE(has_main("\0asm\1\0\0\0"s));
}

TEST(ObjectFile, one_that_is_cut_short_anywhere_is_read_without_harm)
{
    const std::string whole = object(2, symbol(data, 0, "text") + symbol(function, 0, "__main_void"));
    for (size_t size = 0; size < whole.size(); ++size) EXPECT_FALSE(has_main(whole.substr(0, size))) << size;
}
