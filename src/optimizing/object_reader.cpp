#include "optimizing/object_reader.hpp"

#include "optimizing/translator.hpp"

#include <llvm/BinaryFormat/ELF.h>
#include <llvm/DebugInfo/DWARF/DWARFContext.h>
#include <llvm/MC/MCInst.h>
#include <llvm/Object/ELFObjectFile.h>
#include <llvm/Support/DataExtractor.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>
#include <utility>

namespace weir::optimizing {

using llvm::object::ELF64LEObjectFile;
using llvm::object::ELFSectionRef;
using llvm::object::SectionRef;
using runtime::CodeSite;
using runtime::CompiledCode;
using runtime::CompileError;
using runtime::TrapKind;

namespace {

/// Nothing when LLVM says no: an object that LLVM itself made is not worth its error messages.
template <class T>
std::optional<T> value_of(llvm::Expected<T> expected)
{
    if (expected) return std::move(*expected);
    llvm::consumeError(expected.takeError());
    return std::nullopt;
}

class Reader {
public:
    Reader(const Machine& machine, const ELF64LEObjectFile& object, CompiledCode& out)
        : m_machine(machine), m_object(object), m_out(out)
    {
    }

    Result<ReadObject, CompileError> run()
    {
        m_out.bytes.clear();
        m_out.alignment_bytes = CompiledCode{}.alignment_bytes;
        m_out.sites.clear();
        m_out.relocations.clear();
        place_sections();
        if (!m_text) return Unexpected{CompileError{"LLVM made no code"}};
        if (!relocate()) return Unexpected{CompileError{"the code refers to what is not there: " + m_problem}};
        read_line_table();
        if (m_out.wants_lines) note_lines();
        if (!find_sites()) return Unexpected{CompileError{"the code does not disassemble"}};
        return m_result;
    }

private:
    static bool is_allocated(const SectionRef& s) { return (ELFSectionRef{s}.getFlags() & llvm::ELF::SHF_ALLOC) != 0; }

    /// The text first, constants behind it.
    void place_sections()
    {
        std::vector<SectionRef> sections;
        for (const SectionRef& s : m_object.sections()) {
            if (s.isText() && s.getSize() != 0) m_text = s;
            else if (is_allocated(s) && s.getSize() != 0 && section_name(s) != ".eh_frame") sections.push_back(s);
            if (section_name(s) == ".stack_sizes") read_frame_size(s);
        }
        if (!m_text) return;
        place(*m_text);
        for (const SectionRef& s : sections) place(s);
    }

    void place(const SectionRef& s)
    {
        const uint64_t alignment = std::max<uint64_t>(s.getAlignment().value(), 1);
        m_out.alignment_bytes = std::max(m_out.alignment_bytes, static_cast<uint32_t>(alignment));
        m_out.bytes.resize((m_out.bytes.size() + alignment - 1) / alignment * alignment);
        m_places[s.getIndex()] = m_out.bytes.size();
        const llvm::StringRef content = contents(s);
        m_out.bytes.resize(m_out.bytes.size() + s.getSize());
        if (!content.empty()) std::memcpy(m_out.bytes.data() + m_places[s.getIndex()], content.data(), content.size());
    }

    void read_frame_size(const SectionRef& s)
    {
        const llvm::DataExtractor data{contents(s), true, 8};
        uint64_t offset = 8;  // behind the function's address
        m_result.frame_bytes = data.getULEB128(&offset);
    }

    bool relocate()
    {
        for (const SectionRef& relocations : m_object.sections()) {
            const auto target = value_of(relocations.getRelocatedSection());
            if (!target) return refuse("a damaged section");
            if (*target == m_object.section_end() || !m_places.contains((*target)->getIndex())) continue;
            for (const auto& relocation : relocations.relocations())
                if (!apply(relocation, m_places[(*target)->getIndex()] + relocation.getOffset())) return false;
        }
        return true;
    }

    bool apply(const llvm::object::ELFRelocationRef& relocation, uint64_t field)
    {
        const auto symbol = relocation.getSymbol();
        const auto addend = value_of(relocation.getAddend());
        if (symbol == m_object.symbol_end() || !addend) return refuse("a relocation without symbol");
        const auto name = value_of(symbol->getName());
        const auto section = value_of(symbol->getSection());
        const auto value = value_of(symbol->getValue());
        if (!name || !section || !value) return refuse("a damaged symbol");
        const uint64_t type = relocation.getType();
        if (type != llvm::ELF::R_X86_64_PC32 && type != llvm::ELF::R_X86_64_PLT32) return refuse(name->str());
        if (*section == m_object.section_end()) {
            const auto cell = parse_cell_symbol(*name);
            if (!cell || *addend != -4) return refuse(name->str());
            m_out.relocations.push_back({static_cast<uint32_t>(field), cell->function, cell->kind});
            return true;
        }
        if (!m_places.contains((*section)->getIndex())) return refuse(name->str());
        const auto distance = static_cast<int32_t>(static_cast<int64_t>(m_places[(*section)->getIndex()] + *value) + *addend -
                                                   static_cast<int64_t>(field));
        std::memcpy(m_out.bytes.data() + field, &distance, sizeof distance);
        return true;
    }

    void read_line_table()
    {
        const std::unique_ptr<llvm::DWARFContext> dwarf = llvm::DWARFContext::create(m_object);
        for (const auto& unit : dwarf->compile_units()) {
            const llvm::DWARFDebugLine::LineTable* const table = dwarf->getLineTableForUnit(unit.get());
            if (table == nullptr) continue;
            for (const auto& row : table->Rows)
                if (!row.EndSequence) m_lines[row.Address.Address] = {row.Line, row.Column};
        }
    }

    void note_lines()
    {
        m_out.lines.clear();
        for (const auto& [offset, line] : m_lines)
            m_out.lines.push_back({static_cast<uint32_t>(offset),
                                   line.number == 0 ? runtime::CodeLine::no_instruction : around_inlined(line).wasm_offset});
    }

    struct Place {
        uint32_t wasm_offset, inlined_by;
    };
    /// Of a row of the line table; what number_inlined_calls() put there.
    struct Line {
        uint32_t number, column;
    };

    /// The instruction in the unit's own function, where a line is in one that was inlined.
    [[nodiscard]] Place around_inlined(const Line& line) const
    {
        Place place{line.number - 1, line.column};
        while (place.inlined_by != 0) {
            const runtime::InlinedCall& call = m_out.inlined_calls[place.inlined_by - 1];
            place = {call.wasm_offset, call.inlined_by};
        }
        return place;
    }

    /// Code that belongs to no instruction has the place of the one before, in the unit's own function: only there it is for sure.
    [[nodiscard]] Place place_of(uint64_t code_offset) const
    {
        bool is_exact = true;
        for (auto found = m_lines.upper_bound(code_offset); found != m_lines.begin();) {
            --found;
            const Line& line = found->second;
            if (line.number != 0) return is_exact ? Place{line.number - 1, line.column} : around_inlined(line);
            is_exact = false;
        }
        return {0, 0};
    }

    bool find_sites()
    {
        const llvm::MCInstrInfo& instructions = m_machine.instructions();
        const llvm::StringRef text = contents(*m_text);
        const llvm::ArrayRef<uint8_t> bytes{reinterpret_cast<const uint8_t*>(text.data()), text.size()};
        for (uint64_t at = 0, size = 0; at < bytes.size(); at += size) {
            llvm::MCInst instruction;
            const auto status = m_machine.disassembler().getInstruction(instruction, size, bytes.slice(at), at, llvm::nulls());
            if (status != llvm::MCDisassembler::Success || size == 0) return false;
            const llvm::MCInstrDesc& description = instructions.get(instruction.getOpcode());
            const llvm::StringRef name = instructions.getName(instruction.getOpcode());
            if (name.starts_with("UD1")) {
                add(at, at, CodeSite::Kind::trap, trap_kind_of(instruction));
            } else if (description.isCall()) {
                m_result.has_calls = true;
                add(at + size, at, CodeSite::Kind::call, TrapKind::none);
            } else if ((description.mayLoad() || description.mayStore()) && accesses_guest(instruction)) {
                add(at, at, CodeSite::Kind::memory_access, TrapKind::memory_out_of_bounds);
            }
        }
        // A call's site is where it returns to, which may be behind the next instruction's own.
        std::ranges::sort(m_out.sites, {}, [](const CodeSite& s) { return std::pair{s.code_offset, s.kind}; });
        return true;
    }

    void add(uint64_t code_offset, uint64_t instruction, CodeSite::Kind kind, TrapKind trap)
    {
        const Place place = place_of(instruction);
        m_out.sites.push_back(
            {static_cast<uint32_t>(code_offset), place.wasm_offset, kind, trap, static_cast<uint16_t>(place.inlined_by)});
    }

    /// llvm.ubsantrap(kind) is `ud1 kind(%eax), %eax`.
    static TrapKind trap_kind_of(const llvm::MCInst& instruction)
    {
        for (const llvm::MCOperand& operand : instruction)
            if (operand.isImm() && operand.getImm() > 1) return static_cast<TrapKind>(operand.getImm());
        return TrapKind::unreachable;
    }

    /// Whether an access may be to guest memory: what is reached from the frame or from the program counter is not.
    [[nodiscard]] bool accesses_guest(const llvm::MCInst& instruction) const
    {
        for (const llvm::MCOperand& operand : instruction) {
            if (!operand.isReg() || !operand.getReg()) continue;
            const llvm::StringRef name = m_machine.registers().getName(operand.getReg());
            if (name == "RIP" || name == "RSP" || name == "RBP") return false;
        }
        return true;
    }

    static llvm::StringRef contents(const SectionRef& s) { return value_of(s.getContents()).value_or(llvm::StringRef{}); }
    static llvm::StringRef section_name(const SectionRef& s) { return value_of(s.getName()).value_or(llvm::StringRef{}); }
    bool refuse(std::string what)
    {
        m_problem = std::move(what);
        return false;
    }

    const Machine& m_machine;
    const ELF64LEObjectFile& m_object;
    CompiledCode& m_out;
    ReadObject m_result;
    std::string m_problem;
    std::optional<SectionRef> m_text;
    std::map<uint64_t, uint64_t> m_places;  // of sections, by their index: offsets in out.bytes
    std::map<uint64_t, Line> m_lines;       // by code offset
};

}  // namespace

Result<ReadObject, CompileError> read_object(const Machine& machine, std::span<const char> object, CompiledCode& out)
{
    const llvm::MemoryBufferRef buffer{llvm::StringRef{object.data(), object.size()}, "wasm"};
    auto file = ELF64LEObjectFile::create(buffer);
    if (!file) return Unexpected{CompileError{llvm::toString(file.takeError())}};
    return Reader{machine, *file, out}.run();
}

}  // namespace weir::optimizing
