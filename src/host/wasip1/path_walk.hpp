#pragma once

#include "base/unique_fd.hpp"
#include "host/wasip1/path.hpp"

#include <cstdint>

namespace weir::wasip1 {

/// What open_beneath() does, for kernels that lack openat2(2) (before Linux 5.6) and sandboxes that refuse it: the path is walked one
/// component at a time, each opened by its own name in its parent's descriptor and never followed. `..` goes back to the descriptor that
/// the walk came from and is not asked of the kernel, so a directory that is moved meanwhile leads nowhere else.
///
/// Differs from openat2 in what it costs, a descriptor and three system calls a component, and in limits: directories deeper than 512
/// levels below the first are nametoolong, as are paths that with the symlinks in them are longer than PATH_MAX.
[[nodiscard]] Errno walk_beneath(const OpenFile& directory, const Path& path, uint64_t flags, uint64_t mode,
                                 UniqueFd& opened) noexcept;

}  // namespace weir::wasip1
