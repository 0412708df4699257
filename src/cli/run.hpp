#pragma once

#include "base/result.hpp"
#include "building/build.hpp"
#include "cache/image_file.hpp"
#include "cli/console.hpp"
#include "cli/profile.hpp"
#include "host/wasip1/world.hpp"
#include "runtime/engine.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::cli {

/// What is to be shown of the guest's calls of the host.
struct TraceOptions {
    std::vector<std::string> only;  // groups and functions, several separated by commas; empty: all
    bool shows_calls = false;
    bool is_json = false;
    bool has_summary = false;
    std::string output;  // a file; empty: standard error

    [[nodiscard]] bool is_on() const { return shows_calls || is_json || has_summary || !output.empty(); }
};

/// What of the network the guest may use.
struct NetworkOptions {
    bool allows_all = false;
    std::vector<std::string> rules;   // of --net, each a list
    std::vector<std::string> listen;  // HOST:PORT that it is given a listening socket of
    std::vector<std::string> dial;    // HOST:PORT that it is given a connection to
};

struct Timeout {
    uint64_t ns;
    std::string text;  // as it was given
};

enum class Tier : uint8_t {
    automatic,  // baseline code at once, LLVM's where it is hot
    baseline,
    optimized,  // LLVM's at every function's first call
    stress,     // for tests: from one to the other at every chance
};

/// How results of --invoke are printed.
enum class ResultForm : uint8_t {
    weir,      // a line each, numbers signed
    wasmtime,  // a line each, with all digits of floats and vectors as one number
    wasmer,    // the same numbers on one line
    wasmedge,  // a line each, numbers unsigned
};

/// What the tools in whose place weir can stand do otherwise than weir.
struct Manners {
    ResultForm results = ResultForm::weir;
    int trap_exit_code = exit_trap;
    int timeout_exit_code = exit_timeout;
    bool names_program_by_base = false;  // its name among its arguments has no folder
};

struct RunOptions {
    std::string file;                           // a module, a program, a source or a folder of sources, as it was named
    bool is_library = false;                    // build it as a library of exports
    bool watches = false;                       // start it anew when what it was built of changes
    std::optional<cache::ImageRange> attached;  // the program is in the executable that runs, and `file` just a name
    std::vector<std::string> args;              // of the guest, without the program's name; with `invoke`, the function's
    std::optional<std::string> invoke;          // the export to call instead of _start
    std::vector<std::string> directories;       // HOST[::GUEST][:ro]
    std::vector<std::string> environment;       // NAME=VALUE, or NAME for weir's own value
    bool inherits_environment = false;
    std::string working_directory;  // the guest's name for it; empty: none is set
    std::string stdin_file;         // empty: weir's own standard input
    NetworkOptions network;
    TraceOptions trace;
    runtime::BoundsPolicy bounds = runtime::BoundsPolicy::automatic;
    Tier tier = Tier::automatic;
    Profile profile = Profile::none;
    bool uses_cache = true;
    std::optional<Timeout> timeout;            // from the guest's start; more than 0
    std::optional<uint64_t> fuel;              // instructions that it may execute; more than 0
    std::optional<uint64_t> max_memory_bytes;  // of each memory
    std::optional<uint64_t> max_stack_bytes;   // for the guest's frames
    std::optional<uint32_t> max_open_files;    // of the guest at a time
    Manners manners;
};

/// Runs a program, which is built first if it is a source; answers the process's exit code: the guest's, or one of ExitCode.
[[nodiscard]] int run(const RunOptions& options);
/// Runs the module or program at `path`, as which `options.file` was built.
[[nodiscard]] int run_module(const RunOptions& options, const std::string& path);
/// How `options.file` is built.
[[nodiscard]] building::BuildOptions build_options(const RunOptions& options);

/// Who asks for LLVM shall not get something else in silence.
[[nodiscard]] Result<void, Problem> check_optimizer(std::string hint);
/// The guest sees the host's name unless told otherwise.
[[nodiscard]] Result<wasip1::Preopen, Problem> parse_directory(std::string_view text);
/// What the guest gets as environment: weir's own if asked, then each variable named, which replaces an inherited one.
[[nodiscard]] Result<std::vector<std::string>, Problem> guest_environment(const RunOptions& options, const char* const* own);

}  // namespace weir::cli
