#include "building/depfile.hpp"

#include <utility>

namespace weir::building {

std::vector<std::string> parse_depfile(std::string_view text)
{
    std::vector<std::string> names;
    std::string name;
    bool is_target = true;
    const auto finish = [&] {
        if (name.empty()) return;
        if (!is_target) names.push_back(std::move(name));
        else if (name.ends_with(':')) is_target = false;
        name.clear();
    };
    for (size_t i = 0; i < text.size(); ++i) {
        const char c = text[i], next = i + 1 < text.size() ? text[i + 1] : '\0';
        if (c == '\\' && next == '\n') {
            finish();
            ++i;
        } else if (c == '\\' && (next == ' ' || next == '#' || next == '\\')) {
            name += next;
            ++i;
        } else if (c == '$' && next == '$') {
            name += c;
            ++i;
        } else if (c == ' ' || c == '\t' || c == '\r') {
            finish();
        } else if (c == '\n') {
            finish();
            if (!is_target) break;
        } else {
            name += c;
        }
    }
    finish();
    return names;
}

}  // namespace weir::building
