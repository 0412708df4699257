#include "cli/output_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

namespace weir::cli {

Problem OutputFile::cannot_write() const
{
    return {.error = fmt::format("cannot write '{}'", printable(m_path)), .because = std::strerror(errno), .hint = {}};
}

Result<OutputFile, Problem> OutputFile::create(const std::string& path, mode_t mode)
{
    OutputFile output;
    output.m_path = path;
    const std::string draft = fmt::format("{}.{}.new", path, ::getpid());
    output.m_file = UniqueFd{::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)};
    if (!output.m_file) return Unexpected{output.cannot_write()};
    output.m_draft = draft;
    return output;
}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : m_path(std::move(other.m_path)), m_draft(std::exchange(other.m_draft, {})), m_file(std::move(other.m_file))
{
}

OutputFile::~OutputFile()
{
    if (!m_draft.empty()) ::unlink(m_draft.c_str());
}

Result<void, Problem> OutputFile::write(std::span<const std::byte> bytes)
{
    while (!bytes.empty()) {
        const ssize_t n = ::write(m_file.get(), bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return Unexpected{cannot_write()};
        bytes = bytes.subspan(static_cast<size_t>(n));
    }
    return {};
}

Result<void, Problem> OutputFile::finish()
{
    if (std::rename(m_draft.c_str(), m_path.c_str()) != 0) return Unexpected{cannot_write()};
    m_draft.clear();
    return {};
}

}  // namespace weir::cli
