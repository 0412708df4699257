#pragma once

#include "runtime/compiler.hpp"
#include "wasm/features.hpp"
#include "wasm/immediates.hpp"
#include "wasm/opcodes.hpp"

#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/IR/DIBuilder.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Module.h>

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::optimizing {

/// What of the host the translation depends on: results that the standard leaves open must be the baseline's.
struct TranslationOptions {
    bool has_fma = false;
    bool checks_stack = true;        // compare with ExecContext::stack_limit
    uint32_t stack_slack_bytes = 0;  // that the frame may lie below the compared address
    uint32_t loop_offset = 0;        // 0: code for the function's entry; else for entry at the loop that is there in the body
};

/// A cell of the code space that code reads: a defined function's CodeSlot, or HeatCounters::first_code.
struct CodeCell {
    runtime::Relocation::Kind kind;
    wasm::FuncIdx function;
};
/// The symbol that stands for it in an object file, and back.
[[nodiscard]] std::string cell_symbol(const CodeCell& cell);
[[nodiscard]] std::optional<CodeCell> parse_cell_symbol(std::string_view name);
/// Emits the load of its contents.
llvm::Value* load_code_cell(llvm::IRBuilderBase& builder, const CodeCell& cell);

/// Whether a function does tail calls. `code` is its instructions.
[[nodiscard]] bool has_tail_calls(const wasm::Module& module, std::span<const std::byte> code);

class InlineCandidates;

/// Lanes of a vector.
enum class Shape : uint8_t { i8x16, i16x8, i32x4, i64x2, f32x4, f64x2 };

/// Two indices as a builtin takes them.
constexpr uint64_t packed(uint32_t a, uint32_t b) { return uint64_t{a} << 32 | b; }

/// Translates one function of a validated module to LLVM IR: a visitor of its instructions. Values of the operand stack are SSA values;
/// locals are allocas, which LLVM turns into SSA values. Debug locations carry the instruction's offset in the body (line - 1).
///
/// What LLVM may assume is decided here, and only what holds for every guest is said: no `inbounds`, no `nuw` on guest values, divisions, shifts
/// and conversions are guarded, accesses have alignment 1.
class FunctionTranslator {
public:
    FunctionTranslator(llvm::Module& out, const wasm::Module& module, const runtime::ContextLayout& layout,
                       const runtime::CompileOptions& options, const TranslationOptions& host, InlineCandidates& candidates);

    /// The function, named "wasm". The error says which instruction this tier does not compile.
    Result<llvm::Function*, runtime::CompileError> translate(wasm::FuncIdx function);
    /// Its body, for a declaration that the candidates made: to be inlined, no code is made of it. On an error it is a declaration as before.
    Result<void, runtime::CompileError> translate_callee(wasm::FuncIdx function, llvm::Function* declaration);

    // --- visitor ---
    void at(uint32_t offset_bytes);
#define WEIR_OP(code, ident, text, imm, ...)                            \
    bool ident(const wasm::imm& i)                                      \
    {                                                                   \
        m_opcode_text = text;                                           \
        if (m_dead && !is_structured(wasm::Opcode::ident)) return true; \
        translate(wasm::Opcode::ident, i);                              \
        finish_instruction(wasm::Opcode::ident);                        \
        return m_refused == nullptr;                                    \
    }
#include "wasm/opcodes.def"
#undef WEIR_OP

private:
    using Values = std::vector<llvm::Value*>;

    /// Instructions that are looked at in unreachable code as well, to keep count of nesting.
    static constexpr bool is_structured(wasm::Opcode op)
    {
        using enum wasm::Opcode;
        return op == block || op == loop || op == if_ || op == else_ || op == end || op == try_table;
    }

    // One overload for each immediate; which instruction it is says the opcode.
    template <class Imm>
    void translate(wasm::Opcode, const Imm&)
    {
        refuse();
    }
    void translate(wasm::Opcode op, const wasm::NoImm&);
    void translate(wasm::Opcode op, const wasm::BlockType& type);
    void translate(wasm::Opcode op, const wasm::LabelIdx& label);
    void translate(wasm::Opcode op, const wasm::BrTable& table);
    void translate(wasm::Opcode op, const wasm::FuncIdx& function);
    void translate(wasm::Opcode op, const wasm::TypeIdx& type);
    void translate(wasm::Opcode op, const wasm::CallIndirectImm& imm);
    void translate(wasm::Opcode op, const wasm::SelectTypes& imm);
    void translate(wasm::Opcode op, const wasm::LocalIdx& local);
    void translate(wasm::Opcode op, const wasm::GlobalIdx& global);
    void translate(wasm::Opcode op, const wasm::TableIdx& table);
    void translate(wasm::Opcode op, const wasm::MemoryIdx& memory);
    void translate(wasm::Opcode op, const wasm::MemArg& arg);
    void translate(wasm::Opcode op, const wasm::MemArgLane& arg);
    void translate(wasm::Opcode op, const wasm::I32Const& c);
    void translate(wasm::Opcode op, const wasm::I64Const& c);
    void translate(wasm::Opcode op, const wasm::F32Const& c);
    void translate(wasm::Opcode op, const wasm::F64Const& c);
    void translate(wasm::Opcode op, const wasm::V128Const& c);
    void translate(wasm::Opcode op, const wasm::ShuffleLanes& lanes);
    void translate(wasm::Opcode op, const wasm::LaneIdx& lane);
    void translate(wasm::Opcode op, const wasm::HeapTypeImm& imm);
    void translate(wasm::Opcode op, const wasm::MemoryInitImm& imm);
    void translate(wasm::Opcode op, const wasm::MemoryCopyImm& imm);
    void translate(wasm::Opcode op, const wasm::TableInitImm& imm);
    void translate(wasm::Opcode op, const wasm::TableCopyImm& imm);
    void translate(wasm::Opcode op, const wasm::DataIdx& data);
    void translate(wasm::Opcode op, const wasm::ElemIdx& elem);
    void translate(wasm::Opcode op, const wasm::AtomicFenceImm& imm);
    void refuse() { m_refused = m_opcode_text; }
    Result<void, runtime::CompileError> translate_body(wasm::FuncIdx function, llvm::Function* declaration);

    struct Control;

    // --- operands ---
    void push(llvm::Value* v) { m_stack.push_back(v); }
    llvm::Value* pop();
    /// The value of an operand that stays on the stack; `position` counts from the bottom.
    llvm::Value* operand(size_t position);
    /// Code for entry at a loop has two ways to it, so what lies below a block's operands is kept in allocas, one for each position and type, and
    /// on the stack stands the alloca in its place.
    void keep_operands_below(size_t height);
    llvm::AllocaInst* home_of_operand(size_t position, llvm::Type* type);
    /// The way from the entry to the loop's header, which is the current block: everything is loaded from the transfer area.
    void enter_here(const Control& loop);
    /// Popped and zero-extended to 64 bits.
    llvm::Value* pop_u64();
    void push_bool(llvm::Value* i1);
    llvm::Value* pop_bool();
    [[nodiscard]] llvm::Type* type_of(wasm::ValType type);
    [[nodiscard]] llvm::ConstantInt* const_u32(uint32_t v) { return m_b.getInt32(v); }
    [[nodiscard]] llvm::ConstantInt* const_u64(uint64_t v) { return m_b.getInt64(v); }

    // --- control (translate_control.cpp) ---
    struct Control {
        wasm::Opcode kind = wasm::Opcode::block;  // block, loop, if_; block for the function itself
        bool is_dead_outside = false;
        size_t height = 0;  // operands below its parameters
        wasm::BlockType type;
        llvm::BasicBlock* label = nullptr;  // what branches go to: a loop's header, else the end
        llvm::BasicBlock* else_block = nullptr;
        Values params;                            // of an `if`, for its else
        std::vector<llvm::BasicBlock*> dispatch;  // of a loop that begins with a br_table: where each index leads, the default last
        uint32_t dispatch_local = 0;              // whose index is this local
        std::vector<llvm::PHINode*> phis;         // of `label`
    };
    void push_control(wasm::Opcode kind, const wasm::BlockType& type);
    void else_of_if();
    void end_of_block();
    Control& control_at(wasm::LabelIdx depth) { return m_control[m_control.size() - 1 - depth.value]; }
    /// Adds the topmost operands as what a label's phis get from the current block. The branch itself is the caller's.
    void add_incoming(Control& target);
    void branch(Control& target);
    void branch_if(llvm::Value* condition, Control& target, bool is_unlikely = false);
    void set_dead();
    /// `br` to a loop that begins with a dispatch (br_table of a local), where that local is known: goes on at the table's target.
    bool branch_through_dispatch(const Control& loop);
    void finish_instruction(wasm::Opcode op);
    void note_dispatch(const wasm::BrTable& table);
    void resume_in_first_code();
    void emit_return();
    llvm::BasicBlock* new_block() { return llvm::BasicBlock::Create(m_context, "", m_function); }

    // --- traps ---
    void trap(runtime::TrapKind kind);  // ends the block
    void trap_if(llvm::Value* condition, runtime::TrapKind kind);
    void trap_if_builtin_failed(llvm::Value* trap_kind_u32);

    // --- context (translate_call.cpp) ---
    llvm::Value* context_field(uint32_t offset_bytes, llvm::Type* type);  // one that never changes
    llvm::Value* constant_field(llvm::Value* object, uint32_t offset_bytes, llvm::Type* type);
    llvm::Value* field(llvm::Value* object, uint32_t offset_bytes, llvm::Type* type, llvm::MDNode* alias_set);
    llvm::Value* offset_pointer(llvm::Value* base, uint64_t offset_bytes);
    llvm::Value* transfer_slot(size_t index);
    llvm::Value* load_transferred(size_t index, llvm::Type* type);
    llvm::Value* call_builtin(runtime::Builtin builtin, llvm::Type* result, std::span<llvm::Value* const> arguments);
    void call_bulk(runtime::Builtin builtin, uint64_t indices, size_t count);
    void emit_stack_check();
    void place_parameters();
    llvm::FunctionType* machine_type(const wasm::FuncType& type);
    /// The same convention with all registers as parameters. LLVM guarantees tail calls between functions of one type only, so functions that do
    /// tail calls have this one, and so have those calls.
    llvm::FunctionType* tail_call_type(const wasm::FuncType& type);
    Values all_registers(const Values& arguments, const wasm::FuncType& type);
    llvm::Value* to_register(llvm::Value* v);
    llvm::Value* from_register(llvm::Value* v, llvm::Type* type);
    enum class CallMode : uint8_t { normal, tail };
    void call_defined(wasm::FuncIdx function, CallMode mode);
    void call_function_object(llvm::Value* function, const wasm::FuncType& type, CallMode mode);
    void emit_call(llvm::Value* entry, llvm::Value* callee_context, const wasm::FuncType& type, CallMode mode);
    /// `present`, or where `is_missing` what `make` emits answers; that is cold.
    llvm::Value* unless(llvm::Value* is_missing, llvm::Value* present, llvm::function_ref<llvm::Value*()> make);
    /// For all but call_indirect: afterwards the table is not lazy.
    void open_table(wasm::TableIdx table);
    llvm::Value* callee_of_indirect(const wasm::CallIndirectImm& imm);
    [[nodiscard]] const wasm::FuncType& func_type(wasm::TypeIdx t) const;

    // --- memory (translate_memory.cpp) ---
    /// The one place that computes effective addresses. Pops the index.
    llvm::Value* pop_address(const wasm::MemArg& arg, uint32_t size_bytes, bool must_be_aligned = false);
    void load(const wasm::MemArg& arg, llvm::Type* type, llvm::Type* extended = nullptr, bool is_signed = false);
    /// Bytes, as another thread may have grown it last.
    llvm::Value* size_of(wasm::MemoryIdx memory);
    /// Whether [index, index + size_bytes) is not all in a memory: i1. `index` is 64 bits wide, and may be any.
    llvm::Value* is_out_of_bounds(wasm::MemoryIdx memory, llvm::Value* index, uint64_t size_bytes);
    llvm::Value* load_from(llvm::Value* address, llvm::Type* type);
    void store(const wasm::MemArg& arg, llvm::Type* type);
    void store_to(llvm::Value* address, llvm::Value* value);
    [[nodiscard]] bool is_memory64(wasm::MemoryIdx m) const { return m_module.memories[m.value].address == wasm::AddressType::i64; }
    /// A count that is known and small enough for accesses in place of a call.
    static std::optional<uint64_t> few_bytes(llvm::Value* count);
    llvm::Value* bulk_address(wasm::MemoryIdx memory, llvm::Value* address, uint64_t count);
    void fill_few(wasm::MemoryIdx memory, llvm::Value* address, llvm::Value* value, uint64_t count);
    void copy_few(const wasm::MemoryCopyImm& i, llvm::Value* destination, llvm::Value* source, uint64_t count);
    bool translate_atomic(wasm::Opcode op, const wasm::MemArg& arg);
    void atomic_load(const wasm::MemArg& arg, uint32_t bits, bool is_64);
    void atomic_store(const wasm::MemArg& arg, uint32_t bits);
    void atomic_rmw(llvm::AtomicRMWInst::BinOp op, const wasm::MemArg& arg, uint32_t bits, bool is_64);
    void atomic_cmpxchg(const wasm::MemArg& arg, uint32_t bits, bool is_64);
    llvm::Value* pop_effective_address(const wasm::MemArg& arg);
    void atomic_builtin(runtime::Builtin builtin, const wasm::MemArg& arg, size_t operand_count);

    // --- scalars (translate_scalar.cpp) ---
    bool translate_integer(wasm::Opcode op);
    bool translate_float(wasm::Opcode op);
    bool translate_conversion(wasm::Opcode op);
    void compare(llvm::CmpInst::Predicate predicate);
    void divide(bool is_signed, bool is_remainder);
    void truncate_trapping(llvm::Type* to, bool is_signed);
    llvm::Value* float_extreme(llvm::Value* a, llvm::Value* b, bool is_max);
    llvm::Value* truncate_saturating(llvm::Value* v, llvm::Type* to, bool is_signed);

    // --- vectors (translate_simd*.cpp) ---
    bool translate_simd(wasm::Opcode op);
    bool translate_simd_integer(wasm::Opcode op);
    bool translate_simd_float(wasm::Opcode op);
    bool translate_simd_compare(wasm::Opcode op);
    bool translate_simd_memory(wasm::Opcode op, const wasm::MemArg& arg);
    [[nodiscard]] llvm::FixedVectorType* vector_type(Shape shape);
    llvm::Value* pop_vector(Shape shape);
    void push_vector(llvm::Value* v);
    void vector_compare(Shape shape, llvm::CmpInst::Predicate predicate);
    void vector_shift(Shape shape, llvm::Instruction::BinaryOps op);
    llvm::Value* half(llvm::Value* v, bool is_high);
    llvm::Value* extend(llvm::Value* v, bool is_signed);
    llvm::Value* alternate(llvm::Value* v, bool is_odd);

    llvm::LLVMContext& m_context;
    llvm::Module& m_out;
    llvm::IRBuilder<> m_b;
    llvm::DIBuilder m_debug;
    llvm::DISubprogram* m_subprogram = nullptr;
    const wasm::Module& m_module;
    const runtime::ContextLayout& m_layout;
    const runtime::CompileOptions& m_options;
    const TranslationOptions& m_host;
    InlineCandidates& m_candidates;

    // Type-based alias sets: what belongs to different ones never overlaps.
    llvm::MDNode* m_alias_context = nullptr;  // changes, unlike what constant_field() reads
    llvm::MDNode* m_alias_globals = nullptr;
    llvm::MDNode* m_alias_tables = nullptr;
    llvm::MDNode* m_alias_memory = nullptr;
    llvm::MDNode* m_alias_transfer = nullptr;

    llvm::Function* m_function = nullptr;
    llvm::Value* m_instance = nullptr;  // the instance context
    wasm::FuncIdx m_index{};
    const wasm::FuncType* m_type = nullptr;
    std::vector<llvm::AllocaInst*> m_locals;
    std::vector<wasm::ValType> m_local_types;
    Values m_stack;
    std::vector<Control> m_control;
    size_t m_body_offset = 0;
    uint32_t m_wasm_offset = 0;  // of the instruction, in the body
    bool m_has_tail_calls = false;
    bool m_is_resumable = false;  // resume_points.hpp
    // A loop whose header is still at its dispatch: only blocks and a local.get came since. Index in m_control.
    std::optional<size_t> m_dispatching_loop;
    wasm::Opcode m_previous_opcode = wasm::Opcode::nop;
    uint32_t m_last_got_local = 0;
    // The local that the last instruction set to a constant, in this block.
    struct KnownLocal {
        uint32_t local = 0;
        uint64_t value = 0;
        const llvm::BasicBlock* block = nullptr;
    } m_known_local;
    llvm::BasicBlock* m_loop_entry = nullptr;  // of code for entry at a loop: open until the loop is found
    std::map<std::pair<size_t, llvm::Type*>, llvm::AllocaInst*> m_operand_homes;
    bool m_dead = false;
    const char* m_opcode_text = "";
    const char* m_refused = nullptr;
};

}  // namespace weir::optimizing
