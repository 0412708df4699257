#pragma once

#include "runtime/contract.hpp"
#include "wasm/module.hpp"

#include <llvm/IR/Module.h>
#include <llvm/IR/PassManager.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

// Inlining inside a module. A unit is still one function: beside it stand the bodies of small functions that it calls, and that those call, which
// no code is made of (available_externally). LLVM's measure decides which calls become the body; then the bodies go, before the unit is
// optimized, since that takes much longer than to look at them. Calls that stay go through the code slot as ever.
//
// Debug locations keep count of what was inlined where: a trap's backtrace names all the functions that the module has.

namespace weir::optimizing {

/// How much a unit offers LLVM to inline, and how willing LLVM is.
struct InliningLimits {
    size_t max_candidate_bytes;                 // of a candidate's body
    size_t min_bodies_bytes, max_bodies_bytes;  // of all of them: as much as the unit's own function, within these
    int threshold;                              // of LLVM's measure
};
/// Of -O1, -O2 or -O3. What is larger costs as much time again, and a program of many small functions gains some percent.
constexpr InliningLimits inlining_limits(unsigned effort)
{
    if (effort >= 3) return {.max_candidate_bytes = 500, .min_bodies_bytes = 2048, .max_bodies_bytes = 16384, .threshold = 500};
    return {.max_candidate_bytes = 200, .min_bodies_bytes = 1024, .max_bodies_bytes = 16384, .threshold = 225};
}

/// Which functions a unit offers. What is called is asked for while the caller is translated, and translated afterwards, so that what the unit's own
/// function calls comes before what those call.
class InlineCandidates {
public:
    /// `function` is the unit's own.
    InlineCandidates(llvm::Module& unit, const wasm::Module& module, wasm::FuncIdx function, const InliningLimits& limits);

    /// What a call of `callee` calls, of the given type; null where it is not a candidate.
    llvm::Function* find(wasm::FuncIdx callee, llvm::FunctionType* type);

    struct Wanted {
        wasm::FuncIdx function;
        llvm::Function* declaration;
    };
    /// The next one to be translated.
    std::optional<Wanted> next();

private:
    [[nodiscard]] bool is_candidate(wasm::FuncIdx function) const;

    llvm::Module& m_unit;
    const wasm::Module& m_module;
    wasm::FuncIdx m_function;
    size_t m_max_candidate_bytes, m_bytes_left;
    std::map<wasm::FuncIdx, llvm::Function*> m_found;  // null: not a candidate
    std::deque<Wanted> m_wanted;
};

/// Puts bodies in the place of calls where that is worth it, and takes all bodies but that of `function` away.
void inline_calls(llvm::Function& function, llvm::FunctionAnalysisManager& analyses, const InliningLimits& limits);

/// Has the calls that were not inlined go through the callees' slots. To be run last before code is made.
void call_through_slots(llvm::Module& unit);

/// Says in each debug location which call brought it here: its scope becomes the function's own, its line is the instruction's offset in
/// the callee + 1, its column the number of the InlinedCall, 0 for none. Nothing when there are more than columns can hold.
/// An access that becomes a part of the instruction that uses its value takes on that one's place: values that go from an inlined function to
/// another are kept from that.
/// A location that LLVM made of several, which names no instruction, becomes that of the innermost call around all of them.
[[nodiscard]] std::optional<std::vector<runtime::InlinedCall>> number_inlined_calls(llvm::Function& function);

}  // namespace weir::optimizing
