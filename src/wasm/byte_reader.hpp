#pragma once

#include "base/leb128.hpp"
#include "base/utf8.hpp"
#include "wasm/module_error.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>

namespace weir::wasm {

/// Reads a module's bytes front to back. The first failure sticks: it is noted with its offset, the rest reads as empty and
/// zero, so a caller may check once after several reads. Standard: Core 3.0, 5.2.
///
/// Speed of loading is here: a value of one byte is read in line, all else out of line.
class ByteReader {
public:
    /// `offset_bytes`: where `bytes` stand in the module, for the offsets of failures.
    ByteReader(std::span<const std::byte> bytes, size_t offset_bytes)
        : m_next(reinterpret_cast<const uint8_t*>(bytes.data())), m_end(m_next + bytes.size()), m_begin(m_next),
          m_offset(offset_bytes)
    {
    }

    [[nodiscard]] bool failed() const { return m_message != nullptr; }
    /// The failure. Precondition: failed().
    [[nodiscard]] ModuleError error() const
    {
        ModuleError e{m_kind, m_message, m_failure_offset, std::nullopt, {}};
        if (m_subject) e.message += " " + std::to_string(*m_subject);
        return e;
    }
    [[nodiscard]] size_t offset() const { return m_offset + static_cast<size_t>(m_next - m_begin); }
    [[nodiscard]] size_t remaining() const { return static_cast<size_t>(m_end - m_next); }
    [[nodiscard]] bool at_end() const { return m_next == m_end; }
    [[nodiscard]] const std::byte* position() const { return reinterpret_cast<const std::byte*>(m_next); }

    /// `message` is a literal.
    void fail(const char* message) { fail_at(message, offset()); }
    [[gnu::noinline]] void fail_at(const char* message, size_t offset, ErrorKind kind = ErrorKind::malformed,
                                   std::optional<uint64_t> subject = std::nullopt)
    {
        if (m_message == nullptr) {
            m_message = message;
            m_failure_offset = offset;
            m_kind = kind;
            m_subject = subject;
        }
        m_next = m_end;
    }

    [[gnu::always_inline]] uint8_t u8()
    {
        if (m_next == m_end) [[unlikely]] {
            fail("unexpected end");
            return 0;
        }
        return *m_next++;
    }
    [[nodiscard]] uint8_t peek() const { return m_next == m_end ? uint8_t{0} : *m_next; }

    [[gnu::always_inline]] uint32_t u32()
    {
        if (m_next != m_end && *m_next < 0x80) [[likely]]
            return *m_next++;
        return static_cast<uint32_t>(unsigned_leb<32>());
    }
    [[gnu::always_inline]] uint64_t u64()
    {
        if (m_next != m_end && *m_next < 0x80) [[likely]]
            return *m_next++;
        return unsigned_leb<64>();
    }
    [[gnu::always_inline]] int32_t s32()
    {
        if (m_next != m_end && *m_next < 0x80) [[likely]]
            return static_cast<int32_t>(uint32_t{*m_next++} << 25) >> 25;
        return static_cast<int32_t>(signed_leb<32>());
    }
    int64_t s33() { return signed_leb<33>(); }
    [[gnu::always_inline]] int64_t s64()
    {
        if (m_next != m_end && *m_next < 0x80) [[likely]]
            return static_cast<int64_t>(uint64_t{*m_next++} << 57) >> 57;
        return signed_leb<64>();
    }

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
        if (failed()) return {};
        return {reinterpret_cast<const char*>(text.data()), text.size()};
    }

private:
    template <unsigned bits>
    [[gnu::noinline]] uint64_t unsigned_leb()
    {
        const size_t at = offset();
        LebStatus status{};
        const uint64_t value = read_unsigned_leb<bits>(m_next, m_end, status);
        if (status != LebStatus::ok) [[unlikely]]
            fail_leb(status, at);
        return value;
    }
    template <unsigned bits>
    [[gnu::noinline]] int64_t signed_leb()
    {
        const size_t at = offset();
        LebStatus status{};
        const int64_t value = read_signed_leb<bits>(m_next, m_end, status);
        if (status != LebStatus::ok) [[unlikely]]
            fail_leb(status, at);
        return value;
    }
    void fail_leb(LebStatus status, size_t at)
    {
        switch (status) {
        case LebStatus::unexpected_end: return fail("unexpected end");
        case LebStatus::too_long: return fail_at("integer representation too long", at);
        default: return fail_at("integer too large", at);
        }
    }

    const uint8_t* m_next;
    const uint8_t* m_end;
    const uint8_t* m_begin;
    size_t m_offset;
    const char* m_message = nullptr;
    size_t m_failure_offset = 0;
    ErrorKind m_kind = ErrorKind::malformed;
    std::optional<uint64_t> m_subject;
};

/// The same for bytes that a ByteReader has accepted before: no checks.
class TrustedReader {
public:
    TrustedReader(std::span<const std::byte> bytes, size_t offset_bytes)
        : m_next(reinterpret_cast<const uint8_t*>(bytes.data())), m_end(m_next + bytes.size()), m_begin(m_next),
          m_offset(offset_bytes)
    {
    }
    static constexpr bool failed() { return false; }
    [[nodiscard]] size_t offset() const { return m_offset + static_cast<size_t>(m_next - m_begin); }
    [[nodiscard]] bool at_end() const { return m_next == m_end; }
    static void fail(const char*) {}
    static void fail_at(const char*, size_t, ErrorKind = ErrorKind::malformed, std::optional<uint64_t> = std::nullopt) {}
    uint8_t u8() { return *m_next++; }
    [[nodiscard]] uint8_t peek() const { return *m_next; }
    uint32_t u32() { return static_cast<uint32_t>(read_trusted_unsigned_leb(m_next)); }
    uint64_t u64() { return read_trusted_unsigned_leb(m_next); }
    int32_t s32() { return static_cast<int32_t>(read_trusted_signed_leb(m_next)); }
    int64_t s33() { return read_trusted_signed_leb(m_next); }
    int64_t s64() { return read_trusted_signed_leb(m_next); }
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
