#pragma once

#include "base/result.hpp"
#include "building/failure.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::building {

/// A program as people write it: a file, or a folder with all that belongs to it.
struct Source {
    enum class Language : uint8_t {
        c_family,  // C and C++, also mixed
        go,        // a package, of a module in this folder or in one above it
    } language;
    std::string folder;              // as it was named; "." of a file without one
    std::vector<std::string> files;  // with `folder` in front, in ascending order; of a Go package that is named by its folder none
    bool is_folder = false;
};

/// Whether a file's name has the ending of a language that weir can build.
[[nodiscard]] bool is_source_name(std::string_view name);

/// What stands at a path: nothing if it is no source, a module for example, or is not there. A folder that holds no program is a failure.
[[nodiscard]] Result<std::optional<Source>, Failure> find_source(const std::string& path);

/// The name that what is built from it gets: the file's without its ending, or the folder's.
[[nodiscard]] std::string stem_of(const Source& source);

}  // namespace weir::building
