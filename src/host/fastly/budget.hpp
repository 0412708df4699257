#pragma once

#include <cstdint>
#include <memory>
#include <utility>

namespace weir::fastly {

/// What the host may keep in memory for one guest, in bytes. Outlives whoever holds a charge on it, which may be longer than the guest:
/// a response is still being sent when the guest has ended. One thread.
class Budget {
public:
    explicit Budget(uint64_t limit_bytes) : m_left_bytes(limit_bytes) {}
    [[nodiscard]] bool take(uint64_t bytes) noexcept
    {
        if (bytes > m_left_bytes) return false;
        m_left_bytes -= bytes;
        return true;
    }
    void give_back(uint64_t bytes) noexcept { m_left_bytes += bytes; }
    [[nodiscard]] uint64_t left_bytes() const { return m_left_bytes; }

private:
    uint64_t m_left_bytes;
};

/// Bytes taken from a budget, given back when they are no longer kept.
class Charge {
public:
    Charge() = default;
    Charge(Charge&& other) noexcept : m_budget(std::move(other.m_budget)), m_bytes(std::exchange(other.m_bytes, 0)) {}
    Charge& operator=(Charge&& other) noexcept
    {
        std::swap(m_budget, other.m_budget);
        std::swap(m_bytes, other.m_bytes);
        return *this;
    }
    ~Charge()
    {
        if (m_budget != nullptr) m_budget->give_back(m_bytes);
    }
    /// Takes what is missing to `bytes` in all, of the same budget each time. False: it does not reach.
    [[nodiscard]] bool grow_to(const std::shared_ptr<Budget>& budget, uint64_t bytes) noexcept
    {
        return bytes <= m_bytes || add(budget, bytes - m_bytes);
    }
    /// Takes more.
    [[nodiscard]] bool add(const std::shared_ptr<Budget>& budget, uint64_t bytes) noexcept
    {
        if (!budget->take(bytes)) return false;
        m_budget = budget;
        m_bytes += bytes;
        return true;
    }

private:
    std::shared_ptr<Budget> m_budget;
    uint64_t m_bytes = 0;
};

}  // namespace weir::fastly
