#include "runtime/const_expr.hpp"

#include "base/leb128.hpp"
#include "runtime/instance.hpp"
#include "wasm/reader.hpp"

#include <optional>
#include <vector>

namespace weir::runtime {

namespace {

class Evaluator {
public:
    explicit Evaluator(const Instance& instance) : m_instance(instance) {}
    [[nodiscard]] Value result() const { return m_stack.empty() ? Value{} : m_stack.back(); }

    void at(uint32_t) {}
#define WEIR_OP(code, ident, text, imm, ...) \
    bool ident(const wasm::imm& i) { return run<wasm::Opcode::ident>(i); }
#include "wasm/opcodes.def"
#undef WEIR_OP

private:
    template <wasm::Opcode op, class Imm>
    bool run([[maybe_unused]] const Imm& imm)
    {
        using enum wasm::Opcode;
        Value v{};
        v.i64 = 0;
        if constexpr (op == end) return true;
        else if constexpr (op == i32_const) v.i32 = static_cast<uint32_t>(imm.value);
        else if constexpr (op == i64_const) v.i64 = static_cast<uint64_t>(imm.value);
        else if constexpr (op == f32_const) v.f32_bits = imm.bits;
        else if constexpr (op == f64_const) v.f64_bits = imm.bits;
        else if constexpr (op == v128_const) v.v128 = imm.bytes;
        else if constexpr (op == ref_null) v.ref = 0;
        else if constexpr (op == ref_func) v.ref = reinterpret_cast<uint64_t>(m_instance.function(imm));
        else if constexpr (op == global_get) v = *m_instance.global_cell(imm);
        else if constexpr (op == i32_add || op == i32_sub || op == i32_mul || op == i64_add || op == i64_sub || op == i64_mul)
            return binary<op>();
        else return false;
        m_stack.push_back(v);
        return true;
    }

    template <wasm::Opcode op>
    bool binary()
    {
        using enum wasm::Opcode;
        const Value b = m_stack.back();
        m_stack.pop_back();
        Value& a = m_stack.back();
        if constexpr (op == i32_add) a.i32 += b.i32;
        if constexpr (op == i32_sub) a.i32 -= b.i32;
        if constexpr (op == i32_mul) a.i32 *= b.i32;
        if constexpr (op == i64_add) a.i64 += b.i64;
        if constexpr (op == i64_sub) a.i64 -= b.i64;
        if constexpr (op == i64_mul) a.i64 *= b.i64;
        return true;
    }

    const Instance& m_instance;
    std::vector<Value> m_stack;
};

}  // namespace

std::optional<uint32_t> constant_i32(const wasm::ConstExpr& expr)
{
    const auto* next = reinterpret_cast<const uint8_t*>(expr.bytes.data());
    if (*next++ != static_cast<uint8_t>(wasm::Opcode::i32_const)) return std::nullopt;
    const auto value = static_cast<uint32_t>(read_trusted_signed_leb(next));
    if (*next != static_cast<uint8_t>(wasm::Opcode::end)) return std::nullopt;
    return value;
}

Value evaluate(const wasm::ConstExpr& expr, const Instance& instance)
{
    if (const auto constant = constant_i32(expr)) {
        Value value{};
        value.i64 = *constant;
        return value;
    }
    Evaluator evaluator{instance};
    wasm::read_trusted(instance.module(), expr.bytes, expr.offset_bytes, evaluator);
    return evaluator.result();
}

}  // namespace weir::runtime
