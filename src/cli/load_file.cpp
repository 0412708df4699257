#include "cli/load_file.hpp"

#include "base/mapping.hpp"
#include "base/unique_fd.hpp"
#include "cli/messages.hpp"
#include "wasm/load.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

namespace weir::cli {

std::shared_ptr<const wasm::Module> load_file(const std::string& path, const std::shared_ptr<wasm::TypeRegistry>& types)
{
    const UniqueFd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY)};
    if (!fd) {
        print_error("cannot open '" + path + "': " + std::strerror(errno), errno == ENOENT ? "the first argument that is not an option is the module; check its path" : "");
        return nullptr;
    }
    struct stat status {};
    if (::fstat(fd.get(), &status) != 0 || S_ISDIR(status.st_mode)) {
        print_error("'" + path + "' is a directory, not a module", "name the .wasm file in it");
        return nullptr;
    }
    if (!S_ISREG(status.st_mode)) {
        print_error("'" + path + "' is not a regular file", "a module is mapped from a file; write it to one first");
        return nullptr;
    }
    auto mapping = Mapping::map_file(fd.get(), path);
    if (!mapping) {
        print_error("cannot read '" + path + "': " + mapping.error().to_string());
        return nullptr;
    }
    const auto owner = std::make_shared<Mapping>(std::move(*mapping));
    auto module = wasm::load_module(owner->bytes(), owner, types);
    if (!module) {
        print_module_error(path, module.error());
        return nullptr;
    }
    return std::move(*module);
}

}  // namespace weir::cli
