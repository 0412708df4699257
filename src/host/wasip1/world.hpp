#pragma once

#include "base/result.hpp"
#include "base/sys_error.hpp"
#include "base/unique_fd.hpp"
#include "host/bind.hpp"
#include "host/wasip1/types.hpp"
#include "runtime/linker.hpp"

#include <sys/stat.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace weir::wasip1 {

struct Preopen {
    std::string host_path;
    std::string guest_path;
    bool is_read_only = false;
};

struct WorldConfig {
    std::vector<std::string> args;         // args[0] is the program's name
    std::vector<std::string> environment;  // "NAME=value"
    std::vector<Preopen> preopens;
    // Descriptors of the host that the guest's 0, 1 and 2 stand for; they are not closed, and their flags never changed.
    int stdin_fd = 0, stdout_fd = 1, stderr_fd = 2;
    uint32_t max_open_files = 1024;
};

/// A descriptor of the guest.
struct OpenFile {
    UniqueFd owned;            // empty for stdio
    int host_fd = -1;
    FileType type = FileType::unknown;
    uint16_t flags = 0;        // FdFlags; for stdio kept here only, since the host's description is shared
    bool is_stdio = false;
    bool is_read_only = false;
    uint64_t rights_base = all_rights;
    uint64_t rights_inheriting = all_rights;
    std::optional<std::string> preopen_path;
};

/// What a command sees of the host. One guest, one thread.
class World {
public:
    static constexpr Errno fault = Errno::fault;

    /// Opens the preopened directories; the error names the one that cannot be.
    static Result<std::unique_ptr<World>, SysError> create(WorldConfig config);
    void add_to(runtime::Linker& linker);

    [[nodiscard]] const WorldConfig& config() const { return m_config; }
    [[nodiscard]] OpenFile* find(Fd fd) noexcept
    {
        const auto i = static_cast<uint32_t>(fd);
        return i < m_files.size() ? m_files[i].get() : nullptr;
    }
    /// Takes the lowest free descriptor; empty when the guest has too many.
    std::optional<Fd> add(std::unique_ptr<OpenFile> file);
    void close(Fd fd) noexcept { m_files[static_cast<uint32_t>(fd)].reset(); }

private:
    explicit World(WorldConfig config) : m_config(std::move(config)) {}
    WorldConfig m_config;
    std::vector<std::unique_ptr<OpenFile>> m_files;
};

using Context = host::Context<World>;
template <class T>
using HostResult = host::HostResult<T, Errno>;
using Nothing = std::monostate;
inline constexpr Nothing nothing{};

// The functions, a table for each file that defines them.
extern const std::span<const runtime::HostFunction> process_functions, clock_functions, fd_functions, path_functions, poll_functions;

FileType file_type_of(uint32_t mode) noexcept;
FileStat to_filestat(const struct stat& host) noexcept;

}  // namespace weir::wasip1
