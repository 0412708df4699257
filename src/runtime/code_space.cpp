#include "runtime/code_space.hpp"

#include "runtime/activation.hpp"
#include "runtime/range_registry.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>

namespace weir::runtime {

namespace {

constexpr size_t page_bytes = 4096;
constexpr size_t max_code_bytes = size_t{1} << 30;
constexpr size_t stub_bytes = 16;
constexpr size_t code_alignment = 16;
constexpr size_t round_up(size_t n, size_t to) { return (n + to - 1) / to * to; }

RangeRegistry<CodeSpace>& spaces()
{
    static RangeRegistry<CodeSpace> registry;
    return registry;
}

}  // namespace

Result<std::unique_ptr<CodeSpace>, SysError> CodeSpace::create(size_t slots, size_t code_bytes)
{
    auto space = std::unique_ptr<CodeSpace>{new CodeSpace};
    // One more word behind the slots: the address that the stubs jump to.
    const size_t slots_bytes = round_up((slots + 1) * sizeof(CodeSlot), alignof(HeatCounters));
    const size_t data_bytes = round_up(slots_bytes + slots * sizeof(HeatCounters), page_bytes);
    const size_t capacity = std::min(round_up(code_bytes + slots * stub_bytes, page_bytes), max_code_bytes);

    // Anonymous memory, mapped twice: to profilers such as perf code in it is made at run time, code in a file, a memfd too, is the file's.
    WEIR_TRY(writable, Mapping::map(capacity, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1));
    WEIR_TRY(reservation,
             Mapping::map(data_bytes + capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1));
    std::byte* const code = reservation.data() + data_bytes;
    // mremap(2): of a shared mapping whose old size is given as 0, another mapping of the same pages is made.
    if (::mremap(writable.data(), 0, capacity, MREMAP_MAYMOVE | MREMAP_FIXED, code) == MAP_FAILED)
        return Unexpected{last_error("mremap")};
    if (::mprotect(code, capacity, PROT_READ | PROT_EXEC) != 0) return Unexpected{last_error("mprotect")};

    space->m_slots = reinterpret_cast<CodeSlot*>(reservation.data());
    space->m_counters = reinterpret_cast<HeatCounters*>(reservation.data() + slots_bytes);
    space->m_code = reservation.data() + data_bytes;
    space->m_slot_count = slots;
    space->m_capacity = capacity;
    space->m_reservation = std::move(reservation);
    space->m_writable = std::move(writable);
    space->write_lazy_stubs();
    const auto begin = reinterpret_cast<uintptr_t>(space->m_code);
    if (!spaces().add(begin, begin + capacity, space.get())) return Unexpected{SysError{ENOMEM, "register code", {}}};
    return space;
}

CodeSpace::~CodeSpace() { spaces().remove(this); }

CodeSpace* CodeSpace::find_space(uintptr_t pc) noexcept { return spaces().find(pc); }

void CodeSpace::write_lazy_stubs()
{
    if (m_slot_count == 0) return;
    m_slots[m_slot_count].entry.store(reinterpret_cast<const void*>(&weir_lazy_entry), std::memory_order_relaxed);
    for (size_t i = 0; i < m_slot_count; ++i) {
        // push imm32 (the slot's index); jmp [rip + distance to the word behind the slots]
        std::byte* const stub = m_writable.data() + i * stub_bytes;
        const std::byte* const runs_at = m_code + i * stub_bytes;
        const auto index = static_cast<uint32_t>(i);
        const auto distance = static_cast<int32_t>(reinterpret_cast<const std::byte*>(&m_slots[m_slot_count]) - (runs_at + 11));
        stub[0] = std::byte{0x68};
        std::memcpy(stub + 1, &index, 4);
        stub[5] = std::byte{0xff};
        stub[6] = std::byte{0x25};
        std::memcpy(stub + 7, &distance, 4);
        m_slots[i].entry.store(runs_at, std::memory_order_relaxed);
    }
    m_used = m_slot_count * stub_bytes;
}

const std::byte* CodeSpace::publish(const CompiledCode& code, uint32_t first_function, uint32_t function)
{
    const std::scoped_lock lock{m_mutex};
    const size_t begin = round_up(m_used, std::max<size_t>(code.alignment_bytes, code_alignment));
    const size_t count = m_piece_count.load(std::memory_order_relaxed);
    const PiecePlace place{count};
    if (code.bytes.size() > m_capacity - std::min(begin, m_capacity) || place.chunk >= max_chunks) return nullptr;
    std::byte* const to = m_writable.data() + begin;
    std::memcpy(to, code.bytes.data(), code.bytes.size());
    for (const Relocation& r : code.relocations) {
        const size_t index = r.target.value - first_function;
        const void* target = &m_slots[index];
        if (r.kind == Relocation::Kind::calls) target = &m_counters[index].calls;
        else if (r.kind == Relocation::Kind::loops) target = &m_counters[index].loops;
        else if (r.kind == Relocation::Kind::first) target = static_cast<const void*>(&m_counters[index].first_code);
        const bool has_immediate = r.kind == Relocation::Kind::calls || r.kind == Relocation::Kind::loops;
        const std::byte* const next = m_code + begin + r.code_offset + (has_immediate ? 5 : 4);
        const auto distance = static_cast<int32_t>(static_cast<const std::byte*>(target) - next);
        std::memcpy(to + r.code_offset, &distance, 4);
    }
    if (place.index == 0) {
        m_chunks_owned[place.chunk] = std::make_unique<Piece[]>(first_chunk_pieces << place.chunk);
        m_chunks[place.chunk].store(m_chunks_owned[place.chunk].get(), std::memory_order_release);
    }
    Piece& piece = m_chunks_owned[place.chunk][place.index];
    piece.begin = static_cast<uint32_t>(begin);
    piece.size_bytes = static_cast<uint32_t>(code.bytes.size());
    piece.function = function;
    piece.sites = code.sites;
    m_used = begin + code.bytes.size();
    m_piece_count.store(count + 1, std::memory_order_release);
    return m_code + begin;
}

const CodeSpace::Piece* CodeSpace::find(uintptr_t pc) const noexcept
{
    const auto offset = pc - reinterpret_cast<uintptr_t>(m_code);
    const auto piece_at = [&](size_t i) {
        const PiecePlace place{i};
        return m_chunks[place.chunk].load(std::memory_order_acquire) + place.index;
    };
    size_t low = 0, high = m_piece_count.load(std::memory_order_acquire);
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (piece_at(middle)->begin <= offset) low = middle + 1;
        else high = middle;
    }
    if (low == 0) return nullptr;
    const Piece* const piece = piece_at(low - 1);
    return offset <= uint64_t{piece->begin} + piece->size_bytes ? piece : nullptr;  // a return address may be one past the end
}

const CodeSite* CodeSpace::find_site(const Piece& piece, uintptr_t pc, PcKind kind) const noexcept
{
    const auto offset = static_cast<uint32_t>(pc - reinterpret_cast<uintptr_t>(m_code) - piece.begin);
    auto found = std::lower_bound(piece.sites.begin(), piece.sites.end(), offset,
                                  [](const CodeSite& s, uint32_t o) { return s.code_offset < o; });
    for (; found != piece.sites.end() && found->code_offset == offset; ++found)
        if ((found->kind == CodeSite::Kind::call) == (kind == PcKind::return_address)) return &*found;
    return nullptr;
}

}  // namespace weir::runtime
