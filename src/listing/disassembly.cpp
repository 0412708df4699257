#include "listing/disassembly.hpp"

#include <Zydis/Zydis.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>

namespace weir::listing {

namespace {

using runtime::CodeSite;

struct Instruction {
    uint32_t offset;
    uint32_t length;
    std::string text;
    std::optional<uint32_t> branch_target;  // relative jump
    std::optional<uint32_t> data_target;    // pc-relative memory operand
    const runtime::Relocation* relocation = nullptr;
    bool is_lea = false;
};

class Disassembler {
public:
    Disassembler(const runtime::CompiledCode& code, const Comment& comment) : m_code(code), m_comment(comment)
    {
        ZydisDecoderInit(&m_decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
        ZydisFormatterInit(&m_formatter, ZYDIS_FORMATTER_STYLE_INTEL);
        ZydisFormatterSetProperty(&m_formatter, ZYDIS_FORMATTER_PROP_FORCE_SIZE, ZYAN_TRUE);
        ZydisFormatterSetProperty(&m_formatter, ZYDIS_FORMATTER_PROP_ADDR_PADDING_ABSOLUTE, ZYDIS_PADDING_DISABLED);
        ZydisFormatterSetProperty(&m_formatter, ZYDIS_FORMATTER_PROP_DISP_PADDING, ZYDIS_PADDING_DISABLED);
        ZydisFormatterSetProperty(&m_formatter, ZYDIS_FORMATTER_PROP_IMM_PADDING, ZYDIS_PADDING_DISABLED);
        m_data_begin = static_cast<uint32_t>(code.bytes.size());
    }

    std::vector<Line> run()
    {
        decode();
        name_targets();
        std::vector<Line> lines;
        for (const Instruction& i : m_instructions) {
            if (const auto label = m_labels.find(i.offset); label != m_labels.end())
                lines.push_back({label->second + ":", i.offset});
            lines.push_back({"  " + with_names(i) + sites_of(i), i.offset});
        }
        append_data(lines);
        return lines;
    }

private:
    void decode()
    {
        const auto* const bytes = reinterpret_cast<const ZyanU8*>(m_code.bytes.data());
        for (uint32_t at = 0; at < m_data_begin;) {
            const auto is_padding = [](std::byte b) { return b == std::byte{0} || b == std::byte{0xcc}; };
            if (std::all_of(m_code.bytes.begin() + at, m_code.bytes.begin() + m_data_begin, is_padding)) break;
            ZydisDecodedInstruction decoded;
            ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
            Instruction i{at, 1, {}, {}, {}};
            if (ZYAN_SUCCESS(ZydisDecoderDecodeFull(&m_decoder, bytes + at, m_data_begin - at, &decoded, operands))) {
                i.length = decoded.length;
                char text[256];
                ZydisFormatterFormatInstruction(&m_formatter, &decoded, operands, decoded.operand_count_visible, text, sizeof text,
                                                at, nullptr);
                i.text = text;
                i.is_lea = decoded.mnemonic == ZYDIS_MNEMONIC_LEA;
                note_targets(i, decoded, operands);
            } else {
                i.text = fmt::format("not an instruction: 0x{:02x}", bytes[at]);
            }
            at += i.length;
            m_instructions.push_back(std::move(i));
        }
    }

    void note_targets(Instruction& i, const ZydisDecodedInstruction& decoded, const ZydisDecodedOperand* operands)
    {
        for (unsigned n = 0; n < decoded.operand_count_visible; ++n) {
            ZyanU64 target = 0;
            const bool is_branch = operands[n].type == ZYDIS_OPERAND_TYPE_IMMEDIATE && operands[n].imm.is_relative;
            const bool is_data = operands[n].type == ZYDIS_OPERAND_TYPE_MEMORY && operands[n].mem.base == ZYDIS_REGISTER_RIP;
            if (!is_branch && !is_data) continue;
            ZydisCalcAbsoluteAddress(&decoded, &operands[n], i.offset, &target);
            if (is_branch) {
                i.branch_target = static_cast<uint32_t>(target);
                continue;
            }
            i.data_target = static_cast<uint32_t>(target);
            for (const runtime::Relocation& r : m_code.relocations)
                if (r.code_offset == i.offset + decoded.raw.disp.offset) i.relocation = &r;
            if (i.relocation == nullptr) m_data_begin = std::min(m_data_begin, *i.data_target);
        }
    }

    void name_targets()
    {
        std::map<uint32_t, char> kinds;  // L code, D data, T jump table
        for (const Instruction& i : m_instructions) {
            if (i.branch_target) kinds.emplace(*i.branch_target, 'L');
            if (i.data_target && i.relocation == nullptr) kinds.emplace(*i.data_target, i.is_lea ? 'T' : 'D');
        }
        for (const auto& [at, kind] : std::map{kinds})
            if (kind == 'T')
                for (const uint32_t target : table_targets(at, kinds)) kinds.emplace(target, 'L');
        std::map<char, unsigned> counts;
        for (const auto& [at, kind] : kinds) m_labels.emplace(at, fmt::format("{}{}", kind, ++counts[kind]));
    }

    /// Where a jump table's entries lead; it ends where other data begins.
    [[nodiscard]] std::vector<uint32_t> table_targets(uint32_t table, const std::map<uint32_t, char>& kinds) const
    {
        std::vector<uint32_t> targets;
        const auto next = kinds.upper_bound(table);
        const auto end = next == kinds.end() ? static_cast<uint32_t>(m_code.bytes.size()) : next->first;
        for (uint32_t at = table; at + 4 <= end; at += 4) {
            int32_t distance;
            std::memcpy(&distance, m_code.bytes.data() + at, sizeof distance);
            if (distance >= 0) break;  // padding: code comes before its tables
            targets.push_back(static_cast<uint32_t>(static_cast<int32_t>(table) + distance));
        }
        return targets;
    }

    [[nodiscard]] std::string with_names(const Instruction& i) const
    {
        if (i.relocation != nullptr)
            return fmt::format("{} [slot of function {}]{}", i.text.substr(0, i.text.find(' ')), i.relocation->target.value,
                               m_comment ? m_comment(i.relocation->target) : std::string{});
        const std::optional<uint32_t> target = i.branch_target ? i.branch_target : i.data_target;
        if (!target) return i.text;
        const std::string number = fmt::format("0x{:02X}", *target);
        const size_t at = i.text.rfind(number);
        if (at == std::string::npos) return i.text;
        std::string text = i.text;
        return text.replace(at, number.size(), m_labels.at(*target));
    }

    [[nodiscard]] std::string sites_of(const Instruction& i) const
    {
        std::string text;
        for (const CodeSite& s : m_code.sites) {
            if (s.kind == CodeSite::Kind::call ? s.code_offset != i.offset + i.length : s.code_offset != i.offset) continue;
            const char* const kind = s.kind == CodeSite::Kind::call          ? "call"
                                   : s.kind == CodeSite::Kind::memory_access ? "access"
                                                                             : "trap";
            text += fmt::format("  ; {} @{}", s.kind == CodeSite::Kind::trap ? runtime::to_string(s.trap) : kind, s.wasm_offset);
            if (s.inlined_by != 0) text += fmt::format(" of function {}", m_code.inlined_calls[s.inlined_by - 1u].callee);
        }
        return text;
    }

    void append_data(std::vector<Line>& lines) const
    {
        for (auto label = m_labels.lower_bound(m_data_begin); label != m_labels.end(); ++label) {
            if (label->second.front() == 'T') {
                std::string line = label->second + ":";
                std::map<uint32_t, char> following;
                if (const auto next = std::next(label); next != m_labels.end()) following.emplace(next->first, ' ');
                for (const uint32_t target : table_targets(label->first, following)) line += " " + m_labels.at(target);
                lines.push_back({line, std::nullopt});
                continue;
            }
            const auto next = std::next(label);
            const size_t end = next == m_labels.end() ? m_code.bytes.size() : next->first;
            std::string line = label->second + ":";
            for (size_t at = label->first; at < end; ++at)
                line += fmt::format(" {:02x}", std::to_integer<unsigned>(m_code.bytes[at]));
            lines.push_back({line, std::nullopt});
        }
    }

    const runtime::CompiledCode& m_code;
    const Comment& m_comment;
    ZydisDecoder m_decoder;
    ZydisFormatter m_formatter;
    uint32_t m_data_begin = 0;
    std::vector<Instruction> m_instructions;
    std::map<uint32_t, std::string> m_labels;
};

}  // namespace

std::vector<Line> disassemble(const runtime::CompiledCode& code, const Comment& comment)
{
    return Disassembler{code, comment}.run();
}

}  // namespace weir::listing
