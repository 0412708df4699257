#include "compile_process/protocol.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <functional>
#include <thread>

namespace weir::compile_process {
namespace {

using runtime::CodeSite;
using runtime::CompiledCode;
using runtime::CompileError;
using runtime::Relocation;

class Protocol : public testing::Test {
protected:
    void SetUp() override
    {
        int ends[2];
        ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
        near.reset(ends[0]);
        far.reset(ends[1]);
        module.imported_function_count = 1;
        module.bodies.resize(2);
    }
    /// What arrives when the other side does `talk` and goes.
    Result<Result<void, CompileError>, SysError> hear(const std::function<void(int)>& talk, CompiledCode& code)
    {
        const std::jthread other{[&] {
            talk(far.get());
            far.reset();
        }};
        return receive_code(near.get(), module, code);
    }
    static CompiledCode some_code()
    {
        CompiledCode code;
        code.bytes.resize(64, std::byte{0x90});
        code.sites = {{4, 1, CodeSite::Kind::call, runtime::TrapKind::none, 2}};
        code.inlined_calls = {{1, 20, 0}, {2, 30, 1}};
        code.relocations = {{8, wasm::FuncIdx{2}}};
        code.alignment_bytes = 32;
        return code;
    }
    void expect_refused(const CompiledCode& code)
    {
        CompiledCode heard;
        const auto answer = hear([&](int socket) { EXPECT_TRUE(send_code(socket, {}, code)); }, heard);
        ASSERT_FALSE(answer);
        EXPECT_EQ(answer.error().code, EPROTO);
    }
    UniqueFd near, far;
    wasm::Module module;
};

TEST_F(Protocol, code_arrives_as_it_was)
{
    const CompiledCode code = some_code();
    CompiledCode heard;
    const auto answer = hear([&](int socket) { EXPECT_TRUE(send_code(socket, {}, code)); }, heard);
    ASSERT_TRUE(answer && *answer);
    EXPECT_EQ(heard.bytes, code.bytes);
    EXPECT_EQ(heard.alignment_bytes, 32U);
    ASSERT_EQ(heard.sites.size(), 1U);
    EXPECT_EQ(heard.sites[0].code_offset, 4U);
    EXPECT_EQ(heard.sites[0].inlined_by, 2U);
    ASSERT_EQ(heard.inlined_calls.size(), 2U);
    EXPECT_EQ(heard.inlined_calls[1].callee, 2U);
    EXPECT_EQ(heard.inlined_calls[1].wasm_offset, 30U);
    EXPECT_EQ(heard.inlined_calls[1].inlined_by, 1U);
    ASSERT_EQ(heard.relocations.size(), 1U);
    EXPECT_EQ(heard.relocations[0].target, wasm::FuncIdx{2});
}

TEST_F(Protocol, errors_arrive_with_their_words)
{
    CompiledCode heard;
    const auto answer =
        hear([](int socket) { EXPECT_TRUE(send_code(socket, Unexpected{CompileError{"not this one"}}, {})); }, heard);
    ASSERT_TRUE(answer);
    ASSERT_FALSE(*answer);
    EXPECT_EQ(answer->error().message, "not this one");
}

TEST_F(Protocol, an_end_in_the_middle_is_an_error)
{
    CompiledCode heard;
    const Reply reply{
        .is_ok = 1, .alignment_bytes = 16, .code_bytes = 100, .sites = 0, .inlined_calls = 0, .relocations = 0, .message_bytes = 0};
    const auto answer = hear([&](int socket) { EXPECT_TRUE(send(socket, as_bytes(reply))); }, heard);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ECONNRESET);
}

TEST_F(Protocol, sizes_beyond_all_measure_are_refused_before_memory_is_taken)
{
    CompiledCode heard;
    const Reply reply{.is_ok = 1,
                      .alignment_bytes = 16,
                      .code_bytes = UINT32_MAX,
                      .sites = 0,
                      .inlined_calls = 0,
                      .relocations = 0,
                      .message_bytes = 0};
    const auto answer = hear([&](int socket) { EXPECT_TRUE(send(socket, as_bytes(reply))); }, heard);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, EPROTO);
}

TEST_F(Protocol, a_field_outside_the_code_is_refused)
{
    CompiledCode code = some_code();
    code.relocations[0].code_offset = 61;
    expect_refused(code);
}

TEST_F(Protocol, a_counter_field_needs_a_byte_more)
{
    CompiledCode code = some_code();
    code.relocations[0] = {60, wasm::FuncIdx{1}, Relocation::Kind::loops};
    expect_refused(code);
}

TEST_F(Protocol, a_function_that_is_imported_or_not_there_is_refused)
{
    CompiledCode code = some_code();
    code.relocations[0].target = wasm::FuncIdx{0};
    expect_refused(code);
    SetUp();
    code.relocations[0].target = wasm::FuncIdx{3};
    expect_refused(code);
}

TEST_F(Protocol, inlined_calls_that_lead_nowhere_are_refused)
{
    CompiledCode code = some_code();
    code.sites[0].inlined_by = 3;
    expect_refused(code);
    SetUp();
    code = some_code();
    code.inlined_calls[1].inlined_by = 2;  // by itself
    expect_refused(code);
    SetUp();
    code = some_code();
    code.inlined_calls[0].callee = 0;  // imported
    expect_refused(code);
}

TEST_F(Protocol, sites_out_of_order_are_refused)
{
    CompiledCode code = some_code();
    code.sites.push_back({2, 1, CodeSite::Kind::call, runtime::TrapKind::none});
    expect_refused(code);
}

TEST_F(Protocol, an_alignment_that_is_none_is_refused)
{
    CompiledCode code = some_code();
    code.alignment_bytes = 24;
    expect_refused(code);
}

TEST_F(Protocol, a_descriptor_goes_along)
{
    const Hello hello{build_id()};
    ASSERT_TRUE(send(far.get(), as_bytes(hello), near.get()));
    Hello heard{};
    UniqueFd descriptor;
    ASSERT_TRUE(receive(near.get(), as_writable_bytes(heard), &descriptor));
    EXPECT_EQ(heard.build, hello.build);
    EXPECT_TRUE(descriptor);
}

}  // namespace
}  // namespace weir::compile_process
