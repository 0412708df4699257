#include "wasm/decode_types.hpp"

#include "wasm/type_reader.hpp"
#include "wasm/type_registry.hpp"

#include <algorithm>
#include <vector>

namespace weir::wasm {

namespace {

using Group = std::vector<SubType>;

ModuleError invalid(const char* message, size_t offset) { return {ErrorKind::invalid, message, offset, std::nullopt, {}}; }
ModuleError beyond(const char* message, size_t offset) { return {ErrorKind::limit, message, offset, std::nullopt, {}}; }

Mutability read_mutability(ByteReader& r)
{
    const size_t at = r.offset();
    const uint8_t mutability = r.u8();
    if (mutability > 1) r.fail_at("malformed mutability", at);
    return mutability == 1 ? Mutability::var : Mutability::const_;
}

FieldType read_field_type(ByteReader& r, const TypeContext& cx)
{
    FieldType field;
    if (r.peek() == 0x78 || r.peek() == 0x77) {
        field.packed = r.u8() == 0x78 ? PackedType::i8 : PackedType::i16;
        field.type = i32;
    } else {
        field.type = read_val_type(r, cx);
    }
    field.mutability = read_mutability(r);
    return field;
}

ResultType read_result_type(ByteReader& r, const TypeContext& cx, uint32_t limit)
{
    const size_t at = r.offset();
    const uint32_t count = r.count(1, "unexpected end: more value types than bytes");
    if (count > limit) r.fail_at("too many parameters or results:", at, ErrorKind::limit, count);
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
    size_t at = 0;
    uint8_t form = r.u8();
    if (form == 0x50 || form == 0x4f) {
        t.is_final = form == 0x4f;
        at = r.offset();
        const uint32_t count = r.count(1, "unexpected end: more supertypes than bytes");
        if (count > 1) r.fail_at("sub type has more than one supertype", at, ErrorKind::invalid);
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
        at = r.offset();
        const uint32_t count = r.count(2, "unexpected end: more fields than bytes");
        if (count > limits.struct_fields) r.fail_at("too many struct fields:", at, ErrorKind::limit, count);
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
    return a.size() == b.size() &&
           std::equal(a.begin(), a.end(), b.begin(), [&](ValType x, ValType y) { return registry.is_subtype(x, y); });
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
    if (t.describes && (registry.at(*t.describes).descriptor != self || t.describes->value >= self.value))
        return "described type has another descriptor";
    if (!t.supertype) return nullptr;
    const SubType& super = registry.at(*t.supertype);
    if (super.descriptor && (!t.descriptor || !registry.is_subtype(*t.descriptor, *super.descriptor)))
        return "sub type's descriptor does not match its supertype's";
    if (t.describes.has_value() != super.describes.has_value())
        return "sub type and supertype must both describe a type, or neither";
    if (t.describes && !registry.is_subtype(*t.describes, *super.describes))
        return "sub type does not match super type's description";
    return nullptr;
}

/// What intern() wants of a group: supertypes stand before their subtypes, in chains that end soon. `offsets`: of its members.
std::optional<ModuleError> check_order(const TypeRegistry& registry, const Group& group, const std::vector<size_t>& offsets)
{
    std::vector<uint32_t> depths(group.size(), 0);
    for (uint32_t k = 0; k < group.size(); ++k) {
        if (!group[k].supertype) continue;
        const uint32_t super = group[k].supertype->value;
        if (super >= rec_group_member + k) return invalid("unknown type: a supertype comes before its subtypes", offsets[k]);
        depths[k] = 1 + (super >= rec_group_member ? depths[super - rec_group_member] : registry.at(TypeId{super}).depth());
        if (depths[k] > max_subtype_depth) return beyond("subtypes nest too deeply", offsets[k]);
    }
    return std::nullopt;
}

std::optional<ModuleError> check_group(const TypeRegistry& registry, TypeId first, const std::vector<size_t>& offsets)
{
    const auto count = static_cast<uint32_t>(offsets.size());
    for (uint32_t i = 0; i < count; ++i) {
        const TypeId self{first.value + i};
        const SubType& t = registry.at(self);
        if (const char* const message = check_descriptors(registry, self)) return invalid(message, offsets[i]);
        if (!t.supertype) continue;
        const SubType& super = registry.at(*t.supertype);
        if (super.is_final || !is_composite_subtype(registry, t, super))
            return invalid("sub type does not match super type", offsets[i]);
    }
    return std::nullopt;
}

}  // namespace

std::optional<ModuleError> decode_type_section(ByteReader& r, Module& module, const DecodeLimits& limits)
{
    const uint32_t count = r.count(1, "unexpected end: more types than bytes");
    for (uint32_t i = 0; i < count && !r.failed(); ++i) {
        const size_t at = r.offset();
        uint32_t group_size = 1;
        if (r.peek() == 0x4e) {
            r.u8();
            group_size = r.count(1, "unexpected end: more types than bytes");
        }
        if (group_size > limits.types - module.types.size()) return beyond("too many types", at);
        const TypeContext cx{module.types, group_size};
        Group group;
        std::vector<size_t> offsets;
        group.reserve(group_size);
        offsets.reserve(group_size);
        for (uint32_t k = 0; k < group_size && !r.failed(); ++k) {
            offsets.push_back(r.offset());
            group.push_back(read_sub_type(r, cx, limits));
        }
        if (r.failed()) return std::nullopt;
        if (group.empty()) continue;
        if (auto error = check_order(*module.registry, group, offsets)) return error;
        const auto first = module.registry->intern(std::move(group));
        if (!first) return beyond("the engine holds too many types", at);
        for (uint32_t k = 0; k < group_size; ++k) module.types.push_back(TypeId{first->value + k});
        if (auto error = check_group(*module.registry, *first, offsets)) return error;
    }
    return std::nullopt;
}

namespace {

/// In 3.0 the counts of 32-bit limits may be written with 64 bits: too large a value breaks a typing rule, not the encoding.
Limits read_limits(ByteReader& r, uint8_t flags)
{
    Limits limits;
    limits.min = r.u64();
    if ((flags & 1U) != 0) limits.max = r.u64();
    return limits;
}

void check_limits(ByteReader& r, const Limits& limits, uint64_t range, const char* too_large, size_t at)
{
    if (limits.min > range || (limits.max && *limits.max > range)) r.fail_at(too_large, at, ErrorKind::invalid);
    if (limits.max && *limits.max < limits.min) r.fail_at("size minimum must not be greater than maximum", at, ErrorKind::invalid);
}

}  // namespace

TableType read_table_type(ByteReader& r, const Module& module)
{
    TableType t;
    t.element = read_ref_type(r, {module.types, 0});
    const size_t at = r.offset();
    const uint8_t flags = r.u8();
    if ((flags & ~5U) != 0) r.fail_at("malformed limits flags", at);
    t.address = (flags & 4U) != 0 ? AddressType::i64 : AddressType::i32;
    t.limits = read_limits(r, flags);
    check_limits(r, t.limits, t.address == AddressType::i64 ? UINT64_MAX : UINT32_MAX, "table size must be at most 2^32-1 elements",
                 at);
    return t;
}

MemoryType read_memory_type(ByteReader& r)
{
    MemoryType t;
    const size_t at = r.offset();
    const uint8_t flags = r.u8();
    if ((flags & ~15U) != 0) r.fail_at("malformed limits flags", at);
    t.address = (flags & 4U) != 0 ? AddressType::i64 : AddressType::i32;
    t.is_shared = (flags & 2U) != 0;
    t.limits = read_limits(r, flags);
    if ((flags & 8U) != 0) {
        const size_t page_size_at = r.offset();
        const uint32_t log2 = r.u32();
        if (log2 > 64) r.fail_at("malformed custom page size", page_size_at);
        if (log2 != 0 && log2 != 16)
            r.fail_at("invalid custom page size 2 to the power of", page_size_at, ErrorKind::invalid, log2);
        t.page_size_log2 = static_cast<uint8_t>(log2);
    }
    if (r.failed()) return t;
    // The address space in pages; but of single-byte pages one fewer, for the count itself is of the address type.
    const unsigned page_bits = (t.address == AddressType::i64 ? 64U : 32U) - t.page_size_log2;
    const uint64_t range = t.page_size_log2 != 0         ? uint64_t{1} << page_bits
                         : t.address == AddressType::i64 ? UINT64_MAX
                                                         : UINT32_MAX;
    check_limits(r, t.limits, range,
                 t.address == AddressType::i64 ? "memory size must be at most 2^48 pages, or 2^64-1 pages of one byte"
                                               : "memory size must be at most 65536 pages (4 GiB), or 2^32-1 pages of one byte",
                 at);
    if (t.is_shared && !t.limits.max) r.fail_at("shared memory must have maximum", at, ErrorKind::invalid);
    return t;
}

GlobalType read_global_type(ByteReader& r, const Module& module)
{
    GlobalType t;
    t.type = read_val_type(r, {module.types, 0});
    t.mutability = read_mutability(r);
    return t;
}

}  // namespace weir::wasm
