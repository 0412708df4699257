#include "wasm/load.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

/// Decoder and validator take any bytes: they answer a module or an error that can be told.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    const auto module = weir::wasm::load_module(std::as_bytes(std::span{data, size}), nullptr,
                                                std::make_shared<weir::wasm::TypeRegistry>(), {.threads = 1, .limits = {}});
    if (!module && module.error().to_string().empty()) __builtin_trap();
    return 0;
}
