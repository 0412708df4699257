#include "wasm/function_validator.hpp"

#include <algorithm>

// The mechanics of validation: stacks, index spaces, errors. Instructions are in validate_*.cpp.

namespace weir::wasm {

bool FunctionValidator::fail(std::string message)
{
    if (!m_error) m_error = ModuleError{ErrorKind::invalid, std::move(message), m_offset, m_function, {}};
    return false;
}

bool FunctionValidator::type_mismatch(ValType expected, ValType found)
{
    return fail("type mismatch: expected " + to_string(expected) + ", found " + to_string(found));
}

bool FunctionValidator::pop_any(ValType& found)
{
    const Frame& frame = m_frames.back();
    if (m_operands.size() == frame.height) {
        found = ValType{};
        return frame.is_unreachable || fail("type mismatch: an operand is missing");
    }
    found = m_operands.back();
    m_operands.pop_back();
    return true;
}

bool FunctionValidator::pop_slow(ValType expected)
{
    const Frame& frame = m_frames.back();
    if (m_operands.size() == frame.height)
        return frame.is_unreachable || fail("type mismatch: expected " + to_string(expected) + ", found nothing");
    const ValType found = m_operands.back();
    if (!m_registry.is_subtype(found, expected)) return type_mismatch(expected, found);
    m_operands.pop_back();
    return true;
}

bool FunctionValidator::pop_ref(ValType& found)
{
    if (!pop_any(found)) return false;
    if (found.kind() == ValKind::bottom) found = ValType::ref(HeapKind::bottom, Nullability::non_null);
    return found.is_ref() || fail("type mismatch: expected a reference, found " + to_string(found));
}

bool FunctionValidator::pop_all(std::span<const ValType> types)
{
    for (size_t i = types.size(); i-- > 0;)
        if (!pop(types[i])) return false;
    return true;
}

void FunctionValidator::set_unreachable()
{
    m_operands.resize(m_frames.back().height);
    m_frames.back().is_unreachable = true;
}

bool FunctionValidator::push_frame(FrameKind kind, const BlockType& type)
{
    Frame frame;
    frame.kind = kind;
    frame.height = static_cast<uint32_t>(m_operands.size());
    frame.init_height = static_cast<uint32_t>(m_initialized.size());
    frame.type = type;
    m_frames.push_back(frame);
    push_all(type.params);
    return true;
}

bool FunctionValidator::pop_frame(Frame& frame)
{
    frame = m_frames.back();
    if (!pop_all(frame.type.results)) return false;
    if (m_operands.size() != frame.height) return fail("type mismatch: values remain on the stack at the end of a block");
    while (m_initialized.size() > frame.init_height) {
        m_is_initialized[m_initialized.back()] = false;
        m_initialized.pop_back();
    }
    m_frames.pop_back();
    return true;
}

bool FunctionValidator::label(LabelIdx depth, std::span<const ValType>& types)
{
    if (depth.value >= m_frames.size()) return fail("unknown label " + std::to_string(depth.value));
    const Frame& frame = m_frames[m_frames.size() - 1 - depth.value];
    types = frame.kind == FrameKind::loop ? frame.type.params : frame.type.results;
    return true;
}

bool FunctionValidator::branch_keeps(std::span<const ValType> types)
{
    if (!pop_all(types)) return false;
    push_all(types);
    return true;
}

bool FunctionValidator::check_local(LocalIdx l) { return l.value < m_locals.size() || fail("unknown local " + std::to_string(l.value)); }
bool FunctionValidator::check_memory(MemoryIdx m)
{
    return m.value < m_module.memories.size() || fail("unknown memory " + std::to_string(m.value));
}
bool FunctionValidator::check_table(TableIdx t) { return t.value < m_module.tables.size() || fail("unknown table " + std::to_string(t.value)); }
bool FunctionValidator::check_function(FuncIdx f)
{
    return f.value < m_module.functions.size() || fail("unknown function " + std::to_string(f.value));
}
bool FunctionValidator::check_data(DataIdx d)
{
    if (!m_module.data_count) return fail("data count section required");
    return d.value < *m_module.data_count || fail("unknown data segment " + std::to_string(d.value));
}
bool FunctionValidator::check_elem(ElemIdx e) { return e.value < m_module.elems.size() || fail("unknown elem segment " + std::to_string(e.value)); }
bool FunctionValidator::check_tag(TagIdx t) { return t.value < m_module.tags.size() || fail("unknown tag " + std::to_string(t.value)); }

bool FunctionValidator::defined_type(TypeIdx t, CompositeKind kind, const SubType*& type)
{
    if (t.value >= m_module.types.size()) return fail("unknown type " + std::to_string(t.value));
    type = &m_module.sub_type(m_module.types[t.value]);
    if (type->kind == kind) return true;
    const char* const wanted = kind == CompositeKind::func ? "function" : kind == CompositeKind::struct_ ? "struct" : "array";
    return fail("type " + std::to_string(t.value) + " is not a" + (kind == CompositeKind::array ? "n " : " ") + wanted + " type");
}

bool FunctionValidator::check_access(const MemArg& arg, uint32_t align_log2, bool is_atomic)
{
    if (!check_memory(arg.memory)) return false;
    if (is_atomic ? arg.align_log2 != align_log2 : arg.align_log2 > align_log2)
        return fail(is_atomic ? "atomic alignment must be natural" : "alignment must not be larger than natural");
    if (address_type(arg.memory) == i32 && arg.offset > UINT32_MAX) return fail("offset out of range");
    return true;
}

void FunctionValidator::note_unsupported(Feature feature, const char* text)
{
    if (m_unsupported) return;
    const char* const name = feature == Feature::gc ? "garbage collection" : feature == Feature::exceptions ? "exceptions" : "custom descriptors";
    m_unsupported = UnsupportedUse{name, text, m_function.value_or(FuncIdx{}), m_offset};
}

std::optional<ModuleError> FunctionValidator::run(ByteReader& reader, const BlockType& type)
{
    m_error.reset();
    m_operands.clear();
    m_frames.clear();
    m_initialized.clear();
    push_frame(FrameKind::function, type);
    read_instructions(m_module, reader, *this);
    if (m_error) return m_error;
    if (reader.failed()) return ModuleError{ErrorKind::malformed, reader.message(), reader.failure_offset(), m_function, {}};
    if (!reader.at_end()) return ModuleError{ErrorKind::malformed, "section size mismatch: bytes behind the function's end", reader.offset(), m_function, {}};
    return std::nullopt;
}

std::optional<ModuleError> FunctionValidator::validate_body(FuncIdx function)
{
    m_function = function;
    m_is_const = false;
    m_global_limit = static_cast<uint32_t>(m_module.globals.size());
    const FunctionBody& body = m_module.body_of(function);
    const FuncType& type = m_module.func_type(function);
    auto locals = read_locals(m_module, body);
    if (!locals) {
        locals.error().function = function;
        return locals.error();
    }
    m_locals.assign(type.params.begin(), type.params.end());
    m_locals.insert(m_locals.end(), locals->types.begin(), locals->types.end());
    m_is_initialized.assign(m_locals.size(), true);
    for (size_t i = type.params.size(); i < m_locals.size(); ++i)
        if (!m_locals[i].is_defaultable()) m_is_initialized[i] = false;
    ByteReader reader{body.bytes.subspan(locals->code_begin), body.offset_bytes + locals->code_begin};
    return run(reader, BlockType{{}, type.results});
}

std::optional<ModuleError> FunctionValidator::validate_const(const ConstExpr& expr, ValType type, uint32_t global_limit)
{
    m_function.reset();
    m_is_const = true;
    m_global_limit = global_limit;
    m_locals.clear();
    ByteReader reader{expr.bytes, expr.offset_bytes};
    return run(reader, BlockType{{}, {&type, 1}});
}

}  // namespace weir::wasm
