#include "host/wasip1/support.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace weir::wasip1 {

namespace {

using host::GuestSpan;
using host::host_fn;

/// Stores entries of a directory behind `cookie`, 0 for all, "." and ".." included: each a DirEntry and its name, one behind the
/// other. What does not fit is cut off in the middle of an entry.
/// @return       Bytes stored; fewer than the buffer has when the directory ended.
/// @error inval  A cookie that the file system never gave.   @error notdir  Not a directory.
/// Spec: fd_readdir. POSIX: readdir(3); Linux: getdents64(2).
HostResult<uint32_t> fd_readdir(Context& cx, Fd fd, GuestSpan<uint8_t> buffer, DirCookie cookie) noexcept
{
    WEIR_TRY(file, file_for(cx, fd, right_fd_readdir));
    const auto range = cx.memory.range(buffer);
    if (!range) return Errno::fault;
    if (!file->dir_stream) file->dir_stream = DirStream::create();
    if (!file->dir_stream) return Errno::nomem;
    DirStream& stream = *file->dir_stream;
    if (const Errno e = stream.seek(file->host_fd, cookie); e != Errno::success) return e;

    std::span<std::byte> rest = *range;
    const auto store = [&](const void* bytes, size_t size) {
        const size_t fitting = std::min(size, rest.size());
        std::memcpy(rest.data(), bytes, fitting);
        rest = rest.subspan(fitting);
        return fitting == size;
    };
    while (!rest.empty()) {
        Errno error = Errno::success;
        const DirStream::Entry* const entry = stream.peek(file->host_fd, error);
        if (entry == nullptr) {
            if (error != Errno::success) return error;  // even behind stored entries: a short answer would say that all is well
            break;
        }
        if (!store(&entry->header, sizeof entry->header) || !store(entry->name.data(), entry->name.size())) break;
        stream.pop();
    }
    return static_cast<uint32_t>(range->size() - rest.size());
}

constexpr std::array functions{
    host_fn<"fd_readdir", fd_readdir>("fd >buf[bufused] buf_len cookie bufused"),
};

}  // namespace

const std::span<const runtime::HostFunction> dir_functions{functions};

}  // namespace weir::wasip1
