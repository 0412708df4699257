#include "check.hpp"

// Messages with addresses.

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
    CHECK(sock_send_to_v2(a, &out, 1, &ref, static_cast<int32_t>(b_port), 0, &size), success);
    Ref short_to{bytes, 16};
    CHECK(sock_recv_from_v1(b, &in, 1, &short_to, 0, &size, &flags), success);
    CHECK(std::memcmp(bytes, family == 1 ? ipv4 : ipv6, family == 1 ? 4 : 16), 0);
    CHECK(sock_connect(a, &ref, static_cast<int32_t>(b_port)), success);
    CHECK(sock_send_to(a, &out, 1, &ref, static_cast<int32_t>(b_port), 0, &size), isconn);
    exchange(a, b);
}

void datagrams_of_unix_sockets(const char* path)
{
    const int32_t a = open_socket(3, 1), b = open_socket(3, 1);
    Tagged here = tagged(3, path, std::strlen(path) + 1), sender{};
    Ref to{&here, 128}, from{&sender, 128};
    char text[] = "unix", got[8] = {};
    Vector out{text, 4}, in{got, sizeof got};
    int32_t size = 0;
    uint16_t flags = 0;
    uint32_t port = 1;
    CHECK(sock_bind(a, &to, 0), success);
    CHECK(sock_bind(b, &to, 0), addrinuse);
    CHECK(sock_send_to(b, &out, 1, &to, 0, 0, &size), success);
    std::memset(&sender, 0xee, sizeof sender);
    CHECK(sock_recv_from_v2(a, &in, 1, &from, 0, &port, &size, &flags), success);
    CHECK(size, 4);
    CHECK(port, 0);
    CHECK(sock_send_to(a, &out, 1, &to, 0, 0, &size), success);  // to itself
    CHECK(sock_recv_from_v2(a, &in, 1, &from, 0, &port, &size, &flags), success);
    CHECK(sender.family, 3);
    CHECK(std::strcmp(reinterpret_cast<const char*>(sender.bytes), path), 0);
    // A path without an end, and one that is too long for the host.
    Tagged endless{};
    endless.family = 3;
    std::memset(endless.bytes, 'x', sizeof endless.bytes);
    Ref bad{&endless, 128};
    CHECK(sock_bind(b, &bad, 0), nametoolong);
    endless.bytes[110] = 0;
    CHECK(sock_bind(b, &bad, 0), nametoolong);
    endless.bytes[0] = 0;
    CHECK(sock_bind(b, &bad, 0), inval);
}

/// Where the answer has no place nothing is received: the message is there still.
void receive_into_wrong_places()
{
    const int32_t a = open_socket(1, 1), b = open_socket(1, 1);
    const uint32_t port = bind_any(b);
    bind_any(a);
    char text[] = "message", got[8] = {};
    Vector out{text, 7}, in{got, sizeof got};
    int32_t size = 0;
    uint16_t flags = 0;
    uint32_t from_port = 0;
    Ref to{ipv4, 4};
    CHECK(sock_send_to(a, &out, 1, &to, static_cast<int32_t>(port), 1, &size), inval);
    CHECK(sock_send_to(a, &out, 1, &to, 65536, 0, &size), inval);
    CHECK(sock_send_to(a, &out, 1, &to, static_cast<int32_t>(port), 0, &size), success);
    auto* const nowhere = reinterpret_cast<void*>(0xffff'fff0U);
    uint8_t bytes[128] = {};
    Ref outside{nowhere, 128}, strange{bytes, 5}, from{bytes, 16};
    Vector vector_outside{nowhere, 32};
    CHECK(sock_recv_from_v2(b, &in, 1, nowhere, 0, &from_port, &size, &flags), fault);
    CHECK(sock_recv_from_v2(b, &in, 1, &outside, 0, &from_port, &size, &flags), fault);
    CHECK(sock_recv_from_v2(b, &in, 1, &strange, 0, &from_port, &size, &flags), inval);
    CHECK(sock_recv_from_v2(b, &in, 1, &from, 0, static_cast<uint32_t*>(reinterpret_cast<void*>(0xffff'fffeU)), &size, &flags),
          fault);
    CHECK(sock_recv_from_v2(b, &vector_outside, 1, &from, 0, &from_port, &size, &flags), fault);
    CHECK(sock_recv_from_v2(b, &in, 1, &from, 0, &from_port, static_cast<int32_t*>(nowhere), &flags), fault);
    CHECK(sock_recv_from_v2(b, &in, 1, &from, 8, &from_port, &size, &flags), inval);
    CHECK(sock_recv_from_v1(b, &in, 1, &from, 1, &size, &flags), success);  // peek
    CHECK(sock_recv_from_v1(b, &in, 1, &from, 0, &size, &flags), success);
    CHECK(size, 7);
    CHECK(flags, 0);
    CHECK(std::memcmp(got, text, 7), 0);
    CHECK(set_flags(b, 4), success);
    CHECK(sock_recv_from_v1(b, &in, 1, &from, 0, &size, &flags), again);
    static char large[70000];
    Vector too_much{large, sizeof large};
    CHECK(sock_send_to(a, &too_much, 1, &to, static_cast<int32_t>(port), 0, &size), msgsize);
}
