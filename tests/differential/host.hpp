#pragma once

#include "base/result.hpp"
#include "base/sys_error.hpp"
#include "runtime/linker.hpp"

#include <cstdint>
#include <span>

namespace weir::differential {

/// FNV-1a over 32-bit words: what JavaScript computes as fast.
class Hash {
public:
    void add(uint32_t word) { m_value = (m_value ^ word) * 16'777'619; }
    void add_words(std::span<const std::byte> bytes);  // whole ones
    [[nodiscard]] uint32_t value() const { return m_value; }

private:
    uint32_t m_value = 2'166'136'261;
};

/// What imports.wat names, for one instance. Its functions note their arguments, and answer what depends on all calls so far.
/// oracle.mjs has the same.
class Host {
public:
    Result<void, SysError> add_to(runtime::Linker& linker, runtime::Store& store);
    [[nodiscard]] uint32_t calls() const { return m_calls; }
    [[nodiscard]] uint32_t hash() const { return m_hash.value(); }

    void note(uint32_t function);
    void note(uint64_t bits);
    void note(double value);

private:
    uint32_t m_calls = 0;
    Hash m_hash;
};

}  // namespace weir::differential
