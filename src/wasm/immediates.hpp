#pragma once

#include "wasm/types.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

// The immediates of instructions, as the reader hands them to a visitor: the third column of opcodes.def.
// Index ranges are not checked by the reader but by the validator; encodings are.
// Types inside (block types, heap types, select's list) are canonical already: the reader resolves them through the module.

namespace weir::wasm {

struct NoImm {};
struct AtomicFenceImm {};

/// Parameters and results of a block. Storage belongs to the module or the registry and outlives the visit.
/// Standard: Core 3.0, 5.4.1 "blocktype".
struct BlockType {
    std::span<const ValType> params;
    std::span<const ValType> results;
};

/// The labels of br_table, the default last. Standard: Core 3.0, 5.4.1.
struct BrTable {
    std::span<const uint32_t> labels;  // relative depths; valid during the visit only
    LabelIdx default_label;
};

struct CallIndirectImm {
    TypeIdx type;
    TableIdx table;
};

enum class CatchKind : uint8_t { catch_, catch_ref, catch_all, catch_all_ref };
struct CatchClause {
    CatchKind kind;
    TagIdx tag;
    LabelIdx label;
};
struct TryTableImm {
    BlockType type;
    std::span<const CatchClause> catches;  // valid during the visit only
};

struct SelectTypes {
    std::span<const ValType> types;  // valid during the visit only
};

/// `offset` is added to the zero-extended index in 64 bits or more; never in fewer. Standard: Core 3.0, 5.4.6 "memarg".
struct MemArg {
    uint32_t align_log2;
    MemoryIdx memory;
    uint64_t offset;
};
using LaneIdx = Index<struct LaneTag>;
struct MemArgLane {
    MemArg mem;
    LaneIdx lane;
};

struct I32Const {
    int32_t value;
};
struct I64Const {
    int64_t value;
};
/// Bit patterns: a NaN's payload must survive, so no float type holds them.
struct F32Const {
    uint32_t bits;
};
struct F64Const {
    uint64_t bits;
};
struct V128Const {
    std::array<uint8_t, 16> bytes;
};
struct ShuffleLanes {
    std::array<uint8_t, 16> lanes;  // each below 32 once validated
};

/// For ref.null the nullable reference to the heap type; for casts the target type with the opcode's nullability.
struct HeapTypeImm {
    ValType type;
};
struct MemoryInitImm {
    DataIdx data;
    MemoryIdx memory;
};
struct MemoryCopyImm {
    MemoryIdx destination;
    MemoryIdx source;
};
struct TableInitImm {
    ElemIdx elem;
    TableIdx table;
};
struct TableCopyImm {
    TableIdx destination;
    TableIdx source;
};
struct StructFieldImm {
    TypeIdx type;
    FieldIdx field;
};
struct ArrayNewFixedImm {
    TypeIdx type;
    uint32_t count;
};
struct ArrayDataImm {
    TypeIdx type;
    DataIdx data;
};
struct ArrayElemImm {
    TypeIdx type;
    ElemIdx elem;
};
struct ArrayCopyImm {
    TypeIdx destination;
    TypeIdx source;
};
struct BrOnCastImm {
    LabelIdx label;
    ValType from;
    ValType to;
};

}  // namespace weir::wasm
