#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace weir::http {

/// Bytes that are added at the end and taken from the front. What is there is always contiguous; memory is given back when empty.
class ByteQueue {
public:
    [[nodiscard]] std::string_view bytes() const noexcept { return std::string_view{m_bytes}.substr(m_taken); }
    [[nodiscard]] size_t size() const noexcept { return m_bytes.size() - m_taken; }
    [[nodiscard]] bool is_empty() const noexcept { return m_taken == m_bytes.size(); }

    void append(std::string_view bytes)
    {
        // Moving what is left costs no more than taking what is gone did.
        if (m_taken > m_bytes.size() / 2) {
            m_bytes.erase(0, m_taken);
            m_taken = 0;
        }
        m_bytes.append(bytes);
    }
    /// Precondition: size() >= count.
    void consume(size_t count) noexcept
    {
        m_taken += count;
        if (m_taken == m_bytes.size()) clear();
    }
    void clear() noexcept
    {
        m_taken = 0;
        if (m_bytes.capacity() > keep_bytes) {
            m_bytes = {};
        } else {
            m_bytes.clear();
        }
    }
    /// Gives the memory back as well: for connections that wait.
    void release() noexcept
    {
        m_taken = 0;
        m_bytes = {};
    }

private:
    static constexpr size_t keep_bytes = size_t{16} * 1024;
    std::string m_bytes;
    size_t m_taken = 0;
};

}  // namespace weir::http
