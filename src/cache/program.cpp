#include "cache/program.hpp"

#include "base/unique_fd.hpp"
#include "cache/cache.hpp"
#include "cache/image_file.hpp"
#include "cache/sha256.hpp"
#include "wasm/names.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <vector>

namespace weir::cache {

namespace {

/// What the module's functions are called; of functions with code of both tiers the faster has the name.
std::vector<Symbol> symbols_of(const runtime::CodeSnapshot& code, const wasm::Module& module)
{
    const wasm::FunctionNames names{module};
    std::vector<bool> has_hot_code(module.functions.size());
    for (const runtime::PieceRecord& p : code.pieces)
        if (p.tier == runtime::CodeTier::hot) has_hot_code[p.function] = true;
    std::vector<Symbol> symbols;
    symbols.reserve(code.pieces.size());
    for (const runtime::PieceRecord& p : code.pieces) {
        // A name that has a NUL in it ends there.
        std::string name{names.name_of(wasm::FuncIdx{p.function})};
        name.resize(std::strlen(name.c_str()));
        if (name.empty()) name = "function-" + std::to_string(p.function);
        if (p.tier == runtime::CodeTier::first && has_hot_code[p.function]) name += ".baseline";
        symbols.push_back({std::move(name), p.begin, p.size_bytes});
    }
    return symbols;
}

}  // namespace

Result<void, SysError> write_program(int file, const runtime::CodeSnapshot& code, const runtime::Engine& engine,
                                     const wasm::Module& module, std::string_view module_name)
{
    const std::vector<Symbol> symbols = symbols_of(code, module);
    return write_image(file, {.code = code,
                              .settings = settings_here(Settings::Tiers::by_heat, engine),
                              .module_hash = sha256(module.bytes),
                              .module = module.bytes,
                              .module_name = module_name,
                              .symbols = &symbols});
}

Result<void, SysError> save_program(const std::string& path, const runtime::CodeSnapshot& code, const runtime::Engine& engine,
                                    const wasm::Module& module, std::string_view module_name)
{
    const std::string draft = path + "." + std::to_string(::getpid()) + ".new";
    const UniqueFd file{::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666)};
    if (!file) return Unexpected{last_error("open")};
    auto written = write_program(file.get(), code, engine, module, module_name);
    if (written && std::rename(draft.c_str(), path.c_str()) != 0) written = Unexpected{last_error("rename")};
    if (!written) ::unlink(draft.c_str());
    return written;
}

}  // namespace weir::cache
