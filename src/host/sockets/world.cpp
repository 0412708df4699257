#include "host/sockets/world.hpp"

#include "host/sockets/resolve.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <exception>

namespace weir::sockets {

namespace {

constexpr size_t max_resolved = 4096, max_reported = 16;

bool is_local_name(std::string_view name) { return name == "localhost" || name.ends_with(".localhost"); }

}  // namespace

bool World::is_known_by_name(const Rule& rule, const IpAddress& ip) const
{
    return std::ranges::any_of(m_resolved, [&](const auto& entry) {
        return entry.first == ip && rule.covers_name(entry.second) && (!is_private(ip) || is_local_name(entry.second));
    });
}

Errno World::refuse(const std::string& what, const std::string& flag)
{
    if (m_config.report != nullptr && m_reported.size() < max_reported && std::ranges::find(m_reported, flag) == m_reported.end()) {
        m_reported.push_back(flag);
        m_config.report(fmt::format("refused to {}; --net {}  would allow it", what, flag));
    }
    return Errno::acces;
}

Errno World::check_open(Transport transport) noexcept
try {
    const auto is_of_transport = [&](const Rule& r) { return r.transport == transport; };
    if (m_config.allows_all || std::ranges::any_of(m_config.rules, is_of_transport)) return Errno::success;
    return refuse(fmt::format("open a {} socket", name_of(transport)), std::string{name_of(transport)});
} catch (const std::exception&) {
    return Errno::nomem;
}

Errno World::check(Transport transport, Direction direction, const SocketAddress& address) noexcept
try {
    if (m_config.allows_all) return Errno::success;
    const bool is_unix = address.family() == AF_UNIX;
    const IpAddress ip = is_unix ? IpAddress{} : ip_of(address);
    for (const Rule& rule : m_config.rules) {
        if (rule.transport != transport || !rule.covers(direction)) continue;
        if (is_unix) {
            if (rule.name.empty() || rule.name == path_of(address)) return Errno::success;
        } else if (rule.covers_port(address.port())) {
            if (rule.covers_address(ip) || is_known_by_name(rule, ip)) return Errno::success;
        }
    }
    // A guest may have resolved by itself: then weir asks for the names that the rules spell out, and believes only its own answer.
    for (const Rule& rule : m_config.rules) {
        if (is_unix || rule.transport != transport || rule.host != Rule::Host::name || !rule.covers(direction)) continue;
        if (!rule.covers_port(address.port())) continue;
        Lookup lookup;
        lookup.node = rule.name;
        lookup.type = SOCK_STREAM;
        const auto answers = resolve(lookup);
        if (!answers) {
            if (answers.error() == Errno::intr) return Errno::intr;
            continue;
        }
        std::vector<SocketAddress> addresses;
        for (const Found& found : answers->found) addresses.push_back(found.address);
        remember(rule.name, addresses);
        if (is_known_by_name(rule, ip)) return Errno::success;
    }
    const std::string text = to_string(address);
    return refuse(fmt::format("{} {} {}", direction == Direction::listen ? "bind to" : "connect to", name_of(transport), text),
                  fmt::format("{}:{}={}", name_of(transport), name_of(direction), text));
} catch (const std::exception&) {
    return Errno::nomem;
}

Errno World::check_lookup(const std::string& name) noexcept
try {
    const auto covers = [&](const Rule& r) {
        if (r.transport == Transport::unix_domain) return false;
        return (r.transport == Transport::dns || r.host != Rule::Host::any) && r.covers_name(name);
    };
    if (m_config.allows_all || std::ranges::any_of(m_config.rules, covers)) return Errno::success;
    return refuse(fmt::format("look up {}", name), "dns:" + name);
} catch (const std::exception&) {
    return Errno::nomem;
}

void World::remember(const std::string& name, const std::vector<SocketAddress>& addresses) noexcept
try {
    for (const SocketAddress& address : addresses) {
        if (address.family() != AF_INET && address.family() != AF_INET6) continue;
        std::pair entry{ip_of(address), name};
        if (std::ranges::find(m_resolved, entry) != m_resolved.end()) continue;
        if (m_resolved.size() == max_resolved) m_resolved.pop_front();
        m_resolved.push_back(std::move(entry));
    }
} catch (const std::exception&) {  // NOLINT(bugprone-empty-catch)
    // What is not remembered is refused.
}

std::span<const runtime::HostModule> World::host_modules()
{
    static constexpr std::string_view preview1 = "wasi_snapshot_preview1", world = "sockets (WasmEdge)";
    static const std::array modules{
        runtime::HostModule{preview1, world, addrinfo_functions, "sock"},
        runtime::HostModule{preview1, world, message_functions, "sock"},
        runtime::HostModule{preview1, world, option_functions, "sock"},
        runtime::HostModule{preview1, world, poll_functions, "poll"},
        runtime::HostModule{preview1, world, socket_functions, "sock"},
    };
    return modules;
}

void World::add_to(runtime::Linker& linker)
{
    for (const runtime::HostModule& module : host_modules()) linker.add(module, this);
}

}  // namespace weir::sockets
