#pragma once

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "cache/image_file.hpp"
#include "cli/console.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace weir::cli {

/// What `weir build --exe` has put behind the weir that is running: a program, and the options of `weir run` that it was given then.
struct Attachment {
    cache::ImageRange image;
    std::vector<std::string> options;
};

/// The file of the running program; not valid when it cannot be opened.
[[nodiscard]] UniqueFd open_executable();

/// Nothing when this weir is just weir, which costs nothing to know.
[[nodiscard]] Result<std::optional<Attachment>, Problem> find_attachment();

/// The running weir as it is loaded, without what only debuggers read, ending at a page; to attach a program to.
[[nodiscard]] Result<std::vector<std::byte>, Problem> own_executable();
/// Has `executable`, an own_executable(), know its program, which stands behind it, and the options behind that.
Result<void, Problem> attach(std::vector<std::byte>& executable, const Attachment& what, size_t options_bytes);
/// Options as they are kept.
[[nodiscard]] std::string pack_options(const std::vector<std::string>& options);

}  // namespace weir::cli
