#pragma once

#include <span>
#include <string_view>

namespace weir::cli {

/// A file of share/templates. In it @NAME@ stands for the project's name.
struct TemplateFile {
    std::string_view kind, language;  // "command", "http", ...; "cpp" or "go"
    std::string_view path;            // in the project's folder
    std::string_view content;
};

/// All, in order of their kinds, languages and paths.
[[nodiscard]] std::span<const TemplateFile> templates();

}  // namespace weir::cli
