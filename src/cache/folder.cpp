#include "cache/folder.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string_view>
#include <unordered_set>

namespace weir::cache {

namespace {

// Endings of names. What is named otherwise is not the cache's, and left alone.
constexpr std::array<std::string_view, 4> entry_endings{".code", ".wasm", ".object", ".inputs"};  // the last three of src/building
constexpr std::string_view file_memo_ending = ".file", content_memo_ending = ".data", draft_ending = ".new";
constexpr int64_t hour_s = 3600, week_s = int64_t{7} * 24 * hour_s;
constexpr size_t max_notes = 4096;

bool is_entry(std::string_view name)
{
    return std::ranges::any_of(entry_endings, [name](std::string_view ending) { return name.ends_with(ending); });
}

bool is_private(const struct stat& s) { return s.st_uid == ::getauxval(AT_EUID) && (s.st_mode & 077) == 0; }

/// As `mkdir -p`, the folders above with the rights that others make them with.
void make_folder(const std::string& path)
{
    for (size_t slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1))
        ::mkdir(path.substr(0, slash).c_str(), 0777);
    ::mkdir(path.c_str(), 0700);
}

std::optional<std::string> absolute_path_in(const char* variable)
{
    const char* const value = std::getenv(variable);
    if (value == nullptr || *value != '/') return std::nullopt;
    return value;
}

}  // namespace

std::optional<std::string> Folder::default_path()
{
    if (auto cache = absolute_path_in("XDG_CACHE_HOME")) return *cache + "/weir";
    if (auto home = absolute_path_in("HOME")) return *home + "/.cache/weir";
    return std::nullopt;
}

Result<Folder, SysError> Folder::open(const std::string& path, IfMissing if_missing)
{
    constexpr int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    UniqueFd directory{::open(path.c_str(), flags)};
    if (!directory && errno == ENOENT && if_missing == IfMissing::create) {
        make_folder(path);
        directory.reset(::open(path.c_str(), flags));
    }
    if (!directory) return Unexpected{last_error("open", path)};
    struct stat status{};
    if (::fstat(directory.get(), &status) != 0) return Unexpected{last_error("fstat", path)};
    if (!is_private(status)) return Unexpected{SysError{EACCES, "a folder that is not its user's alone", path}};
    return Folder{std::move(directory)};
}

UniqueFd Folder::open_entry(const std::string& name) const
{
    return UniqueFd{::openat(m_directory.get(), name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
}

void Folder::touch(const UniqueFd& entry) const
{
    struct stat status{};
    if (::fstat(entry.get(), &status) == 0 && ::time(nullptr) - status.st_mtim.tv_sec > hour_s) ::futimens(entry.get(), nullptr);
}

Result<void, SysError> Folder::put_entry(const std::string& name,
                                         const std::function<Result<void, SysError>(int file)>& write) const
{
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    const std::string draft =
        name.substr(0, 16) + "-" + std::to_string(::getpid()) + "-" + std::to_string(now.tv_nsec) + std::string{draft_ending};
    const UniqueFd file{::openat(m_directory.get(), draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
    if (!file) return Unexpected{last_error("openat", draft)};
    auto written = write(file.get());
    if (written && ::renameat(m_directory.get(), draft.c_str(), m_directory.get(), name.c_str()) != 0)
        written = Unexpected{last_error("renameat", name)};
    if (!written) ::unlinkat(m_directory.get(), draft.c_str(), 0);
    return written;
}

void Folder::put_memo(const std::string& name, const std::string& entry) const
{
    if (::symlinkat(entry.c_str(), m_directory.get(), name.c_str()) == 0 || errno != EEXIST) return;
    ::unlinkat(m_directory.get(), name.c_str(), 0);
    (void)::symlinkat(entry.c_str(), m_directory.get(), name.c_str());
}

bool Folder::note(const std::string& memo) const
{
    return ::symlinkat("seen", m_directory.get(), memo.c_str()) == 0 || errno != EEXIST;
}

bool Folder::remove(const std::string& name) const { return ::unlinkat(m_directory.get(), name.c_str(), 0) == 0; }

struct Folder::Contents {
    std::vector<Entry> entries, memos, drafts;
};

Folder::Contents Folder::list() const
{
    Contents contents;
    // A descriptor of its own: the position in the folder belongs to it.
    UniqueFd directory{::openat(m_directory.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!directory) return contents;
    const std::unique_ptr<DIR, decltype(&::closedir)> stream{::fdopendir(directory.get()), &::closedir};
    if (stream == nullptr) return contents;
    (void)directory.release();
    while (const dirent* const found = ::readdir(stream.get())) {
        const std::string_view name = found->d_name;
        std::vector<Entry>* const kind = is_entry(name)                                                          ? &contents.entries
                                       : name.ends_with(file_memo_ending) || name.ends_with(content_memo_ending) ? &contents.memos
                                       : name.ends_with(draft_ending)                                            ? &contents.drafts
                                                                                                                 : nullptr;
        struct stat status{};
        if (kind == nullptr || ::fstatat(m_directory.get(), found->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
        kind->push_back({std::string{name}, static_cast<uint64_t>(status.st_size), status.st_mtim.tv_sec});
    }
    std::ranges::sort(contents.entries,
                      [](const Entry& a, const Entry& b) { return a.used_s != b.used_s ? a.used_s > b.used_s : a.name < b.name; });
    return contents;
}

std::vector<Folder::Entry> Folder::entries() const { return list().entries; }

Folder::Removed Folder::prune(uint64_t max_bytes) const
{
    Contents contents = list();
    Removed removed;
    uint64_t kept_bytes = 0;
    std::unordered_set<std::string_view> kept;
    for (const Entry& e : contents.entries) {
        if (e.size_bytes <= max_bytes - kept_bytes) {
            kept_bytes += e.size_bytes;
            kept.insert(e.name);
        } else if (remove(e.name)) {
            ++removed.entries;
            removed.bytes += e.size_bytes;
        }
    }
    const int64_t now_s = ::time(nullptr);
    for (const Entry& draft : contents.drafts)
        if (now_s - draft.used_s > hour_s) (void)remove(draft.name);
    std::ranges::sort(contents.memos, std::greater{}, &Entry::used_s);
    size_t notes_left = max_notes;
    for (const Entry& memo : contents.memos) {
        std::array<char, 256> target{};
        const ssize_t n = ::readlinkat(m_directory.get(), memo.name.c_str(), target.data(), target.size());
        const bool leads_to_entry = n > 0 && kept.contains(std::string_view{target.data(), static_cast<size_t>(n)});
        // A memo that is missed costs a hash; those of files that are no more are told by nothing but their age.
        const bool is_content = memo.name.ends_with(content_memo_ending);
        const bool is_kept = is_content ? leads_to_entry : now_s - memo.used_s <= week_s && (leads_to_entry || notes_left > 0);
        if (!is_kept) (void)remove(memo.name);
        else if (!leads_to_entry) --notes_left;
    }
    return removed;
}

}  // namespace weir::cache
