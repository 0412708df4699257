#pragma once

#include "wasm/module.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace weir::baseline {

/// What one quick pass over a function's instructions tells before code is emitted.
struct LocalRanking {
    std::vector<uint32_t> uses;  // per local (parameters first): uses weighted by loop depth, saturating
    uint32_t call_weight = 0;    // calls (builtins included), weighted likewise, saturating
    uint32_t call_count = 0;
    uint32_t memory0_accesses = 0;

    /// Fills this from the body of a validated function; buffers are reused.
    void rank(const wasm::Module& module, std::span<const std::byte> code, size_t offset_bytes, size_t local_count);
};

}  // namespace weir::baseline
