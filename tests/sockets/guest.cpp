// Calls each socket function in each form and says what was wrong. Usage: guest CASE [ARGUMENT]
#include "imports.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>

namespace {

struct Ref {
    const void* bytes;
    uint32_t size;
};
struct Tagged {
    uint16_t family;
    uint8_t bytes[126];
};
struct Vector {
    void* bytes;
    uint32_t size;
};
enum Errno {
    success = 0,
    acces = 2,
    addrnotavail = 4,
    afnosupport = 5,
    again = 6,
    connrefused = 14,
    inprogress = 26,
    inval = 28,
    isconn = 30,
    noprotoopt = 50,
    notconn = 53,
    pipe_ = 64,
    fault = 21,
    ainoname = 84,
    aimemory = 82
};

#define CHECK(expression, wanted)                                                                             \
    do {                                                                                                      \
        const auto got_ = static_cast<long long>(expression);                                                 \
        if (got_ != static_cast<long long>(wanted)) {                                                         \
            std::printf("line %d: %s is %lld, not %lld\n", __LINE__, #expression, got_, (long long)(wanted)); \
            std::exit(1);                                                                                     \
        }                                                                                                     \
    } while (false)

uint8_t ipv4[4] = {127, 0, 0, 1};
uint8_t ipv6[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};

Tagged tagged(uint16_t family, const void* bytes, size_t size)
{
    Tagged t{};
    t.family = family;
    std::memcpy(t.bytes, bytes, size);
    return t;
}

int32_t open_socket(int family, int type)
{
    int32_t fd = -1;
    CHECK(sock_open(family, type, &fd), success);
    return fd;
}

void exchange(int32_t a, int32_t b)
{
    char text[] = "weir", got[16] = {};
    Vector out{text, 4}, in{got, sizeof got};
    int32_t size = 0;
    uint16_t flags[2] = {0xeeee, 0xeeee};
    CHECK(sock_send(a, &out, 1, 0, &size), success);
    CHECK(size, 4);
    CHECK(sock_recv(b, &in, 1, 1, &size, flags), success);  // peek
    CHECK(size, 4);
    CHECK(flags[0], 0);
    CHECK(flags[1], 0xeeee);
    CHECK(sock_recv(b, &in, 1, 0, &size, flags), success);
    CHECK(size, 4);
    CHECK(std::memcmp(got, text, 4), 0);
}

/// A listener and both ends of a connection, addresses given as `ref`; `version` of the functions that differ.
void stream(int family, Ref ref, int version)
{
    const int32_t listener = open_socket(family, 2);
    int32_t one = 1;
    CHECK(sock_setsockopt(listener, 0, 0, &one, 4), success);
    CHECK(sock_bind(listener, &ref, 0), success);
    CHECK(sock_listen(listener, 64), success);
    CHECK(sock_shutdown(listener, 3), notconn);

    uint8_t bytes[128] = {};
    Ref to{bytes, family == 3 || version == 2 ? 128U : 16U};
    uint32_t port = 77777, type = 0;
    if (version == 1) CHECK(local_v1(listener, &to, &type, &port), success);
    else CHECK(local_v2(listener, &to, &port), success);
    if (version == 1) CHECK(type, family == 2 ? 6 : 4);
    else CHECK(bytes[0], family);
    CHECK(port > 65535, 0);
    CHECK(port == 0, family == 3);
    if (family == 1) CHECK(std::memcmp(bytes + (version == 2 ? 2 : 0), ipv4, 4), 0);
    if (family == 2) CHECK(std::memcmp(bytes + (version == 2 ? 2 : 0), ipv6, 16), 0);

    int32_t accepted = -1;
    CHECK(set_flags(listener, 4), success);
    if (version == 1) CHECK(sock_accept_v1(listener, &accepted), again);
    else CHECK(sock_accept_v2(listener, 4, &accepted), again);
    CHECK(sock_accept_v2(listener, 1, &accepted), inval);
    CHECK(set_flags(listener, 0), success);

    const int32_t client = open_socket(family, 2);
    CHECK(peer_v2(client, &to, &port), notconn);
    CHECK(sock_connect(client, &ref, static_cast<int32_t>(port)), success);
    if (version == 1) CHECK(sock_accept_v1(listener, &accepted), success);
    else CHECK(sock_accept_v2(listener, 0, &accepted), success);
    exchange(client, accepted);
    exchange(accepted, client);
    uint32_t peer_port = 0;
    if (version == 1 && family != 3) {
        CHECK(peer_v1(client, &to, &type, &peer_port), success);
        CHECK(peer_port, port);
    }
    to.size = 128;
    CHECK(peer_v2(client, &to, &peer_port), success);
    CHECK(peer_port, family == 3 ? 0 : port);

    CHECK(sock_shutdown(client, 2), success);
    Vector in{bytes, sizeof bytes};
    int32_t size = -1;
    uint16_t flags = 0;
    CHECK(sock_recv(accepted, &in, 1, 0, &size, &flags), success);
    CHECK(size, 0);
    CHECK(sock_shutdown(client, 0), inval);
    CHECK(sock_shutdown(client, 4), inval);
    CHECK(sock_send(client, &in, 1, 0, &size), pipe_);
    for (const int32_t fd : {client, accepted, listener}) CHECK(fd_close(fd), success);
}

void datagrams(int family, Ref ref)
{
    const int32_t a = open_socket(family, 1), b = open_socket(family, 1);
    CHECK(sock_bind(a, &ref, 0), success);
    CHECK(sock_bind(b, &ref, 0), success);
    uint8_t bytes[128];
    Ref to{bytes, 128};
    uint32_t a_port = 0, b_port = 0, from_port = 0;
    CHECK(local_v2(a, &to, &a_port), success);
    CHECK(local_v2(b, &to, &b_port), success);
    char text[] = "datagram", got[4] = {};
    Vector out{text, 8}, in{got, sizeof got};
    int32_t size = 0;
    uint16_t flags = 0;
    CHECK(sock_send_to(a, &out, 1, &ref, static_cast<int32_t>(b_port), 0, &size), success);
    CHECK(sock_recv_from_v2(b, &in, 1, &to, 0, &from_port, &size, &flags), success);
    CHECK(size, 4);
    CHECK(flags, 1);  // truncated
    CHECK(from_port, a_port);
    CHECK(bytes[0], family);
    CHECK(sock_send_to(a, &out, 1, &ref, static_cast<int32_t>(b_port), 0, &size), success);
    Ref short_to{bytes, 16};
    CHECK(sock_recv_from_v1(b, &in, 1, &short_to, 0, &size, &flags), success);
    CHECK(std::memcmp(bytes, family == 1 ? ipv4 : ipv6, family == 1 ? 4 : 16), 0);
    CHECK(sock_connect(a, &ref, static_cast<int32_t>(b_port)), success);
    CHECK(sock_send_to(a, &out, 1, &ref, static_cast<int32_t>(b_port), 0, &size), isconn);
    exchange(a, b);
}

void options()
{
    const int32_t fd = open_socket(1, 2), dgram = open_socket(1, 1);
    int32_t value = -1;
    static uint32_t length;
    CHECK(sock_getsockopt(fd, 0, 1, &value, 4), success);
    CHECK(value, 2);
    CHECK(sock_getsockopt(dgram, 0, 1, &value, 4), success);
    CHECK(value, 1);
    length = 4;
    CHECK(sock_getsockopt(fd, 0, 2, &value, reinterpret_cast<uintptr_t>(&length)), success);
    CHECK(value, 0);
    CHECK(length, 4);
    length = 3;
    CHECK(sock_getsockopt(fd, 0, 2, &value, reinterpret_cast<uintptr_t>(&length)), inval);
    CHECK(sock_getsockopt(fd, 0, 2, &value, 3), inval);
    int32_t size = 65536;
    CHECK(sock_setsockopt(fd, 0, 6, &size, 4), success);
    CHECK(sock_getsockopt(fd, 0, 6, &value, 4), success);
    CHECK(value, 65536);
    int64_t time[2] = {3, 0}, got[2] = {};
    CHECK(sock_setsockopt(fd, 0, 11, time, 16), success);
    CHECK(sock_getsockopt(fd, 0, 11, got, 16), success);
    CHECK(got[0], 3);
    CHECK(sock_setsockopt(fd, 6, 15, &size, 4), success);
    CHECK(sock_setsockopt(fd, 0, 1, &size, 4), noprotoopt);
    CHECK(sock_getsockopt(fd, 0, 99, &value, 4), noprotoopt);
    CHECK(sock_getsockopt(fd, 0, 2, reinterpret_cast<void*>(0xffff'fffeU), 4), fault);
}

void wrong_addresses()
{
    const int32_t fd = open_socket(1, 2);
    Ref bad_size{ipv4, 5}, bad_range{reinterpret_cast<void*>(0xffff'fff0U), 128}, six{ipv6, 16};
    Ref four{ipv4, 4};
    CHECK(sock_bind(fd, &bad_size, 0), inval);
    CHECK(sock_bind(fd, &bad_range, 0), fault);
    CHECK(sock_bind(fd, reinterpret_cast<void*>(0xffff'fffcU), 0), fault);
    CHECK(sock_bind(fd, &four, 65536), inval);
    CHECK(sock_connect(fd, &six, 1), afnosupport);
    int32_t none = -1;
    CHECK(sock_open(1, 0, &none), inval);
    CHECK(sock_open(7, 2, &none), afnosupport);
    // Nobody listens where a socket was bound and closed.
    CHECK(sock_bind(fd, &four, 0), success);
    uint8_t bytes[128];
    Ref to{bytes, 4};
    uint32_t port = 0;
    CHECK(local_v2(fd, &to, &port), success);
    const int32_t client = open_socket(1, 2);
    CHECK(sock_connect(client, &four, static_cast<int32_t>(port)), connrefused);
}

struct SockAddr {
    uint32_t family, size;
    uint8_t* bytes;
};
struct AddrInfo {
    uint16_t flags;
    uint8_t family, type;
    uint32_t protocol, addrlen;
    SockAddr* address;
    char* name;
    uint32_t name_size;
    AddrInfo* next;
};

void lookup(const char* node, int32_t wanted)
{
    uint8_t bytes[26] = {};
    SockAddr address{0, 26, bytes};
    AddrInfo result{}, hints{};
    result.address = &address;
    hints.family = 1;
    hints.type = 2;
    AddrInfo* first = &result;
    int32_t count = -1;
    CHECK(sock_getaddrinfo(node, static_cast<int32_t>(std::strlen(node) + 1), "80", 3, &hints, &first, 1, &count), wanted);
    if (wanted != success) return;
    CHECK(count, 1);
    CHECK(address.family, 1);
    CHECK(bytes[0] << 8 | bytes[1], 80);
    CHECK(std::memcmp(bytes + 2, ipv4, 4), 0);
    CHECK(result.next == nullptr, 1);
    CHECK(sock_getaddrinfo("", 0, "", 0, &hints, &first, 1, &count), ainoname);
    CHECK(sock_getaddrinfo(node, 4, "80", 3, &hints, &first, 0, &count), aimemory);
}

/// Sends back what the first client of a socket that was given says.
void echo_given(int32_t listener)
{
    int32_t fd = -1, size = -1;
    uint16_t flags = 0;
    CHECK(sock_accept_v2(listener, 0, &fd), success);
    char text[64];
    Vector all{text, sizeof text};
    CHECK(sock_recv(fd, &all, 1, 0, &size, &flags), success);
    all.size = static_cast<uint32_t>(size);
    CHECK(sock_send(fd, &all, 1, 0, &size), success);
    CHECK(sock_shutdown(fd, 3), success);
}

/// Says something to whom a socket that was given is connected to, and wants it back.
void talk_to_given(int32_t fd)
{
    int32_t size = -1;
    uint16_t flags = 0;
    char text[] = "hello";
    Vector all{text, 5};
    CHECK(sock_send(fd, &all, 1, 0, &size), success);
    std::memset(text, 0, sizeof text);
    CHECK(sock_recv(fd, &all, 1, 0, &size, &flags), success);
    CHECK(std::strcmp(text, "hello"), 0);
}

int try_connect(uint32_t port)
{
    const int32_t fd = open_socket(1, 2);
    Ref four{ipv4, 4};
    return sock_connect(fd, &four, static_cast<int32_t>(port));
}

}  // namespace

int main(int count, char** words)
{
    const char* const name = count > 1 ? words[1] : "";
    const char* const argument = count > 2 ? words[2] : "";
    const auto is = [&](const char* text) { return std::strcmp(name, text) == 0; };
    const Tagged tagged4 = tagged(1, ipv4, 4), tagged6 = tagged(2, ipv6, 16), path = tagged(3, argument, std::strlen(argument) + 1);
    if (is("v1")) stream(1, {ipv4, 4}, 1);
    else if (is("v2")) stream(1, {&tagged4, 128}, 2);
    else if (is("v1-inet6")) stream(2, {ipv6, 16}, 1);
    else if (is("v2-inet6")) stream(2, {&tagged6, 128}, 2);
    else if (is("mixed")) stream(1, {&tagged4, 128}, 1);
    else if (is("unix")) stream(3, {&path, 128}, 2);
    else if (is("udp")) datagrams(1, {ipv4, 4});
    else if (is("udp-inet6")) datagrams(2, {&tagged6, 128});
    else if (is("options")) options();
    else if (is("echo-given")) echo_given(std::atoi(argument));
    else if (is("talk-to-given")) talk_to_given(std::atoi(argument));
    else if (is("wrong-addresses")) wrong_addresses();
    else if (is("lookup")) lookup(argument, success);
    else if (is("lookup-refused")) lookup(argument, acces);
    else if (is("connect")) CHECK(try_connect(static_cast<uint32_t>(std::atoi(argument))), success);
    else if (is("connect-refused")) CHECK(try_connect(static_cast<uint32_t>(std::atoi(argument))), acces);
    else if (is("open-refused")) {
        int32_t fd = -1;
        CHECK(sock_open(1, 2, &fd), acces);
    } else if (is("block")) {
        const int32_t listener = open_socket(1, 2);
        Ref four{ipv4, 4};
        CHECK(sock_bind(listener, &four, 0), success);
        CHECK(sock_listen(listener, 1), success);
        int32_t accepted = -1;
        sock_accept_v1(listener, &accepted);
    } else return 3;
    std::puts("ok");
}
