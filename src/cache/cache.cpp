#include "cache/cache.hpp"

#include "base/build_id.hpp"
#include "base/signals_blocked.hpp"

#include <signal.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cerrno>
#include <ctime>
#include <new>
#include <string_view>
#include <utility>

namespace weir::cache {

namespace {

constexpr long saves_per_prune = 32;  // on average

void append_hex(std::string& text, uint64_t number)
{
    constexpr std::string_view digits = "0123456789abcdef";
    for (int shift = 60; shift >= 0; shift -= 4) text += digits[number >> shift & 15];
}

std::string hex(XXH128_hash_t hash)
{
    std::string text;
    append_hex(text, hash.high64);
    append_hex(text, hash.low64);
    return text;
}

/// While this lives no signal is handled on this thread, and a write beyond the file size limit is an error.
class FileSizeSignalsDropped {
public:
    FileSizeSignalsDropped() = default;
    ~FileSizeSignalsDropped()
    {
        const timespec now{};
        sigset_t file_size;
        sigemptyset(&file_size);
        sigaddset(&file_size, SIGXFSZ);
        while (::sigtimedwait(&file_size, nullptr, &now) > 0) {}
    }
    FileSizeSignalsDropped(const FileSizeSignalsDropped&) = delete;
    FileSizeSignalsDropped& operator=(const FileSizeSignalsDropped&) = delete;

private:
    SignalsBlocked m_blocked;  // ends after what was held back has been dropped
};

}  // namespace

Settings settings_here(Settings::Tiers tiers, const runtime::Engine& engine)
{
    const bool has_guard_pages = engine.mode_for(wasm::MemoryType{}) == runtime::MemoryMode::guard;
    return {.build = build_id(),
            .processor = ProcessorFeatures::of_this(),
            .tiers = tiers,
            .has_guard_pages = has_guard_pages ? 1U : 0U};
}

namespace {
uint64_t hash_of(const Settings& settings) { return XXH3_64bits(&settings, sizeof settings); }
}  // namespace

Cache::Cache(std::string path, const Settings& settings, const Limits& limits)
    : m_path(std::move(path)), m_settings(settings), m_settings_hash(hash_of(m_settings)), m_limits(limits)
{
}

std::unique_ptr<Cache> Cache::open(std::string path, const Settings& settings, const Limits& limits)
{
    auto folder = Folder::open(path, Folder::IfMissing::fail);
    if (!folder && folder.error().code != ENOENT) return nullptr;
    auto cache = std::unique_ptr<Cache>{new Cache{std::move(path), settings, limits}};
    if (folder) cache->m_folder = std::move(*folder);
    return cache;
}

std::shared_ptr<const runtime::CodeImage> Cache::find(ModuleFile file, std::span<const std::byte> module)
{
    m_file = std::move(file);
    m_module = module;
    m_settings.program = 0;
    m_settings_hash = hash_of(m_settings);
    m_file_memo.clear();
    m_content_memo.clear();
    m_module_hash.reset();
    if (m_file->has_identity()) {
        const ModuleFile::Identity& identity = m_file->identity();
        m_file_memo = hex(XXH3_128bits_withSeed(&identity, sizeof identity, m_settings_hash)) + ".file";
    }
    if (!m_folder) return nullptr;
    if (!m_file_memo.empty())
        if (const auto opened = open_entry(m_file_memo)) {
            m_module_hash = opened->header.module_hash;
            return opened->image;
        }
    // The memo of the content only says which entry is worth looking at: so a module that nothing was kept of costs no SHA-256 at its start.
    const auto opened = open_entry(content_memo());
    if (!opened || opened->header.module_hash != module_hash()) return nullptr;
    put_memos();
    return opened->image;
}

std::shared_ptr<const runtime::CodeImage> Cache::find_program(ModuleFile file, const ImageHeader& header,
                                                              std::span<const std::byte> module)
{
    m_file = std::move(file);
    m_module = module;
    m_settings.program = header.header_checksum;
    m_settings_hash = hash_of(m_settings);
    m_module_hash = header.module_hash;
    const auto opened = m_folder ? open_entry(entry_name()) : std::nullopt;
    return opened ? opened->image : nullptr;
}

std::optional<OpenImage> Cache::open_entry(const std::string& name)
{
    UniqueFd file = m_folder->open_entry(name);
    if (!file) return std::nullopt;
    m_folder->touch(file);
    auto opened = open_image(std::move(file), m_settings, Checks::everything);
    if (!opened || opened->header.module_bytes != m_module.size()) return std::nullopt;
    return std::move(*opened);
}

void Cache::put_memos()
{
    if (m_settings.program != 0) return;  // its header has the hash that they save
    m_folder->put_memo(content_memo(), entry_name());
    if (!m_file_memo.empty() && m_file->is_unchanged()) m_folder->put_memo(m_file_memo, entry_name());
}

const std::string& Cache::content_memo()
{
    if (m_content_memo.empty())
        m_content_memo = hex(XXH3_128bits_withSeed(m_module.data(), m_module.size(), m_settings_hash)) + ".data";
    return m_content_memo;
}

std::string Cache::entry_name()
{
    // Nobody can make another module of this name; so a memo's entry is, and stays, the module's that the memo was made for.
    std::string name;
    for (size_t i = 0; i < module_hash().size(); i += 8) {
        uint64_t part = 0;
        for (size_t j = 0; j < 8; ++j) part = part << 8 | module_hash()[i + j];
        append_hex(name, part);
    }
    name += '-';
    append_hex(name, m_settings_hash);
    return name + ".code";
}

const Sha256& Cache::module_hash()
{
    if (!m_module_hash) m_module_hash = sha256(m_module);
    return *m_module_hash;
}

bool Cache::is_worth_writing(const runtime::ModuleCode& code)
{
    const auto growth = code.space().growth();
    if (growth.hot_pieces != 0) return true;
    if (const runtime::CodeImage* const image = code.space().image())
        return growth.code_bytes >= m_limits.min_growth_bytes && growth.code_bytes >= image->code_bytes / m_limits.growth_divisor;
    return growth.code_bytes >= m_limits.large_code_bytes || m_module.size() >= m_limits.large_module_bytes ||
           !m_folder->note(m_file_memo);
}

bool Cache::open_or_make_folder()
{
    if (m_folder) return true;
    auto made = Folder::open(m_path, Folder::IfMissing::create);
    if (!made) return false;
    m_folder = std::move(*made);
    return true;
}

void Cache::save(const runtime::ModuleCode& code) noexcept
{
    const FileSizeSignalsDropped dropped;
    try {
        if (!m_file || !m_file->is_unchanged() || !open_or_make_folder()) return;
        if (is_worth_writing(code)) (void)write(code);
        // To look through the folder takes longer than to write to it. The clock's last digits are as good as dice.
        timespec now{};
        ::clock_gettime(CLOCK_MONOTONIC, &now);
        if (now.tv_nsec % saves_per_prune == 0) m_folder->prune(m_limits.max_bytes);
    } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch)
        // Then it is not kept.
    }
}

Result<void, SysError> Cache::write(const runtime::ModuleCode& code)
{
    const runtime::CodeSnapshot snapshot = code.space().snapshot();
    const std::string_view path = m_file->path();
    WEIR_CHECK(m_folder->put_entry(entry_name(), [&](int file) {
        return write_image(file, {.code = snapshot,
                                  .settings = m_settings,
                                  .module_hash = module_hash(),
                                  .module = m_module,
                                  .module_name = path.substr(path.rfind('/') + 1)});
    }));
    put_memos();
    return {};
}

}  // namespace weir::cache
