#include "serve/access_log.hpp"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <new>
#include <string_view>
#include <utility>

namespace weir::serve {

namespace {

/// Of a client's text; "-" stands for none.
std::string field(std::string_view text)
{
    if (text.empty()) return "-";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte > 0x7e || c == '"' || c == '\\') out += fmt::format("\\x{:02X}", byte);
        else out += c;
    }
    return out;
}

/// A host without its port; of a Unix socket's client there is none.
std::string host_of(const http::Address& address)
{
    using enum http::Address::Family;
    return address.family == ipv4 || address.family == ipv6 ? address.host() : "-";
}

}  // namespace

std::string access_log_line(const http::AccessRecord& record, std::chrono::system_clock::time_point when)
{
    const std::string request = record.method.empty()
                                  ? "-"
                                  : fmt::format("{} {} {}", field(record.method), field(record.target), to_string(record.version));
    const std::string status = record.status == 0 ? "-" : fmt::format("{}", record.status);
    return fmt::format("{} - - [{:%d/%b/%Y:%H:%M:%S +0000}] \"{}\" {} {} \"{}\" \"{}\" {:.6f} {} {}\n",
                       host_of(record.connection.remote), fmt::gmtime(std::chrono::system_clock::to_time_t(when)), request, status,
                       record.response_body_bytes, field(record.referer), field(record.user_agent),
                       std::chrono::duration<double>{record.duration}.count(), record.request_id, to_string(record.end));
}

Result<std::shared_ptr<AccessLogFile>, SysError> AccessLogFile::open(const std::string& path)
{
    if (path == "-") return std::shared_ptr<AccessLogFile>{new AccessLogFile{UniqueFd{}, STDOUT_FILENO}};
    UniqueFd file{::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640)};
    if (!file) return Unexpected{last_error("open", path)};
    const int fd = file.get();
    return std::shared_ptr<AccessLogFile>{new AccessLogFile{std::move(file), fd}};
}

void AccessLogFile::record(const http::AccessRecord& record) noexcept
{
    try {
        const std::string line = access_log_line(record, std::chrono::system_clock::now());
        // One write, so that lines of several threads, and processes, do not mix. What a full disk does not take is lost.
        while (::write(m_fd, line.data(), line.size()) < 0 && errno == EINTR) {}
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch)
        // No memory for the line: there is none.
    }
}

}  // namespace weir::serve
