#include "cli/messages.hpp"

#include <unistd.h>

#include <cstdlib>
#include <map>

namespace weir::cli {

namespace {

/// Colour only where a person looks, and never against NO_COLOR.
bool has_colour()
{
    const char* const no_colour = std::getenv("NO_COLOR");
    return (no_colour == nullptr || *no_colour == '\0') && ::isatty(STDERR_FILENO) == 1;
}

void write_all(std::string_view text)
{
    while (!text.empty()) {
        const ssize_t n = ::write(STDERR_FILENO, text.data(), text.size());
        if (n <= 0) return;
        text.remove_prefix(static_cast<size_t>(n));
    }
}

/// What file content could stand in names shown to a person: control characters become '?'.
std::string printable(std::string_view text)
{
    std::string out{text};
    for (char& c : out)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
    return out;
}

/// The world that an import module belongs to, for the reader of a message.
std::string_view world_of(const runtime::UnresolvedImport& import)
{
    const std::string_view module = import.module;
    if (module.starts_with("fastly_") || (module == "env" && import.name.starts_with("xqd_"))) return "Fastly Compute, which this weir does not have yet";
    if (module == "wasi_snapshot_preview1" || module == "wasi_unstable") {
        if (import.name.starts_with("sock_")) return "sockets (WasmEdge extension), which this weir does not have yet";
        return "WASI preview 1";
    }
    if (module.starts_with("wasi:")) return "WASI preview 2 components, which weir does not run";
    if (module == "env") return "no world: the host program, or an undefined symbol of the guest's own, should provide it";
    return "no world that weir knows";
}

}  // namespace

void print_error(std::string_view what, std::string_view hint)
{
    const bool colour = has_colour();
    std::string text = colour ? "\033[1;31merror:\033[0m " : "error: ";
    text += what;
    text += '\n';
    if (!hint.empty()) {
        text += colour ? "\033[1;36mhint:\033[0m " : "hint: ";
        text += hint;
        text += '\n';
    }
    write_all(text);
}

void print_module_error(const std::string& file, const wasm::ModuleError& error)
{
    const std::string name = "'" + printable(file) + "'";
    switch (error.kind) {
    case wasm::ErrorKind::empty: return print_error(name + " is empty", "was the build that makes it interrupted?");
    case wasm::ErrorKind::text:
        return print_error(name + " is a text file, not a WebAssembly module",
                           "compile it first: `wat2wasm` or `wasm-tools parse` for .wat, `clang --target=wasm32-wasi` for C and C++, `GOOS=wasip1 GOARCH=wasm go build` for Go");
    case wasm::ErrorKind::component:
        return print_error(name + " is a WebAssembly component; weir runs core modules", "build it for wasip1 (wasm32-wasip1) instead of wasip2");
    case wasm::ErrorKind::not_wasm: return print_error(name + " is not a WebAssembly module: it does not start with the bytes 00 61 73 6d");
    case wasm::ErrorKind::malformed: return print_error(name + " is damaged: " + printable(error.to_string()), "copy or build it again");
    case wasm::ErrorKind::invalid: return print_error(name + " is not valid WebAssembly: " + printable(error.to_string()));
    case wasm::ErrorKind::limit: return print_error(name + " is beyond a limit of weir's: " + printable(error.to_string()));
    }
}

void print_link_error(const std::string& file, const runtime::LinkError& error)
{
    std::map<std::string_view, std::string> by_world;
    for (const runtime::UnresolvedImport& i : error.imports) {
        std::string line = "  " + printable(i.module) + "." + printable(i.name) + ": " + i.wanted;
        if (!i.found.empty()) line += "; weir has it as " + i.found;
        if (i.found.empty() && !i.nearest.empty()) line += "; did you mean " + i.nearest + "?";
        by_world[world_of(i)] += line + "\n";
    }
    std::string text = "'" + printable(file) + "' imports " + std::to_string(error.imports.size()) + (error.imports.size() == 1 ? " thing" : " things") + " that weir does not provide";
    for (const auto& [world, lines] : by_world) text += "\nfrom " + std::string{world} + ":\n" + lines.substr(0, lines.size() - 1);
    print_error(text);
}

}  // namespace weir::cli
