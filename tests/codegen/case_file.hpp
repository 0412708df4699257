#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace weir::codegen {

/// A case: module text, options, bytes and expected disassembly in one file that is valid text format throughout.
///
///     ;;! modes: guard checked      memory modes to compile in; both unless given
///     ;;! cpus: avx2 floor          fixed sets of CPU features; avx2 unless given
///     (module ...)
///     ;;# 0061736d...               what the text assembles to (tests/codegen/update)
///     ;;= ...                       the expected lines
struct CaseFile {
    std::vector<std::string> text;  // all lines but the following
    std::vector<std::string> modes{"guard", "checked"}, cpus{"avx2"};
    std::vector<std::byte> bytes;
    std::vector<std::string> hex;
    std::vector<std::string> expected;

    [[nodiscard]] bool read(const std::string& path);
    /// Writes the file anew with `actual` as its expected lines.
    [[nodiscard]] bool write(const std::string& path, const std::vector<std::string>& actual) const;
};

}  // namespace weir::codegen
