#pragma once

#include "runtime/contract.hpp"
#include "wasm/types.hpp"

#include <cstdint>

namespace weir::runtime {

class Instance;

// Shared by builtins and instantiation. All or nothing: on a trap nothing was written. Standard: Core 3.0, 4.6.
TrapKind memory_init(Instance& instance, wasm::MemoryIdx memory, wasm::DataIdx data, uint64_t destination, uint32_t source,
                     uint32_t count);
TrapKind table_init(Instance& instance, wasm::TableIdx table, wasm::ElemIdx elem, uint64_t destination, uint32_t source,
                    uint32_t count);

}  // namespace weir::runtime
