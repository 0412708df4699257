#include "cli/code_cache.hpp"

#include "cache/folder.hpp"

#include <utility>

namespace weir::cli {

std::unique_ptr<cache::Cache> open_cache(Tier tier, const runtime::Engine& engine, const cache::Cache::Limits& limits)
{
    if (tier == Tier::stress) return nullptr;  // it makes code that no other run wants
    auto path = cache::Folder::default_path();
    if (!path) return nullptr;
    const auto tiers = engine.tier_up() != nullptr ? cache::Settings::Tiers::by_heat
                     : tier == Tier::optimized     ? cache::Settings::Tiers::optimized
                                                   : cache::Settings::Tiers::baseline;
    return cache::Cache::open(std::move(*path), cache::settings_here(tiers, engine), limits);
}

}  // namespace weir::cli
