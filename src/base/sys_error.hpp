#pragma once

#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>

namespace weir {

/// The operating system refused. Goes up to whoever can say what was being done.
struct SysError {
    int code = 0;           // errno
    std::string_view call;  // the system call, a literal
    std::string subject;    // a path or what else it was about; may be empty

    [[nodiscard]] std::string to_string() const
    {
        std::string text{call};
        if (!subject.empty()) text += " '" + subject + "'";
        return text + ": " + std::strerror(code);
    }
};

/// The error that errno names now.
inline SysError last_error(std::string_view call, std::string subject = {}) { return {errno, call, std::move(subject)}; }

}  // namespace weir
