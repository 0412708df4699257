#include "base/zeroed_memory.hpp"

#include <sys/mman.h>

#include <cstdlib>
#include <cstring>
#include <utility>

namespace weir {

namespace {

// Less is not worth a system call, nor a page of its own.
constexpr size_t min_mapped_bytes = 16384;
constexpr bool is_mapped(size_t size_bytes) { return size_bytes >= min_mapped_bytes; }

std::byte* allocate(size_t size_bytes) noexcept
{
    if (!is_mapped(size_bytes)) return static_cast<std::byte*>(std::calloc(size_bytes, 1));
    void* const p = ::mmap(nullptr, size_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return p == MAP_FAILED ? nullptr : static_cast<std::byte*>(p);
}

void release(std::byte* data, size_t size_bytes) noexcept
{
    if (is_mapped(size_bytes)) ::munmap(data, size_bytes);
    else std::free(data);
}

}  // namespace

ZeroedMemory::ZeroedMemory(size_t size_bytes) noexcept : m_data(size_bytes == 0 ? nullptr : allocate(size_bytes))
{
    if (m_data != nullptr) m_size = size_bytes;
}

ZeroedMemory::ZeroedMemory(ZeroedMemory&& o) noexcept : m_data(std::exchange(o.m_data, nullptr)), m_size(std::exchange(o.m_size, 0))
{
}

ZeroedMemory& ZeroedMemory::operator=(ZeroedMemory&& o) noexcept
{
    std::swap(m_data, o.m_data);
    std::swap(m_size, o.m_size);
    return *this;
}

ZeroedMemory::~ZeroedMemory()
{
    if (m_data != nullptr) release(m_data, m_size);
}

bool ZeroedMemory::grow(size_t size_bytes) noexcept
{
    if (size_bytes <= m_size) return true;
    if (is_mapped(m_size)) {
        void* const p = ::mremap(m_data, m_size, size_bytes, MREMAP_MAYMOVE);
        if (p == MAP_FAILED) return false;
        m_data = static_cast<std::byte*>(p);
        m_size = size_bytes;
        return true;
    }
    ZeroedMemory larger{size_bytes};
    if (larger.data() == nullptr) return false;
    if (m_size != 0) std::memcpy(larger.data(), m_data, m_size);
    *this = std::move(larger);
    return true;
}

}  // namespace weir
