#include "wasm/function_validator.hpp"

// Validation of control, variable, table, memory and reference instructions. Standard: Core 3.0, 3.4.

namespace weir::wasm {

// --- control ---

bool FunctionValidator::on_unreachable(const NoImm&)
{
    set_unreachable();
    return true;
}
bool FunctionValidator::on_nop(const NoImm&) { return true; }
bool FunctionValidator::on_br_table(const BrTable& table)
{
    std::span<const ValType> default_types;
    if (!pop(i32) || !label(table.default_label, default_types)) return false;
    // The operands must fit each label; in unreachable code, where they are unknown, each on its own. Labels of one table mostly
    // have the same types.
    std::span<const ValType> matched = default_types;
    for (const uint32_t depth : table.labels) {
        std::span<const ValType> types;
        if (!label(LabelIdx{depth}, types)) return false;
        if (types.size() != default_types.size()) return fail("type mismatch: labels take different numbers of operands");
        if (types.empty() || types.data() == matched.data()) continue;
        if (!match(types)) return false;
        matched = types;
    }
    if (!pop_all(default_types)) return false;
    set_unreachable();
    return true;
}

bool FunctionValidator::on_return_(const NoImm&)
{
    if (!pop_all(m_frames.front().type.results)) return false;
    set_unreachable();
    return true;
}

bool FunctionValidator::return_call_type(const FuncType& type)
{
    const auto results = m_frames.front().type.results;
    if (type.results.size() != results.size())
        return fail("type mismatch: the callee gives another number of results than its caller");
    for (size_t i = 0; i < results.size(); ++i)
        if (!m_registry.is_subtype(type.results[i], results[i])) return type_mismatch(results[i], type.results[i]);
    if (!pop_all(type.params)) return false;
    set_unreachable();
    return true;
}

bool FunctionValidator::indirect_type(const CallIndirectImm& imm, const FuncType*& type)
{
    if (!check_table(imm.table)) return false;
    const SubType* sub = nullptr;
    if (!defined_type(imm.type, CompositeKind::func, sub)) return false;
    type = &sub->func;
    if (!m_registry.is_subtype(element_type(imm.table), funcref)) return fail("type mismatch: the table holds no functions");
    return pop(address_type(imm.table));
}

bool FunctionValidator::call_ref_operand(TypeIdx t, const FuncType*& type)
{
    const SubType* sub = nullptr;
    if (!defined_type(t, CompositeKind::func, sub)) return false;
    type = &sub->func;
    return pop(defined(t, Nullability::nullable));
}

bool FunctionValidator::on_return_call(const FuncIdx& f)
{
    return check_function(f) && return_call_type(*m_facts.function_types[f.value]);
}
bool FunctionValidator::on_call_indirect(const CallIndirectImm& imm)
{
    const FuncType* type = nullptr;
    return indirect_type(imm, type) && call_type(*type);
}
bool FunctionValidator::on_return_call_indirect(const CallIndirectImm& imm)
{
    const FuncType* type = nullptr;
    return indirect_type(imm, type) && return_call_type(*type);
}
bool FunctionValidator::on_call_ref(const TypeIdx& t)
{
    const FuncType* type = nullptr;
    return call_ref_operand(t, type) && call_type(*type);
}
bool FunctionValidator::on_return_call_ref(const TypeIdx& t)
{
    const FuncType* type = nullptr;
    return call_ref_operand(t, type) && return_call_type(*type);
}

// --- exceptions ---

bool FunctionValidator::on_throw_(const TagIdx& tag)
{
    if (!check_tag(tag) || !pop_all(m_module.sub_type(m_module.tags[tag.value]).func.params)) return false;
    set_unreachable();
    return true;
}

bool FunctionValidator::on_throw_ref(const NoImm&)
{
    if (!pop(ValType::ref(HeapKind::exn, Nullability::nullable))) return false;
    set_unreachable();
    return true;
}

bool FunctionValidator::on_try_table(const TryTableImm& imm)
{
    for (const CatchClause& c : imm.catches) {
        std::span<const ValType> caught;
        if (c.kind == CatchKind::catch_ || c.kind == CatchKind::catch_ref) {
            if (!check_tag(c.tag)) return false;
            caught = m_module.sub_type(m_module.tags[c.tag.value]).func.params;
        }
        const bool has_exnref = c.kind == CatchKind::catch_ref || c.kind == CatchKind::catch_all_ref;
        std::span<const ValType> types;
        if (!label(c.label, types)) return false;
        if (types.size() != caught.size() + (has_exnref ? 1 : 0))
            return fail("type mismatch: a catch clause gives its label another number of operands");
        for (size_t i = 0; i < caught.size(); ++i)
            if (!m_registry.is_subtype(caught[i], types[i])) return type_mismatch(types[i], caught[i]);
        constexpr ValType exnref = ValType::ref(HeapKind::exn, Nullability::non_null);
        if (has_exnref && !m_registry.is_subtype(exnref, types.back())) return type_mismatch(types.back(), exnref);
    }
    return pop_all(imm.type.params) && push_frame(FrameKind::try_table, imm.type);
}

// --- parametric ---

bool FunctionValidator::on_select(const NoImm&)
{
    ValType a;
    ValType b;
    if (!pop(i32) || !pop_any(b) || !pop_any(a)) return false;
    if (a.is_ref() || b.is_ref()) return fail("type mismatch: select without a type takes no references");
    if (a.kind() != ValKind::bottom && b.kind() != ValKind::bottom && a != b) return type_mismatch(a, b);
    push(a.kind() == ValKind::bottom ? b : a);
    return true;
}

bool FunctionValidator::on_select_t(const SelectTypes& imm)
{
    if (imm.types.size() != 1) return fail("invalid result arity of select");
    const ValType t = imm.types[0];
    if (!pop(i32) || !pop(t) || !pop(t)) return false;
    push(t);
    return true;
}

// --- tables ---

bool FunctionValidator::on_table_get(const TableIdx& t)
{
    if (!check_table(t) || !pop(address_type(t))) return false;
    push(element_type(t));
    return true;
}
bool FunctionValidator::on_table_set(const TableIdx& t) { return check_table(t) && pop(element_type(t)) && pop(address_type(t)); }
bool FunctionValidator::on_table_size(const TableIdx& t)
{
    if (!check_table(t)) return false;
    push(address_type(t));
    return true;
}
bool FunctionValidator::on_table_grow(const TableIdx& t)
{
    if (!check_table(t) || !pop(address_type(t)) || !pop(element_type(t))) return false;
    push(address_type(t));
    return true;
}
bool FunctionValidator::on_table_fill(const TableIdx& t)
{
    return check_table(t) && pop(address_type(t)) && pop(element_type(t)) && pop(address_type(t));
}
bool FunctionValidator::on_table_copy(const TableCopyImm& imm)
{
    if (!check_table(imm.destination) || !check_table(imm.source)) return false;
    if (!m_registry.is_subtype(element_type(imm.source), element_type(imm.destination)))
        return fail("type mismatch: table.copy between tables of different types");
    const ValType d = address_type(imm.destination);
    const ValType s = address_type(imm.source);
    return pop(d == i64 && s == i64 ? i64 : i32) && pop(s) && pop(d);
}
bool FunctionValidator::on_table_init(const TableInitImm& imm)
{
    if (!check_table(imm.table) || !check_elem(imm.elem)) return false;
    if (!m_registry.is_subtype(m_module.elems[imm.elem.value].type, element_type(imm.table)))
        return fail("type mismatch: table.init of a segment of another type");
    return pop(i32) && pop(i32) && pop(address_type(imm.table));
}
bool FunctionValidator::on_elem_drop(const ElemIdx& e) { return check_elem(e); }

// --- memories ---

bool FunctionValidator::on_memory_size(const MemoryIdx& m)
{
    if (!check_memory(m)) return false;
    push(address_type(m));
    return true;
}
bool FunctionValidator::on_memory_grow(const MemoryIdx& m)
{
    if (!check_memory(m) || !pop(address_type(m))) return false;
    push(address_type(m));
    return true;
}
bool FunctionValidator::on_memory_fill(const MemoryIdx& m)
{
    return check_memory(m) && pop(address_type(m)) && pop(i32) && pop(address_type(m));
}
bool FunctionValidator::on_memory_copy(const MemoryCopyImm& imm)
{
    if (!check_memory(imm.destination) || !check_memory(imm.source)) return false;
    const ValType d = address_type(imm.destination);
    const ValType s = address_type(imm.source);
    return pop(d == i64 && s == i64 ? i64 : i32) && pop(s) && pop(d);
}
bool FunctionValidator::on_memory_init(const MemoryInitImm& imm)
{
    return check_memory(imm.memory) && check_data(imm.data) && pop(i32) && pop(i32) && pop(address_type(imm.memory));
}
bool FunctionValidator::on_data_drop(const DataIdx& d) { return check_data(d); }

// --- references ---

bool FunctionValidator::on_ref_null(const HeapTypeImm& imm)
{
    push(imm.type);
    return true;
}
bool FunctionValidator::on_ref_is_null(const NoImm&)
{
    ValType t;
    if (!pop_ref(t)) return false;
    push(i32);
    return true;
}
bool FunctionValidator::on_ref_func(const FuncIdx& f)
{
    if (!check_function(f)) return false;
    if (m_function && !m_module.referenced_functions[f.value]) return fail_index("undeclared function reference", f.value);
    // The exact type (custom-descriptors proposal) matches the inexact one wherever that is expected.
    const bool is_inexact = m_module.is_imported(f) && m_facts.inexact_imports[f.value];
    push(ValType::ref(m_module.functions[f.value], Nullability::non_null, is_inexact ? Exactness::inexact : Exactness::exact));
    return true;
}
bool FunctionValidator::on_ref_as_non_null(const NoImm&)
{
    ValType t;
    if (!pop_ref(t)) return false;
    push(t.as_non_null());
    return true;
}
bool FunctionValidator::on_br_on_null(const LabelIdx& depth)
{
    ValType t;
    std::span<const ValType> types;
    if (!pop_ref(t) || !label(depth, types) || !replace(types)) return false;
    push(t.as_non_null());
    return true;
}
bool FunctionValidator::on_br_on_non_null(const LabelIdx& depth)
{
    ValType t;
    std::span<const ValType> types;
    if (!pop_ref(t) || !label(depth, types)) return false;
    if (types.empty()) return fail("type mismatch: br_on_non_null to a label without operands");
    push(t.as_non_null());
    if (!replace(types)) return false;
    return pop_any(t);
}

}  // namespace weir::wasm
