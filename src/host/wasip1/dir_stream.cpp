#include "host/wasip1/dir_stream.hpp"

#include <dirent.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <new>

namespace weir::wasip1 {

namespace {

// The kernel's linux_dirent64: d_ino, d_off (the position behind the entry), d_reclen, d_type, name with NUL. getdents64(2).
constexpr size_t ino_offset = 0, next_offset = 8, record_bytes_offset = 16, type_offset = 18, name_offset = 19;

template <class T>
T load(const std::byte* at) noexcept
{
    T value;
    std::memcpy(&value, at, sizeof value);
    return value;
}

FileType to_file_type(uint8_t host_type) noexcept
{
    switch (host_type) {
    case DT_BLK: return FileType::block_device;
    case DT_CHR: return FileType::character_device;
    case DT_DIR: return FileType::directory;
    case DT_REG: return FileType::regular_file;
    case DT_LNK: return FileType::symbolic_link;
    case DT_SOCK: return FileType::socket_stream;
    default: return FileType::unknown;
    }
}

}  // namespace

std::unique_ptr<DirStream> DirStream::create() noexcept { return std::unique_ptr<DirStream>{new (std::nothrow) DirStream}; }

Errno DirStream::seek(int host_fd, DirCookie cookie) noexcept
{
    const auto wanted = static_cast<uint64_t>(cookie);
    if (m_is_positioned && wanted != 0) {
        if (wanted == m_cookie) return Errno::success;
        // A guest whose buffer ended inside an entry comes back for it; usually that is still here.
        uint64_t at_cookie = m_first_cookie;
        for (size_t at = 0; at < m_filled; at += load<uint16_t>(m_buffer + at + record_bytes_offset)) {
            if (at_cookie == wanted) {
                m_at = at;
                m_cookie = wanted;
                m_is_parsed = false;
                return Errno::success;
            }
            at_cookie = load<uint64_t>(m_buffer + at + next_offset);
        }
    }
    m_is_positioned = m_is_parsed = false;
    m_filled = m_at = 0;
    if (wanted > INT64_MAX) return Errno::inval;
    if (::lseek(host_fd, static_cast<off_t>(wanted), SEEK_SET) < 0) return from_host(errno);
    m_cookie = m_first_cookie = wanted;
    m_is_positioned = true;
    return Errno::success;
}

void DirStream::parse() noexcept
{
    const std::byte* const record = m_buffer + m_at;
    m_entry_bytes = load<uint16_t>(record + record_bytes_offset);
    const char* const name = reinterpret_cast<const char*>(record) + name_offset;
    m_entry.name = {name, ::strnlen(name, m_entry_bytes - name_offset)};
    m_entry.header = {};
    m_entry.header.next = DirCookie{load<uint64_t>(record + next_offset)};
    m_entry.header.ino = load<uint64_t>(record + ino_offset);
    m_entry.header.name_len = static_cast<uint32_t>(m_entry.name.size());
    m_entry.header.type = to_file_type(load<uint8_t>(record + type_offset));
    m_is_parsed = true;
}

const DirStream::Entry* DirStream::peek(int host_fd, Errno& error) noexcept
{
    if (m_is_parsed) return &m_entry;
    if (m_at >= m_filled) {
        const long n = ::syscall(SYS_getdents64, host_fd, m_buffer, sizeof m_buffer);
        if (n < 0) {
            error = from_host(errno);
            m_is_positioned = false;
            return nullptr;
        }
        m_at = 0;
        m_filled = static_cast<size_t>(n);
        m_first_cookie = m_cookie;
        if (n == 0) return nullptr;
    }
    parse();
    return &m_entry;
}

void DirStream::pop() noexcept
{
    m_cookie = static_cast<uint64_t>(m_entry.header.next);
    m_at += m_entry_bytes;
    m_is_parsed = false;
}

}  // namespace weir::wasip1
