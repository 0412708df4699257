#pragma once

#include "cache/image_file.hpp"

#include <elf.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace weir::cache {

/// What makes an ELF file of an image: for objdump, nm, gdb and perf. weir reads none of it.
struct ElfParts {
    Elf64_Ehdr header;   // at the file's beginning
    Elf64_Phdr segment;  // where the header says; all zero when there is none
    uint64_t tail_offset = 0;
    std::vector<std::byte> tail;

    /// Of a file without sections.
    ElfParts();
};

struct ProgramLayout {
    uint64_t program_header_offset;
    uint64_t code_offset, code_bytes;
    uint64_t tables_offset, tables_bytes;
    uint64_t module_offset, module_bytes;
    std::span<const Symbol> symbols;
};
/// Of a program: the code as a section and a segment that lie in memory where they lie in the file, weir's own parts as sections, symbols.
[[nodiscard]] ElfParts program_parts(const ProgramLayout& layout);

}  // namespace weir::cache
