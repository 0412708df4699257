#include "host/bind.hpp"

#include "support/execution.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <string_view>

namespace {

using namespace weir;
using host::Binder;
using host::GuestSpan;
using runtime::HostParameter;

enum class Status : uint16_t { success, fault, invalid, refused };
enum class Narrow : uint8_t {};

struct TestWorld {
    static constexpr Status fault = Status::fault, invalid_argument = Status::invalid;
    int calls = 0;
    uint64_t seen = 0;
};
using Context = host::Context<TestWorld>;
template <class T>
using Result = host::HostResult<T, Status>;

Result<uint64_t> answer(Context& cx, uint32_t a, uint64_t b, GuestSpan<uint8_t> c, Narrow d) noexcept
{
    ++cx.world.calls;
    cx.world.seen = a + b + c.address + c.count + static_cast<uint64_t>(d);
    if (a == 99) return Status::refused;
    return uint64_t{0x1122334455667788};
}
Result<std::pair<uint32_t, uint16_t>> two_answers(Context&) noexcept { return std::pair{uint32_t{7}, uint16_t{8}}; }
Result<std::monostate> ends_on_demand(Context& cx, uint32_t code) noexcept
{
    if (code != 0) cx.exit_code = code;
    return std::monostate{};
}
host::Stop stops(Context&, uint32_t code) noexcept { return {code}; }
Result<uint32_t> may_throw(Context&) { return 1U; }

// The wasm type comes from the signature.
using AnswerBinder = Binder<answer>;
static_assert(AnswerBinder::params == std::array{wasm::i32, wasm::i64, wasm::i32, wasm::i32, wasm::i32, wasm::i32});
static_assert(AnswerBinder::results == std::array{wasm::i32});
static_assert(Binder<stops>::params == std::array{wasm::i32} && Binder<stops>::results.empty());
static_assert(AnswerBinder::parameters[2].kind == HostParameter::Kind::span &&
              AnswerBinder::parameters[3].kind == HostParameter::Kind::length);
static_assert(AnswerBinder::parameters[5].kind == HostParameter::Kind::result && AnswerBinder::parameters[5].type->name == "u64");

template <auto function> concept Binds = requires { Binder<function>::params; };
static_assert(Binds<answer> && !Binds<may_throw>);

class Bind : public testing::Test {
protected:
    // (module (memory (export "memory") 1 1))
    Bind() : m_guest(test::engine_modes[0], test::wat("", "0061736d01000000050401010101070a01066d656d6f72790200")) {}

    template <auto function>
    uint32_t call(std::initializer_list<uint64_t> arguments)
    {
        runtime::HostFunctionContext context{};
        context.exec = m_guest.instance()->context().exec;
        context.instance = m_guest.instance();
        context.data = &world;
        runtime::Value values[8]{};
        size_t i = 0;
        for (const uint64_t a : arguments) values[i++].i64 = a;
        returned = Binder<function>::entry(context, values);
        return values[0].i32;
    }
    uint64_t u64_at(uint32_t at)
    {
        uint64_t value;
        std::memcpy(&value, m_guest.memory().data() + at, sizeof value);
        return value;
    }

    TestWorld world;
    bool returned = false;

private:
    test::Guest m_guest;
};

TEST_F(Bind, decodes_arguments_and_stores_the_result)
{
    EXPECT_EQ(call<answer>({1, 2, 3, 4, 5, 800}), 0U);
    EXPECT_EQ(world.seen, 15U);
    EXPECT_EQ(u64_at(800), 0x1122334455667788U);
    EXPECT_EQ(u64_at(792), 0U);
    EXPECT_EQ(u64_at(808), 0U);
}

TEST_F(Bind, ignores_the_upper_half_of_an_i32)
{
    EXPECT_EQ(call<answer>({0xFFFFFFFF00000001, 2, 3, 4, 0xFFFFFFFF00000005, 800}), 0U);
    EXPECT_EQ(world.seen, 15U);
}

TEST_F(Bind, stores_no_result_with_a_refusal)
{
    EXPECT_EQ(call<answer>({99, 0, 0, 0, 0, 800}), static_cast<uint32_t>(Status::refused));
    EXPECT_EQ(u64_at(800), 0U);
}

TEST_F(Bind, answers_fault_before_any_effect_when_the_result_has_no_place)
{
    for (const uint64_t at : {65529U, 65536U, 0xFFFFFFFFU, 0xFFFFFFF8U})
        EXPECT_EQ(call<answer>({1, 0, 0, 0, 0, at}), static_cast<uint32_t>(Status::fault)) << at;
    EXPECT_EQ(world.calls, 0);
    EXPECT_EQ(call<answer>({1, 0, 0, 0, 0, 65528}), 0U);
    EXPECT_EQ(world.calls, 1);
}

TEST_F(Bind, refuses_what_a_narrow_type_cannot_hold)
{
    EXPECT_EQ(call<answer>({1, 0, 0, 0, 256, 800}), static_cast<uint32_t>(Status::invalid));
    EXPECT_EQ(call<answer>({1, 0, 0, 0, 255, 800}), 0U);
}

TEST_F(Bind, stores_two_results_at_two_pointers)
{
    EXPECT_EQ(call<two_answers>({800, 804}), 0U);
    EXPECT_EQ(u64_at(800), 0x0000000800000007U);
    EXPECT_EQ(call<two_answers>({800, 65535}), static_cast<uint32_t>(Status::fault));
}

TEST_F(Bind, leaves_the_guest_only_when_the_function_says_so)
{
    EXPECT_EQ(call<ends_on_demand>({0}), 0U);
    EXPECT_TRUE(returned);
    call<ends_on_demand>({3});
    EXPECT_FALSE(returned);
    call<stops>({3});
    EXPECT_FALSE(returned);
}

}  // namespace
