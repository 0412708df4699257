#include "optimizing/machine.hpp"

#include "optimizing/inlining.hpp"
#include "optimizing/kept_loads.hpp"
#include "optimizing/quiet_nans.hpp"

#include <llvm/ADT/SmallVector.h>
#include <llvm/Analysis/TargetLibraryInfo.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Passes/PassBuilder.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/Support/raw_ostream.h>
#include <llvm/TargetParser/Host.h>
#include <llvm/TargetParser/SubtargetFeature.h>

#include <mutex>

namespace weir::optimizing {

using runtime::CompileError;

namespace {

void initialize_target()
{
    static std::once_flag once;
    std::call_once(once, [] {
        LLVMInitializeX86TargetInfo();
        LLVMInitializeX86Target();
        LLVMInitializeX86TargetMC();
        LLVMInitializeX86AsmPrinter();
        LLVMInitializeX86Disassembler();
    });
}

llvm::TargetLibraryInfoImpl no_library(const llvm::Triple& triple)
{
    // No loop becomes a call of memset, no sum of floats a call of libm: guest memory is reached by listed instructions only.
    llvm::TargetLibraryInfoImpl library{triple};
    library.disableAllFunctions();
    return library;
}

}  // namespace

/// From IR to an object file. Its passes are set up once and run for each function: to set them up takes as long as a small function takes to run
/// through them.
struct Machine::Emitter {
    /// False where LLVM cannot.
    bool set_up(llvm::TargetMachine& target)
    {
        passes.add(new llvm::TargetLibraryInfoWrapperPass{no_library(target.getTargetTriple())});
        return !target.addPassesToEmitFile(passes, stream, nullptr, llvm::CodeGenFileType::ObjectFile);
    }

    llvm::SmallVector<char, 0> object;
    llvm::raw_svector_ostream stream{object};
    llvm::legacy::PassManager passes;
};

Machine::Machine() = default;
Machine::~Machine() = default;

Result<std::unique_ptr<Machine>, CompileError> Machine::create()
{
    initialize_target();
    const llvm::Triple triple{"x86_64-unknown-linux-gnu"};
    std::string problem;
    const llvm::Target* const target = llvm::TargetRegistry::lookupTarget(triple, problem);
    if (target == nullptr) return Unexpected{CompileError{problem}};

    llvm::SubtargetFeatures features;
    for (const auto& feature : llvm::sys::getHostCPUFeatures()) features.AddFeature(feature.getKey(), feature.getValue());
    llvm::TargetOptions options;
    options.EmitStackSizeSection = true;
    options.LoopAlignment = 32;      // a small loop in two lines of the instruction cache takes up to a third longer
    options.TrapUnreachable = true;  // what follows a call that does not return is no other function's code
    auto machine = std::unique_ptr<Machine>{new Machine};
    machine->m_target.reset(target->createTargetMachine(triple, llvm::sys::getHostCPUName(), features.getString(), options,
                                                        llvm::Reloc::PIC_, llvm::CodeModel::Small, llvm::CodeGenOptLevel::Default));
    llvm::TargetMachine& tm = *machine->m_target;
    machine->m_mc_context =
        std::make_unique<llvm::MCContext>(triple, tm.getMCAsmInfo(), tm.getMCRegisterInfo(), tm.getMCSubtargetInfo());
    machine->m_disassembler.reset(target->createMCDisassembler(*tm.getMCSubtargetInfo(), *machine->m_mc_context));
    return machine;
}

bool Machine::has_feature(llvm::StringRef name) const { return m_target->getMCSubtargetInfo()->checkFeatures(("+" + name).str()); }

void Machine::prepare(llvm::Module& module) const
{
    module.setTargetTriple(m_target->getTargetTriple());
    module.setDataLayout(m_target->createDataLayout());
    module.setPICLevel(llvm::PICLevel::BigPIC);
    module.addModuleFlag(llvm::Module::Warning, "Debug Info Version", llvm::DEBUG_METADATA_VERSION);
}

void Machine::set_effort(unsigned effort)
{
    using llvm::OptimizationLevel;
    if (effort == m_effort) return;
    m_effort = effort;
    m_emitter.reset();  // its passes are those of the level before
    m_level = effort <= 1 ? OptimizationLevel::O1 : effort == 2 ? OptimizationLevel::O2 : OptimizationLevel::O3;
    m_target->setOptLevel(effort <= 1   ? llvm::CodeGenOptLevel::Less
                          : effort == 2 ? llvm::CodeGenOptLevel::Default
                                        : llvm::CodeGenOptLevel::Aggressive);
}

void Machine::optimize(llvm::Function& function)
{
    llvm::LoopAnalysisManager loops;
    llvm::FunctionAnalysisManager functions;
    llvm::CGSCCAnalysisManager groups;
    llvm::ModuleAnalysisManager modules;
    llvm::PassBuilder builder{m_target.get()};
    functions.registerPass([&] { return llvm::TargetLibraryAnalysis{no_library(m_target->getTargetTriple())}; });
    builder.registerModuleAnalyses(modules);
    builder.registerCGSCCAnalyses(groups);
    builder.registerFunctionAnalyses(functions);
    builder.registerLoopAnalyses(loops);
    builder.crossRegisterProxies(loops, functions, groups, modules);
    builder.registerVectorizerStartEPCallback([](llvm::FunctionPassManager& passes, llvm::OptimizationLevel) {
        passes.addPass(ReleaseQuieting{});
        passes.addPass(ReleaseKeptLoads{});
    });
    builder.registerOptimizerLastEPCallback([](llvm::ModulePassManager& passes, llvm::OptimizationLevel, llvm::ThinOrFullLTOPhase) {
        passes.addPass(llvm::createModuleToFunctionPassAdaptor(LowerQuieting{}));
    });
    inline_calls(function, functions, inlining_limits(m_effort));
    builder.buildPerModuleDefaultPipeline(m_level).run(*function.getParent(), modules);
}

Result<std::span<const char>, CompileError> Machine::emit(llvm::Module& module)
{
    if (m_emitter == nullptr) {
        auto emitter = std::make_unique<Emitter>();
        if (!emitter->set_up(*m_target)) return Unexpected{CompileError{"LLVM has no code emitter for this processor"}};
        m_emitter = std::move(emitter);
    }
    m_emitter->object.clear();
    m_emitter->passes.run(module);
    return std::span<const char>{m_emitter->object};
}

}  // namespace weir::optimizing
