#include "optimizing/translator.hpp"

#include "optimizing/inlining.hpp"
#include "optimizing/kept_loads.hpp"
#include "optimizing/resume_points.hpp"
#include "wasm/reader.hpp"

#include <llvm/BinaryFormat/Dwarf.h>
#include <llvm/IR/InlineAsm.h>
#include <llvm/IR/MDBuilder.h>
#include <llvm/Transforms/Utils/BasicBlockUtils.h>

#include <charconv>

namespace weir::optimizing {

using runtime::CompileError;
using runtime::TrapKind;
using wasm::ValKind;

namespace {

/// Looks for return_call and its kind.
struct TailCallFinder {
    bool found = false;
    void at(uint32_t) {}
#define WEIR_OP(code, ident, text, imm, signature, align, feature)            \
    bool ident(const wasm::imm&)                                              \
    {                                                                         \
        if (wasm::Feature::feature == wasm::Feature::tail_call) found = true; \
        return !found;                                                        \
    }
#include "wasm/opcodes.def"
#undef WEIR_OP
};

}  // namespace

bool has_tail_calls(const wasm::Module& module, std::span<const std::byte> code)
{
    TailCallFinder finder;
    wasm::read_trusted(module, code, 0, finder);
    return finder.found;
}

std::string cell_symbol(const CodeCell& cell)
{
    return (cell.kind == runtime::Relocation::Kind::slot ? "slot" : "first") + std::to_string(cell.function.value);
}

std::optional<CodeCell> parse_cell_symbol(std::string_view name)
{
    const bool is_slot = name.starts_with("slot");
    if (!is_slot && !name.starts_with("first")) return std::nullopt;
    name.remove_prefix(is_slot ? 4 : 5);
    uint32_t function = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), function);
    if (error != std::errc{} || end != name.data() + name.size()) return std::nullopt;
    return CodeCell{is_slot ? runtime::Relocation::Kind::slot : runtime::Relocation::Kind::first, wasm::FuncIdx{function}};
}

llvm::Value* load_code_cell(llvm::IRBuilderBase& builder, const CodeCell& cell)
{
    llvm::Module& unit = *builder.GetInsertBlock()->getModule();
    const std::string name = cell_symbol(cell);
    llvm::GlobalVariable* symbol = unit.getNamedGlobal(name);
    if (symbol == nullptr) {
        symbol = new llvm::GlobalVariable(unit, builder.getPtrTy(), false, llvm::GlobalValue::ExternalLinkage, nullptr, name);
        symbol->setDSOLocal(true);
        symbol->setVisibility(llvm::GlobalValue::HiddenVisibility);
    }
    return builder.CreateLoad(builder.getPtrTy(), symbol);
}

namespace {

/// The one that a unit's first function made.
llvm::DICompileUnit* compile_unit_of(const llvm::Module& unit)
{
    return unit.debug_compile_units_begin() == unit.debug_compile_units_end() ? nullptr : *unit.debug_compile_units_begin();
}

}  // namespace

FunctionTranslator::FunctionTranslator(llvm::Module& out, const wasm::Module& module, const runtime::ContextLayout& layout,
                                       const runtime::CompileOptions& options, const TranslationOptions& host,
                                       InlineCandidates& candidates)
    : m_context(out.getContext()), m_out(out), m_b(m_context), m_debug(out, true, compile_unit_of(out)), m_module(module),
      m_layout(layout), m_options(options), m_host(host), m_candidates(candidates)
{
    llvm::MDBuilder metadata{m_context};
    llvm::MDNode* const root = metadata.createTBAARoot("weir");
    const auto alias_set = [&](llvm::StringRef name) {
        llvm::MDNode* const type = metadata.createTBAAScalarTypeNode(name, root);
        return metadata.createTBAAStructTagNode(type, type, 0);
    };
    m_alias_context = alias_set("context");
    m_alias_globals = alias_set("globals");
    m_alias_tables = alias_set("tables");
    m_alias_memory = alias_set(memory_alias_set);
    m_alias_transfer = alias_set("transfer");
}

Result<llvm::Function*, CompileError> FunctionTranslator::translate(wasm::FuncIdx function)
{
    WEIR_CHECK(translate_body(function, nullptr));
    return m_function;
}

Result<void, CompileError> FunctionTranslator::translate_callee(wasm::FuncIdx function, llvm::Function* declaration)
{
    auto translated = translate_body(function, declaration);
    if (translated) declaration->setLinkage(llvm::Function::AvailableExternallyLinkage);
    else declaration->deleteBody();
    return translated;
}

Result<void, CompileError> FunctionTranslator::translate_body(wasm::FuncIdx function, llvm::Function* declaration)
{
    m_index = function;
    m_type = &m_module.func_type(function);
    const wasm::FunctionBody& body = m_module.body_of(function);
    const auto locals = wasm::read_locals(m_module, body);
    if (!locals) return Unexpected{CompileError{"the local declarations do not decode"}};
    m_body_offset = body.offset_bytes;

    m_has_tail_calls = has_tail_calls(m_module, body.bytes.subspan(locals->code_begin));
    m_function = declaration != nullptr ? declaration
                                        : llvm::Function::Create(m_has_tail_calls ? tail_call_type(*m_type) : machine_type(*m_type),
                                                                 llvm::Function::ExternalLinkage, "wasm", m_out);
    // A small function is in one line of the instruction cache, or in two, wherever the one before it ends.
    m_function->setAlignment(llvm::Align{64});
    m_function->addFnAttr("frame-pointer", "all");
    m_function->addFnAttr(llvm::Attribute::NoRedZone);
    m_function->addFnAttr(llvm::Attribute::NoUnwind);
    m_instance = m_function->getArg(0);
    // So what never changes in the context may be read ahead of a loop that reads it now and then.
    llvm::AttrBuilder instance{m_context};
    instance.addDereferenceableAttr(m_layout.size_bytes());
    instance.addAlignmentAttr(alignof(runtime::InstanceContext));
    instance.addAttribute(llvm::Attribute::NonNull);
    instance.addAttribute(llvm::Attribute::NoUndef);
    m_function->addParamAttrs(0, instance);
    m_b.SetInsertPoint(new_block());

    llvm::DIFile* const file = m_debug.createFile("wasm", "");
    if (declaration == nullptr)
        m_debug.createCompileUnit(llvm::DISourceLanguageName{llvm::dwarf::DW_LANG_C}, file, "weir", true, "", 0, "",
                                  llvm::DICompileUnit::LineTablesOnly);
    // Its line is the function's index, for number_inlined_calls().
    m_subprogram = m_debug.createFunction(file, m_function->getName(), "", file, function.value,
                                          m_debug.createSubroutineType(m_debug.getOrCreateTypeArray({})), 1, llvm::DINode::FlagZero,
                                          llvm::DISubprogram::SPFlagDefinition);
    m_function->setSubprogram(m_subprogram);
    m_b.SetCurrentDebugLocation(llvm::DILocation::get(m_context, 1, 0, m_subprogram));

    m_local_types.assign(m_type->params.begin(), m_type->params.end());
    m_local_types.insert(m_local_types.end(), locals->types.begin(), locals->types.end());
    // LLVM makes values only of allocas in the first block, which the stack check ends.
    for (const wasm::ValType t : m_local_types) m_locals.push_back(m_b.CreateAlloca(type_of(t)));
    emit_stack_check();
    m_is_resumable = is_resumable(m_module, *m_type, body.bytes.subspan(locals->code_begin));
    if (m_host.loop_offset == 0) {
        if (m_is_resumable && m_options.counts) resume_in_first_code();
        place_parameters();
        for (size_t i = m_type->params.size(); i < m_locals.size(); ++i)
            m_b.CreateStore(llvm::Constant::getNullValue(m_locals[i]->getAllocatedType()), m_locals[i]);
    } else {
        for (size_t i = 0; i < m_locals.size(); ++i)
            m_b.CreateStore(load_transferred(i, m_locals[i]->getAllocatedType()), m_locals[i]);
        m_loop_entry = m_b.GetInsertBlock();
        m_b.SetInsertPoint(new_block());  // where the function begins; no path leads there
    }

    push_control(wasm::Opcode::block, wasm::BlockType{{}, m_type->results});
    wasm::read_trusted(m_module, body.bytes.subspan(locals->code_begin), body.offset_bytes + locals->code_begin, *this);
    if (m_refused != nullptr) return Unexpected{CompileError{std::string{"not compiled by this tier: "} + m_refused}};
    m_debug.finalize();
    if (m_loop_entry != nullptr) return Unexpected{CompileError{"there is no such loop"}};
    if (m_host.loop_offset != 0) llvm::EliminateUnreachableBlocks(*m_function);
    return {};
}

void FunctionTranslator::at(uint32_t offset_bytes)
{
    m_wasm_offset = offset_bytes - static_cast<uint32_t>(m_body_offset);
    m_b.SetCurrentDebugLocation(llvm::DILocation::get(m_context, m_wasm_offset + 1, 0, m_subprogram));
}

// --- operands ---

llvm::Type* FunctionTranslator::type_of(wasm::ValType type)
{
    switch (type.kind()) {
    case ValKind::i32: return m_b.getInt32Ty();
    case ValKind::f32: return m_b.getFloatTy();
    case ValKind::f64: return m_b.getDoubleTy();
    case ValKind::v128: return vector_type(Shape::i64x2);
    default: return m_b.getInt64Ty();
    }
}

llvm::Value* FunctionTranslator::operand(size_t position)
{
    auto* const home = llvm::dyn_cast<llvm::AllocaInst>(m_stack[position]);
    return home == nullptr ? m_stack[position] : m_b.CreateLoad(home->getAllocatedType(), home);
}
llvm::Value* FunctionTranslator::pop()
{
    llvm::Value* const v = operand(m_stack.size() - 1);
    m_stack.pop_back();
    return v;
}
llvm::Value* FunctionTranslator::pop_u64() { return m_b.CreateZExt(pop(), m_b.getInt64Ty()); }
void FunctionTranslator::push_bool(llvm::Value* i1) { push(m_b.CreateZExt(i1, m_b.getInt32Ty())); }
llvm::Value* FunctionTranslator::pop_bool()
{
    llvm::Value* const v = pop();
    return m_b.CreateICmpNE(v, llvm::Constant::getNullValue(v->getType()));
}

// --- traps ---

void FunctionTranslator::trap(TrapKind kind)
{
    // An instruction without code that reads what was stored: LLVM takes a trap for an end after which nobody looks at memory.
    llvm::FunctionType* const no_value = llvm::FunctionType::get(m_b.getVoidTy(), false);
    m_b.CreateCall(llvm::InlineAsm::get(no_value, "", "~{memory}", /*hasSideEffects=*/true));
    // The kind is part of the machine instruction (ud1), where object_reader.cpp finds it.
    llvm::CallInst* const call = m_b.CreateIntrinsic(llvm::Intrinsic::ubsantrap, {}, {m_b.getInt8(static_cast<uint8_t>(kind))});
    call->addFnAttr(llvm::Attribute::NoMerge);  // each has its own place in the module
    m_b.CreateUnreachable();
}

void FunctionTranslator::trap_if(llvm::Value* condition, TrapKind kind)
{
    llvm::BasicBlock* const trapping = new_block();
    llvm::BasicBlock* const going_on = new_block();
    m_b.CreateCondBr(condition, trapping, going_on, llvm::MDBuilder{m_context}.createUnlikelyBranchWeights());
    m_b.SetInsertPoint(trapping);
    trap(kind);
    m_b.SetInsertPoint(going_on);
}

void FunctionTranslator::trap_if_builtin_failed(llvm::Value* trap_kind_u32)
{
    llvm::BasicBlock* const trapping = new_block();
    llvm::BasicBlock* const going_on = new_block();
    m_b.CreateCondBr(m_b.CreateICmpNE(trap_kind_u32, const_u32(0)), trapping, going_on,
                     llvm::MDBuilder{m_context}.createUnlikelyBranchWeights());
    m_b.SetInsertPoint(trapping);
    auto* const call = llvm::cast<llvm::CallInst>(call_builtin(runtime::Builtin::raise, m_b.getVoidTy(), {{trap_kind_u32}}));
    call->setDoesNotReturn();
    call->addFnAttr(llvm::Attribute::NoMerge);
    m_b.CreateUnreachable();
    m_b.SetInsertPoint(going_on);
}

// --- constants, locals, select ---

void FunctionTranslator::translate(wasm::Opcode, const wasm::I32Const& c) { push(const_u32(static_cast<uint32_t>(c.value))); }
void FunctionTranslator::translate(wasm::Opcode, const wasm::I64Const& c) { push(const_u64(static_cast<uint64_t>(c.value))); }
void FunctionTranslator::translate(wasm::Opcode, const wasm::F32Const& c)
{
    push(llvm::ConstantFP::get(m_context, llvm::APFloat{llvm::APFloat::IEEEsingle(), llvm::APInt{32, c.bits}}));
}
void FunctionTranslator::translate(wasm::Opcode, const wasm::F64Const& c)
{
    push(llvm::ConstantFP::get(m_context, llvm::APFloat{llvm::APFloat::IEEEdouble(), llvm::APInt{64, c.bits}}));
}

void FunctionTranslator::translate(wasm::Opcode op, const wasm::LocalIdx& local)
{
    llvm::AllocaInst* const home = m_locals[local.value];
    m_last_got_local = local.value;
    if (op == wasm::Opcode::local_get) return push(m_b.CreateLoad(home->getAllocatedType(), home));
    if (const auto* const constant = llvm::dyn_cast<llvm::ConstantInt>(m_stack.back()))
        m_known_local = {local.value, constant->getZExtValue(), m_b.GetInsertBlock()};
    else if (m_known_local.local == local.value) m_known_local.block = nullptr;
    m_b.CreateStore(op == wasm::Opcode::local_set ? pop() : operand(m_stack.size() - 1), home);
}

void FunctionTranslator::translate(wasm::Opcode, const wasm::SelectTypes&)
{
    llvm::Value* const condition = pop_bool();
    llvm::Value* const second = pop();
    llvm::Value* const first = pop();
    push(m_b.CreateSelect(condition, first, second));
}

void FunctionTranslator::translate(wasm::Opcode op, const wasm::NoImm&)
{
    using enum wasm::Opcode;
    switch (op) {
    case wasm::Opcode::unreachable: trap(TrapKind::unreachable); return set_dead();
    case wasm::Opcode::nop: return;
    case wasm::Opcode::else_: return else_of_if();
    case wasm::Opcode::end: return end_of_block();
    case return_: branch(m_control.front()); return;
    case wasm::Opcode::drop: m_stack.pop_back(); return;
    case wasm::Opcode::select: return translate(op, wasm::SelectTypes{});
    case wasm::Opcode::ref_is_null: return push_bool(m_b.CreateICmpEQ(pop(), const_u64(0)));
    case wasm::Opcode::ref_as_non_null:
        trap_if(m_b.CreateICmpEQ(operand(m_stack.size() - 1), const_u64(0)), TrapKind::null_reference);
        return;
    default: break;
    }
    if (!translate_integer(op) && !translate_float(op) && !translate_conversion(op) && !translate_simd(op)) refuse();
}

}  // namespace weir::optimizing
