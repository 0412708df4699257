#pragma once

#include "imports.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <utility>

// What the cases share. A case ends the program with what was wrong.

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
    addrinuse = 3,
    addrnotavail = 4,
    afnosupport = 5,
    again = 6,
    badf = 8,
    connrefused = 14,
    destaddrreq = 17,
    fault = 21,
    inprogress = 26,
    inval = 28,
    isconn = 30,
    mfile = 33,
    msgsize = 35,
    nametoolong = 37,
    noprotoopt = 50,
    notconn = 53,
    notsock = 57,
    pipe_ = 64,
    aibadflag = 79,
    aifamily = 81,
    aimemory = 82,
    ainoname = 84,
    aiservice = 85,
    aisocktype = 86
};

#define CHECK(expression, wanted)                                                                                          \
    do {                                                                                                                   \
        const auto got_ = static_cast<long long>(expression);                                                              \
        if (got_ != static_cast<long long>(wanted)) {                                                                      \
            std::printf("%s:%d: %s is %lld, not %lld\n", __FILE_NAME__, __LINE__, #expression, got_, (long long)(wanted)); \
            std::exit(1);                                                                                                  \
        }                                                                                                                  \
    } while (false)

inline uint8_t ipv4[4] = {127, 0, 0, 1};
inline uint8_t ipv6[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};

inline Tagged tagged(uint16_t family, const void* bytes, size_t size)
{
    Tagged t{};
    t.family = family;
    std::memcpy(t.bytes, bytes, size);
    return t;
}

inline int32_t open_socket(int family, int type)
{
    int32_t fd = -1;
    CHECK(sock_open(family, type, &fd), success);
    return fd;
}

/// A socket that is bound to any port of 127.0.0.1, or listens there; the port.
inline uint32_t bind_any(int32_t fd)
{
    Ref four{ipv4, 4};
    CHECK(sock_bind(fd, &four, 0), success);
    uint8_t bytes[4];
    Ref to{bytes, 4};
    uint32_t port = 0;
    CHECK(local_v2(fd, &to, &port), success);
    return port;
}
inline int32_t listen_any(uint32_t& port)
{
    const int32_t listener = open_socket(1, 2);
    port = bind_any(listener);
    CHECK(sock_listen(listener, 64), success);
    return listener;
}
inline int try_connect(int32_t fd, uint32_t port)
{
    Ref four{ipv4, 4};
    return sock_connect(fd, &four, static_cast<int32_t>(port));
}

/// Waits until a socket can be read from (1) or written to (2).
void wait_for(int32_t fd, uint8_t type);

/// Sends a text from one end to the other, which looks at it first.
void exchange(int32_t a, int32_t b);

// The cases.
void stream(int family, Ref ref, int version);
void names_of_version_2();
void addresses_of_each_size();
void wrong_addresses();
void connect_without_waiting();
void accept_without_waiting();
void many_buffers();
void too_many_sockets();
void wrong_descriptors();
void datagrams(int family, Ref ref);
void datagrams_of_unix_sockets(const char* path);
void receive_into_wrong_places();
void options();
void lookup(const char* node, int32_t wanted);
void lookup_forms();
void lookup_limits();
void wait_for_edges();
void wait_for_many();
