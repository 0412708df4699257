#include "host/sockets/world.hpp"
#include "host/wasip1/sock.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

// Options of sockets.

namespace weir::sockets {

namespace {

using host::GuestPtr;
using host::host_fn;

enum class Form : uint8_t { number, socket_type, error, buffer_size, linger, time };

struct Option {
    uint32_t level, name;  // as guests number them
    int host_level, host_name;
    Form form;
    bool can_be_set;
};
// clang-format off
constexpr std::array options{
    Option{0, 0,  SOL_SOCKET,  SO_REUSEADDR,  Form::number,      true},
    Option{0, 1,  SOL_SOCKET,  SO_TYPE,       Form::socket_type, false},
    Option{0, 2,  SOL_SOCKET,  SO_ERROR,      Form::error,       false},
    Option{0, 3,  SOL_SOCKET,  SO_DONTROUTE,  Form::number,      true},
    Option{0, 4,  SOL_SOCKET,  SO_BROADCAST,  Form::number,      true},
    Option{0, 5,  SOL_SOCKET,  SO_SNDBUF,     Form::buffer_size, true},
    Option{0, 6,  SOL_SOCKET,  SO_RCVBUF,     Form::buffer_size, true},
    Option{0, 7,  SOL_SOCKET,  SO_KEEPALIVE,  Form::number,      true},
    Option{0, 8,  SOL_SOCKET,  SO_OOBINLINE,  Form::number,      true},
    Option{0, 9,  SOL_SOCKET,  SO_LINGER,     Form::linger,      true},
    Option{0, 10, SOL_SOCKET,  SO_RCVLOWAT,   Form::number,      true},
    Option{0, 11, SOL_SOCKET,  SO_RCVTIMEO,   Form::time,        true},
    Option{0, 12, SOL_SOCKET,  SO_SNDTIMEO,   Form::time,        true},
    Option{0, 13, SOL_SOCKET,  SO_ACCEPTCONN, Form::number,      false},
    Option{6, 1,  IPPROTO_TCP, TCP_NODELAY,   Form::number,      true},
    Option{6, 15, IPPROTO_TCP, TCP_NODELAY,   Form::number,      true},
};
// clang-format on
static_assert(sizeof(linger) == 8 && sizeof(timeval) == 16, "as wasi-libc lays them out");

constexpr uint32_t size_of(Form form)
{
    return form == Form::linger ? sizeof(linger) : form == Form::time ? sizeof(timeval) : sizeof(int);
}

const Option* find_option(uint32_t level, uint32_t name) noexcept
{
    const auto* const found = std::ranges::find_if(options, [&](const Option& o) { return o.level == level && o.name == name; });
    return found == options.end() ? nullptr : found;
}

/// Reads an option.
/// @param length  Two conventions of one type: the buffer's size, or where its size is, and the value's goes. No toolchain puts data as low
///                as sizes are.
/// @error noprotoopt  No such option.   @error inval  The buffer is too small.
/// POSIX: getsockopt(2).
HostResult<Nothing> sock_getsockopt(Context& cx, Fd fd, uint32_t level, uint32_t name, GuestPtr<uint8_t> value,
                                    uint32_t length) noexcept
{
    constexpr uint32_t largest_length = 128;
    auto wasi = to_wasi(cx);
    WEIR_TRY(file, wasip1::socket_for(wasi, fd, wasip1::no_rights));
    const Option* const option = find_option(level, name);
    if (option == nullptr) return Errno::noprotoopt;
    const bool is_pointer = length > largest_length;
    const auto room = is_pointer ? cx.memory.read(GuestPtr<uint32_t>{length}) : std::optional{length};
    const uint32_t size = size_of(option->form);
    if (!room) return Errno::fault;
    if (*room < size) return Errno::inval;
    const auto to = cx.memory.range(value.address, size);
    if (!to) return Errno::fault;
    std::byte bytes[sizeof(timeval)]{};
    socklen_t host_size = size;
    if (::getsockopt(file->host_fd, option->host_level, option->host_name, bytes, &host_size) != 0) return wasip1::from_host(errno);
    int number = 0;
    std::memcpy(&number, bytes, sizeof number);
    if (option->form == Form::buffer_size) number /= 2;  // Linux doubles what was set
    if (option->form == Form::error) number = number == 0 ? 0 : static_cast<int>(wasip1::from_host(number));
    if (option->form == Form::socket_type) number = static_cast<int>(number == SOCK_DGRAM ? SocketType::dgram : SocketType::stream);
    if (size == sizeof number) std::memcpy(bytes, &number, sizeof number);
    std::memcpy(to->data(), bytes, size);
    if (is_pointer && !cx.memory.write(GuestPtr<uint32_t>{length}, size)) return Errno::fault;
    return nothing;
}

/// Sets an option.
/// @error noprotoopt  No such option, or one that can only be read.   @error inval  Fewer bytes than it has.
/// POSIX: setsockopt(2).
HostResult<Nothing> sock_setsockopt(Context& cx, Fd fd, uint32_t level, uint32_t name, GuestPtr<uint8_t> value,
                                    uint32_t length) noexcept
{
    auto wasi = to_wasi(cx);
    WEIR_TRY(file, wasip1::socket_for(wasi, fd, wasip1::no_rights));
    const Option* const option = find_option(level, name);
    if (option == nullptr || !option->can_be_set) return Errno::noprotoopt;
    const uint32_t size = size_of(option->form);
    if (length < size) return Errno::inval;
    const auto from = cx.memory.range(value.address, size);
    if (!from) return Errno::fault;
    std::byte bytes[sizeof(timeval)];
    std::memcpy(bytes, from->data(), size);
    return wasip1::done(::setsockopt(file->host_fd, option->host_level, option->host_name, bytes, size));
}

constexpr std::array functions{
    host_fn<"sock_getsockopt", sock_getsockopt>("fd level name >value length"),
    host_fn<"sock_setsockopt", sock_setsockopt>("fd level name value length"),
};

}  // namespace

const std::span<const runtime::HostFunction> option_functions{functions};

}  // namespace weir::sockets
