// weir-differential: runs modules in one configuration of weir and writes what they did (transcript.hpp), for tests/differential/differ.

#include "base/mapping.hpp"
#include "base/unique_fd.hpp"
#include "baseline/baseline.hpp"
#include "differential/transcript.hpp"
#include "optimizing/optimizing.hpp"
#include "unit/baseline/random_program.hpp"

#include <CLI/CLI.hpp>
#include <fcntl.h>
#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <string>

namespace {

using namespace weir;
using runtime::BoundsPolicy;

struct Configuration {
    const char* name;
    enum class Tiers : uint8_t { baseline, floor, optimized, stress } tiers;
    BoundsPolicy bounds;
};
// clang-format off
constexpr std::array configurations{
    Configuration{"baseline",          Configuration::Tiers::baseline,  BoundsPolicy::guard},
    Configuration{"baseline-checked",  Configuration::Tiers::baseline,  BoundsPolicy::checked},
    Configuration{"floor",             Configuration::Tiers::floor,     BoundsPolicy::guard},
    Configuration{"floor-checked",     Configuration::Tiers::floor,     BoundsPolicy::checked},
    Configuration{"optimized",         Configuration::Tiers::optimized, BoundsPolicy::guard},
    Configuration{"optimized-checked", Configuration::Tiers::optimized, BoundsPolicy::checked},
    Configuration{"stress",            Configuration::Tiers::stress,    BoundsPolicy::guard},
    Configuration{"stress-checked",    Configuration::Tiers::stress,    BoundsPolicy::checked},
};
// clang-format on

runtime::EngineConfig engine_config(const Configuration& configuration, size_t idle_memories)
{
    using Tiers = Configuration::Tiers;
    runtime::EngineConfig config{.bounds = configuration.bounds, .max_idle_memories = idle_memories};
    config.guest_stack_bytes =
        size_t{256} << 20;  // far beyond what a guest's fuel allows it to use: how large frames are shall not show
    config.compiler = baseline::create_compiler(configuration.tiers == Tiers::floor ? baseline::CpuFeatures::floor()
                                                                                    : baseline::CpuFeatures::host());
    if (configuration.tiers == Tiers::optimized) config.compiler = optimizing::create_compiler(config.compiler);
    if (configuration.tiers == Tiers::stress) {
        config.optimizer = optimizing::create_compiler(config.compiler);
        config.tiers = runtime::TierPolicy::eager;
    }
    return config;
}

std::string run_file(const std::shared_ptr<runtime::Engine>& engine, const std::string& path)
{
    const UniqueFd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!file) return "refused cannot be opened\n";
    const auto mapped = Mapping::map_file(file.get(), path);
    return mapped ? differential::run_module(engine, mapped->bytes()) : "refused cannot be read\n";
}

int run_all(const Configuration& configuration, size_t idle_memories)
{
    auto engine = runtime::Engine::create(engine_config(configuration, idle_memories));
    if (!engine) {
        fmt::print(stderr, "weir-differential: {}\n", engine.error().to_string());
        return 1;
    }
    for (std::string path; std::getline(std::cin, path);) {
        // Said before anything can go wrong.
        fmt::print("module {}\n", path);
        std::fflush(stdout);
        fmt::print("{}", run_file(*engine, path));
    }
    fmt::print("end\n");
    return 0;
}

int write_program(uint64_t seed, const std::string& path)
{
    const auto bytes = test::encode(test::make_program(seed), test::Nans::canonical);
    std::ofstream file{path, std::ios::binary};
    file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    return file.flush() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv)
{
    CLI::App app{"Runs the modules named on standard input, a path a line"};
    std::string configuration = "baseline", path;
    size_t idle_memories = 64;
    uint64_t seed = 0;
    app.add_option("--config", configuration, "how they are run")->check([](const std::string& name) {
        for (const auto& known : configurations)
            if (name == known.name) return std::string{};
        return "there is no configuration " + name;
    });
    app.add_option("--idle-memories", idle_memories, "how many ended memories are kept");
    auto* const write = app.add_option("--write-program", path, "only write the random program of --seed to this file");
    app.add_option("--seed", seed)->needs(write);
    CLI11_PARSE(app, argc, argv);
    if (!path.empty()) return write_program(seed, path);
    for (const auto& known : configurations)
        if (configuration == known.name) return run_all(known, idle_memories);
    return 1;
}
