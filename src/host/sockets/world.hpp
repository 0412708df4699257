#pragma once

#include "host/bind.hpp"
#include "host/sockets/permission.hpp"
#include "host/sockets/types.hpp"
#include "host/wasip1/world.hpp"

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// WasmEdge's socket extension of WASI preview 1, both its versions: the linker picks by name and type. docs/sockets.md.

namespace weir::sockets {

struct NetworkConfig {
    bool allows_all = false;
    std::vector<Rule> rules;
    /// Called for a refused call with one line for the user; may be null. At most a few times.
    void (*report)(std::string_view line) = nullptr;
};

/// A guest's view of the network, used by one thread at a time. Descriptors are those of its WASI world.
class World {
public:
    static constexpr Errno fault = Errno::fault;
    static constexpr Errno invalid_argument = Errno::inval;

    World(wasip1::World& wasi, NetworkConfig config) : m_wasi(wasi), m_config(std::move(config)) {}

    /// Registers the functions. The world must outlive the instances that are linked to it.
    void add_to(runtime::Linker& linker);
    static std::span<const runtime::HostModule> host_modules();

    [[nodiscard]] wasip1::World& wasi() { return m_wasi; }

    /// Whether anything at all is granted of a transport. @error acces  Nothing; the user is told.
    [[nodiscard]] Errno check_open(Transport transport) noexcept;
    /// Whether an address may be bound to or connected to. @error acces  No; the user is told.   @error intr  The guest is to be stopped.
    [[nodiscard]] Errno check(Transport transport, Direction direction, const SocketAddress& address) noexcept;
    /// Whether a name may be asked for. @error acces  No; the user is told.
    [[nodiscard]] Errno check_lookup(const std::string& name) noexcept;
    /// Notes which addresses a name has now, for check().
    void remember(const std::string& name, const std::vector<SocketAddress>& addresses) noexcept;

private:
    bool is_known_by_name(const Rule& rule, const IpAddress& ip) const;
    Errno refuse(const std::string& what, const std::string& flag);

    wasip1::World& m_wasi;
    NetworkConfig m_config;
    std::deque<std::pair<IpAddress, std::string>> m_resolved;  // the latest answers
    std::vector<std::string> m_reported;
};

using Context = host::Context<World>;
template <class T>
using HostResult = host::HostResult<T, Errno>;
using Nothing = wasip1::Nothing;
using wasip1::Fd;
using wasip1::nothing;

/// The same call as WASI's functions see it.
[[nodiscard]] inline wasip1::Context to_wasi(Context& cx) noexcept { return {cx.world.wasi(), cx.memory, cx.call}; }

extern const std::span<const runtime::HostFunction> addrinfo_functions, message_functions, option_functions, poll_functions,
    socket_functions;

}  // namespace weir::sockets
