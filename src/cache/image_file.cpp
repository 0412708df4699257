#include "cache/image_file.hpp"

#include "base/mapping.hpp"
#include "cache/elf_parts.hpp"

#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

namespace weir::cache {

using runtime::CodeImage;
using runtime::CodeSite;
using runtime::InlinedCall;
using runtime::PieceRecord;

namespace {

constexpr std::array<char, 8> magic{'w', 'e', 'i', 'r', 'c', 'o', 'd', 'e'};
constexpr uint32_t format = 3;
constexpr size_t page_bytes = runtime::code_page_bytes;
constexpr size_t headers_bytes = image_header_offset + sizeof(ImageHeader);
constexpr size_t program_header_offset = headers_bytes;
static_assert(sizeof(Elf64_Ehdr) == image_header_offset && headers_bytes + sizeof(Elf64_Phdr) <= page_bytes);
static_assert(std::has_unique_object_representations_v<ImageHeader> && std::has_unique_object_representations_v<PieceRecord> &&
              std::has_unique_object_representations_v<CodeSite> && std::has_unique_object_representations_v<InlinedCall>);

constexpr uint64_t round_up(uint64_t n, uint64_t to) { return (n + to - 1) / to * to; }

uint64_t checksum(std::span<const std::byte> bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }
uint64_t tables_checksum(std::span<const PieceRecord> pieces, std::span<const CodeSite> sites,
                         std::span<const InlinedCall> inlined_calls)
{
    uint64_t sum = 0;
    for (const auto& table : {std::as_bytes(pieces), std::as_bytes(sites), std::as_bytes(inlined_calls)})
        sum = XXH3_64bits_withSeed(table.data(), table.size(), sum);
    return sum;
}
uint64_t header_checksum(std::span<const std::byte> file) { return checksum(file.first(headers_bytes - sizeof(uint64_t))); }

/// Whether `count` items of `item_bytes` lie at `offset` in the file, behind its headers.
bool lies_in(const ImageHeader& h, uint64_t offset, uint64_t count, uint64_t item_bytes)
{
    return offset >= headers_bytes && offset <= h.file_bytes && offset % 8 == 0 && count <= (h.file_bytes - offset) / item_bytes;
}

bool is_sound(const ImageHeader& h)
{
    const bool has_module = h.module_offset != 0;
    return h.header_bytes == sizeof(ImageHeader) && h.code_offset % page_bytes == 0 && h.code_bytes % page_bytes == 0 &&
           h.code_bytes <= UINT32_MAX && lies_in(h, h.code_offset, h.code_bytes, 1) &&
           lies_in(h, h.pieces_offset, h.piece_count, sizeof(PieceRecord)) &&
           lies_in(h, h.sites_offset, h.site_count, sizeof(CodeSite)) &&
           lies_in(h, h.inlined_calls_offset, h.inlined_call_count, sizeof(InlinedCall)) &&
           (!has_module || lies_in(h, h.module_offset, h.module_bytes, 1)) && h.module_name.back() == '\0';
}

ImageProblem compare(const Settings& there, const Settings& wanted, Checks checks)
{
    if (there.build != wanted.build) return ImageProblem::other_build;
    const bool fits =
        checks == Checks::everything ? wanted.processor == there.processor : wanted.processor.include(there.processor);
    if (!fits) return ImageProblem::other_processor;
    if (there.tiers != wanted.tiers || there.has_guard_pages != wanted.has_guard_pages || there.program != wanted.program)
        return ImageProblem::other_settings;
    return ImageProblem::none;
}

/// From what may be any bytes.
Result<ImageHeader, ImageProblem> parse_header(std::span<const std::byte> file)
{
    if (!is_image(file)) return Unexpected{ImageProblem::not_an_image};
    ImageHeader header;
    std::memcpy(&header, file.data() + image_header_offset, sizeof header);
    // Another format's header may be of another size: it is some other build's.
    if (header.format != format) return Unexpected{ImageProblem::other_build};
    if (header.header_checksum != header_checksum(file) || !is_sound(header)) return Unexpected{ImageProblem::damaged};
    return header;
}

struct ImageOwner {
    UniqueFd file;
    Mapping mapping;
    CodeImage image;
};

template <class T>
std::span<const T> items_at(std::span<const std::byte> file, uint64_t offset, uint64_t count)
{
    return {reinterpret_cast<const T*>(file.data() + offset), static_cast<size_t>(count)};
}

Result<void, SysError> write_all(int file, std::span<const std::byte> bytes)
{
    while (!bytes.empty()) {
        const ssize_t n = ::write(file, bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return Unexpected{last_error("write")};
        bytes = bytes.subspan(static_cast<size_t>(n));
    }
    return {};
}

}  // namespace

bool is_image(std::span<const std::byte> file)
{
    return file.size() >= headers_bytes && std::memcmp(file.data(), ELFMAG, SELFMAG) == 0 &&
           std::memcmp(file.data() + image_header_offset, magic.data(), magic.size()) == 0;
}

Result<ImageHeader, ImageProblem> read_image_header(int file)
{
    std::array<std::byte, headers_bytes> bytes{};
    const ssize_t n = ::pread(file, bytes.data(), bytes.size(), 0);
    if (n != static_cast<ssize_t>(bytes.size())) return Unexpected{ImageProblem::not_an_image};
    return parse_header(bytes);
}

namespace {

/// A range of a file, or all of it; nothing when there is no room for an image.
std::optional<Mapping> map_range(int file, std::optional<ImageRange>& range, int populate)
{
    struct stat status{};
    if (::fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
    const auto file_bytes = static_cast<uint64_t>(status.st_size);
    if (!range) range = {.offset = 0, .size_bytes = file_bytes};
    if (range->size_bytes < headers_bytes || range->offset % page_bytes != 0 || range->offset > file_bytes ||
        range->size_bytes > file_bytes - range->offset)
        return std::nullopt;
    auto mapping = Mapping::map(range->size_bytes, PROT_READ, MAP_PRIVATE | populate, file, range->offset);
    if (!mapping) return std::nullopt;
    return std::move(*mapping);
}

}  // namespace

ImageModule read_image_module(int file, const ImageRange& range)
{
    std::optional<ImageRange> there = range;
    auto mapping = map_range(file, there, 0);
    if (!mapping) return {};
    const auto header = parse_header(mapping->bytes());
    if (!header || header->file_bytes != mapping->size_bytes() || header->module_offset == 0) return {};
    const auto owner = std::make_shared<Mapping>(std::move(*mapping));
    return {.bytes = owner->bytes().subspan(header->module_offset, header->module_bytes), .owner = owner};
}

Result<OpenImage, ImageProblem> open_image(UniqueFd file, const Settings& wanted, Checks checks, std::optional<ImageRange> range)
{
    auto mapping = map_range(file.get(), range, checks == Checks::everything ? MAP_POPULATE : 0);
    if (!mapping) return Unexpected{ImageProblem::not_an_image};
    const auto bytes = mapping->bytes();
    WEIR_TRY(header, parse_header(bytes));
    if (header.file_bytes != bytes.size()) return Unexpected{ImageProblem::damaged};
    if (const auto problem = compare(header.settings, wanted, checks); problem != ImageProblem::none) return Unexpected{problem};

    const auto pieces = items_at<PieceRecord>(bytes, header.pieces_offset, header.piece_count);
    const auto sites = items_at<CodeSite>(bytes, header.sites_offset, header.site_count);
    const auto inlined_calls = items_at<InlinedCall>(bytes, header.inlined_calls_offset, header.inlined_call_count);
    if (tables_checksum(pieces, sites, inlined_calls) != header.tables_checksum ||
        (checks == Checks::everything && checksum(bytes.subspan(header.code_offset, header.code_bytes)) != header.code_checksum))
        return Unexpected{ImageProblem::damaged};

    const auto owner = std::make_shared<ImageOwner>();
    owner->image = {.file = file.get(),
                    .file_offset = range->offset + header.code_offset,
                    .code_bytes = static_cast<uint32_t>(header.code_bytes),
                    .pieces = pieces,
                    .sites = sites,
                    .inlined_calls = inlined_calls,
                    .owner = {}};
    OpenImage opened{.header = header, .image = {owner, &owner->image}, .module = {}};
    if (header.module_offset != 0) opened.module = bytes.subspan(header.module_offset, header.module_bytes);
    owner->file = std::move(file);
    owner->mapping = std::move(*mapping);
    return opened;
}

Result<void, SysError> write_image(int file, const ImageToWrite& what)
{
    const auto pieces = std::as_bytes(std::span{what.code.pieces});
    const auto sites = std::as_bytes(std::span{what.code.sites});
    const auto inlined_calls = std::as_bytes(std::span{what.code.inlined_calls});
    ImageHeader h{};
    h.magic = magic;
    h.format = format;
    h.header_bytes = sizeof h;
    h.settings = what.settings;
    h.module_hash = what.module_hash;
    h.module_bytes = what.module.size();
    h.code_offset = page_bytes;
    h.code_bytes = round_up(what.code.code.size(), page_bytes);
    h.pieces_offset = h.code_offset + h.code_bytes;
    h.piece_count = what.code.pieces.size();
    h.sites_offset = round_up(h.pieces_offset + pieces.size(), 8);
    h.site_count = what.code.sites.size();
    h.inlined_calls_offset = round_up(h.sites_offset + sites.size(), 8);
    h.inlined_call_count = what.code.inlined_calls.size();
    h.file_bytes = h.inlined_calls_offset + inlined_calls.size();
    ElfParts elf;
    if (what.symbols != nullptr) {
        h.module_offset = round_up(h.file_bytes, 8);
        elf = program_parts({.program_header_offset = program_header_offset,
                             .code_offset = h.code_offset,
                             .code_bytes = h.code_bytes,
                             .tables_offset = h.pieces_offset,
                             .tables_bytes = h.file_bytes - h.pieces_offset,
                             .module_offset = h.module_offset,
                             .module_bytes = h.module_bytes,
                             .symbols = *what.symbols});
        h.file_bytes = elf.tail_offset + elf.tail.size();
    }
    what.module_name.copy(h.module_name.data(), h.module_name.size() - 1);

    // The last page of code as it is in the file.
    const size_t whole_pages = what.code.code.size() / page_bytes * page_bytes;
    std::array<std::byte, page_bytes> last_page{};
    const size_t last_bytes = h.code_bytes == whole_pages ? 0 : page_bytes;
    std::ranges::copy(what.code.code.subspan(whole_pages), last_page.begin());
    XXH3_state_t state;
    XXH3_64bits_reset(&state);
    XXH3_64bits_update(&state, what.code.code.data(), whole_pages);
    XXH3_64bits_update(&state, last_page.data(), last_bytes);
    h.code_checksum = XXH3_64bits_digest(&state);
    h.tables_checksum = tables_checksum(what.code.pieces, what.code.sites, what.code.inlined_calls);

    std::array<std::byte, page_bytes> first_page{};
    std::memcpy(first_page.data(), &elf.header, sizeof elf.header);
    std::memcpy(first_page.data() + program_header_offset, &elf.segment, sizeof elf.segment);
    std::memcpy(first_page.data() + image_header_offset, &h, sizeof h);
    h.header_checksum = header_checksum(first_page);
    std::memcpy(first_page.data() + image_header_offset, &h, sizeof h);

    uint64_t at = 0;
    const auto write = [&](uint64_t offset, std::span<const std::byte> bytes) -> Result<void, SysError> {
        constexpr std::array<std::byte, 8> padding{};
        WEIR_CHECK(write_all(file, std::span{padding}.first(offset - at)));
        at = offset + bytes.size();
        return write_all(file, bytes);
    };
    WEIR_CHECK(write(0, first_page));
    WEIR_CHECK(write(at, what.code.code.first(whole_pages)));
    WEIR_CHECK(write(at, std::span{last_page}.first(last_bytes)));
    WEIR_CHECK(write(h.pieces_offset, pieces));
    WEIR_CHECK(write(h.sites_offset, sites));
    WEIR_CHECK(write(h.inlined_calls_offset, inlined_calls));
    if (what.symbols == nullptr) return {};
    WEIR_CHECK(write(h.module_offset, what.module));
    return write(elf.tail_offset, elf.tail);
}

}  // namespace weir::cache
