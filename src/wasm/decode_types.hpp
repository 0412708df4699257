#pragma once

#include "wasm/byte_reader.hpp"
#include "wasm/decode.hpp"
#include "wasm/module.hpp"
#include "wasm/module_error.hpp"

#include <optional>

namespace weir::wasm {

/// Decodes the type section into `module.types`, canonical. A typing error is answered; an error of encoding stays in the reader.
std::optional<ModuleError> decode_type_section(ByteReader& reader, Module& module, const DecodeLimits& limits);

/// Types with their own rules checked: ranges of limits, page sizes. A failure stays in the reader.
TableType read_table_type(ByteReader& reader, const Module& module);
MemoryType read_memory_type(ByteReader& reader);
GlobalType read_global_type(ByteReader& reader, const Module& module);

}  // namespace weir::wasm
