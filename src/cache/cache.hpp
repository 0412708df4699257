#pragma once

#include "cache/folder.hpp"
#include "cache/image_file.hpp"
#include "cache/module_file.hpp"
#include "runtime/module_code.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace weir::cache {

/// What the runs of modules leave for the runs that follow: that a module is valid, and its machine code. docs/cache.md says how and why.
/// Nothing here fails: what cannot be had or kept is not there.
class Cache {
public:
    struct Limits {
        uint64_t max_bytes = uint64_t{1} << 30;  // of all entries; those used longest ago go
        /// What is worth an entry at once: so much code, or a module that takes as long to validate. Less is, from the second run on: of
        /// the many programs that run once only a name is kept, which takes a tenth of the time.
        size_t large_code_bytes = size_t{64} << 10, large_module_bytes = size_t{512} << 10;
        /// What is worth writing one again, besides hot code: so much more code, which is such a part of what was there. Programs do not go the
        /// same way each time.
        size_t min_growth_bytes = size_t{64} << 10, growth_divisor = 8;
    };

    /// In the folder at `path`, which is made when there is something to keep. Null when it is not to be trusted or cannot be opened.
    static std::unique_ptr<Cache> open(std::string path, const Settings& settings, const Limits& limits);
    static std::unique_ptr<Cache> open(std::string path, const Settings& settings)
    {
        return open(std::move(path), settings, Limits{});
    }

    /// What a former run has left of a module: it is valid, and this is its code; null if there is nothing. Its tables are still to be
    /// compared with the module. `file` and `module` are kept for save().
    std::shared_ptr<const runtime::CodeImage> find(ModuleFile file, std::span<const std::byte> module);
    /// The same of a program that `weir compile` made: its own code with what former runs of it, or of a copy, have added. `header` and `module` are what
    /// open_image() found in the file, which belongs to whoever runs it: what it says of itself is believed.
    std::shared_ptr<const runtime::CodeImage> find_program(ModuleFile file, const ImageHeader& header,
                                                           std::span<const std::byte> module);
    /// Keeps the code of the module that was looked for, when it has grown enough to be worth the time. When nobody waits any more.
    void save(const runtime::ModuleCode& code) noexcept;

private:
    Cache(std::string path, const Settings& settings, const Limits& limits);
    [[nodiscard]] bool is_worth_writing(const runtime::ModuleCode& code);
    bool open_or_make_folder();

    /// Of whichever name. Null when it is not there, damaged, or made for something else.
    std::optional<OpenImage> open_entry(const std::string& name);
    void put_memos();
    Result<void, SysError> write(const runtime::ModuleCode& code);
    [[nodiscard]] const std::string& content_memo();
    [[nodiscard]] std::string entry_name();
    [[nodiscard]] const Sha256& module_hash();

    std::string m_path;
    Settings m_settings;
    uint64_t m_settings_hash;
    Limits m_limits;
    std::optional<Folder> m_folder;  // nothing: it is not there yet
    // Of the module, or program, that was looked for:
    std::optional<ModuleFile> m_file;
    std::span<const std::byte> m_module;
    std::string m_file_memo;     // empty: of such a file no memo can be made
    std::string m_content_memo;  // empty: not needed yet
    std::optional<Sha256> m_module_hash;
};

/// The settings of code that this weir makes on this machine.
[[nodiscard]] Settings settings_here(Settings::Tiers tiers, const runtime::Engine& engine);

}  // namespace weir::cache
