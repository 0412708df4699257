#include "http/ja3.hpp"

#include <openssl/evp.h>

namespace weir::http {
namespace {

/// Takes numbers and parts from the front of a message; once something is missing, everything is.
class Fields {
public:
    explicit Fields(std::string_view bytes) : m_bytes{bytes} {}

    std::string_view take(size_t size)
    {
        if (size > m_bytes.size()) {
            m_is_cut = true;
            m_bytes = {};
            return {};
        }
        const std::string_view taken = m_bytes.substr(0, size);
        m_bytes.remove_prefix(size);
        return taken;
    }
    uint32_t number(size_t size)
    {
        uint32_t value = 0;
        for (const char byte : take(size)) value = value << 8 | static_cast<uint8_t>(byte);
        return value;
    }
    /// A part whose length stands before it, in so many bytes.
    Fields part(size_t size_of_length) { return Fields{take(number(size_of_length))}; }

    [[nodiscard]] bool is_empty() const { return m_bytes.empty(); }
    [[nodiscard]] bool is_cut() const { return m_is_cut; }

private:
    std::string_view m_bytes;
    bool m_is_cut = false;
};

bool is_grease(uint32_t value) { return (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff); }

void append(std::string& list, uint32_t value)
{
    if (!list.empty()) list += '-';
    list += std::to_string(value);
}

/// All numbers of a list of numbers of `size` bytes each.
std::string joined(Fields list, size_t size)
{
    std::string text;
    while (!list.is_empty()) {
        const uint32_t value = list.number(size);
        if (!list.is_cut() && !(size == 2 && is_grease(value))) append(text, value);
    }
    return text;
}

}  // namespace

std::optional<std::string> ja3_text(std::string_view client_hello)
{
    constexpr uint32_t client_hello_type = 1, supported_groups = 10, point_formats = 11;
    Fields message{client_hello};
    if (message.number(1) != client_hello_type) return std::nullopt;
    Fields hello = message.part(3);
    const uint32_t version = hello.number(2);
    hello.take(32);  // random
    hello.part(1);   // session
    const std::string ciphers = joined(hello.part(2), 2);
    hello.part(1);  // compression methods
    std::string extensions, groups, formats;
    // Before TLS 1.3 there may be none.
    Fields rest = hello.is_empty() ? Fields{std::string_view{}} : hello.part(2);
    while (!rest.is_empty()) {
        const uint32_t type = rest.number(2);
        Fields content = rest.part(2);
        if (!is_grease(type)) append(extensions, type);
        if (type == supported_groups) groups = joined(content.part(2), 2);
        if (type == point_formats) formats = joined(content.part(1), 1);
    }
    if (message.is_cut() || hello.is_cut() || rest.is_cut()) return std::nullopt;
    return std::to_string(version) + ',' + ciphers + ',' + extensions + ',' + groups + ',' + formats;
}

std::optional<std::array<uint8_t, 16>> ja3_md5(std::string_view client_hello)
{
    const std::optional<std::string> text = ja3_text(client_hello);
    std::array<uint8_t, 16> digest{};
    if (!text || EVP_Digest(text->data(), text->size(), digest.data(), nullptr, EVP_md5(), nullptr) != 1) return std::nullopt;
    return digest;
}

}  // namespace weir::http
