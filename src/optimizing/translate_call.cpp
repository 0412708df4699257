#include "optimizing/inlining.hpp"
#include "optimizing/translator.hpp"

#include <llvm/IR/MDBuilder.h>

#include <cstddef>

// Calls, by the wasm convention of runtime/contract.hpp, and what is reached through the instance context.

namespace weir::optimizing {

using runtime::Builtin;
using runtime::ExecContext;
using runtime::Function;
using runtime::InstanceContext;
using runtime::TableHeader;
using runtime::TrapKind;
using wasm::Opcode;

namespace {

constexpr size_t max_integer_registers = 5, max_vector_registers = 8;

bool is_integer(wasm::ValType t) { return t.kind() == wasm::ValKind::i32 || t.kind() == wasm::ValKind::i64 || t.is_ref(); }

/// Which parameters travel in registers; the others go to transfer slots, in order.
std::vector<bool> parameters_in_registers(const wasm::FuncType& type)
{
    std::vector<bool> in_register;
    size_t integers = 0, vectors = 0;
    for (const wasm::ValType t : type.params)
        in_register.push_back(is_integer(t) ? integers++ < max_integer_registers : vectors++ < max_vector_registers);
    return in_register;
}

}  // namespace

// --- the context ---

llvm::Value* FunctionTranslator::offset_pointer(llvm::Value* base, uint64_t offset_bytes)
{
    return m_b.CreateGEP(m_b.getInt8Ty(), base, const_u64(offset_bytes));
}

llvm::Value* FunctionTranslator::field(llvm::Value* object, uint32_t offset_bytes, llvm::Type* type, llvm::MDNode* alias_set)
{
    llvm::LoadInst* const load = m_b.CreateAlignedLoad(type, offset_pointer(object, offset_bytes), llvm::Align{4});
    load->setMetadata(llvm::LLVMContext::MD_tbaa, alias_set);
    return load;
}

llvm::Value* FunctionTranslator::constant_field(llvm::Value* object, uint32_t offset_bytes, llvm::Type* type)
{
    auto* const load = llvm::cast<llvm::LoadInst>(field(object, offset_bytes, type, m_alias_context));
    load->setMetadata(llvm::LLVMContext::MD_invariant_load, llvm::MDNode::get(m_context, {}));
    return load;
}

llvm::Value* FunctionTranslator::context_field(uint32_t offset_bytes, llvm::Type* type)
{
    return constant_field(m_instance, offset_bytes, type);
}

llvm::Value* FunctionTranslator::transfer_slot(size_t index)
{
    llvm::Value* const exec = context_field(offsetof(InstanceContext, exec), m_b.getPtrTy());
    return offset_pointer(exec, offsetof(ExecContext, transfer) + sizeof(runtime::Value) * index);
}

llvm::Value* FunctionTranslator::load_transferred(size_t index, llvm::Type* type)
{
    llvm::LoadInst* const load = m_b.CreateAlignedLoad(type, transfer_slot(index), llvm::Align{8});
    load->setMetadata(llvm::LLVMContext::MD_tbaa, m_alias_transfer);
    return load;
}

void FunctionTranslator::emit_stack_check()
{
    if (!m_host.checks_stack) return;
    llvm::Value* const frame = m_b.CreateIntrinsic(llvm::Intrinsic::frameaddress, {m_b.getPtrTy()}, {const_u32(0)});
    llvm::Value* const exec = context_field(offsetof(InstanceContext, exec), m_b.getPtrTy());
    llvm::Value* const limit = field(exec, offsetof(ExecContext, stack_limit), m_b.getInt64Ty(), m_alias_context);
    llvm::Value* const lowest = m_b.CreateSub(m_b.CreatePtrToInt(frame, m_b.getInt64Ty()), const_u64(m_host.stack_slack_bytes));
    trap_if(m_b.CreateICmpULT(lowest, limit), TrapKind::call_stack_exhausted);
}

void FunctionTranslator::place_parameters()
{
    const std::vector<bool> in_register = parameters_in_registers(*m_type);
    unsigned next_argument = 1;
    size_t next_slot = 0;
    unsigned next_integer = 1, next_vector = 1 + max_integer_registers;
    for (size_t i = 0; i < in_register.size(); ++i) {
        llvm::Value* value = nullptr;
        if (in_register[i] && m_has_tail_calls) {
            llvm::Value* const argument = m_function->getArg(is_integer(m_type->params[i]) ? next_integer++ : next_vector++);
            value = from_register(argument, type_of(m_type->params[i]));
        } else if (in_register[i]) {
            value = m_function->getArg(next_argument++);
        } else {
            value = load_transferred(next_slot++, type_of(m_type->params[i]));
        }
        m_b.CreateStore(value, m_locals[i]);
    }
}

llvm::Value* FunctionTranslator::call_builtin(Builtin builtin, llvm::Type* result, std::span<llvm::Value* const> arguments)
{
    llvm::Value* const table = context_field(offsetof(InstanceContext, builtins), m_b.getPtrTy());
    llvm::Value* const entry = constant_field(table, static_cast<uint32_t>(builtin) * 8, m_b.getPtrTy());
    Values all{m_instance};
    all.insert(all.end(), arguments.begin(), arguments.end());
    std::vector<llvm::Type*> types;
    for (llvm::Value* const v : all) types.push_back(v->getType());
    llvm::CallInst* const call = m_b.CreateCall(llvm::FunctionType::get(result, types, false), entry, all);
    call->setDoesNotThrow();
    return call;
}

/// Pops `count` operands and calls a builtin that answers a TrapKind.
void FunctionTranslator::call_bulk(Builtin builtin, uint64_t indices, size_t count)
{
    Values arguments(count + 1);
    for (size_t i = count; i > 0; --i) arguments[i] = pop_u64();
    arguments[0] = const_u64(indices);
    trap_if_builtin_failed(call_builtin(builtin, m_b.getInt32Ty(), arguments));
}

// --- calls ---

const wasm::FuncType& FunctionTranslator::func_type(wasm::TypeIdx t) const
{
    return m_module.sub_type(m_module.types[t.value]).func;
}

llvm::FunctionType* FunctionTranslator::machine_type(const wasm::FuncType& type)
{
    std::vector<llvm::Type*> parameters{m_b.getPtrTy()};
    const std::vector<bool> in_register = parameters_in_registers(type);
    for (size_t i = 0; i < in_register.size(); ++i)
        if (in_register[i]) parameters.push_back(type_of(type.params[i]));
    return llvm::FunctionType::get(type.results.empty() ? m_b.getVoidTy() : type_of(type.results[0]), parameters, false);
}

llvm::FunctionType* FunctionTranslator::tail_call_type(const wasm::FuncType& type)
{
    std::vector<llvm::Type*> parameters{m_b.getPtrTy()};
    parameters.insert(parameters.end(), max_integer_registers, m_b.getInt64Ty());
    parameters.insert(parameters.end(), max_vector_registers, vector_type(Shape::i64x2));
    return llvm::FunctionType::get(type.results.empty() ? m_b.getVoidTy() : type_of(type.results[0]), parameters, false);
}

llvm::Value* FunctionTranslator::to_register(llvm::Value* v)
{
    if (v->getType()->isIntegerTy()) return m_b.CreateZExt(v, m_b.getInt64Ty());
    if (v->getType()->isVectorTy()) return v;
    const Shape shape = v->getType()->isFloatTy() ? Shape::f32x4 : Shape::f64x2;
    llvm::Value* const vector = m_b.CreateInsertElement(llvm::PoisonValue::get(vector_type(shape)), v, uint64_t{0});
    return m_b.CreateBitCast(m_b.CreateFreeze(vector), vector_type(Shape::i64x2));
}

llvm::Value* FunctionTranslator::from_register(llvm::Value* v, llvm::Type* type)
{
    if (type->isIntegerTy()) return m_b.CreateTrunc(v, type);
    if (type->isVectorTy()) return v;
    return m_b.CreateExtractElement(m_b.CreateBitCast(v, vector_type(type->isFloatTy() ? Shape::f32x4 : Shape::f64x2)),
                                    uint64_t{0});
}

/// The arguments as tail_call_type() takes them: context, integers, vectors; what is left over has any value.
FunctionTranslator::Values FunctionTranslator::all_registers(const Values& arguments, const wasm::FuncType& type)
{
    Values integers, vectors;
    const std::vector<bool> in_register = parameters_in_registers(type);
    size_t next = 1;
    for (size_t i = 0; i < in_register.size(); ++i)
        if (in_register[i]) (is_integer(type.params[i]) ? integers : vectors).push_back(to_register(arguments[next++]));
    integers.resize(max_integer_registers, llvm::PoisonValue::get(m_b.getInt64Ty()));
    vectors.resize(max_vector_registers, llvm::PoisonValue::get(vector_type(Shape::i64x2)));
    Values all{arguments[0]};
    all.insert(all.end(), integers.begin(), integers.end());
    all.insert(all.end(), vectors.begin(), vectors.end());
    return all;
}

void FunctionTranslator::emit_call(llvm::Value* entry, llvm::Value* callee_context, const wasm::FuncType& type, CallMode mode)
{
    const std::vector<bool> in_register = parameters_in_registers(type);
    const size_t base = m_stack.size() - in_register.size();
    Values arguments{callee_context};
    size_t next_slot = 0;
    for (size_t i = 0; i < in_register.size(); ++i) {
        if (in_register[i]) {
            arguments.push_back(operand(base + i));
        } else {
            llvm::StoreInst* const store = m_b.CreateAlignedStore(operand(base + i), transfer_slot(next_slot++), llvm::Align{8});
            store->setMetadata(llvm::LLVMContext::MD_tbaa, m_alias_transfer);
        }
    }
    m_stack.resize(base);
    if (mode == CallMode::tail) arguments = all_registers(arguments, type);
    llvm::CallInst* const call =
        m_b.CreateCall(mode == CallMode::tail ? tail_call_type(type) : machine_type(type), entry, arguments);
    call->setDoesNotThrow();
    if (mode == CallMode::tail) {
        call->setTailCallKind(llvm::CallInst::TCK_MustTail);
        if (type.results.empty()) m_b.CreateRetVoid();
        else m_b.CreateRet(call);
        return set_dead();
    }
    call->setTailCallKind(llvm::CallInst::TCK_NoTail);  // a frame that the standard says is there stays in backtraces
    call->addFnAttr(llvm::Attribute::NoMerge);          // and so does its place
    for (size_t i = 0; i < type.results.size(); ++i) {
        if (i == 0) {
            push(call);
        } else {
            push(load_transferred(i - 1, type_of(type.results[i])));
        }
    }
}

void FunctionTranslator::call_defined(wasm::FuncIdx function, CallMode mode)
{
    // A function that calls itself stays in this tier, and LLVM sees what it calls.
    const bool is_self = function == m_index && mode == CallMode::normal && m_host.loop_offset == 0 && !m_has_tail_calls;
    if (is_self) return emit_call(m_function, m_instance, *m_type, mode);
    const wasm::FuncType& type = m_module.func_type(function);
    llvm::Value* entry = mode == CallMode::normal ? m_candidates.find(function, machine_type(type)) : nullptr;
    if (entry == nullptr) entry = load_code_cell(m_b, {runtime::Relocation::Kind::slot, function});
    emit_call(entry, m_instance, type, mode);
}

void FunctionTranslator::call_function_object(llvm::Value* function, const wasm::FuncType& type, CallMode mode)
{
    llvm::Value* const entry = m_b.CreateLoad(m_b.getPtrTy(), offset_pointer(function, offsetof(Function, entry)));
    llvm::Value* const callee_context = constant_field(function, offsetof(Function, context), m_b.getPtrTy());
    emit_call(entry, callee_context, type, mode);
}

void FunctionTranslator::translate(Opcode op, const wasm::FuncIdx& function)
{
    if (op == Opcode::ref_func) {
        if (m_module.is_imported(function)) return push(context_field(m_layout.imported_function(function), m_b.getInt64Ty()));
        llvm::Value* const functions = context_field(offsetof(InstanceContext, functions), m_b.getPtrTy());
        llvm::Value* const offset =
            field(functions, function.value * uint32_t{sizeof(uint32_t)}, m_b.getInt32Ty(), m_alias_context);
        llvm::Value* const made =
            m_b.CreateAdd(m_b.CreatePtrToInt(functions, m_b.getInt64Ty()), m_b.CreateZExt(offset, m_b.getInt64Ty()));
        return push(unless(m_b.CreateICmpEQ(offset, const_u32(0)), made, [&] {
            return call_builtin(Builtin::function_reference, m_b.getInt64Ty(), {{const_u64(function.value)}});
        }));
    }
    const CallMode mode = op == Opcode::return_call ? CallMode::tail : CallMode::normal;
    if (!m_module.is_imported(function)) return call_defined(function, mode);
    call_function_object(context_field(m_layout.imported_function(function), m_b.getPtrTy()), m_module.func_type(function), mode);
}

llvm::Value* FunctionTranslator::unless(llvm::Value* is_missing, llvm::Value* present, llvm::function_ref<llvm::Value*()> make)
{
    llvm::BasicBlock* const found = m_b.GetInsertBlock();
    llvm::BasicBlock* const making = new_block();
    llvm::BasicBlock* const going_on = new_block();
    m_b.CreateCondBr(is_missing, making, going_on, llvm::MDBuilder{m_context}.createUnlikelyBranchWeights());
    m_b.SetInsertPoint(making);
    llvm::Value* const made = make();
    llvm::BasicBlock* const made_in = m_b.GetInsertBlock();
    m_b.CreateBr(going_on);
    m_b.SetInsertPoint(going_on);
    llvm::PHINode* const value = m_b.CreatePHI(present->getType(), 2);
    value->addIncoming(present, found);
    value->addIncoming(made, made_in);
    return value;
}

void FunctionTranslator::open_table(wasm::TableIdx table)
{
    if (!m_layout.may_be_lazy(table)) return;
    llvm::Value* const header = context_field(m_layout.table(table), m_b.getPtrTy());
    llvm::Value* const is_lazy = field(header, offsetof(TableHeader, is_lazy), m_b.getInt64Ty(), m_alias_context);
    unless(m_b.CreateICmpNE(is_lazy, const_u64(0)), is_lazy, [&] {
        call_builtin(Builtin::open_table, m_b.getVoidTy(), {{const_u64(table.value)}});
        return is_lazy;
    });
}

llvm::Value* FunctionTranslator::callee_of_indirect(const wasm::CallIndirectImm& imm)
{
    llvm::Value* const index = pop_u64();
    llvm::Value* const header = context_field(m_layout.table(imm.table), m_b.getPtrTy());
    trap_if(m_b.CreateICmpUGE(index, field(header, offsetof(TableHeader, size), m_b.getInt64Ty(), m_alias_context)),
            TrapKind::undefined_element);
    llvm::Value* const elements = field(header, offsetof(TableHeader, elements), m_b.getPtrTy(), m_alias_context);
    llvm::LoadInst* const load =
        m_b.CreateAlignedLoad(m_b.getPtrTy(), m_b.CreateGEP(m_b.getInt64Ty(), elements, index), llvm::Align{8});
    load->setMetadata(llvm::LLVMContext::MD_tbaa, m_alias_tables);
    llvm::Value* element = load;
    if (m_layout.may_be_lazy(imm.table))
        element = unless(m_b.CreateIsNull(load), load, [&] {
            llvm::Value* const made = call_builtin(Builtin::table_element, m_b.getPtrTy(), {{const_u64(imm.table.value), index}});
            trap_if(m_b.CreateIsNull(made), TrapKind::uninitialized_element);
            return made;
        });
    else trap_if(m_b.CreateIsNull(element), TrapKind::uninitialized_element);
    llvm::Value* const wanted = context_field(m_layout.type_id(imm.type), m_b.getInt32Ty());
    llvm::Value* const found = constant_field(element, offsetof(Function, type), m_b.getInt32Ty());
    llvm::Value* const differs = m_b.CreateICmpNE(found, wanted);
    if (m_module.sub_type(m_module.types[imm.type.value]).is_final) {
        trap_if(differs, TrapKind::indirect_call_type);
        return element;
    }
    llvm::BasicBlock* const asking = new_block();
    llvm::BasicBlock* const calling = new_block();
    m_b.CreateCondBr(differs, asking, calling);
    m_b.SetInsertPoint(asking);
    llvm::Value* const is_subtype = call_builtin(Builtin::is_subtype, m_b.getInt32Ty(), {{found, wanted}});
    trap_if(m_b.CreateICmpEQ(is_subtype, const_u32(0)), TrapKind::indirect_call_type);
    m_b.CreateBr(calling);
    m_b.SetInsertPoint(calling);
    return element;
}

void FunctionTranslator::translate(Opcode op, const wasm::CallIndirectImm& imm)
{
    llvm::Value* const callee = callee_of_indirect(imm);
    call_function_object(callee, func_type(imm.type), op == Opcode::return_call_indirect ? CallMode::tail : CallMode::normal);
}

void FunctionTranslator::translate(Opcode op, const wasm::TypeIdx& type)
{
    if (op != Opcode::call_ref && op != Opcode::return_call_ref) return refuse();
    llvm::Value* const callee = m_b.CreateIntToPtr(pop(), m_b.getPtrTy());
    trap_if(m_b.CreateIsNull(callee), TrapKind::null_function_reference);
    call_function_object(callee, func_type(type), op == Opcode::return_call_ref ? CallMode::tail : CallMode::normal);
}

// --- globals, tables, bulk instructions ---

void FunctionTranslator::translate(Opcode op, const wasm::GlobalIdx& global)
{
    llvm::Type* const type = type_of(m_module.globals[global.value].type.type);
    llvm::Value* const cell = m_layout.is_global_indirect(global) ? context_field(m_layout.global(global), m_b.getPtrTy())
                                                                  : offset_pointer(m_instance, m_layout.global(global));
    llvm::Instruction* const access = op == Opcode::global_get
                                        ? static_cast<llvm::Instruction*>(m_b.CreateAlignedLoad(type, cell, llvm::Align{16}))
                                        : m_b.CreateAlignedStore(pop(), cell, llvm::Align{16});
    access->setMetadata(llvm::LLVMContext::MD_tbaa, m_alias_globals);
    if (op == Opcode::global_get) push(access);
}

void FunctionTranslator::translate(Opcode op, const wasm::TableIdx& table)
{
    llvm::Value* const header = context_field(m_layout.table(table), m_b.getPtrTy());
    const auto size = [&] { return field(header, offsetof(TableHeader, size), m_b.getInt64Ty(), m_alias_context); };
    llvm::Type* const index_type =
        m_module.tables[table.value].type.address == wasm::AddressType::i64 ? m_b.getInt64Ty() : m_b.getInt32Ty();
    const auto entry = [&](llvm::Value* index) {
        open_table(table);
        trap_if(m_b.CreateICmpUGE(index, size()), TrapKind::table_out_of_bounds);
        llvm::Value* const elements = field(header, offsetof(TableHeader, elements), m_b.getPtrTy(), m_alias_context);
        return m_b.CreateGEP(m_b.getInt64Ty(), elements, index);
    };
    switch (op) {
    case Opcode::table_get: {
        llvm::LoadInst* const load = m_b.CreateAlignedLoad(m_b.getInt64Ty(), entry(pop_u64()), llvm::Align{8});
        load->setMetadata(llvm::LLVMContext::MD_tbaa, m_alias_tables);
        return push(load);
    }
    case Opcode::table_set: {
        llvm::Value* const value = pop();
        llvm::StoreInst* const store = m_b.CreateAlignedStore(value, entry(pop_u64()), llvm::Align{8});
        store->setMetadata(llvm::LLVMContext::MD_tbaa, m_alias_tables);
        return;
    }
    case Opcode::table_size: return push(m_b.CreateTrunc(size(), index_type));
    case Opcode::table_grow: {
        llvm::Value* const delta = pop_u64();
        llvm::Value* const value = pop();
        llvm::Value* const old = call_builtin(Builtin::table_grow, m_b.getInt64Ty(), {{const_u64(table.value), value, delta}});
        return push(m_b.CreateTrunc(old, index_type));
    }
    case Opcode::table_fill: return call_bulk(Builtin::table_fill, table.value, 3);
    default: return refuse();
    }
}

void FunctionTranslator::translate(Opcode, const wasm::HeapTypeImm&)
{
    if (std::string_view{m_opcode_text} != "ref.null") return refuse();
    push(const_u64(0));
}
void FunctionTranslator::translate(Opcode, const wasm::MemoryInitImm& i)
{
    call_bulk(Builtin::memory_init, packed(i.memory.value, i.data.value), 3);
}
void FunctionTranslator::translate(Opcode op, const wasm::TableInitImm& i)
{
    if (op != Opcode::table_init) return refuse();
    call_bulk(Builtin::table_init, packed(i.table.value, i.elem.value), 3);
}
void FunctionTranslator::translate(Opcode, const wasm::TableCopyImm& i)
{
    call_bulk(Builtin::table_copy, packed(i.destination.value, i.source.value), 3);
}
void FunctionTranslator::translate(Opcode, const wasm::DataIdx& data)
{
    call_builtin(Builtin::data_drop, m_b.getVoidTy(), {{const_u64(data.value)}});
}
void FunctionTranslator::translate(Opcode, const wasm::ElemIdx& elem)
{
    call_builtin(Builtin::elem_drop, m_b.getVoidTy(), {{const_u64(elem.value)}});
}

}  // namespace weir::optimizing
