#include "building/store.hpp"

#include "base/mapping.hpp"
#include "base/printable.hpp"
#include "base/unique_fd.hpp"
#include "cache/folder.hpp"
#include "cache/sha256.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>

namespace weir::building {

namespace {

constexpr uint64_t max_bytes = uint64_t{1} << 30;
constexpr size_t name_digits = 40;

std::string hex_of(std::span<const std::byte> bytes)
{
    std::string text;
    for (const uint8_t byte : cache::sha256(bytes)) text += fmt::format("{:02x}", byte);
    text.resize(name_digits);
    return text;
}

int64_t ns_of(const timespec& time) { return time.tv_sec * 1'000'000'000 + time.tv_nsec; }

bool describe(const struct stat& status, Store::Input& input)
{
    input.size = static_cast<uint64_t>(status.st_size);
    input.inode = status.st_ino;
    input.modified_ns = ns_of(status.st_mtim);
    input.changed_ns = ns_of(status.st_ctim);
    return S_ISREG(status.st_mode);
}

std::optional<std::string> read_text(const std::string& path)
{
    const UniqueFd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!file) return std::nullopt;
    const auto content = Mapping::map_file(file.get(), path);
    if (!content) return std::nullopt;
    return std::string{reinterpret_cast<const char*>(content->data()), content->size_bytes()};
}

template <class Number>
bool take_number(std::string_view& line, Number& number)
{
    const auto [end, code] = std::from_chars(line.data(), line.data() + line.size(), number);
    if (code != std::errc{} || end == line.data() + line.size() || *end != ' ') return false;
    line.remove_prefix(static_cast<size_t>(end - line.data()) + 1);
    return true;
}

/// A recipe's line: size inode modified changed hash path
bool parse_input(std::string_view line, Store::Input& input)
{
    if (!take_number(line, input.size) || !take_number(line, input.inode) || !take_number(line, input.modified_ns) ||
        !take_number(line, input.changed_ns) || line.size() <= name_digits || line[name_digits] != ' ')
        return false;
    input.content = line.substr(0, name_digits);
    input.path = line.substr(name_digits + 1);
    return true;
}

/// Whether a file has the content still: its times say so, or else its bytes.
bool is_unchanged(const Store::Input& input)
{
    struct stat status{};
    Store::Input now;
    if (::stat(input.path.c_str(), &status) != 0 || !describe(status, now)) return false;
    if (now.size == input.size && now.inode == input.inode && now.modified_ns == input.modified_ns &&
        now.changed_ns == input.changed_ns)
        return true;
    if (now.size != input.size) return false;
    const auto read = read_input(input.path);
    return read && read->content == input.content;
}

Failure cannot_keep(const std::string& path)
{
    return {.error = "cannot write to '" + printable(path) + "'", .because = std::strerror(errno), .hint = {}};
}

}  // namespace

std::optional<std::string> store_path()
{
    auto path = cache::Folder::default_path();
    if (path) *path += "/built";
    return path;
}

std::string hash_of(std::string_view text) { return hex_of(std::as_bytes(std::span{text})); }

std::optional<Store::Input> read_input(const std::string& path)
{
    const UniqueFd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    struct stat status{};
    Store::Input input;
    input.path = path;
    if (!file || ::fstat(file.get(), &status) != 0 || !describe(status, input)) return std::nullopt;
    const auto content = Mapping::map_file(file.get(), path);
    if (!content) return std::nullopt;
    input.content = hex_of(content->bytes());
    return input;
}

Result<Store, Failure> Store::open(Lasting lasting)
{
    if (const auto path = lasting == Lasting::kept ? store_path() : std::nullopt) {
        // Both are looked at: whoever owned the one above could put another in the place of this.
        const std::string above = path->substr(0, path->rfind('/'));
        if (cache::Folder::open(above, cache::Folder::IfMissing::create) &&
            cache::Folder::open(*path, cache::Folder::IfMissing::create))
            return Store{*path, false};
    }
    const char* const temporary = std::getenv("TMPDIR");
    std::string path = std::string{temporary != nullptr && *temporary == '/' ? temporary : "/tmp"} + "/weir-XXXXXX";
    if (::mkdtemp(path.data()) == nullptr) return Unexpected{cannot_keep(path)};
    return Store{std::move(path), true};
}

Store::Store(Store&& other) noexcept
    : m_path(std::move(other.m_path)), m_is_temporary(std::exchange(other.m_is_temporary, false)), m_drafts(other.m_drafts)
{
}

Store::~Store()
{
    if (!m_is_temporary) return;
    if (const std::unique_ptr<DIR, decltype(&::closedir)> stream{::opendir(m_path.c_str()), &::closedir}; stream != nullptr)
        while (const dirent* const entry = ::readdir(stream.get())) ::unlink(path_of(entry->d_name).c_str());
    ::rmdir(m_path.c_str());
}

bool Store::has(std::string_view name) const
{
    return ::utimensat(AT_FDCWD, path_of(name).c_str(), nullptr, AT_SYMLINK_NOFOLLOW) == 0;
}

std::string Store::draft() { return path_of(fmt::format("{}-{}.new", ::getpid(), ++m_drafts)); }

Result<void, Failure> Store::keep(const std::string& draft, std::string_view name)
{
    if (std::rename(draft.c_str(), path_of(name).c_str()) == 0) return {};
    return Unexpected{cannot_keep(path_of(name))};
}

std::optional<Store::Recipe> Store::find_recipe(std::string_view name) const
{
    const auto text = read_text(path_of(name));
    if (!text) return std::nullopt;
    Recipe recipe;
    for (std::string_view rest = *text; !rest.empty();) {
        const size_t end = rest.find('\n');
        if (end == std::string_view::npos) return std::nullopt;  // cut short
        const std::string_view line = rest.substr(0, end);
        rest.remove_prefix(end + 1);
        if (recipe.product.empty()) {
            recipe.product = line;
            continue;
        }
        Input input;
        if (!parse_input(line, input) || !is_unchanged(input)) return std::nullopt;
        recipe.inputs.push_back(std::move(input));
    }
    if (recipe.product.find('/') != std::string::npos || recipe.inputs.empty() || !has(recipe.product)) return std::nullopt;
    (void)has(name);  // used as well
    return recipe;
}

void Store::put_recipe(std::string_view name, const Recipe& recipe)
{
    std::string text = recipe.product + "\n";
    for (const Input& i : recipe.inputs) {
        if (i.path.find('\n') != std::string::npos) return;
        text += fmt::format("{} {} {} {} {} {}\n", i.size, i.inode, i.modified_ns, i.changed_ns, i.content, i.path);
    }
    const std::string path = draft();
    {
        const UniqueFd file{::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)};
        if (!file || ::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
            ::unlink(path.c_str());
            return;
        }
    }
    (void)keep(path, name);
}

void Store::prune() const
{
    if (m_is_temporary) return;
    if (const auto folder = cache::Folder::open(m_path, cache::Folder::IfMissing::fail)) folder->prune(max_bytes);
}

}  // namespace weir::building
