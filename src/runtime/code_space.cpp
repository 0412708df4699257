#include "runtime/code_space.hpp"

#include "runtime/activation.hpp"
#include "runtime/range_registry.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>

namespace weir::runtime {

namespace {

constexpr size_t page_bytes = code_page_bytes;
constexpr size_t max_code_bytes = size_t{1} << 30;
constexpr size_t code_alignment = 16;
constexpr size_t round_up(size_t n, size_t to) { return (n + to - 1) / to * to; }

RangeRegistry<CodeSpace>& spaces()
{
    static RangeRegistry<CodeSpace> registry;
    return registry;
}

}  // namespace

Result<std::unique_ptr<CodeSpace>, SysError> CodeSpace::create(size_t slots, size_t code_bytes,
                                                               std::shared_ptr<const CodeImage> image)
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
    space->m_image = std::move(image);
    if (space->m_image == nullptr) space->write_lazy_stubs();
    else WEIR_CHECK(space->map_image());
    space->point_slots_at_stubs();
    const auto begin = reinterpret_cast<uintptr_t>(space->m_code);
    if (!spaces().add(begin, begin + capacity, space.get())) return Unexpected{SysError{ENOMEM, "register code", {}}};
    return space;
}

CodeSpace::~CodeSpace() { spaces().remove(this); }

CodeSpace* CodeSpace::find_space(uintptr_t pc) noexcept { return spaces().find(pc); }

Result<void, SysError> CodeSpace::map_image()
{
    if (m_image->code_bytes > m_capacity) return Unexpected{SysError{ENOMEM, "map an image of code", {}}};
    // The file's pages take the place of the first ones of the space's own file, which are never touched.
    if (m_image->code_bytes != 0 && ::mmap(m_code, m_image->code_bytes, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED,
                                           m_image->file, static_cast<off_t>(m_image->file_offset)) == MAP_FAILED)
        return Unexpected{last_error("mmap")};
    m_used = m_image->code_bytes;
    return {};
}

void CodeSpace::point_slots_at_stubs()
{
    if (m_slot_count == 0) return;
    m_slots[m_slot_count].entry.store(reinterpret_cast<const void*>(&weir_lazy_entry), std::memory_order_relaxed);
    for (size_t i = 0; i < m_slot_count; ++i) m_slots[i].entry.store(m_code + i * stub_bytes, std::memory_order_relaxed);
}

void CodeSpace::write_lazy_stubs()
{
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
    }
    m_used = m_slot_count * stub_bytes;
}

const std::byte* CodeSpace::publish(const CompiledCode& code, uint32_t first_function, uint32_t function, CodeTier tier,
                                    uint32_t loop_offset)
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
        m_chunks_owned[place.chunk] = std::make_unique<PublishedPiece[]>(first_chunk_pieces << place.chunk);
        m_chunks[place.chunk].store(m_chunks_owned[place.chunk].get(), std::memory_order_release);
    }
    PublishedPiece& piece = m_chunks_owned[place.chunk][place.index];
    piece.record = {.begin = static_cast<uint32_t>(begin),
                    .size_bytes = static_cast<uint32_t>(code.bytes.size()),
                    .function = function,
                    .loop_offset = loop_offset,
                    .site_count = static_cast<uint32_t>(code.sites.size()),
                    .inlined_call_count = static_cast<uint32_t>(code.inlined_calls.size()),
                    .tier = tier};
    piece.sites = code.sites;
    piece.inlined_calls = code.inlined_calls;
    m_used = begin + code.bytes.size();
    m_piece_count.store(count + 1, std::memory_order_release);
    return m_code + begin;
}

std::optional<CodeSpace::Piece> CodeSpace::find(uintptr_t pc) const noexcept
{
    const auto offset = pc - reinterpret_cast<uintptr_t>(m_code);
    const size_t mapped = m_image == nullptr ? 0 : m_image->pieces.size();
    const auto record_at = [&](size_t i) -> const PieceRecord& {
        return i < mapped ? m_image->pieces[i] : published(i - mapped).record;
    };
    size_t low = 0, high = mapped + m_piece_count.load(std::memory_order_acquire);
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (record_at(middle).begin <= offset) low = middle + 1;
        else high = middle;
    }
    if (low == 0) return std::nullopt;
    const PieceRecord& r = record_at(low - 1);
    if (offset > uint64_t{r.begin} + r.size_bytes) return std::nullopt;  // a return address may be one past the end
    Piece piece{.begin = r.begin, .size_bytes = r.size_bytes, .function = r.function, .sites = {}, .inlined_calls = {}};
    if (low - 1 < mapped) {
        piece.sites = m_image->sites.subspan(r.first_site, r.site_count);
        piece.inlined_calls = m_image->inlined_calls.subspan(r.first_inlined_call, r.inlined_call_count);
    } else {
        const PublishedPiece& found = published(low - 1 - mapped);
        piece.sites = found.sites;
        piece.inlined_calls = found.inlined_calls;
    }
    return piece;
}

CodeSpace::Growth CodeSpace::growth() const
{
    const std::scoped_lock lock{m_mutex};
    const size_t began_with = m_image == nullptr ? m_slot_count * stub_bytes : m_image->code_bytes;
    Growth growth{.code_bytes = m_used - began_with};
    for (size_t i = 0; i < m_piece_count; ++i)
        if (published(i).record.tier == CodeTier::hot) ++growth.hot_pieces;
    return growth;
}

CodeSnapshot CodeSpace::snapshot() const
{
    const std::scoped_lock lock{m_mutex};
    CodeSnapshot snapshot{.code = {m_code, m_used}, .pieces = {}, .sites = {}, .inlined_calls = {}};
    if (m_image != nullptr) {
        snapshot.pieces.assign(m_image->pieces.begin(), m_image->pieces.end());
        snapshot.sites.assign(m_image->sites.begin(), m_image->sites.end());
        snapshot.inlined_calls.assign(m_image->inlined_calls.begin(), m_image->inlined_calls.end());
    }
    for (size_t i = 0; i < m_piece_count; ++i) {
        const PublishedPiece& piece = published(i);
        snapshot.pieces.push_back(piece.record);
        snapshot.pieces.back().first_site = static_cast<uint32_t>(snapshot.sites.size());
        snapshot.pieces.back().first_inlined_call = static_cast<uint32_t>(snapshot.inlined_calls.size());
        snapshot.sites.insert(snapshot.sites.end(), piece.sites.begin(), piece.sites.end());
        snapshot.inlined_calls.insert(snapshot.inlined_calls.end(), piece.inlined_calls.begin(), piece.inlined_calls.end());
    }
    return snapshot;
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
