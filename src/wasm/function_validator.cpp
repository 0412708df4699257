#include "wasm/function_validator.hpp"

// The mechanics of validation: stacks, index spaces, errors. Instructions are in validate_*.cpp.

namespace weir::wasm {

namespace {

// Bounds on what a function's validation (and compilation) holds at a time; real code stays far below. Without them a few bytes could ask for
// kilobytes each: a call of two bytes may push a thousand results, and code that is never reached may do it again and again.
constexpr size_t max_operands = 100'000;
constexpr size_t initial_operands = 1'000;

}  // namespace

// --- facts ---

ModuleFacts::ModuleFacts(const Module& m, const ValidationRules& r) : module(m), rules(r)
{
    function_types.reserve(m.functions.size());
    for (const TypeId id : m.functions) function_types.push_back(&m.sub_type(id).func);
    memory_address_types.reserve(m.memories.size());
    for (const MemoryType& t : m.memories) memory_address_types.push_back(t.address == AddressType::i64 ? i64 : i32);
    inexact_imports.reserve(m.imported_function_count);
    for (const Import& import : m.imports)
        if (const auto* const f = std::get_if<FuncExtern>(&import.type))
            inexact_imports.push_back(f->exactness == Exactness::inexact);
}

void LocalTypes::assign_params(std::span<const ValType> params)
{
    m_runs.clear();
    m_size = 0;
    for (const ValType t : params) append(1, t);
}

void LocalTypes::append(uint32_t count, ValType type)
{
    if (count == 0) return;
    const uint32_t end = m_size + count;
    if (m_size < flat_size) std::fill(m_flat.begin() + m_size, m_flat.begin() + std::min(end, flat_size), type);
    if (!m_runs.empty() && m_runs.back().type == type) m_runs.back().end = end;
    else m_runs.push_back({end, type});
    m_size = end;
}

ValType LocalTypes::at_slow(uint32_t local) const
{
    return std::upper_bound(m_runs.begin(), m_runs.end(), local, [](uint32_t l, const Run& run) { return l < run.end; })->type;
}

FunctionValidator::FunctionValidator(const ModuleFacts& facts)
    : m_facts(facts), m_module(facts.module), m_registry(*facts.module.registry),
      m_operands(std::make_unique<ValType[]>(initial_operands)), m_limit(m_operands.get() + initial_operands)
{
}

// --- errors ---

bool FunctionValidator::fail(std::string message, ErrorKind kind)
{
    if (m_error) return false;
    // Which instruction it was is not kept: the bytes say.
    ByteReader r{m_module.bytes.subspan(std::min(m_offset, m_module.bytes.size())), m_offset};
    uint32_t code = r.u8();
    if (code >= 0xfb && code <= 0xfe) code = code << 16 | (r.u32() & 0xffffU);
    if (const OpInfo* const op = find_op(code)) message = std::string{op->text()} + ": " + message;
    m_error = ModuleError{kind, std::move(message), m_offset, m_function, {}};
    return false;
}

bool FunctionValidator::fail_index(const char* unknown, uint32_t index)
{
    return fail(std::string{unknown} + " " + std::to_string(index));
}

bool FunctionValidator::mismatch(const std::string& expected, const std::string& found)
{
    if (m_error) return false;
    fail("type mismatch: expected " + expected + ", found " + found);
    m_error->expected = expected;
    m_error->found = found;
    return false;
}

bool FunctionValidator::type_mismatch(ValType expected, ValType found)
{
    return mismatch(to_string(expected, m_module), to_string(found, m_module));
}

bool FunctionValidator::fail_alignment(uint32_t align_log2, bool is_atomic)
{
    return fail(std::string{is_atomic ? "alignment must be natural for an atomic access, 2^"
                                      : "alignment must not be larger than natural, 2^"} +
                std::to_string(align_log2));
}

bool FunctionValidator::fail_offset(uint64_t offset)
{
    return fail("offset out of range: " + std::to_string(offset) + " of a 32-bit memory");
}

// --- operands ---

void FunctionValidator::grow_operands(size_t count)
{
    size_t used = height();
    size_t floor = static_cast<size_t>(m_floor - m_operands.get());
    if (used + count > max_operands) {
        fail("too many operands on the stack, the limit is " + std::to_string(max_operands), ErrorKind::limit);
        // The error is noted and the reader goes on to the next check; nothing is left that could grow meanwhile.
        used = floor = 0;
        for (Frame& frame : m_frames) frame.height = 0;
    }
    const auto capacity = static_cast<size_t>(m_limit - m_operands.get());
    if (capacity < used + count) {
        const size_t larger = std::max(2 * capacity, used + count);
        auto operands = std::make_unique<ValType[]>(larger);
        std::copy_n(m_operands.get(), used, operands.get());
        m_operands = std::move(operands);
        m_limit = m_operands.get() + larger;
    }
    m_top = m_operands.get() + used;
    m_floor = m_operands.get() + floor;
}

bool FunctionValidator::pop_any(ValType& found)
{
    if (m_top == m_floor) {
        found = ValType{};
        return m_frames.back().is_unreachable || mismatch("an operand", "nothing");
    }
    found = *--m_top;
    return true;
}

bool FunctionValidator::pop_slow(ValType expected)
{
    if (m_top == m_floor) return m_frames.back().is_unreachable || mismatch(to_string(expected, m_module), "nothing");
    const ValType found = m_top[-1];
    if (!m_registry.is_subtype(found, expected)) return type_mismatch(expected, found);
    --m_top;
    return true;
}

bool FunctionValidator::plain_slow(const Signature& signature, ValType address)
{
    for (uint32_t i = signature.operand_count; i-- > 0;)
        if (!pop(signature.operands[i] == Signature::address ? address : signature.operands[i])) return false;
    for (uint32_t i = 0; i < signature.result_count; ++i) push(signature.results[i]);
    return true;
}

bool FunctionValidator::pop_ref(ValType& found)
{
    if (!pop_any(found)) return false;
    if (found.kind() == ValKind::bottom) found = ValType::ref(HeapKind::bottom, Nullability::non_null);
    return found.is_ref() || mismatch("a reference", to_string(found, m_module));
}

bool FunctionValidator::match(std::span<const ValType> types)
{
    const ValType* operand = m_top;
    for (size_t i = types.size(); i-- > 0;) {
        if (operand == m_floor) return m_frames.back().is_unreachable || mismatch(to_string(types[i], m_module), "nothing");
        --operand;
        if (*operand != types[i] && !m_registry.is_subtype(*operand, types[i])) return type_mismatch(types[i], *operand);
    }
    return true;
}

bool FunctionValidator::replace(std::span<const ValType> types)
{
    if (!pop_all(types)) return false;
    push_all(types);
    return true;
}

// --- frames ---

void FunctionValidator::forget_initialized(uint32_t init_height)
{
    while (m_initialized.size() > init_height) {
        m_is_initialized[m_initialized.back()] = false;
        m_initialized.pop_back();
    }
}

bool FunctionValidator::pop_frame(Frame& frame)
{
    frame = m_frames.back();
    if (!pop_all(frame.type.results)) return false;
    if (m_top != m_floor)
        return fail("type mismatch: values remain on the stack at the end of a block, " + to_string(m_top[-1], m_module) +
                    " on top");
    if (m_initialized.size() > frame.init_height) [[unlikely]]
        forget_initialized(frame.init_height);
    m_frames.pop_back();
    m_floor = m_operands.get() + (m_frames.empty() ? 0 : m_frames.back().height);
    return true;
}

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
        if (frame.type.params.size() != frame.type.results.size())
            return fail("type mismatch: an if without else leaves the stack as it was");
        for (size_t i = 0; i < frame.type.params.size(); ++i)
            if (!m_registry.is_subtype(frame.type.params[i], frame.type.results[i]))
                return type_mismatch(frame.type.results[i], frame.type.params[i]);
    }
    push_all(frame.type.results);
    return true;
}

// --- index spaces ---

bool FunctionValidator::check_data(DataIdx d)
{
    if (!m_module.data_count) return fail("data count section required", ErrorKind::malformed);
    return d.value < *m_module.data_count || fail_index("unknown data segment", d.value);
}

bool FunctionValidator::defined_type(TypeIdx t, CompositeKind kind, const SubType*& type)
{
    if (t.value >= m_module.types.size()) return fail_index("unknown type", t.value);
    type = &m_module.sub_type(m_module.types[t.value]);
    if (type->kind == kind) return true;
    const char* const wanted = kind == CompositeKind::func    ? "a function"
                             : kind == CompositeKind::struct_ ? "a struct"
                                                              : "an array";
    return fail("type " + std::to_string(t.value) + " is not " + wanted + " type");
}

void FunctionValidator::note_unsupported(Feature feature, const char* text)
{
    if (m_unsupported) return;
    const char* const name = feature == Feature::gc         ? "garbage collection"
                           : feature == Feature::exceptions ? "exceptions"
                                                            : "custom descriptors";
    m_unsupported = UnsupportedUse{name, text, m_function.value_or(FuncIdx{}), m_offset};
}

// --- runs ---

std::optional<ModuleError> FunctionValidator::run(ByteReader& reader, const BlockType& type)
{
    m_error.reset();
    m_top = m_floor = m_operands.get();
    m_frames.clear();
    m_initialized.clear();
    push_frame(FrameKind::function, type);
    read_instructions(m_module, reader, *this);
    if (!m_error && !reader.failed() && !reader.at_end()) reader.fail("section size mismatch: bytes behind the function's end");
    if (!m_error && !reader.failed()) return std::nullopt;
    if (!m_error) m_error = reader.error();
    m_error->function = m_function;
    return std::move(m_error);
}

std::optional<ModuleError> FunctionValidator::validate_body(FuncIdx function)
{
    m_function = function;
    m_global_limit = static_cast<uint32_t>(m_module.globals.size());
    const FunctionBody& body = m_module.body_of(function);
    const FuncType& type = *m_facts.function_types[function.value];
    ByteReader reader{body.bytes, body.offset_bytes};
    m_locals.assign_params(type.params);
    m_is_initialized.clear();
    m_has_uninitialized = false;
    read_local_groups(m_module, reader, [&](uint32_t count, ValType local_type) {
        if (count != 0 && !local_type.is_defaultable()) {
            m_has_uninitialized = true;
            m_is_initialized.resize(m_locals.size(), true);
            m_is_initialized.resize(m_locals.size() + count, false);
        }
        m_locals.append(count, local_type);
    });
    if (m_has_uninitialized) m_is_initialized.resize(m_locals.size(), true);
    return run(reader, BlockType{{}, type.results});
}

std::optional<ModuleError> FunctionValidator::validate_const(const ConstExpr& expr, ValType type, uint32_t global_limit)
{
    m_function.reset();
    m_global_limit = global_limit;
    m_locals.assign_params({});
    m_has_uninitialized = false;
    ByteReader reader{expr.bytes, expr.offset_bytes};
    return run(reader, BlockType{{}, {&type, 1}});
}

}  // namespace weir::wasm
