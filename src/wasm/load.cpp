#include "wasm/load.hpp"

namespace weir::wasm {

Result<std::shared_ptr<const Module>, ModuleError> load_module(std::span<const std::byte> bytes, std::shared_ptr<const void> owner,
                                                               std::shared_ptr<TypeRegistry> registry, const LoadOptions& options)
{
    WEIR_TRY(module, decode(bytes, std::move(owner), std::move(registry), options.limits));
    WEIR_CHECK(validate(*module, options.threads, options.rules));
    return std::shared_ptr<const Module>{std::move(module)};
}

}  // namespace weir::wasm
