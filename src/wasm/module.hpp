#pragma once

#include "wasm/types.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace weir::wasm {

class TypeRegistry;

enum class ExternKind : uint8_t { func, table, memory, global, tag };

/// What an import asks for or an export offers. For func and tag the TypeId; `exact` is the custom-descriptors proposal's.
struct FuncExtern {
    TypeId type;
    Exactness exactness = Exactness::inexact;
};
struct TagExtern {
    TypeId type;
};
using ExternType = std::variant<FuncExtern, TableType, MemoryType, GlobalType, TagExtern>;  // in ExternKind's order

/// Names are views into the module's bytes: valid UTF-8, may hold NUL, may repeat.
struct Import {
    std::string_view module;
    std::string_view name;
    ExternType type;
};

struct Export {
    std::string_view name;
    ExternKind kind;
    uint32_t index;
};

/// A constant expression: the bytes of its instructions, final `end` included, and their offset in the module.
struct ConstExpr {
    std::span<const std::byte> bytes;
    size_t offset_bytes = 0;
};

struct Table {
    TableType type;
    std::optional<ConstExpr> init;  // defined tables only
};
struct Global {
    GlobalType type;
    ConstExpr init;  // empty bytes when imported
};

enum class SegmentMode : uint8_t { active, passive, declarative };

struct ElemSegment {
    SegmentMode mode = SegmentMode::passive;
    ValType type;
    TableIdx table;
    ConstExpr offset;                 // active only
    std::vector<FuncIdx> functions;   // either these,
    std::vector<ConstExpr> elements;  // or these
    [[nodiscard]] size_t size() const { return functions.empty() ? elements.size() : functions.size(); }
};

struct DataSegment {
    SegmentMode mode = SegmentMode::passive;
    MemoryIdx memory;
    ConstExpr offset;  // active only
    std::span<const std::byte> bytes;
};

/// A function's body as it stands in the code section: declared locals, then instructions up to and with the last `end`.
struct FunctionBody {
    std::span<const std::byte> bytes;  // from the first byte of the local declarations
    size_t offset_bytes = 0;           // of bytes[0] in the module
};

/// Field of the producers section: e.g. {"language", "Go", "1.26"}. Tool conventions, ProducersSection.md.
struct Producer {
    std::string_view field, name, version;
};

/// Instructions that weir validates but does not run yet, when a module holds them.
struct UnsupportedUse {
    std::string_view feature;  // e.g. "garbage collection", "exceptions"
    std::string_view instruction;
    FuncIdx function;
    size_t offset_bytes = 0;
};

[[nodiscard]] uint64_t next_module_serial();

/// A decoded module. Immutable, shared by all threads and instances; spans and views point into `bytes`, which the
/// module keeps alive. In every index space imports come first. Standard: Core 3.0, 2.5 "Modules".
struct Module {
    const uint64_t serial = next_module_serial();  // no other module of the process has it
    std::shared_ptr<const void> owner;             // keeps `bytes` alive (a mapping or a buffer)
    std::span<const std::byte> bytes;
    std::shared_ptr<TypeRegistry> registry;

    std::vector<TypeId> types;  // the module's type index space
    std::vector<Import> imports;
    std::vector<TypeId> functions;  // all functions, imports first
    std::vector<Table> tables;
    std::vector<MemoryType> memories;
    std::vector<Global> globals;
    std::vector<TypeId> tags;
    std::vector<Export> exports;
    std::optional<FuncIdx> start;
    std::vector<ElemSegment> elems;
    std::vector<DataSegment> datas;
    std::optional<uint32_t> data_count;
    std::vector<FunctionBody> bodies;  // of defined functions, in order
    /// C.refs of Core 3.0, 3.1.1: a flag per function, set for those that are named outside of bodies. ref.func may name these.
    std::vector<bool> referenced_functions;

    uint32_t imported_function_count = 0;
    uint32_t imported_table_count = 0;
    uint32_t imported_memory_count = 0;
    uint32_t imported_global_count = 0;
    uint32_t imported_tag_count = 0;

    std::span<const std::byte> name_section;  // payload of custom section "name"; empty if absent (names.hpp parses it on demand)
    std::vector<Producer> producers;
    std::vector<std::string_view> target_features;  // those used, e.g. "simd128"
    struct CustomSection {
        std::string_view name;
        std::span<const std::byte> bytes;
    };
    std::vector<CustomSection> custom_sections;

    /// Set by validation: the first instruction that the compilers refuse, if any.
    std::optional<UnsupportedUse> unsupported;

    [[nodiscard]] bool is_imported(FuncIdx f) const { return f.value < imported_function_count; }
    [[nodiscard]] const FunctionBody& body_of(FuncIdx f) const { return bodies[f.value - imported_function_count]; }
    [[nodiscard]] const SubType& sub_type(TypeId id) const;
    [[nodiscard]] const FuncType& func_type(FuncIdx f) const;  // precondition: in range
    [[nodiscard]] const Export* find_export(std::string_view name) const;
};

/// Text form with defined types by their index in `module`, e.g. "(ref null 3)".
std::string to_string(ValType type, const Module& module);

}  // namespace weir::wasm
