#include "wasm/decode_types.hpp"

#include "wasm/type_reader.hpp"
#include "wasm/type_registry.hpp"

#include <algorithm>
#include <vector>

namespace weir::wasm {

namespace {

using Group = std::vector<SubType>;

ModuleError invalid(const char* message, size_t offset) { return {ErrorKind::invalid, message, offset, std::nullopt, {}}; }

FieldType read_field_type(ByteReader& r, const TypeContext& cx)
{
    FieldType field;
    if (r.peek() == 0x78 || r.peek() == 0x77) {
        field.packed = r.u8() == 0x78 ? PackedType::i8 : PackedType::i16;
        field.type = i32;
    } else {
        field.type = read_val_type(r, cx);
    }
    const uint8_t mutability = r.u8();
    if (mutability > 1) r.fail("malformed mutability");
    field.mutability = mutability == 1 ? Mutability::var : Mutability::const_;
    return field;
}

ResultType read_result_type(ByteReader& r, const TypeContext& cx, uint32_t limit)
{
    const uint32_t count = r.count(1, "too many value types");
    if (count > limit) r.fail("too many parameters or results");
    ResultType types;
    for (uint32_t i = 0; i < count && !r.failed(); ++i) types.push_back(read_val_type(r, cx));
    return types;
}

SubType read_sub_type(ByteReader& r, const TypeContext& cx, const DecodeLimits& limits)
{
    SubType t;
    const auto id = [&] {
        const size_t at = r.offset();
        return read_type_id(r, cx, r.u32(), at);
    };
    uint8_t form = r.u8();
    if (form == 0x50 || form == 0x4f) {
        t.is_final = form == 0x4f;
        const uint32_t count = r.count(1, "too many supertypes");
        if (count > 1) r.fail("sub type has more than one supertype");
        if (count == 1) t.supertype = id();
        form = r.u8();
    }
    if (form == 0x4c) {
        t.describes = id();
        form = r.u8();
    }
    if (form == 0x4d) {
        t.descriptor = id();
        form = r.u8();
    }
    switch (form) {
    case 0x60:
        t.kind = CompositeKind::func;
        t.func.params = read_result_type(r, cx, limits.params);
        t.func.results = read_result_type(r, cx, limits.results);
        break;
    case 0x5f: {
        t.kind = CompositeKind::struct_;
        const uint32_t count = r.count(2, "too many fields");
        if (count > limits.struct_fields) r.fail("too many struct fields");
        for (uint32_t i = 0; i < count && !r.failed(); ++i) t.fields.push_back(read_field_type(r, cx));
        break;
    }
    case 0x5e:
        t.kind = CompositeKind::array;
        t.fields.push_back(read_field_type(r, cx));
        break;
    default: r.fail("malformed type form"); break;
    }
    return t;
}

bool is_field_subtype(const TypeRegistry& registry, const FieldType& a, const FieldType& b)
{
    if (a.packed != b.packed || a.mutability != b.mutability) return false;
    return a.mutability == Mutability::var ? a.type == b.type : registry.is_subtype(a.type, b.type);
}

bool are_subtypes(const TypeRegistry& registry, const ResultType& a, const ResultType& b)
{
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [&](ValType x, ValType y) { return registry.is_subtype(x, y); });
}

/// Standard: Core 3.0, 3.2.9 and 3.3.10 (matching of composite types).
bool is_composite_subtype(const TypeRegistry& registry, const SubType& a, const SubType& b)
{
    if (a.kind != b.kind) return false;
    switch (a.kind) {
    case CompositeKind::func:
        return are_subtypes(registry, b.func.params, a.func.params) && are_subtypes(registry, a.func.results, b.func.results);
    case CompositeKind::struct_:
        return a.fields.size() >= b.fields.size() &&
               std::equal(b.fields.begin(), b.fields.end(), a.fields.begin(),
                          [&](const FieldType& y, const FieldType& x) { return is_field_subtype(registry, x, y); });
    case CompositeKind::array: return is_field_subtype(registry, a.fields[0], b.fields[0]);
    }
    return false;
}

/// The custom-descriptors proposal's rules for one type of a group: `describes` and `descriptor` name each other, both are structs,
/// and a subtype keeps its supertype's descriptor, itself a subtype of it.
const char* check_descriptors(const TypeRegistry& registry, TypeId self)
{
    const SubType& t = registry.at(self);
    if ((t.describes || t.descriptor) && t.kind != CompositeKind::struct_) return "descriptor clauses are for struct types";
    if (t.descriptor && registry.at(*t.descriptor).describes != self) return "descriptor type does not describe this type";
    if (t.describes && (registry.at(*t.describes).descriptor != self || t.describes->value >= self.value)) return "described type has another descriptor";
    if (!t.supertype) return nullptr;
    const SubType& super = registry.at(*t.supertype);
    if (super.descriptor && (!t.descriptor || !registry.is_subtype(*t.descriptor, *super.descriptor))) return "sub type's descriptor does not match its supertype's";
    if (t.describes.has_value() != super.describes.has_value()) return "sub type and supertype must both describe a type, or neither";
    if (t.describes && !registry.is_subtype(*t.describes, *super.describes)) return "sub type does not match super type's description";
    return nullptr;
}

std::optional<ModuleError> check_group(const TypeRegistry& registry, TypeId first, uint32_t count, const DecodeLimits& limits, size_t at)
{
    for (uint32_t i = 0; i < count; ++i) {
        const TypeId self{first.value + i};
        const SubType& t = registry.at(self);
        if (const char* const message = check_descriptors(registry, self)) return invalid(message, at);
        if (!t.supertype) continue;
        if (t.supertype->value >= self.value) return invalid("unknown type: a supertype comes before its subtypes", at);
        if (t.depth() > limits.subtype_depth) return ModuleError{ErrorKind::limit, "subtypes nest too deeply", at, std::nullopt, {}};
        const SubType& super = registry.at(*t.supertype);
        if (super.is_final || !is_composite_subtype(registry, t, super)) return invalid("sub type does not match super type", at);
    }
    return std::nullopt;
}

}  // namespace

std::optional<ModuleError> decode_type_section(ByteReader& r, Module& module, const DecodeLimits& limits)
{
    const uint32_t count = r.count(1, "too many types");
    for (uint32_t i = 0; i < count && !r.failed(); ++i) {
        const size_t at = r.offset();
        uint32_t group_size = 1;
        if (r.peek() == 0x4e) {
            r.u8();
            group_size = r.count(1, "too many types in a recursive group");
        }
        if (group_size > limits.types - module.types.size()) return ModuleError{ErrorKind::limit, "too many types", at, std::nullopt, {}};
        const TypeContext cx{module.types, group_size};
        Group group;
        for (uint32_t k = 0; k < group_size && !r.failed(); ++k) group.push_back(read_sub_type(r, cx, limits));
        if (r.failed()) return std::nullopt;
        if (group.empty()) continue;
        // A supertype inside the group must come first; ones behind it would have no display yet.
        for (uint32_t k = 0; k < group_size; ++k)
            if (group[k].supertype && group[k].supertype->value >= rec_group_member + k) return invalid("unknown type: a supertype comes before its subtypes", at);
        const auto first = module.registry->intern(std::move(group));
        if (!first) return ModuleError{ErrorKind::limit, "the engine holds too many types", at, std::nullopt, {}};
        for (uint32_t k = 0; k < group_size; ++k) module.types.push_back(TypeId{first->value + k});
        if (auto error = check_group(*module.registry, *first, group_size, limits, at)) return error;
    }
    return std::nullopt;
}

Limits read_limits(ByteReader& r, uint8_t flags)
{
    Limits limits;
    const bool is_64 = (flags & 4U) != 0;
    limits.min = is_64 ? r.u64() : r.u32();
    if ((flags & 1U) != 0) limits.max = is_64 ? r.u64() : r.u32();
    return limits;
}

TableType read_table_type(ByteReader& r, const Module& module)
{
    TableType t;
    t.element = read_ref_type(r, {module.types, 0});
    const uint8_t flags = r.u8();
    if ((flags & ~5U) != 0) r.fail("malformed limits flags");
    t.address = (flags & 4U) != 0 ? AddressType::i64 : AddressType::i32;
    t.limits = read_limits(r, flags);
    return t;
}

MemoryType read_memory_type(ByteReader& r)
{
    MemoryType t;
    const uint8_t flags = r.u8();
    if ((flags & ~15U) != 0) r.fail("malformed limits flags");
    t.address = (flags & 4U) != 0 ? AddressType::i64 : AddressType::i32;
    t.is_shared = (flags & 2U) != 0;
    t.limits = read_limits(r, flags);
    if ((flags & 8U) != 0) {
        const uint32_t log2 = r.u32();
        if (log2 > 64) r.fail("malformed custom page size");
        t.page_size_log2 = static_cast<uint8_t>(log2);
    }
    return t;
}

GlobalType read_global_type(ByteReader& r, const Module& module)
{
    GlobalType t;
    t.type = read_val_type(r, {module.types, 0});
    const uint8_t mutability = r.u8();
    if (mutability > 1) r.fail("malformed mutability");
    t.mutability = mutability == 1 ? Mutability::var : Mutability::const_;
    return t;
}

}  // namespace weir::wasm
