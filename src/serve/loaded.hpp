#pragma once

#include "base/result.hpp"
#include "cli/console.hpp"
#include "cli/run.hpp"
#include "cli/tracing.hpp"
#include "host/fastly/service.hpp"
#include "host/fastly/world.hpp"
#include "runtime/code_listener.hpp"
#include "runtime/engine.hpp"
#include "runtime/initial_state.hpp"
#include "runtime/module_code.hpp"
#include "serve/code_keeper.hpp"
#include "serve/log.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::serve {

/// In the place of a file of rules for user agents: there are none to be used.
inline constexpr std::string_view no_user_agents = "none";

struct GuestOptions {
    std::string file;                                              // a module or a source
    bool watches = false;                                          // finds out what it depends on
    std::string config_file;                                       // a fastly.toml; empty: nothing is configured
    std::string user_agents_file;                                  // rules to tell them apart by; empty: the system's
    bool must_be_service = true;                                   // refuse what imports nothing of an edge service
    std::chrono::nanoseconds timeout = std::chrono::seconds{120};  // from a request's arrival; zero: none
    uint64_t max_memory_bytes = uint64_t{128} << 20;               // of an instance
    runtime::BoundsPolicy bounds = runtime::BoundsPolicy::automatic;
    cli::Tier tier = cli::Tier::automatic;
    std::shared_ptr<runtime::CodeListener> code_listener;  // null: nobody is told
    cli::TraceOptions trace;
    std::vector<std::string> args{"compute-app"};
    fastly::Limits limits;
    bool takes_snapshots = false;  // instances begin where they first ask for something of a request
    bool uses_cache = true;
    bool reuses_instances = true;  // false: there is one request only
};

/// What an import was found to be; which object of an instance's it gets is what differs from one instance to another.
struct LinkedImport {
    enum class World : uint8_t { fastly, waits, wasi } world;
    wasm::TypeId type;
    bool (*entry)(runtime::HostFunctionContext&, runtime::Value*) noexcept;
    bool precedes_requests;  // what it answers has nothing to do with a request, and it leaves nothing behind in its world
};

/// A service that can be served: its module's code and its configuration. Immutable, shared by threads; another is made to reload one.
struct Loaded {
    std::shared_ptr<const GuestOptions> options;
    std::shared_ptr<runtime::Engine> engine;
    std::shared_ptr<runtime::ModuleCode> code;
    std::unique_ptr<CodeKeeper> keeper;  // null: the code is not kept
    std::shared_ptr<const fastly::Service> service;
    std::shared_ptr<const Log> log;
    std::optional<cli::TraceTarget> trace;
    std::vector<std::string> inputs;                       // what it depends on, for FileWatch::follow
    std::shared_ptr<const runtime::InitialState> initial;  // null: instances cannot be used again
    std::vector<LinkedImport> imports;                     // in the module's order: names are looked up once, not for each request
};

/// Reads a configuration. The problem lists every mistake with its place.
[[nodiscard]] Result<std::shared_ptr<fastly::Service>, cli::Problem> load_config(const std::string& file);

/// Loads a module and its configuration; links the module once, so that what it lacks is told before the first request.
[[nodiscard]] Result<std::shared_ptr<const Loaded>, cli::Problem> load(std::shared_ptr<const GuestOptions> options,
                                                                       std::shared_ptr<const Log> log);

}  // namespace weir::serve
