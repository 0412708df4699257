#include "compile_process/protocol.hpp"

#include "runtime/code_image.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <type_traits>

namespace weir::compile_process {

using runtime::CodeSite;
using runtime::CompiledCode;
using runtime::CompileError;
using runtime::Relocation;

namespace {

constexpr size_t max_code_bytes = size_t{1} << 28;
constexpr uint32_t max_message_bytes = 4096;

static_assert(std::is_trivially_copyable_v<CodeSite> && std::is_trivially_copyable_v<runtime::InlinedCall> &&
              std::is_trivially_copyable_v<Relocation>);

/// Ancillary data with room for one descriptor.
struct alignas(cmsghdr) Ancillary {
    std::array<char, CMSG_SPACE(sizeof(int))> bytes{};
};

bool are_valid(const CompiledCode& code, const wasm::Module& module)
{
    const auto size = static_cast<uint64_t>(code.bytes.size());
    const auto is_placed = [&](const Relocation& r) {
        const bool has_immediate = r.kind == Relocation::Kind::calls || r.kind == Relocation::Kind::loops;
        const uint64_t field_bytes = has_immediate ? 5 : 4;
        return r.code_offset + field_bytes <= size && r.target.value >= module.imported_function_count &&
               r.target.value - module.imported_function_count < module.bodies.size();
    };
    const auto is_in_code = [&](const CodeSite& s) { return s.code_offset <= size && s.inlined_by <= code.inlined_calls.size(); };
    return std::has_single_bit(code.alignment_bytes) && code.alignment_bytes <= 64 &&
           std::ranges::all_of(code.relocations, is_placed) && std::ranges::all_of(code.sites, is_in_code) &&
           std::ranges::is_sorted(code.sites, {}, &CodeSite::code_offset) && runtime::are_consistent(code.inlined_calls, module);
}

template <class T>
Result<void, SysError> receive_all(int socket, std::vector<T>& out, uint32_t count)
{
    out.resize(count);
    return receive(socket, std::as_writable_bytes(std::span{out}));
}

}  // namespace

Result<void, SysError> send(int socket, std::span<const std::byte> bytes, int descriptor)
{
    Ancillary ancillary;
    while (!bytes.empty()) {
        iovec part{.iov_base = const_cast<std::byte*>(bytes.data()), .iov_len = bytes.size()};
        msghdr message{};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        if (descriptor >= 0) {
            message.msg_control = ancillary.bytes.data();
            message.msg_controllen = ancillary.bytes.size();
            cmsghdr* const header = CMSG_FIRSTHDR(&message);
            header->cmsg_level = SOL_SOCKET;
            header->cmsg_type = SCM_RIGHTS;
            header->cmsg_len = CMSG_LEN(sizeof(int));
            std::memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
        }
        const ssize_t n = ::sendmsg(socket, &message, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return Unexpected{last_error("sendmsg")};
        bytes = bytes.subspan(static_cast<size_t>(n));
        descriptor = -1;
    }
    return {};
}

Result<void, SysError> receive(int socket, std::span<std::byte> bytes, UniqueFd* descriptor)
{
    Ancillary ancillary;
    while (!bytes.empty()) {
        iovec part{.iov_base = bytes.data(), .iov_len = bytes.size()};
        msghdr message{};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        if (descriptor != nullptr) {
            message.msg_control = ancillary.bytes.data();
            message.msg_controllen = ancillary.bytes.size();
        }
        const ssize_t n = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return Unexpected{last_error("recvmsg")};
        if (n == 0) return Unexpected{SysError{ECONNRESET, "recvmsg", {}}};
        const cmsghdr* const header = descriptor == nullptr ? nullptr : CMSG_FIRSTHDR(&message);
        if (header != nullptr && header->cmsg_type == SCM_RIGHTS) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
            descriptor->reset(fd);
        }
        bytes = bytes.subspan(static_cast<size_t>(n));
    }
    return {};
}

Result<void, SysError> send_code(int socket, const Result<void, CompileError>& result, const CompiledCode& code)
{
    if (!result) {
        const std::string message = result.error().message.substr(0, max_message_bytes);
        const Reply reply{.is_ok = 0,
                          .alignment_bytes = 0,
                          .code_bytes = 0,
                          .sites = 0,
                          .inlined_calls = 0,
                          .relocations = 0,
                          .message_bytes = static_cast<uint32_t>(message.size())};
        WEIR_CHECK(send(socket, as_bytes(reply)));
        return send(socket, std::as_bytes(std::span{message}));
    }
    const Reply reply{.is_ok = 1,
                      .alignment_bytes = code.alignment_bytes,
                      .code_bytes = static_cast<uint32_t>(code.bytes.size()),
                      .sites = static_cast<uint32_t>(code.sites.size()),
                      .inlined_calls = static_cast<uint32_t>(code.inlined_calls.size()),
                      .relocations = static_cast<uint32_t>(code.relocations.size()),
                      .message_bytes = 0};
    WEIR_CHECK(send(socket, as_bytes(reply)));
    WEIR_CHECK(send(socket, code.bytes));
    WEIR_CHECK(send(socket, std::as_bytes(std::span{code.sites})));
    WEIR_CHECK(send(socket, std::as_bytes(std::span{code.inlined_calls})));
    return send(socket, std::as_bytes(std::span{code.relocations}));
}

Result<Result<void, CompileError>, SysError> receive_code(int socket, const wasm::Module& module, CompiledCode& code)
{
    Reply reply{};
    WEIR_CHECK(receive(socket, as_writable_bytes(reply)));
    const bool is_bounded = reply.code_bytes <= max_code_bytes && reply.sites <= max_code_bytes / sizeof(CodeSite) &&
                            reply.inlined_calls <= runtime::max_inlined_calls &&
                            reply.relocations <= max_code_bytes / sizeof(Relocation) && reply.message_bytes <= max_message_bytes;
    if (!is_bounded) return Unexpected{SysError{EPROTO, "recvmsg", {}}};
    if (reply.is_ok == 0) {
        std::string message(reply.message_bytes, ' ');
        WEIR_CHECK(receive(socket, std::as_writable_bytes(std::span{message})));
        return Result<void, CompileError>{Unexpected{CompileError{std::move(message)}}};
    }
    code.alignment_bytes = reply.alignment_bytes;
    WEIR_CHECK(receive_all(socket, code.bytes, reply.code_bytes));
    WEIR_CHECK(receive_all(socket, code.sites, reply.sites));
    WEIR_CHECK(receive_all(socket, code.inlined_calls, reply.inlined_calls));
    WEIR_CHECK(receive_all(socket, code.relocations, reply.relocations));
    if (!are_valid(code, module)) return Unexpected{SysError{EPROTO, "recvmsg", {}}};
    return Result<void, CompileError>{};
}

}  // namespace weir::compile_process
