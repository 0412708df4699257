#pragma once

#include <cstdint>

namespace weir::wasm {

/// The proposal that an instruction came with: the last column of opcodes.def.
enum class Feature : uint8_t {
    mvp,
    sign_extension,
    saturating_trunc,
    bulk_memory,
    reference_types,
    simd,
    relaxed_simd,
    tail_call,
    function_references,
    gc,
    exceptions,
    threads,
    wide_arithmetic,
    custom_descriptors,
};

}  // namespace weir::wasm
