#pragma once

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "host/wasip1/dir_stream.hpp"
#include "host/wasip1/registrations.hpp"
#include "host/wasip1/types.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace weir::wasip1 {

/// How paths resolve from a directory. Either way nothing outside of it is reached.
enum class Resolution : uint8_t {
    beneath,  // absolute paths, absolute symlinks and `..` out of it are refused
    in_root,  // they mean what they mean on the host: only for a preopened `/` of the host, outside of which there is nothing
};

/// An IPv4 or IPv6 address as the host lays it out.
struct PeerAddress {
    std::array<std::byte, 28> bytes;  // sockaddr_in6's
    uint8_t size = 0;                 // 0: none
};

/// A descriptor of the guest.
struct OpenFile {
    UniqueFd owned;  // empty for descriptors that weir was given
    int host_fd = -1;
    FileType type = FileType::unknown;
    uint16_t flags = 0;              // FdFlags as the guest sees them
    bool is_shared = false;          // the host's description is other processes' as well: its flags are never changed
    bool is_limited_output = false;  // see WorldConfig::max_output_bytes
    bool is_read_only = false;       // opened through a read-only mount
    bool lacks_nowait = false;       // the kernel cannot try I/O on it without waiting (RWF_NOWAIT)
    Resolution resolution = Resolution::beneath;
    Rights rights_base = no_rights;
    Rights rights_inheriting = no_rights;
    PeerAddress peer;  // whom a connection was accepted from, which the kernel forgets when that one resets it
    std::optional<std::string> preopen_path;
    std::unique_ptr<DirStream> dir_stream;  // made by the first fd_readdir
};

/// Called when a limit on what a guest may have is met for the first time, with the limit, on the guest's thread.
using LimitNotice = void (*)(uint32_t limit) noexcept;

/// The guest's descriptors: small numbers, the lowest free one is taken first, as in POSIX.
class FdTable {
public:
    /// `limit` is the most descriptors at a time; `on_full` may be null.
    explicit FdTable(uint32_t limit, LimitNotice on_full = nullptr) : m_limit(limit), m_on_full(on_full) {}

    [[nodiscard]] uint32_t limit() const { return m_limit; }
    [[nodiscard]] OpenFile* find(Fd fd) const noexcept
    {
        const auto i = static_cast<uint32_t>(fd);
        return i < m_files.size() ? m_files[i].get() : nullptr;
    }
    /// Whether another descriptor can be added. The first time that the guest is so refused is noticed.
    [[nodiscard]] bool has_room() noexcept
    {
        if (m_open < m_limit) return true;
        if (m_on_full != nullptr) std::exchange(m_on_full, nullptr)(m_limit);
        return false;
    }

    /// Empty when the guest has too many.
    std::optional<Fd> add(std::unique_ptr<OpenFile> file) noexcept;
    /// Makes room of a descriptor, and hands over what it was: null when nothing is open there.
    std::unique_ptr<OpenFile> take(Fd fd) noexcept;
    /// False when nothing is open there.
    bool close(Fd fd) noexcept { return take(fd) != nullptr; }
    /// Moves `from` over `to`, both open, and closes what `to` was. False when one is not open.
    bool renumber(Fd from, Fd to) noexcept;

    /// What of the descriptors the kernel watches for poll_oneoff, or for its sister that tells of changes only.
    [[nodiscard]] Registrations& registrations(Registrations::Trigger trigger) noexcept
    {
        return trigger == Registrations::Trigger::level ? m_level : m_edge;
    }
    /// A descriptor means something else from now on, or its rights have changed: it is not waited for any more as it was.
    void forget_registration(Fd fd) noexcept
    {
        m_level.forget(fd);
        m_edge.forget(fd);
    }

private:
    uint32_t m_limit;
    LimitNotice m_on_full;  // null once it was called
    uint32_t m_open = 0;
    uint32_t m_lowest_free = 0;  // none below is free
    std::vector<std::unique_ptr<OpenFile>> m_files;
    Registrations m_level{Registrations::Trigger::level}, m_edge{Registrations::Trigger::edge};
};

}  // namespace weir::wasip1
