// Runs a guest a thousand times, on two threads, each time in an instance of its own, and says what it cost.
// Usage: embed GUEST      (build/demos/embed.wasm, which  make embed  builds)

#include <weir/weir.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

namespace {

/// What an embedder does with an error is its own affair; this one gives up.
template <class T>
T must(weir::Result<T> result)
{
    if (!result) {
        std::fprintf(stderr, "embed: %s\n", result.error().to_string().c_str());
        std::exit(1);
    }
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

/// One request's worth of work: a fresh instance, which finds ten primes.
std::vector<int32_t> run_once(const weir::Prepared& prepared)
{
    std::vector<int32_t> found;
    weir::Instance instance = must(prepared.instantiate());
    instance.set_data(&found);  // for the host function
    must(must(instance.get<void()>("_initialize"))());
    const auto primes = must(instance.get<void(int32_t)>("primes"));
    must(primes(10));
    return found;
}

}  // namespace

int main(int argc, char** argv)
{
    if (argc != 2) {
        std::fprintf(stderr, "usage: embed GUEST\n");
        return 2;
    }
    using Clock = std::chrono::steady_clock;
    const auto us_since = [](Clock::time_point begin) {
        return std::chrono::duration<double, std::micro>(Clock::now() - begin).count();
    };
    const auto begin = Clock::now();
    const weir::Engine engine = must(weir::Engine::create());
    const weir::Module module = must(weir::Module::from_file(engine, argv[1]));

    std::atomic<int> calls{0};
    weir::Linker linker{engine};
    linker.define_wasi();
    linker.define("host", "found", [&calls](const weir::Caller& caller, int32_t prime) {
        ++calls;
        static_cast<std::vector<int32_t>*>(caller.data())->push_back(prime);
    });
    const weir::Prepared prepared = must(linker.prepare(module));
    run_once(prepared);  // compiles what is called
    calls = 0;
    const double preparation_us = us_since(begin);

    constexpr int instances = 1000, threads = 2;
    std::atomic<int> next{0}, right{0};
    const auto run_begin = Clock::now();
    {
        std::vector<std::thread> workers;
        for (int t = 0; t < threads; ++t)
            workers.emplace_back([&] {
                const std::vector<int32_t> expected{2, 3, 5, 7, 11, 13, 17, 19, 23, 29};
                while (next++ < instances)
                    if (run_once(prepared) == expected) ++right;
            });
        for (std::thread& worker : workers) worker.join();
    }
    const double run_us = us_since(run_begin);

    if (right != instances) {
        std::fprintf(stderr, "embed: %d of %d instances found other numbers\n", instances - right, instances);
        return 1;
    }
    std::printf("loaded, validated, linked and compiled in %.1f ms\n", preparation_us / 1000);
    std::printf("%d instances on %d threads: each found the primes up to 29, host function called %d times\n", instances, threads,
                calls.load());
    std::printf("%.1f us each: instantiate, ten primes, give back; %zu instances wait to be used again\n",
                run_us * threads / instances, prepared.idle_count());
}
