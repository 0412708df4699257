#pragma once

#include "wasm/module.hpp"
#include "wasm/module_error.hpp"
#include "wasm/types.hpp"

#include <cstdint>
#include <span>

namespace weir::wasm {

/// How type indices become TypeIds while reading: those of finished recursive groups are canonical, those of the group being
/// read are positions in it.
struct TypeContext {
    std::span<const TypeId> types;
    uint32_t open_group_size = 0;  // members of the group being read; 0 outside the type section
};

/// Reads the index of a defined type. Fails on one that is not known yet.
template <class Reader>
TypeId read_type_id(Reader& r, const TypeContext& cx, uint64_t index, size_t at)
{
    constexpr uint32_t member = 1U << 22;  // rec_group_member of type_registry.hpp
    if (index < cx.types.size()) return cx.types[index];
    if (index - cx.types.size() < cx.open_group_size) return TypeId{member + static_cast<uint32_t>(index - cx.types.size())};
    r.fail_at("unknown type", at, ErrorKind::invalid, index);
    return {};
}

/// Standard: Core 3.0, 5.3.3 "Heap Types"; 0x62 is the custom-descriptors proposal's exact type.
template <class Reader>
ValType read_heap_type(Reader& r, const TypeContext& cx, Nullability nullability)
{
    const size_t at = r.offset();
    Exactness exactness = Exactness::inexact;
    if (r.peek() == 0x62) {
        r.u8();
        exactness = Exactness::exact;
    }
    const int64_t code = r.s33();
    if (code >= 0) return ValType::ref(read_type_id(r, cx, static_cast<uint64_t>(code), at), nullability, exactness);
    if (exactness == Exactness::exact) {
        r.fail_at("malformed heap type", at);
        return {};
    }
    // One byte exactly: a longer writing of the same number is no heap type.
    if (r.offset() != at + 1) {
        r.fail_at("malformed heap type", at);
        return {};
    }
    switch (static_cast<uint8_t>(code & 0x7f)) {
    case 0x74: return ValType::ref(HeapKind::noexn, nullability);
    case 0x73: return ValType::ref(HeapKind::nofunc, nullability);
    case 0x72: return ValType::ref(HeapKind::noextern, nullability);
    case 0x71: return ValType::ref(HeapKind::none, nullability);
    case 0x70: return ValType::ref(HeapKind::func, nullability);
    case 0x6f: return ValType::ref(HeapKind::extern_, nullability);
    case 0x6e: return ValType::ref(HeapKind::any, nullability);
    case 0x6d: return ValType::ref(HeapKind::eq, nullability);
    case 0x6c: return ValType::ref(HeapKind::i31, nullability);
    case 0x6b: return ValType::ref(HeapKind::struct_, nullability);
    case 0x6a: return ValType::ref(HeapKind::array, nullability);
    case 0x69: return ValType::ref(HeapKind::exn, nullability);
    default: r.fail_at("malformed heap type", at); return {};
    }
}

/// Standard: Core 3.0, 5.3.4 "Reference Types": the long forms 0x63, 0x64 and the short ones.
template <class Reader>
ValType read_ref_type(Reader& r, const TypeContext& cx)
{
    const uint8_t code = r.peek();
    if (code == 0x63 || code == 0x64) {
        r.u8();
        return read_heap_type(r, cx, code == 0x63 ? Nullability::nullable : Nullability::non_null);
    }
    if (code < 0x69 || code > 0x74) {
        r.fail("malformed reference type");
        return {};
    }
    return read_heap_type(r, cx, Nullability::nullable);
}

/// Standard: Core 3.0, 5.3.5 "Value Types".
template <class Reader>
ValType read_val_type(Reader& r, const TypeContext& cx)
{
    switch (r.peek()) {
    case 0x7f: r.u8(); return i32;
    case 0x7e: r.u8(); return i64;
    case 0x7d: r.u8(); return f32;
    case 0x7c: r.u8(); return f64;
    case 0x7b: r.u8(); return v128;
    default: return read_ref_type(r, cx);
    }
}

}  // namespace weir::wasm
