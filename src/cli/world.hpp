#pragma once

#include "wasm/module.hpp"

#include <string>
#include <string_view>

namespace weir::cli {

/// The kinds of program that weir knows apart. docs/design.md, section 1.
enum class WorldKind : uint8_t { command, sockets, edge_service, reactor };

[[nodiscard]] WorldKind world_of(const wasm::Module& module);
/// "command", "sockets", ...
[[nodiscard]] std::string_view name_of(WorldKind world);
/// What it is in a few words.
[[nodiscard]] std::string_view describe(WorldKind world);

/// Who would provide an import that nothing provides, for messages: the world or tool that it belongs to, with what can be
/// done about it. Both empty when weir has not heard of the module.
struct Origin {
    std::string_view belongs_to;
    std::string_view advice;
};
[[nodiscard]] Origin origin_of(std::string_view module, std::string_view name);

}  // namespace weir::cli
