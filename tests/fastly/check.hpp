#pragma once

#include "imports.hpp"

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

// What the test guest's files share: each calls functions and notes every answer that is not the expected one.

enum Status : uint32_t {
    ok,
    error,
    inval,
    badf,
    buflen,
    unsupported,
    badalign,
    http_invalid,
    http_user,
    http_incomplete,
    none,
    http_head_too_large,
    http_invalid_status,
    limit_exceeded,
    again,
};

inline std::string failures;

template <class T>
uint32_t at(T* place)
{
    return static_cast<uint32_t>(reinterpret_cast<uintptr_t>(place));
}
/// An address and a length.
#define TEXT(s) at(std::string_view{s}.data()), static_cast<uint32_t>(std::string_view{s}.size())
#define NOWHERE 0xfffffff0U

inline void note(int line, const char* what, uint64_t expected, uint64_t found)
{
    if (expected == found) return;
    failures += "line " + std::to_string(line) + ": " + what + ": expected " + std::to_string(expected) + ", found " +
                std::to_string(found) + "\n";
}
#define EXPECT(expected, call) note(__LINE__, #call, static_cast<uint64_t>(expected), static_cast<uint64_t>(call))
#define EXPECT_TEXT(expected, found)                                                                                         \
    do {                                                                                                                     \
        const std::string found_ = (found);                                                                                  \
        if (found_ != (expected))                                                                                            \
            failures +=                                                                                                      \
                "line " + std::to_string(__LINE__) + ": expected '" + std::string{expected} + "', found '" + found_ + "'\n"; \
    } while (false)

/// A buffer that functions fill, with canaries behind it.
struct Buffer {
    char bytes[600];
    uint32_t size = 0xdeadbeef;
    int64_t cursor = 0x5555;
    Buffer() { std::memset(bytes, 0x7e, sizeof bytes); }
    [[nodiscard]] std::string text() const { return {bytes, size <= sizeof bytes ? size : 0}; }
    /// Nothing was written behind what was told.
    [[nodiscard]] bool is_kept_from(size_t from) const
    {
        for (size_t i = from; i < sizeof bytes; ++i)
            if (bytes[i] != 0x7e) return false;
        return true;
    }
};
#define INTO(buffer) at((buffer).bytes), sizeof((buffer).bytes), at(&(buffer).size)
#define CURSOR_INTO(buffer, from) at((buffer).bytes), sizeof((buffer).bytes), from, at(&(buffer).cursor), at(&(buffer).size)

inline uint32_t new_request()
{
    uint32_t h = 0;
    EXPECT(ok, http_req_new(at(&h)));
    return h;
}
inline uint32_t new_response()
{
    uint32_t h = 0;
    EXPECT(ok, http_resp_new(at(&h)));
    return h;
}
inline uint32_t new_body(std::string_view content = {})
{
    uint32_t h = 0, written = 0;
    EXPECT(ok, http_body_new(at(&h)));
    EXPECT(ok, http_body_write(h, TEXT(content), 0, at(&written)));
    EXPECT(content.size(), written);
    return h;
}
/// All of a body, which must not be cut.
inline std::string read_all(uint32_t body)
{
    std::string all;
    for (;;) {
        Buffer buffer;
        EXPECT(ok, http_body_read(body, at(buffer.bytes), sizeof buffer.bytes, at(&buffer.size)));
        if (buffer.size == 0 || buffer.size > sizeof buffer.bytes) return all;
        all += buffer.text();
    }
}
constexpr uint32_t no_such = 7777;

void test_user_agents(), test_no_user_agents(), test_messages(), test_first_names(), test_first_names_of_sending(), test_bodies(),
    test_downstream(), test_tls(), test_stores(), test_lookups(), test_backends(), test_sending(), test_refused_sending(),
    test_refusals(), test_stale_dictionary(), test_limits(), test_later();
void refuse_after_the_response();
void send_pending_downstream(std::string_view backend);
void report_body(uint32_t body);
void forward_body(uint32_t body, std::string_view backend);
void pass_answer(std::string_view backend, std::string_view path, bool appends);
void respond_and_compute(bool streams);
