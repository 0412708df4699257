#pragma once

#include "wasm/load.hpp"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace weir::wasm::test {

using ByteVector = std::vector<std::byte>;

/// A module as text and as bytes: `wat(R"wat(...)wat", "0061736d...")`. tests/support/assemble-wat writes the bytes.
inline ByteVector wat([[maybe_unused]] std::string_view text, std::string_view hex)
{
    const auto digit = [](char c) { return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10); };
    ByteVector bytes;
    for (size_t i = 0; i + 1 < hex.size(); i += 2) bytes.push_back(static_cast<std::byte>(digit(hex[i]) << 4 | digit(hex[i + 1])));
    return bytes;
}

inline ByteVector bytes(std::initializer_list<unsigned> list)
{
    ByteVector result;
    for (const unsigned b : list) result.push_back(static_cast<std::byte>(b));
    return result;
}

inline void append(ByteVector& to, const ByteVector& from) { to.insert(to.end(), from.begin(), from.end()); }

inline void append_u32(ByteVector& to, uint32_t v)
{
    do {
        to.push_back(static_cast<std::byte>((v & 0x7fU) | (v > 0x7f ? 0x80U : 0U)));
        v >>= 7;
    } while (v != 0);
}

struct Section {
    uint8_t id;
    ByteVector content;
};

/// The header and these sections, their sizes written.
inline ByteVector module_of(const std::vector<Section>& sections)
{
    ByteVector module = bytes({0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00});
    for (const Section& s : sections) {
        module.push_back(static_cast<std::byte>(s.id));
        append_u32(module, static_cast<uint32_t>(s.content.size()));
        append(module, s.content);
    }
    return module;
}

/// Loads a copy of the bytes.
inline Result<std::shared_ptr<const Module>, ModuleError> load(
    const ByteVector& bytes, const LoadOptions& options = {},
    std::shared_ptr<TypeRegistry> registry = std::make_shared<TypeRegistry>())
{
    const auto owner = std::make_shared<const ByteVector>(bytes);
    return load_module(*owner, owner, std::move(registry), options);
}

}  // namespace weir::wasm::test
