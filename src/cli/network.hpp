#pragma once

#include "base/result.hpp"
#include "cli/run.hpp"
#include "host/sockets/world.hpp"

#include <vector>

namespace weir::cli {

/// What --net says, for the world of sockets; what it refuses is reported on standard error.
[[nodiscard]] Result<sockets::NetworkConfig, Problem> network_config(const NetworkOptions& options);
/// The sockets of --listen and --dial, in this order, and behind them those of systemd.
[[nodiscard]] Result<std::vector<int>, Problem> given_sockets(const NetworkOptions& options);
/// Tells at once what will otherwise show later, call by call: that a program that opens sockets was granted none.
void warn_without_network(const RunOptions& options, bool has_given_sockets, const wasm::Module& module);

}  // namespace weir::cli
