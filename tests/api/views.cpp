// A library whose functions have text and arrays as parameters and results; export_test.cpp calls them.

#include <weir/export.hpp>

#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

WEIR_IMPORT("host", "replace", std::string_view, replace, (std::string_view text, char what, std::string_view by))

namespace {
std::string text;
std::vector<int64_t> numbers;
}  // namespace

/// Memory for the host to write to, until the next call.
WEIR_EXPORT(char*, room, (size_t size))
{
    static std::vector<int64_t> memory;
    memory.resize((size + 7) / 8);
    return reinterpret_cast<char*>(memory.data());
}

WEIR_EXPORT(std::string_view, shout, (std::string_view words, bool is_loud))
{
    text = words;
    if (is_loud) text += "!";
    return text;
}

namespace within {
WEIR_EXPORT(int64_t, sum, (int64_t first, std::span<const int64_t> rest, double scale))
{
    return static_cast<int64_t>(static_cast<double>(std::accumulate(rest.begin(), rest.end(), first)) * scale);
}
}  // namespace within

WEIR_EXPORT(std::span<int64_t>, count_to, (uint32_t last))
{
    numbers.resize(last);
    std::iota(numbers.begin(), numbers.end(), int64_t{1});
    return numbers;
}

WEIR_EXPORT(std::string_view, ask_host, (std::string_view words))
{
    text = replace(words, 'o', "00");
    return text;
}

WEIR_EXPORT(void, nothing, ()) {}
