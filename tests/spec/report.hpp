#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace weir::spec {

/// What became of the commands of one script. A command that can fail counts once.
struct Report {
    size_t passed = 0;
    std::vector<std::string> failures;    // "line 12: assert_return: ..."
    std::map<std::string, size_t> skips;  // reason -> commands

    [[nodiscard]] size_t skipped() const;

    /// One line a fact, for the pipe between a script's process and the one that sums up. Failures may hold anything.
    [[nodiscard]] std::string serialize() const;
    /// The opposite. `is_complete` tells whether the process lived to write its report's end.
    static Report parse(std::string_view text, bool& is_complete);
};

}  // namespace weir::spec
