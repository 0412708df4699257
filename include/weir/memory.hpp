#pragma once

#include <weir/error.hpp>
#include <weir/value.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#pragma GCC visibility push(default)

namespace weir {

/// A guest's linear memory, by addresses that the guest knows. All access is checked against the present size. A view: valid while its instance
/// or store lives. Used on the instance's thread, except that a shared memory's bytes may change at any time.
/// Standard: Core 3.0, 4.2.9 "Memory Instances".
class Memory {
public:
    [[nodiscard]] uint64_t size_bytes() const noexcept;
    /// Grows by pages of 64 KiB (or what the module chose). The old size in pages, or empty when a limit forbids it.
    std::optional<uint64_t> grow(uint64_t pages) noexcept;

    /// The bytes [address, address + size), or empty if some lie outside. Growth does not move them. Check what you read once: the guest may
    /// change it whenever it runs. Size 0 is possible up to one past the end.
    [[nodiscard]] std::optional<std::span<std::byte>> bytes(uint64_t address, uint64_t size_bytes) const noexcept;
    /// Whether the bytes were all written; none are if some do not fit.
    [[nodiscard]] bool write(uint64_t address, std::span<const std::byte> bytes) const noexcept;
    [[nodiscard]] bool write(uint64_t address, std::string_view text) const noexcept
    {
        return write(address, std::as_bytes(std::span{text.data(), text.size()}));
    }
    /// A copy of so many bytes as text. Not null-terminated, not checked to be UTF-8.
    [[nodiscard]] std::optional<std::string> text(uint64_t address, uint64_t size_bytes) const;
    /// A copy of the text up to a null, which is looked for in so many bytes.
    [[nodiscard]] std::optional<std::string> c_string(uint64_t address, uint64_t max_bytes = 65536) const;

    /// A copy of a T, little-endian as it stands; any alignment.
    template <class T>
    [[nodiscard]] std::optional<T> load(uint64_t address) const noexcept
    {
        static_assert(std::is_trivially_copyable_v<T>);
        const auto at = bytes(address, sizeof(T));
        if (!at) return std::nullopt;
        T value;
        std::memcpy(&value, at->data(), sizeof value);
        return value;
    }
    template <class T>
    [[nodiscard]] bool store(uint64_t address, const T& value) const noexcept
    {
        static_assert(std::is_trivially_copyable_v<T>);
        return write(address, std::as_bytes(std::span{&value, 1}));
    }

private:
    friend struct Access;
    void* m_memory = nullptr;
    void* m_store = nullptr;
};

/// A table of references. A view: valid while its instance or store lives, used on its thread. Standard: Core 3.0, 4.2.8 "Table Instances".
class Table {
public:
    [[nodiscard]] uint64_t size() const noexcept;
    /// Empty behind the end.
    [[nodiscard]] std::optional<Value> get(uint64_t index) const;
    /// @error usage  Behind the end, or not of the table's type.
    [[nodiscard]] Result<void> set(uint64_t index, const Value& value) const;
    /// The old size, or empty when a limit forbids it. New elements are null.
    std::optional<uint64_t> grow(uint64_t elements) const noexcept;

private:
    friend struct Access;
    void* m_table = nullptr;
    void* m_store = nullptr;
    ValueType m_element{};
};

/// A global variable. A view: valid while its instance or store lives, used on its thread. Standard: Core 3.0, 4.2.10 "Global Instances".
class Global {
public:
    [[nodiscard]] ValueType type() const noexcept { return m_type; }
    [[nodiscard]] bool is_mutable() const noexcept { return m_is_mutable; }
    [[nodiscard]] Value get() const;
    /// @error usage  The global is constant, or not of the value's type.
    [[nodiscard]] Result<void> set(const Value& value) const;

private:
    friend struct Access;
    void* m_global = nullptr;
    void* m_store = nullptr;
    ValueType m_type{};
    bool m_is_mutable = false;
};

}  // namespace weir

#pragma GCC visibility pop
