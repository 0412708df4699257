#include "cli/network.hpp"

#include "cli/world.hpp"
#include "host/sockets/given.hpp"

#include <fmt/format.h>
#include <unistd.h>

namespace weir::cli {

namespace {

void print_refusal(std::string_view line) { print(STDERR_FILENO, fmt::format("weir: {}\n", printable(line))); }

}  // namespace

Result<sockets::NetworkConfig, Problem> network_config(const NetworkOptions& options)
{
    sockets::NetworkConfig config{.allows_all = options.allows_all, .rules = {}, .report = print_refusal};
    for (const std::string& text : options.rules) {
        auto rules = sockets::parse_rules(text);
        if (!rules)
            return Unexpected{Problem{.error = fmt::format("--net {} is not understood", printable(text)),
                                      .because = printable(rules.error()),
                                      .hint = "--net  allows all; --net tcp:listen=127.0.0.1:3000,dns  just these",
                                      .exit_code = exit_usage}};
        config.rules.insert(config.rules.end(), rules->begin(), rules->end());
    }
    return config;
}

Result<std::vector<int>, Problem> given_sockets(const NetworkOptions& options)
{
    std::vector<int> all;
    const auto add = [&](std::string_view option, const std::vector<std::string>& endpoints, auto open) -> Result<void, Problem> {
        for (const std::string& endpoint : endpoints) {
            const auto fd = open(endpoint);
            if (!fd)
                return Unexpected{Problem{.error = fmt::format("{} {} does not work", option, printable(endpoint)),
                                          .because = printable(fd.error()),
                                          .hint = {}}};
            all.push_back(*fd);
        }
        return {};
    };
    // Before others are opened: they are at fixed numbers.
    const std::vector<int> passed_on = sockets::sockets_of_systemd();
    WEIR_CHECK(add("--listen", options.listen, sockets::listen_at));
    WEIR_CHECK(add("--dial", options.dial, sockets::dial_to));
    all.insert(all.end(), passed_on.begin(), passed_on.end());
    return all;
}

void warn_without_network(const RunOptions& options, bool has_given_sockets, const wasm::Module& module)
{
    if (options.network.allows_all || !options.network.rules.empty() || has_given_sockets) return;
    if (world_of(module) != WorldKind::sockets) return;
    print(STDERR_FILENO,
          fmt::format("weir: '{}' uses sockets, and none are granted; --net  would allow all\n", printable(options.file)));
}

}  // namespace weir::cli
