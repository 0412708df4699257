#include "cli/cache_command.hpp"

#include "base/build_id.hpp"
#include "base/result.hpp"
#include "building/store.hpp"
#include "cache/cache.hpp"
#include "cli/console.hpp"
#include "cli/quantity.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <string_view>

namespace weir::cli {

namespace {

using cache::Folder;

constexpr size_t short_name_length = 12;

struct Listed {
    Folder::Entry entry;
    Result<cache::ImageHeader, cache::ImageProblem> header;

    [[nodiscard]] std::string_view module_name() const { return header ? std::string_view{header->module_name.data()} : ""; }
    [[nodiscard]] std::string_view state() const
    {
        if (!header && header.error() == cache::ImageProblem::damaged) return "damaged";
        if (!header || header->settings.build != build_id()) return "of another weir";
        if (header->settings.processor != cache::ProcessorFeatures::of_this()) return "of another processor";
        switch (header->settings.tiers) {
        case cache::Settings::Tiers::baseline: return "--tier baseline";
        case cache::Settings::Tiers::optimized: return "--tier optimized";
        case cache::Settings::Tiers::by_heat: break;
        }
        return header->settings.has_guard_pages != 0 ? "" : "--bounds checked";
    }
};

std::vector<Listed> list(const Folder& folder)
{
    std::vector<Listed> all;
    for (Folder::Entry& entry : folder.entries()) {
        const UniqueFd file = folder.open_entry(entry.name);
        const auto header = cache::read_image_header(file.get());
        all.push_back({std::move(entry), header});
    }
    return all;
}

std::string age_text(int64_t used_s)
{
    const int64_t s = std::max<int64_t>(0, ::time(nullptr) - used_s);
    if (s < 3600) return "in the last hour";  // it is noted once an hour
    if (s < int64_t{48} * 3600) return fmt::format("{} h ago", s / 3600);
    return fmt::format("{} days ago", s / (int64_t{24} * 3600));
}

std::string rounded_size(uint64_t bytes)
{
    if (bytes >= uint64_t{1} << 30) return fmt::format("{:.1f}GiB", static_cast<double>(bytes) / (1 << 30));
    if (bytes >= uint64_t{1} << 20) return fmt::format("{:.1f}MiB", static_cast<double>(bytes) / (1 << 20));
    return fmt::format("{}KiB", (bytes + 1023) / 1024);
}

std::string count_text(size_t entries) { return fmt::format("{} entr{}", entries, entries == 1 ? "y" : "ies"); }

std::string listing(const Folder& folder)
{
    const auto all = list(folder);
    if (all.empty()) return "nothing is kept\n";
    std::string text = fmt::format("{:12}  {:>8}  {:>16}  {}\n", "entry", "size", "used", "module");
    uint64_t sum = 0;
    for (const Listed& l : all) {
        sum += l.entry.size_bytes;
        text += fmt::format("{:12}  {:>8}  {:>16}  {}", l.entry.name.substr(0, short_name_length), rounded_size(l.entry.size_bytes),
                            age_text(l.entry.used_s), printable(l.module_name()));
        text += l.state().empty() ? "\n" : fmt::format("  ({})\n", l.state());
    }
    return text + fmt::format("{}, {} of at most {}\n", count_text(all.size()), rounded_size(sum),
                              format_size(cache::Cache::Limits{}.max_bytes));
}

Problem nothing_of(std::string_view name)
{
    return {.error = fmt::format("the cache has nothing of '{}'", printable(name)),
            .because = {},
            .hint = "weir cache ls  shows what it has; its first and last column name entries"};
}

/// Of the machine code, and of what was built of sources.
Folder::Removed prune(const Folder& folder, uint64_t max_bytes)
{
    Folder::Removed removed = folder.prune(max_bytes);
    const auto path = building::store_path();
    const auto built = path ? Folder::open(*path, Folder::IfMissing::fail) : Unexpected{SysError{}};
    if (!built) return removed;
    const auto more = built->prune(max_bytes);
    removed.entries += more.entries;
    removed.bytes += more.bytes;
    return removed;
}

Result<std::string, Problem> remove(const Folder& folder, const CacheOptions& options)
{
    if (options.removes_all) {
        const auto removed = prune(folder, 0);
        return fmt::format("removed {}, {}\n", count_text(removed.entries), rounded_size(removed.bytes));
    }
    const auto all = list(folder);
    size_t count = 0;
    uint64_t bytes = 0;
    for (const std::string& name : options.names) {
        size_t found = 0;
        for (const Listed& l : all) {
            const bool is_meant = l.module_name() == name || (name.size() >= 4 && l.entry.name.starts_with(name));
            if (!is_meant) continue;
            ++found;
            if (!folder.remove(l.entry.name)) continue;
            ++count;
            bytes += l.entry.size_bytes;
        }
        if (found == 0) return Unexpected{nothing_of(name)};
    }
    return fmt::format("removed {}, {}\n", count_text(count), rounded_size(bytes));
}

Result<std::string, Problem> manage(const CacheOptions& options)
{
    const auto path = Folder::default_path();
    if (!path)
        return Unexpected{Problem{.error = "there is no place for a cache",
                                  .because = "neither XDG_CACHE_HOME nor HOME is an absolute path",
                                  .hint = {}}};
    if (options.action == CacheOptions::Action::path) return *path + "\n";
    const auto folder = Folder::open(*path, Folder::IfMissing::fail);
    if (!folder && folder.error().code == ENOENT) {
        if (options.names.empty()) return std::string{"nothing is kept\n"};
        return Unexpected{nothing_of(options.names.front())};
    }
    if (!folder && folder.error().code == EACCES)
        return Unexpected{Problem{.error = fmt::format("weir does not use '{}'", printable(*path)),
                                  .because = "a cache holds native code: it has to be its user's, and closed to others",
                                  .hint = fmt::format("chmod 700 {}  if all that is in it is your own", printable(*path))}};
    if (!folder)
        return Unexpected{
            Problem{.error = "the cache cannot be opened", .because = printable(folder.error().to_string()), .hint = {}}};
    switch (options.action) {
    case CacheOptions::Action::remove: return remove(*folder, options);
    case CacheOptions::Action::prune: {
        const auto removed = prune(*folder, options.max_bytes.value_or(cache::Cache::Limits{}.max_bytes));
        return fmt::format("removed {}, {}\n", count_text(removed.entries), rounded_size(removed.bytes));
    }
    default: return listing(*folder);
    }
}

}  // namespace

int manage_cache(const CacheOptions& options)
{
    const auto text = manage(options);
    if (!text) return report(text.error());
    print(STDOUT_FILENO, *text);
    return 0;
}

}  // namespace weir::cli
