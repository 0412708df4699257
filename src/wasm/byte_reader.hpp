#pragma once

#include "base/utf8.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace weir::wasm {

/// Reads a module's bytes front to back. The first failure sticks: it is noted with its offset, the rest reads as empty and
/// zero, so a caller may check once after several reads. Standard: Core 3.0, 5.2.
class ByteReader {
public:
    ByteReader(std::span<const std::byte> bytes, size_t offset_bytes)
        : m_next(reinterpret_cast<const uint8_t*>(bytes.data())), m_end(m_next + bytes.size()), m_begin(m_next), m_offset(offset_bytes)
    {
    }

    [[nodiscard]] bool failed() const { return m_message != nullptr; }
    [[nodiscard]] const char* message() const { return m_message; }
    [[nodiscard]] size_t failure_offset() const { return m_failure_offset; }
    [[nodiscard]] size_t offset() const { return m_offset + static_cast<size_t>(m_next - m_begin); }
    [[nodiscard]] size_t remaining() const { return static_cast<size_t>(m_end - m_next); }
    [[nodiscard]] bool at_end() const { return m_next == m_end; }
    [[nodiscard]] const std::byte* position() const { return reinterpret_cast<const std::byte*>(m_next); }

    void fail(const char* message) { fail_at(message, offset()); }
    void fail_at(const char* message, size_t offset)
    {
        if (m_message == nullptr) {
            m_message = message;
            m_failure_offset = offset;
        }
        m_next = m_end;
    }

    uint8_t u8()
    {
        if (m_next == m_end) {
            fail("unexpected end");
            return 0;
        }
        return *m_next++;
    }
    uint8_t peek() const { return m_next == m_end ? uint8_t{0} : *m_next; }

    uint32_t u32()
    {
        if (m_next != m_end && *m_next < 0x80) [[likely]] return *m_next++;
        return static_cast<uint32_t>(unsigned_leb(32));
    }
    uint64_t u64() { return unsigned_leb(64); }
    int32_t s32()
    {
        if (m_next != m_end && *m_next < 0x80) [[likely]] {
            const uint8_t byte = *m_next++;
            return static_cast<int32_t>(byte << 25U) >> 25;
        }
        return static_cast<int32_t>(signed_leb(32));
    }
    int64_t s33() { return signed_leb(33); }
    int64_t s64() { return signed_leb(64); }

    template <class T>
    T fixed()
    {
        T value{};
        if (remaining() < sizeof value) {
            fail("unexpected end");
            return value;
        }
        std::memcpy(&value, m_next, sizeof value);
        m_next += sizeof value;
        return value;
    }

    std::span<const std::byte> bytes(size_t count)
    {
        if (remaining() < count) {
            fail("unexpected end");
            return {};
        }
        const std::span<const std::byte> result{position(), count};
        m_next += count;
        return result;
    }

    /// A count of items of at least `min_item_bytes` each: no more than the rest can hold, so it is safe to allocate for.
    uint32_t count(size_t min_item_bytes, const char* too_many)
    {
        const size_t at = offset();
        const uint32_t n = u32();
        if (!failed() && n > remaining() / min_item_bytes) fail_at(too_many, at);
        return failed() ? 0 : n;
    }

    std::string_view name()
    {
        const uint32_t length = u32();
        const size_t at = offset();
        const auto text = bytes(length);
        if (!failed() && !is_utf8(text)) fail_at("malformed UTF-8 encoding", at);
        return {reinterpret_cast<const char*>(text.data()), text.size()};
    }

private:
    uint64_t unsigned_leb(uint32_t bits)
    {
        const size_t at = offset();
        uint64_t value = 0;
        for (uint32_t shift = 0;; shift += 7) {
            if (m_next == m_end) {
                fail("unexpected end");
                return 0;
            }
            const uint8_t byte = *m_next++;
            const uint32_t left = bits - shift;
            if (left < 7 && (byte & 0x7fU) >> left != 0) {
                fail_at("integer too large", at);
                return 0;
            }
            value |= uint64_t{byte & 0x7fU} << shift;
            if ((byte & 0x80U) == 0) return value;
            if (left <= 7) {
                fail_at("integer representation too long", at);
                return 0;
            }
        }
    }
    int64_t signed_leb(uint32_t bits)
    {
        const size_t at = offset();
        uint64_t value = 0;
        for (uint32_t shift = 0;; shift += 7) {
            if (m_next == m_end) {
                fail("unexpected end");
                return 0;
            }
            const uint8_t byte = *m_next++;
            const uint32_t left = bits - shift;
            value |= uint64_t{byte & 0x7fU} << shift;
            if (left <= 7) {
                if ((byte & 0x80U) != 0) {
                    fail_at("integer representation too long", at);
                    return 0;
                }
                // All bits beyond the width repeat the sign.
                const auto sign_and_rest = static_cast<uint32_t>(byte & 0x7fU) >> (left - 1);
                if (sign_and_rest != 0 && sign_and_rest != (0x7fU >> (left - 1))) {
                    fail_at("integer too large", at);
                    return 0;
                }
            }
            if ((byte & 0x80U) == 0) {
                const uint32_t used = shift + 7;
                if (used < 64 && (byte & 0x40U) != 0) value |= ~uint64_t{0} << used;
                return static_cast<int64_t>(value);
            }
        }
    }

    const uint8_t* m_next;
    const uint8_t* m_end;
    const uint8_t* m_begin;
    size_t m_offset;
    const char* m_message = nullptr;
    size_t m_failure_offset = 0;
};

/// The same for bytes that a ByteReader has accepted before: no checks.
class TrustedReader {
public:
    TrustedReader(std::span<const std::byte> bytes, size_t offset_bytes)
        : m_next(reinterpret_cast<const uint8_t*>(bytes.data())), m_end(m_next + bytes.size()), m_begin(m_next), m_offset(offset_bytes)
    {
    }
    static constexpr bool failed() { return false; }
    [[nodiscard]] size_t offset() const { return m_offset + static_cast<size_t>(m_next - m_begin); }
    [[nodiscard]] bool at_end() const { return m_next == m_end; }
    static void fail(const char*) {}
    static void fail_at(const char*, size_t) {}
    uint8_t u8() { return *m_next++; }
    [[nodiscard]] uint8_t peek() const { return *m_next; }
    uint32_t u32() { return static_cast<uint32_t>(u64()); }
    uint64_t u64()
    {
        if (*m_next < 0x80) [[likely]] return *m_next++;
        uint64_t value = 0;
        uint32_t shift = 0;
        uint8_t byte;
        do {
            byte = *m_next++;
            value |= uint64_t{byte & 0x7fU} << shift;
            shift += 7;
        } while ((byte & 0x80U) != 0);
        return value;
    }
    int32_t s32() { return static_cast<int32_t>(s64()); }
    int64_t s33() { return s64(); }
    int64_t s64()
    {
        uint64_t value = 0;
        uint32_t shift = 0;
        uint8_t byte;
        do {
            byte = *m_next++;
            value |= uint64_t{byte & 0x7fU} << shift;
            shift += 7;
        } while ((byte & 0x80U) != 0);
        if (shift < 64 && (byte & 0x40U) != 0) value |= ~uint64_t{0} << shift;
        return static_cast<int64_t>(value);
    }
    template <class T>
    T fixed()
    {
        T value;
        std::memcpy(&value, m_next, sizeof value);
        m_next += sizeof value;
        return value;
    }
    uint32_t count(size_t, const char*) { return u32(); }

private:
    const uint8_t* m_next;
    const uint8_t* m_end;
    const uint8_t* m_begin;
    size_t m_offset;
};

}  // namespace weir::wasm
