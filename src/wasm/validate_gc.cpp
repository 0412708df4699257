#include "wasm/function_validator.hpp"

// Validation of aggregate and cast instructions. Standard: Core 3.0, 3.4; descriptors: the custom-descriptors proposal.

namespace weir::wasm {

namespace {
constexpr ValType abstract_ref(HeapKind h, Nullability n = Nullability::nullable) { return ValType::ref(h, n); }
bool is_numeric(ValType t) { return !t.is_ref(); }
}  // namespace

bool FunctionValidator::on_ref_eq(const NoImm&)
{
    if (!pop(abstract_ref(HeapKind::eq)) || !pop(abstract_ref(HeapKind::eq))) return false;
    push(i32);
    return true;
}

// --- structs ---

bool FunctionValidator::struct_new(TypeIdx t, bool is_default, bool has_descriptor)
{
    const SubType* type = nullptr;
    if (!defined_type(t, CompositeKind::struct_, type)) return false;
    if (type->descriptor.has_value() != has_descriptor)
        return fail(has_descriptor ? "the type has no descriptor"
                                   : "the type needs a descriptor: type with descriptor requires descriptor allocation");
    if (has_descriptor && !pop(ValType::ref(*type->descriptor, Nullability::nullable, Exactness::exact))) return false;
    for (size_t i = type->fields.size(); i-- > 0;) {
        if (is_default) {
            if (!type->fields[i].type.is_defaultable()) return fail("field type is not defaultable");
        } else if (!pop(type->fields[i].type)) {
            return false;
        }
    }
    push(defined(t, Nullability::non_null, Exactness::exact));
    return true;
}

bool FunctionValidator::struct_get(const StructFieldImm& imm, bool wants_packed)
{
    const SubType* type = nullptr;
    if (!defined_type(imm.type, CompositeKind::struct_, type)) return false;
    if (imm.field.value >= type->fields.size()) return fail_index("unknown field", imm.field.value);
    const FieldType& field = type->fields[imm.field.value];
    if ((field.packed != PackedType::not_packed) != wants_packed)
        return fail(wants_packed ? "field is not packed" : "field is packed: struct.get_s or struct.get_u reads it");
    if (!pop(defined(imm.type, Nullability::nullable))) return false;
    push(field.type);
    return true;
}

bool FunctionValidator::on_struct_new(const TypeIdx& t) { return struct_new(t, false, false); }
bool FunctionValidator::on_struct_new_default(const TypeIdx& t) { return struct_new(t, true, false); }
bool FunctionValidator::on_struct_new_desc(const TypeIdx& t) { return struct_new(t, false, true); }
bool FunctionValidator::on_struct_new_default_desc(const TypeIdx& t) { return struct_new(t, true, true); }
bool FunctionValidator::on_struct_get(const StructFieldImm& imm) { return struct_get(imm, false); }
bool FunctionValidator::on_struct_get_s(const StructFieldImm& imm) { return struct_get(imm, true); }
bool FunctionValidator::on_struct_get_u(const StructFieldImm& imm) { return struct_get(imm, true); }
bool FunctionValidator::on_struct_set(const StructFieldImm& imm)
{
    const SubType* type = nullptr;
    if (!defined_type(imm.type, CompositeKind::struct_, type)) return false;
    if (imm.field.value >= type->fields.size()) return fail_index("unknown field", imm.field.value);
    const FieldType& field = type->fields[imm.field.value];
    if (field.mutability == Mutability::const_) return fail_index("immutable field: cannot set field", imm.field.value);
    return pop(field.type) && pop(defined(imm.type, Nullability::nullable));
}

// --- arrays ---

bool FunctionValidator::array_element(TypeIdx t, bool wants_mutable, FieldType& field)
{
    const SubType* type = nullptr;
    if (!defined_type(t, CompositeKind::array, type)) return false;
    field = type->fields[0];
    return !wants_mutable || field.mutability == Mutability::var || fail("immutable array");
}

bool FunctionValidator::array_get(TypeIdx t, bool wants_packed)
{
    FieldType field;
    if (!array_element(t, false, field)) return false;
    if ((field.packed != PackedType::not_packed) != wants_packed)
        return fail(wants_packed ? "array is not packed" : "array is packed: array.get_s or array.get_u reads it");
    if (!pop(i32) || !pop(defined(t, Nullability::nullable))) return false;
    push(field.type);
    return true;
}

bool FunctionValidator::on_array_new(const TypeIdx& t)
{
    FieldType field;
    if (!array_element(t, false, field) || !pop(i32) || !pop(field.type)) return false;
    push(defined(t, Nullability::non_null, Exactness::exact));
    return true;
}
bool FunctionValidator::on_array_new_default(const TypeIdx& t)
{
    FieldType field;
    if (!array_element(t, false, field)) return false;
    if (!field.type.is_defaultable()) return fail("array type is not defaultable");
    if (!pop(i32)) return false;
    push(defined(t, Nullability::non_null, Exactness::exact));
    return true;
}
bool FunctionValidator::on_array_new_fixed(const ArrayNewFixedImm& imm)
{
    FieldType field;
    if (!array_element(imm.type, false, field)) return false;
    constexpr uint32_t max_fixed = 10'000;  // the JS API's limit
    if (imm.count > max_fixed) return fail("too many operands, the limit is 10000", ErrorKind::limit);
    for (uint32_t i = 0; i < imm.count; ++i)
        if (!pop(field.type)) return false;
    push(defined(imm.type, Nullability::non_null, Exactness::exact));
    return true;
}
bool FunctionValidator::on_array_new_data(const ArrayDataImm& imm)
{
    FieldType field;
    if (!array_element(imm.type, false, field) || !check_data(imm.data)) return false;
    if (!is_numeric(field.type)) return fail("array type is not numeric or vector");
    if (!pop(i32) || !pop(i32)) return false;
    push(defined(imm.type, Nullability::non_null, Exactness::exact));
    return true;
}
bool FunctionValidator::on_array_new_elem(const ArrayElemImm& imm)
{
    FieldType field;
    if (!array_element(imm.type, false, field) || !check_elem(imm.elem)) return false;
    if (!m_registry.is_subtype(m_module.elems[imm.elem.value].type, field.type) || field.packed != PackedType::not_packed)
        return type_mismatch(field.type, m_module.elems[imm.elem.value].type);
    if (!pop(i32) || !pop(i32)) return false;
    push(defined(imm.type, Nullability::non_null, Exactness::exact));
    return true;
}
bool FunctionValidator::on_array_get(const TypeIdx& t) { return array_get(t, false); }
bool FunctionValidator::on_array_get_s(const TypeIdx& t) { return array_get(t, true); }
bool FunctionValidator::on_array_get_u(const TypeIdx& t) { return array_get(t, true); }
bool FunctionValidator::on_array_set(const TypeIdx& t)
{
    FieldType field;
    return array_element(t, true, field) && pop(field.type) && pop(i32) && pop(defined(t, Nullability::nullable));
}
bool FunctionValidator::on_array_len(const NoImm&)
{
    if (!pop(abstract_ref(HeapKind::array))) return false;
    push(i32);
    return true;
}
bool FunctionValidator::on_array_fill(const TypeIdx& t)
{
    FieldType field;
    return array_element(t, true, field) && pop(i32) && pop(field.type) && pop(i32) && pop(defined(t, Nullability::nullable));
}
bool FunctionValidator::on_array_copy(const ArrayCopyImm& imm)
{
    FieldType d;
    FieldType s;
    if (!array_element(imm.destination, true, d) || !array_element(imm.source, false, s)) return false;
    if (d.packed != s.packed || !m_registry.is_subtype(s.type, d.type)) return fail("array types do not match");
    return pop(i32) && pop(i32) && pop(defined(imm.source, Nullability::nullable)) && pop(i32) &&
           pop(defined(imm.destination, Nullability::nullable));
}
bool FunctionValidator::on_array_init_data(const ArrayDataImm& imm)
{
    FieldType field;
    if (!array_element(imm.type, true, field) || !check_data(imm.data)) return false;
    if (!is_numeric(field.type)) return fail("array type is not numeric or vector");
    return pop(i32) && pop(i32) && pop(i32) && pop(defined(imm.type, Nullability::nullable));
}
bool FunctionValidator::on_array_init_elem(const ArrayElemImm& imm)
{
    FieldType field;
    if (!array_element(imm.type, true, field) || !check_elem(imm.elem)) return false;
    if (field.packed != PackedType::not_packed || !m_registry.is_subtype(m_module.elems[imm.elem.value].type, field.type))
        return type_mismatch(field.type, m_module.elems[imm.elem.value].type);
    return pop(i32) && pop(i32) && pop(i32) && pop(defined(imm.type, Nullability::nullable));
}

// --- casts ---

bool FunctionValidator::cast(const HeapTypeImm& imm, ValType result)
{
    ValType t;
    if (!pop_ref(t)) return false;
    if (t.heap() != HeapKind::bottom && m_registry.top_of(t) != m_registry.top_of(imm.type)) return type_mismatch(imm.type, t);
    push(result);
    return true;
}
bool FunctionValidator::on_ref_test(const HeapTypeImm& imm) { return cast(imm, i32); }
bool FunctionValidator::on_ref_test_null(const HeapTypeImm& imm) { return cast(imm, i32); }
bool FunctionValidator::on_ref_cast(const HeapTypeImm& imm) { return cast(imm, imm.type); }
bool FunctionValidator::on_ref_cast_null(const HeapTypeImm& imm) { return cast(imm, imm.type); }

/// The operand of a descriptor cast: a nullable reference to the target's descriptor, exact when the target is.
bool FunctionValidator::pop_descriptor(ValType target)
{
    if (target.heap() != HeapKind::indexed) return fail("the cast's target is not a defined type");
    const SubType& type = m_module.sub_type(target.type());
    if (!type.descriptor) return fail("the cast's target has no descriptor");
    return pop(ValType::ref(*type.descriptor, Nullability::nullable, target.is_exact() ? Exactness::exact : Exactness::inexact));
}

bool FunctionValidator::cast_desc(const HeapTypeImm& imm) { return pop_descriptor(imm.type) && cast(imm, imm.type); }
bool FunctionValidator::on_ref_cast_desc_eq(const HeapTypeImm& imm) { return cast_desc(imm); }
bool FunctionValidator::on_ref_cast_desc_eq_null(const HeapTypeImm& imm) { return cast_desc(imm); }

bool FunctionValidator::on_ref_get_desc(const TypeIdx& t)
{
    const SubType* type = nullptr;
    if (!defined_type(t, CompositeKind::struct_, type)) return false;
    if (!type->descriptor) return fail("the type has no descriptor");
    ValType found;
    if (!pop_ref(found)) return false;
    if (!m_registry.is_subtype(found, defined(t, Nullability::nullable)))
        return type_mismatch(defined(t, Nullability::nullable), found);
    const bool is_exact = found.heap() != HeapKind::indexed || (found.is_exact() && found.type() == m_module.types[t.value]);
    push(ValType::ref(*type->descriptor, Nullability::non_null, is_exact ? Exactness::exact : Exactness::inexact));
    return true;
}

bool FunctionValidator::br_on_cast(const BrOnCastImm& imm, bool is_fail, bool has_descriptor)
{
    if (has_descriptor) {
        if (!pop_descriptor(imm.to)) return false;
    }
    const bool is_across = has_descriptor || m_facts.rules.allows_casts_across;
    if (is_across ? m_registry.top_of(imm.from) != m_registry.top_of(imm.to) : !m_registry.is_subtype(imm.to, imm.from))
        return type_mismatch(imm.from, imm.to);
    std::span<const ValType> types;
    if (!pop(imm.from) || !label(imm.label, types)) return false;
    if (types.empty()) return fail("type mismatch: the label takes no reference");
    // What is left of `from` when it is not `to`: null only if `to` does not take it.
    const ValType rest = imm.to.is_nullable() ? imm.from.as_non_null() : imm.from;
    push(is_fail ? rest : imm.to);
    if (!replace(types)) return false;
    ValType dropped;
    if (!pop_any(dropped)) return false;
    push(is_fail ? imm.to : rest);
    return true;
}
bool FunctionValidator::on_br_on_cast(const BrOnCastImm& imm) { return br_on_cast(imm, false, false); }
bool FunctionValidator::on_br_on_cast_fail(const BrOnCastImm& imm) { return br_on_cast(imm, true, false); }
bool FunctionValidator::on_br_on_cast_desc_eq(const BrOnCastImm& imm) { return br_on_cast(imm, false, true); }
bool FunctionValidator::on_br_on_cast_desc_eq_fail(const BrOnCastImm& imm) { return br_on_cast(imm, true, true); }

bool FunctionValidator::on_any_convert_extern(const NoImm&)
{
    ValType t;
    if (!pop_ref(t)) return false;
    if (!m_registry.is_subtype(t, externref)) return type_mismatch(externref, t);
    push(abstract_ref(HeapKind::any, t.is_nullable() ? Nullability::nullable : Nullability::non_null));
    return true;
}
bool FunctionValidator::on_extern_convert_any(const NoImm&)
{
    ValType t;
    if (!pop_ref(t)) return false;
    if (!m_registry.is_subtype(t, abstract_ref(HeapKind::any))) return type_mismatch(abstract_ref(HeapKind::any), t);
    push(abstract_ref(HeapKind::extern_, t.is_nullable() ? Nullability::nullable : Nullability::non_null));
    return true;
}
bool FunctionValidator::on_ref_i31(const NoImm&)
{
    if (!pop(i32)) return false;
    push(abstract_ref(HeapKind::i31, Nullability::non_null));
    return true;
}
bool FunctionValidator::on_i31_get_s(const NoImm&)
{
    if (!pop(abstract_ref(HeapKind::i31))) return false;
    push(i32);
    return true;
}
bool FunctionValidator::on_i31_get_u(const NoImm&) { return on_i31_get_s({}); }

}  // namespace weir::wasm
