#pragma once

#include "base/build_id.hpp"
#include "base/result.hpp"
#include "base/sys_error.hpp"
#include "base/unique_fd.hpp"
#include "cache/processor.hpp"
#include "cache/sha256.hpp"
#include "runtime/code_image.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// A code image as a file: an ELF file for tools, with what weir needs in a header of its own behind ELF's, so that it parses nothing.
//
//     [ ELF header | ImageHeader | code | pieces | sites | inlined calls ]       code begins at a page, all that follows it at 8 bytes
//     [ ... | inlined calls | module | symbols and names | section headers ]     in a program, which `weir compile` makes

namespace weir::cache {

/// Names a piece of code for tools. `name` may be anything without NUL.
struct Symbol {
    std::string name;
    uint32_t begin = 0, size_bytes = 0;  // in the code
};

/// What code depends on besides the module's content.
struct Settings {
    enum class Tiers : uint32_t { baseline, by_heat, optimized };

    BuildId build{};
    ProcessorFeatures processor;
    Tiers tiers = Tiers::by_heat;
    uint32_t has_guard_pages = 1;  // memories that can have them do
    uint64_t program = 0;          // of what a program's runs have added to its code: the program's header_checksum. 0: of a module

    friend bool operator==(const Settings&, const Settings&) = default;
};

struct ImageHeader {
    std::array<char, 8> magic;
    uint32_t format;
    uint32_t header_bytes;
    uint64_t file_bytes;
    Settings settings;
    Sha256 module_hash;
    uint64_t module_bytes;
    uint64_t code_offset, code_bytes;
    uint64_t pieces_offset, piece_count;
    uint64_t sites_offset, site_count;
    uint64_t inlined_calls_offset, inlined_call_count;
    uint64_t module_offset;            // 0: the module is elsewhere
    std::array<char, 96> module_name;  // for people; ends with NUL
    uint64_t code_checksum;            // XXH3
    uint64_t tables_checksum;          // of pieces, then sites, then inlined calls
    uint64_t header_checksum;          // of the file up to here
};
static_assert(sizeof(ImageHeader) == 384);
inline constexpr size_t image_header_offset = 64;  // behind ELF's header

enum class ImageProblem : uint8_t {
    none,
    not_an_image,
    damaged,          // cut short, changed, or written by something else
    other_build,      // of weir
    other_processor,  // has features that this one lacks
    other_settings,
};

/// How much of a file is compared with its checksums: of one that only its user's weir writes and nobody looks at, everything; of a program
/// that somebody made and keeps, what weir itself reads.
enum class Checks : uint8_t { everything, tables };

struct OpenImage {
    ImageHeader header{};
    std::shared_ptr<const runtime::CodeImage> image;
    std::span<const std::byte> module;  // empty: elsewhere. `image` keeps it
};

/// Whether a file is an image, sound or not.
[[nodiscard]] bool is_image(std::span<const std::byte> file);
/// Just the header, for listings. Nothing but its own checksum has been looked at.
Result<ImageHeader, ImageProblem> read_image_header(int file);
/// Where in a file an image is.
struct ImageRange {
    uint64_t offset = 0;  // a multiple of runtime::code_page_bytes
    uint64_t size_bytes = 0;
};
/// The module in an image of a program, whatever it was compiled for; empty when there is none. `owner` keeps it.
struct ImageModule {
    std::span<const std::byte> bytes;
    std::shared_ptr<const void> owner;
};
ImageModule read_image_module(int file, const ImageRange& range);
/// Maps an image and checks it. `file` is kept open. `range` says where it is in a file that has more in it. Settings have to be the ones wanted; of the processor's features, `Checks::everything`
/// wants the same, `Checks::tables` all that the code may use. What refers to the module is not checked: runtime::is_consistent().
Result<OpenImage, ImageProblem> open_image(UniqueFd file, const Settings& wanted, Checks checks,
                                           std::optional<ImageRange> range = std::nullopt);

struct ImageToWrite {
    const runtime::CodeSnapshot& code;
    const Settings& settings;
    const Sha256& module_hash;
    std::span<const std::byte> module;  // its bytes
    std::string_view module_name;
    /// Not null: the image is a program, which has the module in it, and symbols and sections for tools.
    const std::vector<Symbol>* symbols = nullptr;
};
/// Writes all of an image to an empty file, or to one that ends at a multiple of runtime::code_page_bytes.
Result<void, SysError> write_image(int file, const ImageToWrite& what);

}  // namespace weir::cache
