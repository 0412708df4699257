#include "cache/elf_parts.hpp"

#include <cstring>
#include <string>
#include <string_view>

namespace weir::cache {

namespace {

/// Names that ELF refers to by their offset; the empty one has 0.
class StringTable {
public:
    StringTable() : m_text(1, '\0') {}
    Elf64_Word add(std::string_view name)
    {
        const auto offset = static_cast<Elf64_Word>(m_text.size());
        m_text += name;
        m_text += '\0';
        return offset;
    }
    [[nodiscard]] const std::string& text() const { return m_text; }

private:
    std::string m_text;
};

/// The end of a file, part by part.
class Tail {
public:
    explicit Tail(uint64_t offset) : m_offset(offset) {}
    /// Where it stands in the file, a multiple of 8.
    uint64_t add(std::span<const std::byte> part)
    {
        m_bytes.resize((m_bytes.size() + 7) / 8 * 8);
        const uint64_t at = m_offset + m_bytes.size();
        m_bytes.insert(m_bytes.end(), part.begin(), part.end());
        return at;
    }
    [[nodiscard]] std::vector<std::byte> take() { return std::move(m_bytes); }

private:
    uint64_t m_offset;
    std::vector<std::byte> m_bytes;
};

enum Section : Elf64_Half { no_section, text, tables, module, symbols, symbol_names, section_names, section_count };

}  // namespace

ElfParts::ElfParts() : header{}, segment{}
{
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_ident[EI_VERSION] = EV_CURRENT;
    header.e_type = ET_DYN;
    header.e_machine = EM_X86_64;
    header.e_version = EV_CURRENT;
    header.e_ehsize = sizeof(Elf64_Ehdr);
    header.e_shentsize = sizeof(Elf64_Shdr);
}

ElfParts program_parts(const ProgramLayout& layout)
{
    ElfParts parts;
    parts.tail_offset = (layout.module_offset + layout.module_bytes + 7) / 8 * 8;
    Tail tail{parts.tail_offset};

    std::vector<Elf64_Sym> table(1);
    StringTable names;
    for (const Symbol& s : layout.symbols)
        table.push_back({.st_name = names.add(s.name),
                         .st_info = ELF64_ST_INFO(STB_LOCAL, STT_FUNC),
                         .st_other = STV_DEFAULT,
                         .st_shndx = text,
                         .st_value = layout.code_offset + s.begin,
                         .st_size = s.size_bytes});

    std::vector<Elf64_Shdr> sections(section_count);
    StringTable section_titles;
    const auto describe = [&](Section section, std::string_view name, Elf64_Word type, uint64_t offset,
                              uint64_t size) -> Elf64_Shdr& {
        Elf64_Shdr& s = sections[section];
        s.sh_name = section_titles.add(name);
        s.sh_type = type;
        s.sh_offset = offset;
        s.sh_size = size;
        s.sh_addralign = 8;
        return s;
    };
    Elf64_Shdr& code = describe(text, ".text", SHT_PROGBITS, layout.code_offset, layout.code_bytes);
    code.sh_flags = SHF_ALLOC | SHF_EXECINSTR;
    code.sh_addr = layout.code_offset;
    code.sh_addralign = layout.code_offset;
    describe(tables, ".weir.tables", SHT_PROGBITS, layout.tables_offset, layout.tables_bytes);
    describe(module, ".wasm", SHT_PROGBITS, layout.module_offset, layout.module_bytes);
    const auto symbol_bytes = std::as_bytes(std::span{table});
    Elf64_Shdr& symbol_table = describe(symbols, ".symtab", SHT_SYMTAB, tail.add(symbol_bytes), symbol_bytes.size());
    symbol_table.sh_link = symbol_names;
    symbol_table.sh_info = static_cast<Elf64_Word>(table.size());  // all are local
    symbol_table.sh_entsize = sizeof(Elf64_Sym);
    const auto name_bytes = std::as_bytes(std::span{names.text()});
    describe(symbol_names, ".strtab", SHT_STRTAB, tail.add(name_bytes), name_bytes.size());
    Elf64_Shdr& titles = describe(section_names, ".shstrtab", SHT_STRTAB, 0, 0);
    const auto title_bytes = std::as_bytes(std::span{section_titles.text()});
    titles.sh_offset = tail.add(title_bytes);
    titles.sh_size = title_bytes.size();

    parts.header.e_shoff = tail.add(std::as_bytes(std::span{sections}));
    parts.header.e_shnum = section_count;
    parts.header.e_shstrndx = section_names;
    parts.header.e_phoff = layout.program_header_offset;
    parts.header.e_phentsize = sizeof(Elf64_Phdr);
    parts.header.e_phnum = 1;
    parts.segment = {.p_type = PT_LOAD,
                     .p_flags = PF_R | PF_X,
                     .p_offset = layout.code_offset,
                     .p_vaddr = layout.code_offset,
                     .p_paddr = layout.code_offset,
                     .p_filesz = layout.code_bytes,
                     .p_memsz = layout.code_bytes,
                     .p_align = layout.code_offset};
    parts.tail = tail.take();
    return parts;
}

}  // namespace weir::cache
