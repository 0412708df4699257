#include "runtime/memory.hpp"

#include "runtime/range_registry.hpp"
#include "runtime/written_pages.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <span>

namespace weir::runtime {

namespace {

constexpr uint64_t round_to_page(uint64_t n) { return (n + host_page_bytes - 1) / host_page_bytes * host_page_bytes; }
// A checked memory without a maximum reserves at most so much; growth beyond it fails.
constexpr uint64_t max_checked_reservation_bytes = uint64_t{1} << 36;

RangeRegistry<Memory>& reservations()
{
    static RangeRegistry<Memory> registry;
    return registry;
}

}  // namespace

bool Memory::is_in_reservation(uintptr_t address) noexcept { return reservations().find(address) != nullptr; }

Result<std::unique_ptr<Memory>, SysError> Memory::create(const wasm::MemoryType& type, MemoryMode mode, uint64_t limit_bytes,
                                                         MemoryPool& pool)
{
    const uint32_t page_log2 = type.page_size_log2;
    const uint64_t address_limit = type.address == wasm::AddressType::i32 ? uint64_t{1} << 32 : max_checked_reservation_bytes;
    if (type.limits.min > address_limit >> page_log2 || type.limits.min << page_log2 > limit_bytes)
        return Unexpected{SysError{ENOMEM, "create memory", "of " + std::to_string(type.limits.min) + " pages"}};
    const uint64_t initial = type.limits.min << page_log2;
    uint64_t capacity = std::min(address_limit, std::max(limit_bytes, initial));
    if (type.limits.max && *type.limits.max < capacity >> page_log2) capacity = *type.limits.max << page_log2;

    auto memory = std::unique_ptr<Memory>{new Memory{pool}};
    uint64_t front = front_guard_bytes;
    if (mode == MemoryMode::guard) {
        WEIR_TRY(slot, pool.take(round_to_page(initial)));
        memory->m_slot = std::move(slot);
    } else {
        // Take what the address space has, down to what the module needs at its start.
        uint64_t wanted = capacity;
        for (;;) {
            auto reservation = Mapping::reserve(front + round_to_page(wanted) + host_page_bytes);
            if (reservation) {
                memory->m_slot.reservation = std::move(*reservation);
                capacity = wanted;
                break;
            }
            if (front != host_page_bytes) front = host_page_bytes;
            else if (wanted == initial) return Unexpected{reservation.error()};
            else wanted = std::max(initial, wanted / 2);
        }
    }
    const Mapping& reservation = memory->m_slot.reservation;
    memory->base = reservation.data() + front;
    memory->m_type = type;
    memory->m_mode = mode;
    memory->m_capacity_bytes = capacity;
    const auto begin = reinterpret_cast<uintptr_t>(reservation.data());
    if (!reservations().add(begin, begin + reservation.size_bytes(), memory.get()))
        return Unexpected{SysError{ENOMEM, "register memory", {}}};
    memory->m_is_registered = true;
    if (!memory->make_accessible(round_to_page(initial))) return Unexpected{last_error("mprotect")};
    memory->size_bytes.store(initial, std::memory_order_release);
    return memory;
}

Memory::~Memory()
{
    if (m_is_registered) reservations().remove(this);
    if (m_mode != MemoryMode::guard || m_slot.reservation.data() == nullptr) return;
    // The pool's slots are zero after a reset: what lies under them must be nobody's image.
    if (m_image != nullptr && ::mmap(base, m_image->size_bytes(), PROT_READ | PROT_WRITE,
                                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) == MAP_FAILED)
        return;
    m_pool.give_back(std::move(m_slot));
}

bool Memory::use_image(std::shared_ptr<const MemoryImage> image) noexcept
{
    if (image->size_bytes() > m_slot.accessible_bytes || !image->map_at(base)) return false;
    m_image = std::move(image);
    return true;
}

bool Memory::make_image() noexcept
{
    const std::scoped_lock lock{m_grow_mutex};
    if (m_slot.accessible_bytes == 0) return true;
    const auto write = [&](MemoryImage::Writer& to) {
        if (m_image != nullptr && !to.write(0, m_image->bytes())) return false;
        bool is_written = true;
        return visit_written_pages({base, m_slot.accessible_bytes},
                                   [&](std::span<const std::byte> pages) {
                                       is_written = to.write(static_cast<size_t>(pages.data() - base), pages);
                                       return is_written;
                                   }) &&
               is_written;
    };
    auto image = MemoryImage::create(m_slot.accessible_bytes, write);
    if (!image || !(*image)->map_at(base)) return false;
    m_image = std::move(*image);
    return true;
}

bool Memory::reset(uint64_t bytes) noexcept
{
    const std::scoped_lock lock{m_grow_mutex};
    if (!restore_written_pages() && m_slot.accessible_bytes != 0 && ::madvise(base, m_slot.accessible_bytes, MADV_DONTNEED) != 0)
        return false;
    if (!make_accessible(round_to_page(bytes))) return false;
    size_bytes.store(bytes, std::memory_order_release);
    return true;
}

bool Memory::restore_written_pages() noexcept
{
    // A page that is kept costs 4 KiB of copying, one that is given up and touched again a fault, some ten times as much. Guests of one module touch
    // the same pages mostly; what one of them alone has touched goes back now and then.
    constexpr size_t max_kept_bytes = size_t{4} << 20;
    constexpr uint32_t resets_between_releases = 1024;
    if (++m_resets % resets_between_releases == 0) return false;
    const std::span<const std::byte> image = m_image == nullptr ? std::span<const std::byte>{} : m_image->bytes();
    size_t room = max_kept_bytes;
    std::byte* released = nullptr;
    const auto restore = [&](std::span<std::byte> pages) {
        if (pages.size() > room) {
            pages = pages.first(room);
            released = pages.data() + room;
        }
        room -= pages.size();
        const size_t offset = std::min(static_cast<size_t>(pages.data() - base), image.size());
        const auto content = image.subspan(offset, std::min(pages.size(), image.size() - offset));
        std::ranges::copy(content, pages.data());
        std::ranges::fill(pages.subspan(content.size()), std::byte{0});
        return released == nullptr;
    };
    if (!visit_written_pages({base, m_slot.accessible_bytes}, restore)) return false;
    return released == nullptr ||
           ::madvise(released, static_cast<size_t>(base + m_slot.accessible_bytes - released), MADV_DONTNEED) == 0;
}

bool Memory::make_accessible(uint64_t bytes) noexcept
{
    uint64_t& accessible = m_slot.accessible_bytes;
    if (bytes > accessible && ::mprotect(base + accessible, bytes - accessible, PROT_READ | PROT_WRITE) != 0) return false;
    // Only with a slot from the pool, before anything is in it.
    if (bytes < accessible && ::mprotect(base + bytes, accessible - bytes, PROT_NONE) != 0) return false;
    accessible = bytes;
    return true;
}

wasm::MemoryType Memory::type() const
{
    wasm::MemoryType t = m_type;
    t.limits.min = pages();
    return t;
}

uint64_t Memory::grow(uint64_t delta_pages) noexcept
{
    const std::scoped_lock lock{m_grow_mutex};
    const uint64_t old_bytes = size_bytes.load(std::memory_order_relaxed);
    const uint64_t old_pages = old_bytes >> m_type.page_size_log2;
    const uint64_t max_pages = m_capacity_bytes >> m_type.page_size_log2;
    if (delta_pages > max_pages - old_pages) return ~uint64_t{0};
    const uint64_t new_bytes = old_bytes + (delta_pages << m_type.page_size_log2);
    if (!make_accessible(round_to_page(new_bytes))) return ~uint64_t{0};
    size_bytes.store(new_bytes, std::memory_order_release);
    return old_pages;
}

}  // namespace weir::runtime
