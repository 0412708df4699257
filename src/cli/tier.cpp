#include "cli/tier.hpp"

#include "compile_process/fallback.hpp"
#include "compile_process/remote_compiler.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace weir::cli {

namespace {

#ifdef WEIR_LLVM
constexpr bool has_optimizer = true;
#else
constexpr bool has_optimizer = false;
#endif

}  // namespace

void choose_tiers(Tier tier, runtime::EngineConfig& config)
{
    if (tier == Tier::baseline || !has_optimizer) return;
    auto optimizer = compile_process::create_remote_compiler(config.compiler);
    if (tier == Tier::optimized) {
        config.compiler = compile_process::create_fallback_compiler(std::move(optimizer), config.compiler);
        return;
    }
    config.optimizer = std::move(optimizer);
    config.tiers = tier == Tier::stress ? runtime::TierPolicy::eager : runtime::TierPolicy::by_heat;
}

Result<void, Problem> check_optimizer(std::string hint)
{
    Problem problem{.error = "there is no optimizing compiler", .because = {}, .hint = std::move(hint)};
    if (!has_optimizer) problem.because = "this weir was built without LLVM";
    else if (const std::string program = compile_process::installed_compiler(); ::access(program.c_str(), X_OK) != 0)
        problem.because = fmt::format("'{}': {}", printable(program), std::strerror(errno));
    else return {};
    return Unexpected{std::move(problem)};
}

Result<void, Problem> check_tier(Tier tier)
{
    const bool wants_optimizer = tier == Tier::optimized || tier == Tier::stress;
    if (wants_optimizer) WEIR_CHECK(check_optimizer("--tier baseline  runs without it"));
    return {};
}

}  // namespace weir::cli
