#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::http {

/// A header field as it was sent: the bytes of its name in their case, its value without the blanks around it.
struct HeaderView {
    std::string_view name;
    std::string_view value;
};

/// The fields of a message's head, or its trailers, in order. Names are compared without regard to case. Any bytes can be stored;
/// what may be sent is checked by is_valid_header_name and is_valid_header_value, by whoever takes them from a guest.
/// Views into a list are valid until it is next changed; arguments must not point into the list itself.
class Headers {
public:
    Headers() = default;
    Headers(std::initializer_list<HeaderView> fields)
    {
        for (const HeaderView& field : fields) append(field.name, field.value);
    }

    void append(std::string_view name, std::string_view value);
    /// Puts `value` in the place of the name's first field and removes the others; appends when there is none.
    void set(std::string_view name, std::string_view value);
    /// Removes all fields of that name and says how many.
    size_t remove(std::string_view name);
    template <class Predicate>
    void remove_if(Predicate predicate)
    {
        std::erase_if(m_fields, [&](const Field& field) {
            if (!predicate(view(field))) return false;
            m_unused += field.size();
            return true;
        });
        compact_if_worth();
    }
    void clear() noexcept;

    /// The value of the name's first field.
    [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const noexcept;
    [[nodiscard]] bool contains(std::string_view name) const noexcept { return find(name).has_value(); }
    [[nodiscard]] size_t count(std::string_view name) const noexcept;

    [[nodiscard]] bool is_empty() const noexcept { return m_fields.empty(); }
    [[nodiscard]] size_t size() const noexcept { return m_fields.size(); }
    /// Bytes of all names and values: what budgets count.
    [[nodiscard]] size_t size_bytes() const noexcept { return m_bytes.size() - m_unused; }
    [[nodiscard]] HeaderView operator[](size_t i) const noexcept { return view(m_fields[i]); }

    class Iterator {
    public:
        using value_type = HeaderView;
        using difference_type = std::ptrdiff_t;
        Iterator() = default;
        Iterator(const Headers* headers, size_t i) : m_headers(headers), m_i(i) {}
        HeaderView operator*() const { return (*m_headers)[m_i]; }
        Iterator& operator++()
        {
            ++m_i;
            return *this;
        }
        Iterator operator++(int)
        {
            Iterator old = *this;
            ++m_i;
            return old;
        }
        bool operator==(const Iterator&) const = default;

    private:
        const Headers* m_headers = nullptr;
        size_t m_i = 0;
    };
    [[nodiscard]] Iterator begin() const noexcept { return {this, 0}; }
    [[nodiscard]] Iterator end() const noexcept { return {this, m_fields.size()}; }

private:
    // Name and value stand together in m_bytes: two allocations for a list, however long.
    struct Field {
        size_t offset;
        size_t name_size;
        size_t value_size;
        [[nodiscard]] size_t size() const noexcept { return name_size + value_size; }
    };
    [[nodiscard]] HeaderView view(const Field& field) const noexcept
    {
        const std::string_view bytes = m_bytes;
        return {bytes.substr(field.offset, field.name_size), bytes.substr(field.offset + field.name_size, field.value_size)};
    }
    void compact_if_worth();

    std::string m_bytes;
    std::vector<Field> m_fields;
    size_t m_unused = 0;  // bytes of removed fields
};

/// Compares ASCII letters without regard to case.
[[nodiscard]] bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept;
/// ASCII letters in lower case.
[[nodiscard]] std::string to_lower(std::string_view text);
/// Without blanks and tabs at both ends. RFC 9110, 5.6.3 "OWS".
[[nodiscard]] std::string_view trim_blanks(std::string_view text) noexcept;

/// Whether it is a token: what names of fields and methods are made of. RFC 9110, 5.6.2.
[[nodiscard]] bool is_token(std::string_view text) noexcept;
[[nodiscard]] inline bool is_valid_header_name(std::string_view name) noexcept { return is_token(name); }
/// Whether it may be a field's value: no control characters but the tab, no blank at either end. RFC 9110, 5.5.
[[nodiscard]] bool is_valid_header_value(std::string_view value) noexcept;

/// Calls `see` with each element of a comma-separated list, over all fields of that name; empty elements are left out.
/// Quoted strings are not looked into: none of the lists that frame a message has them.
template <class See>
void for_each_element(const Headers& headers, std::string_view name, See see)
{
    for (const HeaderView field : headers) {
        if (!equals_ignoring_case(field.name, name)) continue;
        std::string_view rest = field.value;
        for (;;) {
            const size_t comma = rest.find(',');
            const std::string_view element = trim_blanks(rest.substr(0, comma));
            if (!element.empty()) see(element);
            if (comma == std::string_view::npos) break;
            rest.remove_prefix(comma + 1);
        }
    }
}
/// Whether a comma-separated list has an element, without regard to case.
[[nodiscard]] bool has_element(const Headers& headers, std::string_view name, std::string_view element) noexcept;

/// A number in decimal digits, nothing else. RFC 9110, 8.6 "Content-Length".
[[nodiscard]] std::optional<uint64_t> parse_content_length(std::string_view text) noexcept;

/// Whether the field is about one connection, or frames the message, and so is computed for each and never passed on: Connection,
/// Keep-Alive, Proxy-Connection, TE, Transfer-Encoding, Upgrade, HTTP2-Settings. RFC 9110, 7.6.1. Names in lower or any other case.
[[nodiscard]] bool is_hop_by_hop(std::string_view name) noexcept;
/// Removes these, and the fields that Connection names. Content-Length and Host stay.
void remove_hop_by_hop(Headers& headers);
/// Whether the field may not stand in trailers, where it would be read too late or change what frames or routes the message.
/// RFC 9110, 6.5.1.
[[nodiscard]] bool is_forbidden_trailer(std::string_view name) noexcept;

}  // namespace weir::http
