#pragma once

#include "base/result.hpp"
#include "host/wasip1/types.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace weir::wasip1 {

/// Reads a directory from any cookie on. A cookie is the file system's own position behind an entry, so it stays good while
/// others add and remove entries, and costs no memory here.
class DirStream {
public:
    struct Entry {
        DirEntry header;
        std::string_view name;  // until the next call
    };

    /// Null when there is no memory for its buffer.
    static std::unique_ptr<DirStream> create() noexcept;

    /// Goes to the entry behind `cookie`; 0 is the first, read anew. `host_fd` is a directory whose position belongs to this stream.
    [[nodiscard]] Errno seek(int host_fd, DirCookie cookie) noexcept;
    /// The entry there, not consumed; null at the end, or when `error` was set.
    [[nodiscard]] const Entry* peek(int host_fd, Errno& error) noexcept;
    void pop() noexcept;

private:
    // Some 1000 entries: a listing of 100,000 files takes a hundred system calls, whatever buffer the guest brings.
    static constexpr size_t buffer_bytes = size_t{32} * 1024;

    void parse() noexcept;

    alignas(8) std::byte m_buffer[buffer_bytes];
    size_t m_filled = 0;           // bytes of entries in the buffer
    size_t m_at = 0;               // where the current entry begins
    uint64_t m_cookie = 0;         // that leads to the current entry
    uint64_t m_first_cookie = 0;   // that leads to the first entry of the buffer
    bool m_is_positioned = false;  // the buffer, and the host's position behind it, are good
    bool m_is_parsed = false;
    Entry m_entry{};
    size_t m_entry_bytes = 0;
};

}  // namespace weir::wasip1
