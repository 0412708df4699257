#pragma once

#include "base/result.hpp"
#include "base/sys_error.hpp"
#include "base/unique_fd.hpp"
#include "http/access_log.hpp"

#include <chrono>
#include <memory>
#include <string>

namespace weir::serve {

/// A line for each exchange, in the Combined Log Format that tools for web servers' logs read, and behind it what that has no place for:
/// `127.0.0.1 - - [31/Jan/2026:12:00:00 +0000] "GET / HTTP/1.1" 200 13 "-" "curl/7.88.1" 0.000412 17 complete`: seconds, the request's number,
/// by which the server's own log names it, and how the exchange ended. Of what a client sent quotes, backslashes and bytes that are not
/// visible ASCII are written as \xHH. Times are UTC. Thread-safe.
class AccessLogFile final : public http::AccessLog {
public:
    /// Appends to a file, which is made when it is not there; `-` is standard output.
    static Result<std::shared_ptr<AccessLogFile>, SysError> open(const std::string& path);
    void record(const http::AccessRecord& record) noexcept override;

private:
    AccessLogFile(UniqueFd file, int fd) : m_file(std::move(file)), m_fd(fd) {}

    UniqueFd m_file;  // empty for standard output
    int m_fd;
};

/// A record's line, with its line break. `when` is when the exchange was over.
[[nodiscard]] std::string access_log_line(const http::AccessRecord& record, std::chrono::system_clock::time_point when);

}  // namespace weir::serve
