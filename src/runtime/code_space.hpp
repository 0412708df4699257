#pragma once

#include "base/mapping.hpp"
#include "base/result.hpp"
#include "runtime/code_image.hpp"
#include "runtime/compiler.hpp"

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

namespace weir::runtime {

/// Address space for the machine code of one module, or of an engine's trampolines:
///
///     [ CodeSlots, the lazy entry's address, counters | code ]
///
/// The first part is data, never executable. The code part is a memfd mapped twice: here readable and executable, and
/// elsewhere writable. No address is ever both. Slots are reached rip-relative from the code, so both parts stay within 2 GiB. The first
/// part's size depends on the number of slots alone, and code is placed from the beginning: an image of the code, taken from one space, runs
/// at the beginning of another one, where it is mapped from its file, executable and never writable.
class CodeSpace {
public:
    /// What each slot has at first: code that has its function compiled. At the beginning of all code, of images as well.
    static constexpr size_t stub_bytes = 16;

    /// Room for `slots` CodeSlots, each with a stub that compiles on the first call, and `code_bytes` of code (rounded, capped at 1 GiB).
    /// `image` may be null; else it is consistent, and used up to the space's end.
    static Result<std::unique_ptr<CodeSpace>, SysError> create(size_t slots, size_t code_bytes,
                                                               std::shared_ptr<const CodeImage> image = nullptr);
    ~CodeSpace();
    CodeSpace(const CodeSpace&) = delete;
    CodeSpace& operator=(const CodeSpace&) = delete;

    [[nodiscard]] CodeSlot& slot(size_t index) { return m_slots[index]; }
    [[nodiscard]] size_t slot_count() const { return m_slot_count; }
    [[nodiscard]] HeatCounters& counters(size_t index) { return m_counters[index]; }

    /// Gives code its place, resolves its relocations (`first_function` is the index of slot 0 and of counter 0) and remembers its sites.
    /// Null when the space is full. Thread-safe.
    const std::byte* publish(const CompiledCode& code, uint32_t first_function, uint32_t function, CodeTier tier = CodeTier::first,
                             uint32_t loop_offset = 0);

    /// A published piece of code.
    struct Piece {
        uint32_t begin = 0, size_bytes = 0;
        uint32_t function = 0;
        std::span<const CodeSite> sites;
        std::span<const InlinedCall> inlined_calls;
    };
    /// The piece around a pc, if there is one. Async-signal-safe.
    [[nodiscard]] std::optional<Piece> find(uintptr_t pc) const noexcept;
    /// What a pc of a piece stands for: it was interrupted there, or it is where a call returns to. Two sites may share an offset, when a
    /// call is followed by an instruction that can trap.
    enum class PcKind : uint8_t { interrupted, return_address };
    [[nodiscard]] const CodeSite* find_site(const Piece& piece, uintptr_t pc, PcKind kind) const noexcept;
    /// Calls `visit(uint32_t function, uint32_t wasm_offset)` for the function that a site is in, then for those in which it was inlined, up to
    /// the piece's own.
    template <class Visit>
    static void for_each_function(const Piece& piece, const CodeSite& site, Visit visit)
    {
        uint32_t wasm_offset = site.wasm_offset;
        for (uint32_t number = site.inlined_by; number != 0;) {
            const InlinedCall& call = piece.inlined_calls[number - 1];
            visit(call.callee, wasm_offset);
            wasm_offset = call.wasm_offset;
            number = call.inlined_by;
        }
        visit(piece.function, wasm_offset);
    }
    [[nodiscard]] std::span<const std::byte> code_of(const Piece& piece) const { return {m_code + piece.begin, piece.size_bytes}; }
    /// Null where the space began without.
    [[nodiscard]] const CodeImage* image() const { return m_image.get(); }
    [[nodiscard]] const std::byte* address_of(const PieceRecord& piece) const { return m_code + piece.begin; }
    /// What was published here, beyond the image. Thread-safe.
    struct Growth {
        size_t code_bytes = 0, hot_pieces = 0;
    };
    [[nodiscard]] Growth growth() const;
    /// What an image of this space is to hold. Thread-safe: what is published meanwhile is in it or not.
    [[nodiscard]] CodeSnapshot snapshot() const;
    [[nodiscard]] size_t used_bytes() const { return m_used.load(std::memory_order_relaxed); }
    [[nodiscard]] size_t capacity_bytes() const { return m_capacity; }

    /// What the owner wants back for a pc found here; null for trampolines.
    void* owner = nullptr;

    /// The space that a pc is in. Async-signal-safe.
    static CodeSpace* find_space(uintptr_t pc) noexcept;

private:
    CodeSpace() = default;
    Result<void, SysError> map_image();
    void write_lazy_stubs();
    void point_slots_at_stubs();

    Mapping m_reservation;
    Mapping m_writable;
    CodeSlot* m_slots = nullptr;
    HeatCounters* m_counters = nullptr;
    std::byte* m_code = nullptr;
    size_t m_slot_count = 0;
    size_t m_capacity = 0;
    std::shared_ptr<const CodeImage> m_image;
    mutable std::mutex m_mutex;  // guards what follows against other writers
    std::atomic<size_t> m_used{0};
    struct PublishedPiece {
        PieceRecord record;  // without `first_site` and `first_inlined_call`
        std::vector<CodeSite> sites;
        std::vector<InlinedCall> inlined_calls;
    };
    // Pieces behind the image's in ascending order of their code, in chunks that never move, each twice as large as the one before: readers need no lock,
    // and a small program touches little memory.
    static constexpr size_t first_chunk_pieces = 16, max_chunks = 24;
    struct PiecePlace {
        size_t chunk, index;
        explicit PiecePlace(size_t piece)
            : chunk(static_cast<size_t>(std::bit_width(piece / first_chunk_pieces + 1)) - 1),
              index(piece - first_chunk_pieces * ((size_t{1} << chunk) - 1))
        {
        }
    };
    [[nodiscard]] const PublishedPiece& published(size_t piece) const noexcept
    {
        const PiecePlace place{piece};
        return m_chunks[place.chunk].load(std::memory_order_acquire)[place.index];
    }
    std::array<std::unique_ptr<PublishedPiece[]>, max_chunks> m_chunks_owned;
    std::array<std::atomic<PublishedPiece*>, max_chunks> m_chunks{};
    std::atomic<size_t> m_piece_count{0};
};

}  // namespace weir::runtime
