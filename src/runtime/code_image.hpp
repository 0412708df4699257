#pragma once

#include "runtime/contract.hpp"
#include "wasm/module.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace weir::runtime {

/// Who made a piece of code.
enum class CodeTier : uint8_t {
    first,  // of a function: what it runs on from its first call. Where another tier follows, this code counts
    hot,    // of a function or of one of its loops, made when it had run often
};

/// A published piece of code and what it is for.
struct PieceRecord {
    uint32_t begin = 0, size_bytes = 0;  // in the code
    uint32_t function = 0;
    uint32_t loop_offset = 0;  // of a loop that is entered at its header; 0: the function, at its entry
    uint32_t first_site = 0, site_count = 0;
    uint32_t first_inlined_call = 0, inlined_call_count = 0;
    CodeTier tier = CodeTier::first;
    std::array<uint8_t, 3> unused{};
};
static_assert(sizeof(PieceRecord) == 36);

/// What code spaces and files align code by.
inline constexpr size_t code_page_bytes = 4096;

/// The code of a module as a code space held it, in a file: mapped at the same distance from slots and counters it runs as it is.
/// `owner`, where it is set, keeps descriptor and spans.
struct CodeImage {
    int file = -1;
    uint64_t file_offset = 0;             // of the code; a multiple of code_page_bytes
    uint32_t code_bytes = 0;              // likewise
    std::span<const PieceRecord> pieces;  // in ascending order of their code; of one function in the order in which they were made
    std::span<const CodeSite> sites;      // of all pieces, in their order
    std::span<const InlinedCall> inlined_calls;  // likewise
    std::shared_ptr<const void> owner;
};

/// Whether calls are of defined functions, each inlined by an earlier one.
[[nodiscard]] bool are_consistent(std::span<const InlinedCall> calls, const wasm::Module& module);

/// Whether all of an image's tables refer to what is there, in the image and in the module; the code itself is not looked at.
/// `counts` as in the CompileOptions that the code was made with.
[[nodiscard]] bool is_consistent(const CodeImage& image, const wasm::Module& module, bool counts);

/// A copy of what a code space holds, in the form of an image. The code is not copied: it stays where it is as long as its space lives.
struct CodeSnapshot {
    std::span<const std::byte> code;
    std::vector<PieceRecord> pieces;
    std::vector<CodeSite> sites;
    std::vector<InlinedCall> inlined_calls;
};

}  // namespace weir::runtime
