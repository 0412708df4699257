#pragma once

#include "base/result.hpp"
#include "base/sys_error.hpp"
#include "host/bind.hpp"
#include "host/wasip1/described_types.hpp"
#include "host/wasip1/fd_table.hpp"
#include "runtime/linker.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

// WASI preview 1: what a command sees of the host.
//
// Signals. A write to a pipe without a reader and one beyond RLIMIT_FSIZE raise SIGPIPE and SIGXFSZ in this process. The world
// leaves both as they are set: a command line keeps SIGPIPE's default to end as any Unix filter does, a server ignores it and its
// guests see errno pipe. SIGXFSZ should be ignored by whoever runs guests, which then see errno fbig.

namespace weir::wasip1 {

/// A directory of the host that the guest finds under a name of its own.
struct Preopen {
    std::string host_path;
    std::string guest_path;
    bool is_read_only = false;  // every call that would change something under it answers errno rofs
};

struct WorldConfig {
    std::vector<std::string> args;         // args[0] is the program's name
    std::vector<std::string> environment;  // "NAME=value"
    std::vector<Preopen> preopens;         // the guest's descriptors 3, 4, ...
    /// The guest's name of a directory in a preopen (find_holder) that relative paths begin at. Programs learn it from the variable PWD, which
    /// is the caller's to set. wasi-libc has no such thing: to it relative paths begin at a preopen "/" or ".". Where there is none,
    /// this directory becomes ".", behind the others. Empty: none.
    std::string working_directory;
    // Descriptors of the host that the guest's 0, 1 and 2 stand for; they are not closed, and their flags never changed.
    int stdin_fd = 0, stdout_fd = 1, stderr_fd = 2;
    /// Listening or connected sockets that the guest may use, numbered behind the preopens; not closed, flags never changed.
    std::vector<int> sockets;
    /// Most descriptors the guest has open at a time, the above included; another is errno mfile.
    uint32_t max_open_files = 1024;
    /// Most bytes that the guest may write to its standard output and error together; a write beyond is errno dquot. Where there is such a limit, the
    /// guest can do nothing else to those files: not seek in them, nor cut them short.
    std::optional<uint64_t> max_output_bytes;
    LimitNotice on_open_file_limit = nullptr;  // when the guest is refused another
};

/// The preopen that a guest finds an absolute path in, and what of the path is beneath it ("." if nothing): of those with absolute names the one
/// with the longest that the path begins with. Null if there is none.
[[nodiscard]] const Preopen* find_holder(std::span<const Preopen> preopens, std::string_view guest_path, std::string_view& beneath);

/// One guest's view, used by one thread at a time.
class World {
public:
    static constexpr Errno fault = Errno::fault;
    static constexpr Errno invalid_argument = Errno::inval;

    /// Opens the preopened directories; the error names the one that cannot be.
    static Result<std::unique_ptr<World>, SysError> create(WorldConfig config);

    /// Registers wasi_snapshot_preview1 and wasi_unstable. The world must outlive the instances that are linked to it.
    void add_to(runtime::Linker& linker);
    /// The tables of functions, for whoever documents or traces them. A module's functions are spread over several.
    static std::span<const runtime::HostModule> host_modules();

    [[nodiscard]] const WorldConfig& config() const { return m_config; }
    [[nodiscard]] FdTable& files() { return m_files; }
    /// Of WorldConfig::max_output_bytes what is left.
    [[nodiscard]] uint64_t& output_bytes_left() { return m_output_bytes_left; }

private:
    explicit World(WorldConfig config)
        : m_config(std::move(config)), m_files(m_config.max_open_files, m_config.on_open_file_limit),
          m_output_bytes_left(m_config.max_output_bytes.value_or(0))
    {
    }
    void limit_output();
    Result<void, SysError> add_given(int host_fd);
    Result<void, SysError> add_preopen(const Preopen& preopen);
    Result<void, SysError> add_working_directory();

    WorldConfig m_config;
    FdTable m_files;
    uint64_t m_output_bytes_left;
};

using Context = host::Context<World>;
template <class T>
using HostResult = host::HostResult<T, Errno>;
using Nothing = std::monostate;
inline constexpr Nothing nothing{};

// The functions, a table for each file that defines them. Tables named after a module hold what the other module lays out
// otherwise; the others serve both.
extern const std::span<const runtime::HostFunction> args_functions, clock_functions, dir_functions, fd_functions, io_functions,
    path_functions, path_open_functions, proc_functions, random_functions, sock_functions;
extern const std::span<const runtime::HostFunction> fd_preview1_functions, fd_unstable_functions;
extern const std::span<const runtime::HostFunction> io_preview1_functions, io_unstable_functions;
extern const std::span<const runtime::HostFunction> path_preview1_functions, path_unstable_functions;
extern const std::span<const runtime::HostFunction> poll_preview1_functions, poll_unstable_functions;
extern const std::span<const runtime::HostFunction> sock_preview1_functions;

}  // namespace weir::wasip1
