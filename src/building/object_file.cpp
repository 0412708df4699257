#include "building/object_file.hpp"

#include "wasm/byte_reader.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace weir::building {

namespace {

/// main without parameters, with them, and as C knew it once.
constexpr std::array<std::string_view, 4> main_names{"__main_void", "__main_argc_argv", "__original_main", "main"};

std::string_view name_in(wasm::ByteReader& reader)
{
    const auto bytes = reader.bytes(reader.u32());
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

enum SymbolKind : uint8_t { function, data, global, section, event, table };
constexpr uint32_t is_undefined = 0x10, has_explicit_name = 0x40;

/// The subsection WASM_SYMBOL_TABLE.
bool symbols_define_main(wasm::ByteReader reader)
{
    for (uint32_t count = reader.u32(); count != 0 && !reader.failed(); --count) {
        const uint8_t kind = reader.u8();
        const uint32_t flags = reader.u32();
        const bool is_defined = (flags & is_undefined) == 0;
        switch (kind) {
        case data:
            name_in(reader);
            if (is_defined)
                for (int i = 0; i < 3; ++i) (void)reader.u64();  // segment, offset, size
            break;
        case section: (void)reader.u32(); break;
        case function:
        case global:
        case event:
        case table: {
            (void)reader.u32();
            if (!is_defined && (flags & has_explicit_name) == 0) break;
            const std::string_view name = name_in(reader);
            if (kind == function && is_defined && !reader.failed() && std::ranges::find(main_names, name) != main_names.end())
                return true;
            break;
        }
        default: return false;
        }
    }
    return false;
}

bool linking_defines_main(wasm::ByteReader reader)
{
    constexpr uint32_t version = 2;
    constexpr uint8_t symbol_table = 8;
    if (reader.u32() != version) return false;
    while (!reader.at_end() && !reader.failed()) {
        const uint8_t kind = reader.u8();
        const wasm::ByteReader subsection{reader.bytes(reader.u32()), 0};
        if (kind == symbol_table) return symbols_define_main(subsection);
    }
    return false;
}

}  // namespace

bool defines_main(std::span<const std::byte> object)
{
    constexpr std::string_view header{"\0asm\1\0\0\0", 8};
    wasm::ByteReader reader{object, 0};
    const auto begin = reader.bytes(header.size());
    if (std::string_view{reinterpret_cast<const char*>(begin.data()), begin.size()} != header) return false;
    while (!reader.at_end() && !reader.failed()) {
        const uint8_t id = reader.u8();
        wasm::ByteReader content{reader.bytes(reader.u32()), 0};
        if (id == 0 && name_in(content) == "linking") return linking_defines_main(content);
    }
    return false;
}

}  // namespace weir::building
