#include "cli/world.hpp"

#include <algorithm>
#include <array>

namespace weir::cli {

namespace {

bool is_wasi_preview1(std::string_view module) { return module == "wasi_snapshot_preview1" || module == "wasi_unstable"; }

/// Functions that preview 1 itself has are the extension's only when their type says so: its sock_accept takes two parameters
/// where preview 1's takes three, sock_recv and sock_send of version 2 take more than preview 1's.
bool is_socket_extension(std::string_view module, std::string_view name, size_t parameters)
{
    if (!is_wasi_preview1(module) || !name.starts_with("sock_")) return false;
    if (name == "sock_accept") return parameters != 3;
    if (name == "sock_recv") return parameters != 6;
    if (name == "sock_send") return parameters != 5;
    return name != "sock_shutdown";
}

/// Also by the names from before modules were called fastly_*.
bool is_edge_import(const wasm::Import& import)
{
    return import.module.starts_with("fastly_") || (import.module == "env" && import.name.starts_with("xqd_"));
}

struct ImportFamily {
    std::string_view module_prefix;
    Origin origin;
};
constexpr std::array families{
    ImportFamily{"fastly_", {"edge service world (Fastly Compute)", "this weir does not have them, or not with this type"}},
    ImportFamily{"wasi_nn", {"wasi-nn interface (neural networks)", "weir does not provide it"}},
    ImportFamily{"wasi_ephemeral", {"drafts of WASI between its previews", "build for wasm32-wasip1"}},
    ImportFamily{"wasi:", {"WASI preview 2 interfaces", "build for wasm32-wasip1 instead of wasm32-wasip2"}},
    ImportFamily{"wasix_", {"WASIX interface (wasmer)", "weir does not provide it; build for wasm32-wasip1"}},
    ImportFamily{"gojs", {"JavaScript support of Go", "build with GOOS=wasip1 instead of GOOS=js"}},
    ImportFamily{"__wbindgen", {"JavaScript glue of wasm-bindgen", "it runs in a browser or Node; build for wasm32-wasip1"}},
    ImportFamily{"wbg", {"JavaScript glue of wasm-bindgen", "it runs in a browser or Node; build for wasm32-wasip1"}},
    ImportFamily{"wasi", {"wasi-threads interface", "weir does not provide it yet; build without threads"}},
    ImportFamily{
        "env",
        {"module env, which no standard defines", "left undefined when linking, or Emscripten's (build with -sSTANDALONE_WASM)"}},
};

}  // namespace

WorldKind world_of(const wasm::Module& module)
{
    if (std::ranges::any_of(module.imports, is_edge_import)) return WorldKind::edge_service;
    for (const auto& import : module.imports) {
        const auto* const function = std::get_if<wasm::FuncExtern>(&import.type);
        if (function == nullptr) continue;
        if (is_socket_extension(import.module, import.name, module.sub_type(function->type).func.params.size()))
            return WorldKind::sockets;
    }
    const auto* const start = module.find_export("_start");
    return start != nullptr && start->kind == wasm::ExternKind::func ? WorldKind::command : WorldKind::reactor;
}

std::string_view name_of(WorldKind world)
{
    switch (world) {
    case WorldKind::command: return "command";
    case WorldKind::sockets: return "sockets";
    case WorldKind::edge_service: return "edge service";
    case WorldKind::reactor: return "reactor";
    }
    return "?";
}

std::string_view describe(WorldKind world)
{
    switch (world) {
    case WorldKind::command: return "a program with a main function";
    case WorldKind::sockets: return "a network program that uses WasmEdge's socket functions";
    case WorldKind::edge_service: return "a Fastly Compute service";
    case WorldKind::reactor: return "a library of exported functions";
    }
    return "?";
}

Origin origin_of(std::string_view module, std::string_view name)
{
    if (is_wasi_preview1(module)) {
        if (name.starts_with("sock_") || name == "epoll_oneoff")
            return {"sockets world (WasmEdge)", "this weir does not have them, or not with this type"};
        return {"command world (WASI preview 1)", "this weir does not have them, or not with this type"};
    }
    for (const auto& family : families)
        if (module.starts_with(family.module_prefix)) return family.origin;
    return {};
}

}  // namespace weir::cli
