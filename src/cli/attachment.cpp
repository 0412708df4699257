#include "cli/attachment.hpp"

#include "base/mapping.hpp"
#include "runtime/code_image.hpp"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/auxv.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>

namespace weir::cli {

namespace {

/// A place in the executable's data, by which a copy of it differs from weir. Its values are not the compiler's to know.
struct Place {
    std::array<char, 16> mark;
    uint64_t image_offset, image_bytes, options_bytes;  // options stand behind the image
};
[[gnu::used]] volatile Place place{.mark = {"weir attachment"}, .image_offset = 0, .image_bytes = 0, .options_bytes = 0};
constexpr uint64_t max_options_bytes = uint64_t{1} << 20;
constexpr size_t page_bytes = runtime::code_page_bytes;

Problem cannot_read_itself(std::string because)
{
    return {.error = "weir cannot read its own file", .because = std::move(because), .hint = {}};
}

std::vector<std::string> unpack_options(std::string_view text)
{
    std::vector<std::string> options;
    while (!text.empty()) {
        const size_t end = std::min(text.find('\0'), text.size());
        options.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return options;
}

/// The address at which the executable begins.
uintptr_t load_bias()
{
    uintptr_t bias = 0;
    const auto take_first = [](dl_phdr_info* info, size_t /*size*/, void* to) {
        *static_cast<uintptr_t*>(to) = info->dlpi_addr;
        return 1;
    };
    ::dl_iterate_phdr(take_first, &bias);
    return bias;
}

}  // namespace

UniqueFd open_executable()
{
    UniqueFd file{::open("/proc/self/exe", O_RDONLY | O_CLOEXEC)};
    if (file) return file;
    // Where /proc is not mounted: by the name that it was started by.
    const auto* const name =
        reinterpret_cast<const char*>(::getauxval(AT_EXECFN));  // NOLINT(performance-no-int-to-ptr): so says getauxval(3)
    if (name != nullptr) file.reset(::open(name, O_RDONLY | O_CLOEXEC));
    return file;
}

std::string pack_options(const std::vector<std::string>& options)
{
    std::string text;
    for (const std::string& option : options) (text += option) += '\0';
    return text;
}

Result<std::optional<Attachment>, Problem> find_attachment()
{
    const uint64_t image_bytes = place.image_bytes;
    if (image_bytes == 0) return std::optional<Attachment>{};
    Attachment found{.image = {.offset = place.image_offset, .size_bytes = image_bytes}, .options = {}};
    const uint64_t options_bytes = place.options_bytes;
    if (options_bytes == 0) return found;
    if (options_bytes > max_options_bytes) return Unexpected{cannot_read_itself("it is damaged")};
    std::string text(options_bytes, '\0');
    const UniqueFd file = open_executable();
    const ssize_t n = ::pread(file.get(), text.data(), text.size(), static_cast<off_t>(found.image.offset + image_bytes));
    if (n != static_cast<ssize_t>(text.size()))
        return Unexpected{cannot_read_itself(n < 0 ? std::strerror(errno) : "it is cut short")};
    found.options = unpack_options(text);
    return found;
}

Result<std::vector<std::byte>, Problem> own_executable()
{
    const UniqueFd file = open_executable();
    if (!file) return Unexpected{cannot_read_itself(std::strerror(errno))};
    const auto content = Mapping::map_file(file.get(), "/proc/self/exe");
    if (!content) return Unexpected{cannot_read_itself(content.error().to_string())};
    const auto bytes = content->bytes();
    Elf64_Ehdr header{};
    if (bytes.size() < sizeof header) return Unexpected{cannot_read_itself("it is no ELF file")};
    std::memcpy(&header, bytes.data(), sizeof header);
    uint64_t end = header.e_phoff + uint64_t{header.e_phnum} * sizeof(Elf64_Phdr);
    if (end > bytes.size()) return Unexpected{cannot_read_itself("it is damaged")};
    for (size_t i = 0; i < header.e_phnum; ++i) {
        Elf64_Phdr segment{};
        std::memcpy(&segment, bytes.data() + header.e_phoff + i * sizeof segment, sizeof segment);
        if (segment.p_type == PT_INTERP)
            return Unexpected{Problem{.error = "this weir cannot be put into a program",
                                      .because = "it is linked dynamically, and would not run on a machine without its libraries",
                                      .hint = "build weir with -DWEIR_STATIC=ON"}};
        if (segment.p_type == PT_LOAD) end = std::max(end, segment.p_offset + segment.p_filesz);
    }
    if (end > bytes.size()) return Unexpected{cannot_read_itself("it is damaged")};
    std::vector<std::byte> executable(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(end));
    executable.resize((end + page_bytes - 1) / page_bytes * page_bytes);
    // The sections stood at the end.
    header.e_shoff = 0;
    header.e_shnum = header.e_shstrndx = 0;
    std::memcpy(executable.data(), &header, sizeof header);
    return executable;
}

Result<void, Problem> attach(std::vector<std::byte>& executable, const Attachment& what, size_t options_bytes)
{
    Elf64_Ehdr header{};
    std::memcpy(&header, executable.data(), sizeof header);
    const uint64_t address = reinterpret_cast<uintptr_t>(&place) - load_bias();
    for (size_t i = 0; i < header.e_phnum; ++i) {
        Elf64_Phdr segment{};
        std::memcpy(&segment, executable.data() + header.e_phoff + i * sizeof segment, sizeof segment);
        if (segment.p_type != PT_LOAD || address < segment.p_vaddr || address + sizeof(Place) > segment.p_vaddr + segment.p_filesz)
            continue;
        Place there{};
        std::byte* const at = executable.data() + segment.p_offset + (address - segment.p_vaddr);
        std::memcpy(&there, at, sizeof there);
        if (std::string_view{there.mark.data()} != "weir attachment") break;
        there.image_offset = what.image.offset;
        there.image_bytes = what.image.size_bytes;
        there.options_bytes = options_bytes;
        std::memcpy(at, &there, sizeof there);
        return {};
    }
    return Unexpected{cannot_read_itself("the place for a program is not where it should be")};
}

}  // namespace weir::cli
