#include "building/source.hpp"

#include "base/printable.hpp"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace weir::building {

namespace {

struct Ending {
    std::string_view text;
    Source::Language language;
};
constexpr std::array endings{
    Ending{".cpp", Source::Language::c_family}, Ending{".cc", Source::Language::c_family},
    Ending{".cxx", Source::Language::c_family}, Ending{".c++", Source::Language::c_family},
    Ending{".C", Source::Language::c_family},   Ending{".c", Source::Language::c_family},
    Ending{".go", Source::Language::go},
};

std::optional<Source::Language> language_of(std::string_view name)
{
    for (const Ending& ending : endings)
        if (name.size() > ending.text.size() && name.ends_with(ending.text)) return ending.language;
    return std::nullopt;
}

std::string folder_of(const std::string& path)
{
    const size_t slash = path.rfind('/');
    return slash == std::string::npos ? "." : path.substr(0, std::max<size_t>(slash, 1));
}

Result<std::optional<Source>, Failure> find_in_folder(const std::string& path)
{
    const std::unique_ptr<DIR, decltype(&::closedir)> stream{::opendir(path.c_str()), &::closedir};
    if (stream == nullptr)
        return Unexpected{
            Failure{.error = "cannot read folder '" + printable(path) + "'", .because = std::strerror(errno), .hint = {}}};
    Source source{.language = Source::Language::c_family, .folder = path, .files = {}, .is_folder = true};
    bool has_go = false;
    while (const dirent* const entry = ::readdir(stream.get())) {
        const std::string_view name = entry->d_name;
        const auto language = language_of(name);
        if (name == "go.mod" || language == Source::Language::go) has_go = true;
        else if (language && !name.starts_with('.'))
            source.files.push_back(path + (path.ends_with('/') ? "" : "/") + std::string{name});
    }
    if (has_go) {  // whatever C it has is Go's affair
        source.language = Source::Language::go;
        source.files.clear();
        return source;
    }
    if (source.files.empty())
        return Unexpected{Failure{.error = "'" + printable(path) + "' is a folder that holds no program",
                                  .because = "there is neither go.mod nor a file of Go, C or C++ in it",
                                  .hint = "to grant it to a program: weir run --dir " + printable(path) +
                                          " FILE; weir new command NAME  makes a folder with a program"}};
    std::ranges::sort(source.files);
    return source;
}

}  // namespace

bool is_source_name(std::string_view name) { return language_of(name).has_value(); }

Result<std::optional<Source>, Failure> find_source(const std::string& path)
{
    struct stat status{};
    if (path.ends_with(".wasm") || path.ends_with(".weir") || ::stat(path.c_str(), &status) != 0) return std::optional<Source>{};
    if (S_ISDIR(status.st_mode)) return find_in_folder(path);
    const auto language = language_of(path);
    if (!language || !S_ISREG(status.st_mode)) return std::optional<Source>{};
    return Source{.language = *language, .folder = folder_of(path), .files = {path}};
}

std::string stem_of(const Source& source)
{
    std::string path = source.is_folder ? source.folder : source.files.front();
    if (source.is_folder) {
        // "." and ".." have another name.
        const std::unique_ptr<char, decltype(&std::free)> real{::realpath(path.c_str(), nullptr), &std::free};
        if (real != nullptr) path = real.get();
    }
    const std::string name = path.substr(path.rfind('/') + 1);  // npos + 1 is 0
    if (source.is_folder) return name.empty() ? "program" : name;
    return name.substr(0, name.rfind('.'));
}

}  // namespace weir::building
