#include "optimizing/inlining.hpp"

#include "optimizing/kept_loads.hpp"
#include "optimizing/resume_points.hpp"
#include "optimizing/translator.hpp"
#include "wasm/reader.hpp"

#include <llvm/Analysis/AssumptionCache.h>
#include <llvm/Analysis/BlockFrequencyInfo.h>
#include <llvm/Analysis/InlineCost.h>
#include <llvm/Analysis/TargetLibraryInfo.h>
#include <llvm/Analysis/TargetTransformInfo.h>
#include <llvm/IR/DebugInfoMetadata.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/IntrinsicInst.h>
#include <llvm/Transforms/Scalar/EarlyCSE.h>
#include <llvm/Transforms/Scalar/SROA.h>
#include <llvm/Transforms/Scalar/SimplifyCFG.h>
#include <llvm/Transforms/Utils/Cloning.h>

#include <algorithm>
#include <charconv>
#include <string>

namespace weir::optimizing {

using runtime::InlinedCall;

namespace {

constexpr std::string_view callee_prefix = "callee";

std::optional<wasm::FuncIdx> parse_callee_symbol(std::string_view name)
{
    if (!name.starts_with(callee_prefix)) return std::nullopt;
    name.remove_prefix(callee_prefix.size());
    uint32_t function = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), function);
    if (error != std::errc{} || end != name.data() + name.size()) return std::nullopt;
    return wasm::FuncIdx{function};
}

}  // namespace

InlineCandidates::InlineCandidates(llvm::Module& unit, const wasm::Module& module, wasm::FuncIdx function,
                                   const InliningLimits& limits)
    : m_unit(unit), m_module(module), m_function(function), m_max_candidate_bytes(limits.max_candidate_bytes),
      m_bytes_left(std::clamp(module.body_of(function).bytes.size(), limits.min_bodies_bytes, limits.max_bodies_bytes))
{
}

bool InlineCandidates::is_candidate(wasm::FuncIdx function) const
{
    if (m_module.is_imported(function) || function == m_function) return false;
    const wasm::FunctionBody& body = m_module.body_of(function);
    if (body.bytes.size() > std::min(m_max_candidate_bytes, m_bytes_left)) return false;
    const auto locals = wasm::read_locals(m_module, body);
    if (!locals) return false;
    const auto code = body.bytes.subspan(locals->code_begin);
    return !has_tail_calls(m_module, code) && !is_resumable(m_module, m_module.func_type(function), code);
}

llvm::Function* InlineCandidates::find(wasm::FuncIdx callee, llvm::FunctionType* type)
{
    const auto [found, is_new] = m_found.try_emplace(callee, nullptr);
    if (is_new && is_candidate(callee)) {
        found->second = llvm::Function::Create(type, llvm::Function::ExternalLinkage,
                                               std::string{callee_prefix} + std::to_string(callee.value), m_unit);
        m_bytes_left -= m_module.body_of(callee).bytes.size();
        m_wanted.push_back({callee, found->second});
    }
    return found->second;
}

std::optional<InlineCandidates::Wanted> InlineCandidates::next()
{
    if (m_wanted.empty()) return std::nullopt;
    const Wanted wanted = m_wanted.front();
    m_wanted.pop_front();
    return wanted;
}

namespace {

/// What the measure needs: values in place of allocas, and no code that a constant makes dead.
void simplify(llvm::Function& function, llvm::FunctionAnalysisManager& analyses)
{
    llvm::FunctionPassManager passes;
    passes.addPass(llvm::SROAPass{llvm::SROAOptions::ModifyCFG});
    passes.addPass(llvm::EarlyCSEPass{});
    passes.addPass(llvm::SimplifyCFGPass{});
    analyses.invalidate(function, passes.run(function, analyses));
}

/// Calls in `function` of functions that have been looked at.
void inline_into(llvm::Function& function, const llvm::SmallPtrSetImpl<llvm::Function*>& ready,
                 llvm::FunctionAnalysisManager& analyses, const llvm::InlineParams& params)
{
    llvm::SmallVector<llvm::CallBase*> calls;
    for (llvm::Instruction& instruction : llvm::instructions(function))
        if (auto* const call = llvm::dyn_cast<llvm::CallBase>(&instruction);
            call != nullptr && ready.contains(call->getCalledFunction()))
            calls.push_back(call);
    if (calls.empty()) return;
    const auto assumptions = [&](llvm::Function& f) -> llvm::AssumptionCache& {
        return analyses.getResult<llvm::AssumptionAnalysis>(f);
    };
    const auto library = [&](llvm::Function& f) -> const llvm::TargetLibraryInfo& {
        return analyses.getResult<llvm::TargetLibraryAnalysis>(f);
    };
    const auto frequencies = [&](llvm::Function& f) -> llvm::BlockFrequencyInfo& {
        return analyses.getResult<llvm::BlockFrequencyAnalysis>(f);
    };
    for (llvm::CallBase* const call : calls) {
        llvm::Function& callee = *call->getCalledFunction();
        auto& target = analyses.getResult<llvm::TargetIRAnalysis>(callee);
        if (!llvm::getInlineCost(*call, params, target, assumptions, library, frequencies)) continue;
        llvm::InlineFunctionInfo info{assumptions, nullptr, &frequencies(function), &frequencies(callee)};
        static_cast<void>(llvm::InlineFunction(*call, info, /*MergeAttributes=*/true, nullptr, /*InsertLifetime=*/false));
    }
    analyses.invalidate(function, llvm::PreservedAnalyses::none());
}

}  // namespace

void inline_calls(llvm::Function& function, llvm::FunctionAnalysisManager& analyses, const InliningLimits& limits)
{
    const llvm::InlineParams params = llvm::getInlineParams(limits.threshold);
    // Candidates stand in the order in which they were found: what one calls stands behind it, but for recursion.
    llvm::SmallVector<llvm::Function*> candidates;
    for (llvm::Function& f : *function.getParent())
        if (f.hasAvailableExternallyLinkage()) candidates.push_back(&f);
    if (candidates.empty()) return;
    llvm::SmallPtrSet<llvm::Function*, 32> ready;
    const auto look_at = [&](llvm::Function& f) {
        simplify(f, analyses);
        inline_into(f, ready, analyses, params);
        keep_inlined_loads(f);
        ready.insert(&f);
    };
    for (llvm::Function* const candidate : llvm::reverse(candidates)) look_at(*candidate);
    look_at(function);
    for (llvm::Function* const candidate : candidates) {
        analyses.clear(*candidate, candidate->getName());
        candidate->deleteBody();
    }
}

void call_through_slots(llvm::Module& unit)
{
    for (llvm::Function& callee : unit) {
        const auto function = parse_callee_symbol(callee.getName());
        if (!function) continue;
        for (llvm::User* const user : llvm::make_early_inc_range(callee.users())) {
            auto* const call = llvm::cast<llvm::CallInst>(user);
            llvm::IRBuilder<> builder{call};
            call->setCalledOperand(load_code_cell(builder, {runtime::Relocation::Kind::slot, *function}));
        }
    }
}

namespace {

/// Numbers calls by the locations that LLVM gives them when it inlines: each has its own.
class Numbering {
public:
    explicit Numbering(llvm::DISubprogram* own) : m_own(own) {}

    /// `location` as number_inlined_calls() says.
    llvm::DILocation* flatten(const llvm::DILocation* location)
    {
        while (location->getLine() == 0 && location->getInlinedAt() != nullptr) location = location->getInlinedAt();
        return llvm::DILocation::get(location->getContext(), location->getLine(), number_of(location), m_own);
    }

    std::vector<InlinedCall> calls;

private:
    /// Of the call that brought a location here.
    uint32_t number_of(const llvm::DILocation* location)
    {
        const llvm::DILocation* const call = location->getInlinedAt();
        if (call == nullptr) return 0;
        if (const auto known = m_numbers.find(call); known != m_numbers.end()) return known->second;
        const uint32_t inlined_by = number_of(call);
        const uint32_t wasm_offset = call->getLine() == 0 ? 0 : call->getLine() - 1;
        calls.push_back({location->getScope()->getSubprogram()->getLine(), wasm_offset, inlined_by});
        const auto number = static_cast<uint32_t>(calls.size());
        m_numbers.emplace(call, number);
        return number;
    }

    llvm::DISubprogram* m_own;
    std::map<const llvm::DILocation*, uint32_t> m_numbers;
};

uint32_t number_at(const llvm::Instruction& instruction)
{
    const llvm::DILocation* const location = instruction.getDebugLoc().get();
    return location == nullptr ? 0 : location->getColumn();
}

/// Has a value stand in a register of its own where an instruction of another function uses it.
void separate(llvm::Use& use)
{
    auto* const user = llvm::cast<llvm::Instruction>(use.getUser());
    llvm::IRBuilder<> builder{user};
    use.set(builder.CreateFreeze(use.get()));
}

/// Whether a load may trap: of the alias sets that the translator names, guest memory alone.
bool may_trap(const llvm::LoadInst& load) { return alias_set_of(load).value_or(memory_alias_set) == memory_alias_set; }

/// Separates what is loaded, as it is or converted, from instructions of other functions that it could become a part of.
void separate_load(llvm::Instruction& value, llvm::LoadInst& load)
{
    for (llvm::Use& use : llvm::make_early_inc_range(value.uses())) {
        auto* const user = llvm::cast<llvm::Instruction>(use.getUser());
        const bool takes_registers = llvm::isa<llvm::PHINode, llvm::GetElementPtrInst, llvm::StoreInst, llvm::ReturnInst>(user) ||
                                     (llvm::isa<llvm::CallInst>(user) && !llvm::isa<llvm::IntrinsicInst>(user));
        if (takes_registers || user->getParent() != load.getParent()) continue;
        if (llvm::isa<llvm::CastInst>(user)) {
            user->setDebugLoc(load.getDebugLoc());
            separate_load(*user, load);
        } else if (number_at(*user) != number_at(load)) {
            separate(use);
            load.setVolatile(true);  // or register allocation puts it where its value is used
        }
    }
}

/// A load, an operation and a store at one address become one instruction, which has the store's place.
void separate_store(llvm::StoreInst& store)
{
    auto* const value = llvm::dyn_cast<llvm::BinaryOperator>(store.getValueOperand());
    if (value != nullptr && value->getParent() == store.getParent() && number_at(*value) != number_at(store))
        separate(store.getOperandUse(0));
}

}  // namespace

std::optional<std::vector<InlinedCall>> number_inlined_calls(llvm::Function& function)
{
    Numbering numbering{function.getSubprogram()};
    for (llvm::Instruction& instruction : llvm::instructions(function)) {
        const llvm::DILocation* const location = instruction.getDebugLoc().get();
        if (location != nullptr && location->getInlinedAt() != nullptr) instruction.setDebugLoc(numbering.flatten(location));
    }
    if (numbering.calls.size() > runtime::max_inlined_calls) return std::nullopt;
    if (numbering.calls.empty()) return std::move(numbering.calls);
    for (llvm::Instruction& instruction : llvm::instructions(function)) {
        if (auto* const store = llvm::dyn_cast<llvm::StoreInst>(&instruction)) separate_store(*store);
        else if (auto* const load = llvm::dyn_cast<llvm::LoadInst>(&instruction); load != nullptr && may_trap(*load))
            separate_load(*load, *load);
    }
    return std::move(numbering.calls);
}

}  // namespace weir::optimizing
