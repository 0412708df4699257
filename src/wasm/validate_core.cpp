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
bool FunctionValidator::on_block(const BlockType& type) { return pop_all(type.params) && push_frame(FrameKind::block, type); }
bool FunctionValidator::on_loop(const BlockType& type) { return pop_all(type.params) && push_frame(FrameKind::loop, type); }
bool FunctionValidator::on_if_(const BlockType& type) { return pop(i32) && pop_all(type.params) && push_frame(FrameKind::if_, type); }

bool FunctionValidator::on_else_(const NoImm&)
{
    if (m_frames.back().kind != FrameKind::if_) return fail("else without if");
    Frame frame;
    return pop_frame(frame) && push_frame(FrameKind::else_, frame.type);
}

bool FunctionValidator::on_end(const NoImm&)
{
    Frame frame;
    if (!pop_frame(frame)) return false;
    if (frame.kind == FrameKind::if_) {  // the missing else branch passes its parameters on
        if (frame.type.params.size() != frame.type.results.size()) return fail("type mismatch: if without else changes the stack");
        for (size_t i = 0; i < frame.type.params.size(); ++i)
            if (!m_registry.is_subtype(frame.type.params[i], frame.type.results[i])) return type_mismatch(frame.type.results[i], frame.type.params[i]);
    }
    push_all(frame.type.results);
    return true;
}

bool FunctionValidator::on_br(const LabelIdx& depth)
{
    std::span<const ValType> types;
    if (!label(depth, types) || !pop_all(types)) return false;
    set_unreachable();
    return true;
}

bool FunctionValidator::on_br_if(const LabelIdx& depth)
{
    std::span<const ValType> types;
    return pop(i32) && label(depth, types) && branch_keeps(types);
}

bool FunctionValidator::on_br_table(const BrTable& table)
{
    std::span<const ValType> default_types;
    if (!pop(i32) || !label(table.default_label, default_types)) return false;
    for (const uint32_t depth : table.labels) {
        std::span<const ValType> types;
        if (!label(LabelIdx{depth}, types)) return false;
        if (types.size() != default_types.size()) return fail("type mismatch: br_table labels of different arity");
        // The operands must fit each label; in unreachable code, where they are unknown, each on its own.
        const std::vector<ValType> saved(m_operands.end() - static_cast<std::ptrdiff_t>(std::min(types.size(), m_operands.size() - m_frames.back().height)),
                                         m_operands.end());
        if (!pop_all(types)) return false;
        m_operands.insert(m_operands.end(), saved.begin(), saved.end());
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

bool FunctionValidator::call_type(const FuncType& type)
{
    if (!pop_all(type.params)) return false;
    push_all(type.results);
    return true;
}

bool FunctionValidator::return_call_type(const FuncType& type)
{
    const auto results = m_frames.front().type.results;
    if (type.results.size() != results.size()) return fail("type mismatch: the callee's results differ from the caller's");
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
    if (!m_registry.is_subtype(m_module.tables[imm.table.value].type.element, funcref))
        return fail("type mismatch: the table holds no functions");
    return pop(address_type(imm.table));
}

bool FunctionValidator::call_ref_operand(TypeIdx t, const FuncType*& type)
{
    const SubType* sub = nullptr;
    if (!defined_type(t, CompositeKind::func, sub)) return false;
    type = &sub->func;
    return pop(defined(t, Nullability::nullable));
}

bool FunctionValidator::on_call(const FuncIdx& f) { return check_function(f) && call_type(m_module.func_type(f)); }
bool FunctionValidator::on_return_call(const FuncIdx& f) { return check_function(f) && return_call_type(m_module.func_type(f)); }
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
        ResultType caught;
        if (c.kind == CatchKind::catch_ || c.kind == CatchKind::catch_ref) {
            if (!check_tag(c.tag)) return false;
            caught = m_module.sub_type(m_module.tags[c.tag.value]).func.params;
        }
        if (c.kind == CatchKind::catch_ref || c.kind == CatchKind::catch_all_ref) caught.push_back(ValType::ref(HeapKind::exn, Nullability::non_null));
        std::span<const ValType> types;
        if (!label(c.label, types)) return false;
        if (types.size() != caught.size()) return fail("type mismatch: a catch clause's values do not fit its label");
        for (size_t i = 0; i < caught.size(); ++i)
            if (!m_registry.is_subtype(caught[i], types[i])) return type_mismatch(types[i], caught[i]);
    }
    return pop_all(imm.type.params) && push_frame(FrameKind::try_table, imm.type);
}

// --- parametric ---

bool FunctionValidator::on_drop(const NoImm&)
{
    ValType t;
    return pop_any(t);
}

bool FunctionValidator::on_select(const NoImm&)
{
    ValType a, b;
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

// --- variables ---

bool FunctionValidator::on_local_get(const LocalIdx& l)
{
    if (!check_local(l)) return false;
    if (!m_is_initialized[l.value]) return fail("uninitialized local " + std::to_string(l.value));
    push(m_locals[l.value]);
    return true;
}
bool FunctionValidator::on_local_set(const LocalIdx& l)
{
    if (!check_local(l) || !pop(m_locals[l.value])) return false;
    if (!m_is_initialized[l.value]) {
        m_is_initialized[l.value] = true;
        m_initialized.push_back(l.value);
    }
    return true;
}
bool FunctionValidator::on_local_tee(const LocalIdx& l)
{
    if (!on_local_set(l)) return false;
    push(m_locals[l.value]);
    return true;
}
bool FunctionValidator::on_global_get(const GlobalIdx& g)
{
    if (g.value >= m_global_limit) return fail("unknown global " + std::to_string(g.value));
    const GlobalType& type = m_module.globals[g.value].type;
    if (m_is_const && type.mutability == Mutability::var) return fail("constant expression required: the global is mutable");
    push(type.type);
    return true;
}
bool FunctionValidator::on_global_set(const GlobalIdx& g)
{
    if (g.value >= m_module.globals.size()) return fail("unknown global " + std::to_string(g.value));
    const GlobalType& type = m_module.globals[g.value].type;
    if (type.mutability == Mutability::const_) return fail("immutable global: global " + std::to_string(g.value) + " is not mutable");
    return pop(type.type);
}

// --- tables ---

bool FunctionValidator::on_table_get(const TableIdx& t)
{
    if (!check_table(t) || !pop(address_type(t))) return false;
    push(m_module.tables[t.value].type.element);
    return true;
}
bool FunctionValidator::on_table_set(const TableIdx& t)
{
    return check_table(t) && pop(m_module.tables[t.value].type.element) && pop(address_type(t));
}
bool FunctionValidator::on_table_size(const TableIdx& t)
{
    if (!check_table(t)) return false;
    push(address_type(t));
    return true;
}
bool FunctionValidator::on_table_grow(const TableIdx& t)
{
    if (!check_table(t) || !pop(address_type(t)) || !pop(m_module.tables[t.value].type.element)) return false;
    push(address_type(t));
    return true;
}
bool FunctionValidator::on_table_fill(const TableIdx& t)
{
    return check_table(t) && pop(address_type(t)) && pop(m_module.tables[t.value].type.element) && pop(address_type(t));
}
bool FunctionValidator::on_table_copy(const TableCopyImm& imm)
{
    if (!check_table(imm.destination) || !check_table(imm.source)) return false;
    if (!m_registry.is_subtype(m_module.tables[imm.source.value].type.element, m_module.tables[imm.destination.value].type.element))
        return fail("type mismatch: table.copy between tables of different types");
    const ValType d = address_type(imm.destination), s = address_type(imm.source);
    return pop(d == i64 && s == i64 ? i64 : i32) && pop(s) && pop(d);
}
bool FunctionValidator::on_table_init(const TableInitImm& imm)
{
    if (!check_table(imm.table) || !check_elem(imm.elem)) return false;
    if (!m_registry.is_subtype(m_module.elems[imm.elem.value].type, m_module.tables[imm.table.value].type.element))
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
bool FunctionValidator::on_memory_fill(const MemoryIdx& m) { return check_memory(m) && pop(address_type(m)) && pop(i32) && pop(address_type(m)); }
bool FunctionValidator::on_memory_copy(const MemoryCopyImm& imm)
{
    if (!check_memory(imm.destination) || !check_memory(imm.source)) return false;
    const ValType d = address_type(imm.destination), s = address_type(imm.source);
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
    if (!m_is_const && !m_declared_refs[f.value]) return fail("undeclared function reference " + std::to_string(f.value));
    // The exact type (custom-descriptors proposal) matches the inexact one wherever that is expected.
    const bool is_inexact_import =
        m_module.is_imported(f) && [&] {
            uint32_t n = 0;
            for (const Import& i : m_module.imports)
                if (const auto* const e = std::get_if<FuncExtern>(&i.type); e != nullptr && n++ == f.value) return e->exactness == Exactness::inexact;
            return true;
        }();
    push(ValType::ref(m_module.functions[f.value], Nullability::non_null, is_inexact_import ? Exactness::inexact : Exactness::exact));
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
    if (!pop_ref(t) || !label(depth, types) || !branch_keeps(types)) return false;
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
    if (!branch_keeps(types)) return false;
    return pop_any(t);
}

}  // namespace weir::wasm
