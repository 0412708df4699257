#include "memory_model.hpp"

#include <algorithm>
#include <cstring>

namespace weir::test {

using wasm::ValKind;

namespace {

constexpr wasm::Signature signature_table[] = {
#define WEIR_SIGNATURE(ident, ...) wasm::signatures::ident,
#include "wasm/signatures.def"
#undef WEIR_SIGNATURE
};

void write_unsigned(std::span<std::byte> bytes, uint64_t v)
{
    for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(v >> (8 * i) & 0xffU);
}

uint64_t sign_extended(uint64_t v, uint32_t bits)
{
    return bits == 64 ? v : (v ^ uint64_t{1} << (bits - 1)) - (uint64_t{1} << (bits - 1));
}

/// A v128 that is written lane by lane.
struct Vector {
    std::array<std::byte, 16> bytes{};
    explicit Vector(const TypedValue& v = {})
    {
        write_unsigned(std::span{bytes}.first(8), v.bits);
        write_unsigned(std::span{bytes}.last(8), v.high);
    }
    std::span<std::byte> lane(size_t index, size_t width) { return std::span{bytes}.subspan(index * width, width); }
    [[nodiscard]] TypedValue value() const
    {
        return v128(read_unsigned(std::span{bytes}.first(8)), read_unsigned(std::span{bytes}.last(8)));
    }
};

TypedValue scalar(ValKind kind, uint64_t bits)
{
    return {kind, kind == ValKind::i32 || kind == ValKind::f32 ? bits & 0xffff'ffffU : bits};
}

TypedValue load_vector(const MemoryAccess& access, std::span<const std::byte> at, std::span<const TypedValue> operands)
{
    const std::string_view name = access.op->text();
    Vector v{access.is_lane() ? operands[0] : TypedValue{}};
    if (access.is_lane()) {
        std::ranges::copy(at, v.lane(access.lane, at.size()).begin());
    } else if (name.ends_with("_splat")) {
        for (size_t i = 0; i < 16 / at.size(); ++i) std::ranges::copy(at, v.lane(i, at.size()).begin());
    } else if (name.ends_with("_s") ||
               name.ends_with("_u")) {  // v128.load8x8_s: eight lanes of eight bits, each widened to sixteen
        const size_t width = name.contains("8x8") ? 1 : name.contains("16x4") ? 2 : 4;
        for (size_t i = 0; i < 8 / width; ++i) {
            const uint64_t lane = read_unsigned(at.subspan(i * width, width));
            write_unsigned(v.lane(i, 2 * width),
                           name.ends_with("_s") ? sign_extended(lane, static_cast<uint32_t>(8 * width)) : lane);
        }
    } else {  // v128.load, and with zeros above v128.load32_zero
        std::ranges::copy(at, v.bytes.begin());
    }
    return v.value();
}

uint64_t combined(std::string_view name, uint64_t old, uint64_t operand)
{
    if (name.contains(".add")) return old + operand;
    if (name.contains(".sub")) return old - operand;
    if (name.contains(".and")) return old & operand;
    if (name.contains(".or")) return old | operand;
    if (name.contains(".xor")) return old ^ operand;
    return operand;  // xchg
}

}  // namespace

uint64_t read_unsigned(std::span<const std::byte> bytes)
{
    uint64_t v = 0;
    for (size_t i = 0; i < bytes.size(); ++i) v |= std::to_integer<uint64_t>(bytes[i]) << (8 * i);
    return v;
}

const wasm::Signature& MemoryAccess::signature() const { return signature_table[static_cast<size_t>(op->signature)]; }

void MemoryAccess::append_to(Code& code, uint64_t offset, uint32_t memory) const
{
    code.mem(op->opcode, op->align_log2, offset, memory);
    if (is_lane()) code.u8(lane);
}

std::vector<MemoryAccess> all_memory_accesses()
{
    std::vector<MemoryAccess> accesses;
    for (const wasm::OpInfo& op : wasm::op_table) {
        if (op.align_log2 == wasm::none) continue;
        accesses.push_back({&op, 0});
        if (accesses.back().is_lane()) accesses.push_back({&op, 16 / accesses.back().width() - 1});
    }
    return accesses;
}

std::optional<TypedValue> perform(const MemoryAccess& access, std::span<std::byte> at, std::span<const TypedValue> operands)
{
    const std::string_view name = access.op->text();
    const wasm::Signature& signature = access.signature();
    if (name == "memory.atomic.notify") return i32(0);  // nobody waits
    if (name.contains(".store")) {
        Vector v{operands[0]};
        std::ranges::copy(v.lane(access.lane, at.size()), at.begin());
        return std::nullopt;
    }
    const ValKind kind = signature.results[0].kind();
    if (kind == ValKind::v128) return load_vector(access, at, operands);
    const uint64_t old = read_unsigned(at);
    if (name.contains(".cmpxchg")) {
        const uint64_t mask = at.size() == 8 ? ~uint64_t{0} : (uint64_t{1} << 8 * at.size()) - 1;
        if (old == (operands[0].bits & mask)) write_unsigned(at, operands[1].bits);
    } else if (name.contains(".rmw")) {
        write_unsigned(at, combined(name, old, operands[0].bits));
    }
    return scalar(kind, name.ends_with("_s") ? sign_extended(old, 8 * access.width()) : old);
}

}  // namespace weir::test
