#include "weir/weir.hpp"

#include <gtest/gtest.h>

#include <sys/mman.h>
#include <unistd.h>

#include <string>

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

}  // namespace
}  // namespace weir::test
