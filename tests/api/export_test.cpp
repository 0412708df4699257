#include "weir/weir.hpp"

#include <gtest/gtest.h>

#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>

// The demos' libraries, called as an embedder calls them.

namespace weir::test {
namespace {

template <class T>
T must(Result<T> result)
{
    if (!result) {
        ADD_FAILURE() << result.error().to_string();
        std::abort();
    }
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

/// Where a guest writes to.
class Output {
public:
    Output() : m_fd(::memfd_create("output", MFD_CLOEXEC)) {}
    ~Output() { ::close(m_fd); }
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;
    [[nodiscard]] int fd() const { return m_fd; }
    /// What was written since the last time.
    std::string take()
    {
        std::string text(static_cast<size_t>(::lseek(m_fd, 0, SEEK_CUR)), '\0');
        EXPECT_EQ(::pread(m_fd, text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
        EXPECT_EQ(::ftruncate(m_fd, 0), 0);
        EXPECT_EQ(::lseek(m_fd, 0, SEEK_SET), 0);
        return text;
    }

private:
    int m_fd;
};

struct Exports : testing::TestWithParam<const char*> {
    Engine engine = must(Engine::create());
    Linker linker{engine};
    Output output;
    Prepared prepare(const std::string& file)
    {
        linker.define_wasi({.arguments = {"guest"}, .stdout_fd = output.fd()});
        return must(linker.prepare(must(Module::from_file(engine, file))));
    }
    static Instance begin(const Prepared& prepared)
    {
        Instance instance = must(prepared.instantiate());
        must(must(instance.get<void()>("_initialize"))());
        return instance;
    }
};

constexpr const char* first_primes = "2\n3\n5\n7\n11\n13\n17\n19\n23\n29\n";

TEST_P(Exports, are_called_several_times_in_one_instance)
{
    const Prepared prepared = prepare(GetParam());
    for (int i = 0; i < 2; ++i) {
        const Instance instance = begin(prepared);
        const auto primes = must(instance.get<void(int32_t)>("primes"));
        must(primes(10));
        EXPECT_EQ(output.take(), first_primes);
        must(primes(0));
        EXPECT_EQ(output.take(), "");
        must(primes(3));
        EXPECT_EQ(output.take(), "2\n3\n5\n");
    }
}

TEST_P(Exports, a_stop_in_the_middle_is_followed_by_a_fresh_instance)
{
    const Prepared prepared = prepare(GetParam());
    {
        const Instance instance = begin(prepared);
        const auto primes = must(instance.get<void(int32_t)>("primes"));
        instance.interrupter().stop();
        const auto stopped = primes(10);
        ASSERT_FALSE(stopped);
        EXPECT_EQ(stopped.error().trap, TrapKind::interrupted);
    }
    output.take();
    const Instance instance = begin(prepared);
    must(must(instance.get<void(int32_t)>("primes"))(10));
    EXPECT_EQ(output.take(), first_primes);
}

INSTANTIATE_TEST_SUITE_P(Demos, Exports, testing::Values("build/demos/export.wasm", "build/demos/go/export.wasm"),
                         [](const auto& test) { return std::string{test.index == 0 ? "cpp" : "go"}; });

TEST_F(Exports, goroutines_live_from_call_to_call)
{
    linker.define("host", "fail", [] {});
    const Prepared prepared = prepare("build/demos/goroutines.wasm");
    const Instance one = begin(prepared), two = begin(prepared);
    const auto next = must(one.get<int32_t()>("next")), next_of_two = must(two.get<int32_t()>("next"));
    must(must(one.get<void(int32_t)>("begin"))(10));
    must(must(two.get<void(int32_t)>("begin"))(50));
    for (int i = 0; i < 100; ++i) {
        EXPECT_EQ(must(next()), 10 + i);
        EXPECT_EQ(must(next_of_two()), 50 + i);
    }
}

TEST_F(Exports, a_trap_in_a_goroutine_is_followed_by_a_fresh_instance)
{
    bool does_fail = true;
    linker.define("host", "fail", [&]() -> Result<void> {
        if (does_fail) return Unexpected{Error::failure("as asked for")};
        return {};
    });
    const Prepared prepared = prepare("build/demos/goroutines.wasm");
    {
        const Instance instance = begin(prepared);
        const auto failed = must(instance.get<int32_t()>("fail_between"))();
        ASSERT_FALSE(failed);
        EXPECT_EQ(failed.error().message, "as asked for");
        EXPECT_GE(failed.error().backtrace.size(), 1U);
    }
    does_fail = false;
    const Instance instance = begin(prepared);
    EXPECT_EQ(must(must(instance.get<int32_t()>("fail_between"))()), 1);
}

/// The guest of views.cpp, with text and arrays put into its memory and taken out of it.
struct Views : Exports {
    void SetUp() override
    {
        linker.define("host", "replace",
                      [](const Caller& caller, uint32_t text, uint32_t size, int32_t what, uint32_t by, uint32_t by_size) {
                          std::string replaced;
                          for (const char c : caller.memory().text(text, size).value_or("?")) {
                              if (c == static_cast<char>(what)) replaced += caller.memory().text(by, by_size).value_or("?");
                              else replaced += c;
                          }
                          EXPECT_TRUE(caller.memory().write(answer_place, replaced));
                          return static_cast<int64_t>(uint64_t{answer_place} | uint64_t{replaced.size()} << 32);
                      });
        prepared.emplace(prepare("build/demos/views.wasm"));
        instance.emplace(begin(*prepared));
        memory = must(instance->memory());
    }
    /// Text as the guest's parameters name it.
    uint32_t put(std::string_view text)
    {
        const uint32_t place = must(must(instance->get<uint32_t(uint32_t)>("room"))(static_cast<uint32_t>(text.size())));
        EXPECT_TRUE(memory.write(place, text));
        return place;
    }
    [[nodiscard]] std::string take(int64_t packed) const
    {
        const auto bits = static_cast<uint64_t>(packed);
        return memory.text(bits & 0xffff'ffff, bits >> 32).value_or("outside");
    }

    static constexpr uint32_t answer_place = 16;  // below what the linker uses
    std::optional<Prepared> prepared;
    std::optional<Instance> instance;
    Memory memory;
};

TEST_F(Views, text_is_an_address_and_a_size_and_comes_back_as_one_number)
{
    const auto shout = must(instance->get<int64_t(uint32_t, uint32_t, int32_t)>("shout"));
    EXPECT_EQ(take(must(shout(put("hello"), 5, 1))), "hello!");
    EXPECT_EQ(take(must(shout(put("hello"), 4, 0))), "hell");
    EXPECT_EQ(take(must(shout(0, 0, 0))), "");
}

TEST_F(Views, spans_stand_among_other_parameters)
{
    const auto sum = must(instance->get<int64_t(int64_t, uint32_t, uint32_t, double)>("sum"));
    const std::array<int64_t, 3> numbers{1, 2, 3};
    const uint32_t place = put({reinterpret_cast<const char*>(numbers.data()), sizeof numbers});
    EXPECT_EQ(must(sum(10, place, 3, 2.0)), 32);
    EXPECT_EQ(must(sum(10, place, 0, 1.0)), 10);
    const auto count_to = must(instance->get<int64_t(uint32_t)>("count_to"));
    const auto packed = static_cast<uint64_t>(must(count_to(3)));
    EXPECT_EQ(packed >> 32, 3U);
    for (uint64_t i = 0; i < 3; ++i) EXPECT_EQ(memory.load<int64_t>((packed & 0xffff'ffff) + i * 8), static_cast<int64_t>(i + 1));
}

TEST_F(Views, imports_take_and_answer_text_as_well)
{
    const auto ask = must(instance->get<int64_t(uint32_t, uint32_t)>("ask_host"));
    EXPECT_EQ(take(must(ask(put("to do"), 5))), "t00 d00");
    must(must(instance->get<void()>("nothing"))());
}

}  // namespace
}  // namespace weir::test
