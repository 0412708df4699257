#pragma once

#include "base/result.hpp"
#include "building/failure.hpp"
#include "building/source.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::building {

/// A clang with WASI's C library: Debian's, one that WEIR_CC and WEIR_CXX name, or that of the SDK at WASI_SDK_PATH.
struct ClangToolchain {
    std::string cc, cxx;              // of what the source has no use for, empty
    std::vector<std::string> target;  // options that each call of them begins with
    /// Changes with compilers and libraries: their paths, sizes and times.
    std::string identity;
};
/// For these files. The failure says what to install.
[[nodiscard]] Result<ClangToolchain, Failure> find_clang(const Source& source);

/// The Go command. Go says itself when it is too old to know WASI.
struct GoToolchain {
    std::string go;
    std::string identity;
};
[[nodiscard]] Result<GoToolchain, Failure> find_go();

/// What a failed compilation may be for want of: the failure when a library of Debian's is not there.
[[nodiscard]] std::optional<Failure> find_missing_library(const ClangToolchain& toolchain);

/// Where this weir has the SDK's headers: beside itself, in a build as in an installation. Empty when it has none.
[[nodiscard]] std::string sdk_include_folder();

/// Whether a file is C++ rather than C.
[[nodiscard]] bool is_cpp(std::string_view file);

}  // namespace weir::building
