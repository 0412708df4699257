#pragma once

#include "base/result.hpp"
#include "runtime/compiler.hpp"

#include <llvm/IR/Module.h>
#include <llvm/MC/MCAsmInfo.h>
#include <llvm/MC/MCContext.h>
#include <llvm/MC/MCDisassembler/MCDisassembler.h>
#include <llvm/MC/MCInstrInfo.h>
#include <llvm/MC/MCRegisterInfo.h>
#include <llvm/MC/MCSubtargetInfo.h>
#include <llvm/Passes/OptimizationLevel.h>
#include <llvm/Target/TargetMachine.h>

#include <memory>
#include <span>

namespace weir::optimizing {

/// The processor that code is made for, as LLVM sees it: this one. Not thread-safe; a thread makes its own.
class Machine {
public:
    static Result<std::unique_ptr<Machine>, runtime::CompileError> create();
    ~Machine();
    Machine(const Machine&) = delete;
    Machine& operator=(const Machine&) = delete;

    [[nodiscard]] bool has_feature(llvm::StringRef name) const;

    /// Names target and data layout. To be called before code is made for it.
    void prepare(llvm::Module& module) const;
    /// As create_compiler() has it; for what is optimized and emitted from now on.
    void set_effort(unsigned effort);
    /// A unit's function, with the candidates for inlining beside it, which are gone afterwards.
    void optimize(llvm::Function& function);
    /// An ELF object file, which stays until the next one is made.
    Result<std::span<const char>, runtime::CompileError> emit(llvm::Module& module);

    /// For who reads machine code.
    [[nodiscard]] const llvm::MCDisassembler& disassembler() const { return *m_disassembler; }
    [[nodiscard]] const llvm::MCInstrInfo& instructions() const { return *m_target->getMCInstrInfo(); }
    [[nodiscard]] const llvm::MCRegisterInfo& registers() const { return *m_target->getMCRegisterInfo(); }

private:
    Machine();

    struct Emitter;

    std::unique_ptr<llvm::TargetMachine> m_target;
    unsigned m_effort = 0;
    llvm::OptimizationLevel m_level = llvm::OptimizationLevel::O2;
    std::unique_ptr<llvm::MCContext> m_mc_context;
    std::unique_ptr<const llvm::MCDisassembler> m_disassembler;
    std::unique_ptr<Emitter> m_emitter;
};

}  // namespace weir::optimizing
