#pragma once

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "cli/console.hpp"

#include <sys/types.h>

#include <cstddef>
#include <span>
#include <string>

namespace weir::cli {

/// A file that is being made. It is written beside the one that it becomes, which is whole, or what it was; what is not finished goes away.
class OutputFile {
public:
    /// `mode` as open(2) takes it.
    static Result<OutputFile, Problem> create(const std::string& path, mode_t mode);
    OutputFile(OutputFile&& other) noexcept;
    OutputFile& operator=(OutputFile&&) = delete;
    ~OutputFile();

    [[nodiscard]] int descriptor() const { return m_file.get(); }
    Result<void, Problem> write(std::span<const std::byte> bytes);
    /// Gives it its name. Once.
    Result<void, Problem> finish();

private:
    OutputFile() = default;
    [[nodiscard]] Problem cannot_write() const;

    std::string m_path, m_draft;  // no draft: nothing to remove
    UniqueFd m_file;
};

}  // namespace weir::cli
