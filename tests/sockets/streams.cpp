#include "check.hpp"

// Streams: both versions of the functions, all forms of addresses.

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

void names_of_version_2()
{
    int32_t listener = -1, client = -1, accepted = -1, size = 0;
    Tagged address = tagged(1, ipv4, 4);
    Ref ref{&address, 128};
    CHECK(sock_open_v2(1, 2, &listener), success);
    CHECK(sock_bind_v2(listener, &ref, 0), success);
    CHECK(sock_listen_v2(listener, 8), success);
    uint32_t port = 0, peer_port = 0;
    CHECK(local_v2_explicit(listener, &ref, &port), success);
    CHECK(sock_open_v2(1, 2, &client), success);
    CHECK(sock_connect_v2(client, &ref, static_cast<int32_t>(port)), success);
    CHECK(sock_accept_v2_explicit(listener, 0, &accepted), success);
    CHECK(peer_v2(client, &ref, &peer_port), success);
    CHECK(peer_port, port);
    char text[] = "version 2", got[16] = {};
    Vector out{text, 9}, in{got, sizeof got};
    uint16_t flags = 1;
    CHECK(sock_send_v2(client, &out, 1, 0, &size), success);
    CHECK(sock_recv_v2(accepted, &in, 1, 0, &size, &flags), success);
    CHECK(size, 9);
    CHECK(flags, 0);
    CHECK(std::memcmp(got, text, 9), 0);
    CHECK(sock_send_v2(accepted, &out, 1, 0, &size), success);
    Tagged sender{};
    Ref from{&sender, 128};
    CHECK(sock_recv_from_v2_explicit(client, &in, 1, &from, 0, &peer_port, &size, &flags), success);
    CHECK(peer_port, port);  // of a stream: the peer
    CHECK(sender.family, 1);
    CHECK(std::memcmp(sender.bytes, ipv4, 4), 0);
}

/// 4, 16 and 128 bytes, to the host and back; what is left of a longer buffer is zero.
void addresses_of_each_size()
{
    uint32_t port = 0, type = 0;
    listen_any(port);
    Tagged long_form = tagged(1, ipv4, 4);
    for (const Ref& to : {Ref{ipv4, 4}, Ref{&long_form, 128}}) {
        const int32_t client = open_socket(1, 2);
        Ref copy = to;
        CHECK(sock_connect(client, &copy, static_cast<int32_t>(port)), success);
        for (const uint32_t size : {4U, 16U, 128U}) {
            uint8_t bytes[128];
            std::memset(bytes, 0xee, sizeof bytes);
            Ref ref{bytes, size};
            uint32_t got = 0;
            CHECK(peer_v1(client, &ref, &type, &got), success);
            CHECK(type, 4);
            CHECK(got, port);
            const uint32_t at = size == 128 ? 2 : 0;
            CHECK(std::memcmp(bytes + at, ipv4, 4), 0);
            for (uint32_t i = at + 4; i < size; ++i) CHECK(bytes[i], 0);
            if (size < 128) CHECK(bytes[size], 0xee);
        }
        CHECK(fd_close(client), success);
    }
    // An IPv6 address has no room in 4 bytes, a path in 16 neither.
    const int32_t six = open_socket(2, 2), local = open_socket(3, 2);
    uint8_t bytes[16];
    Ref four{bytes, 4}, sixteen{bytes, 16};
    CHECK(local_v2(six, &four, &port), inval);
    CHECK(local_v2(six, &sixteen, &port), success);
    CHECK(local_v2(local, &sixteen, &port), inval);
    Tagged with_type{};
    Ref to{&with_type, 128};
    CHECK(local_v1(six, &to, &type, &port), success);
    CHECK(type, 6);
    CHECK(with_type.family, 2);
}

void connect_without_waiting()
{
    uint32_t port = 0;
    const int32_t listener = listen_any(port);
    const int32_t client = open_socket(1, 2);
    uint8_t bytes[4];
    Ref ref{bytes, 4};
    uint32_t peer_port = 0;
    int32_t value = -1;
    CHECK(set_flags(client, 4), success);
    CHECK(peer_v2(client, &ref, &peer_port), notconn);
    CHECK(try_connect(client, port), inprogress);
    wait_for(client, 2);
    CHECK(sock_getsockopt(client, 0, 2, &value, 4), success);
    CHECK(value, success);
    CHECK(peer_v2(client, &ref, &peer_port), success);
    CHECK(peer_port, port);
    CHECK(try_connect(client, port), success);  // Linux tells so once that it is decided
    CHECK(try_connect(client, port), isconn);
    CHECK(fd_close(listener), success);

    // Nobody listens there any more: the error is WASI's, and told once.
    const int32_t refused = open_socket(1, 2);
    CHECK(set_flags(refused, 4), success);
    CHECK(try_connect(refused, port), inprogress);
    wait_for(refused, 2);
    CHECK(sock_getsockopt(refused, 0, 2, &value, 4), success);
    CHECK(value, connrefused);
    CHECK(sock_getsockopt(refused, 0, 2, &value, 4), success);
    CHECK(value, success);
}

void accept_without_waiting()
{
    uint32_t port = 0;
    const int32_t listener = listen_any(port), client = open_socket(1, 2);
    CHECK(try_connect(client, port), success);
    int32_t accepted = -1, size = 0;
    uint16_t flags = 0;
    char byte = 0;
    Vector one{&byte, 1};
    CHECK(sock_accept_v2(listener, 4, &accepted), success);
    CHECK(sock_recv(accepted, &one, 1, 0, &size, &flags), again);
    CHECK(sock_accept_v2(listener, 2, &accepted), inval);
    // Whom a connection is from stays known when it is reset.
    uint8_t bytes[4] = {};
    Ref ref{bytes, 4};
    uint32_t client_port = 0, peer_port = 0;
    CHECK(local_v2(client, &ref, &client_port), success);
    int32_t linger[2] = {1, 0};
    CHECK(sock_setsockopt(client, 0, 9, linger, 8), success);
    CHECK(fd_close(client), success);
    wait_for(accepted, 1);
    CHECK(peer_v2(accepted, &ref, &peer_port), success);
    CHECK(peer_port, client_port);
    CHECK(std::memcmp(bytes, ipv4, 4), 0);
}

/// As many buffers as POSIX allows, and one more.
void many_buffers()
{
    uint32_t port = 0;
    const int32_t listener = listen_any(port), client = open_socket(1, 2);
    CHECK(try_connect(client, port), success);
    int32_t accepted = -1, size = 0;
    CHECK(sock_accept_v1(listener, &accepted), success);
    static Vector vectors[1025];
    static char text[1025], got[1025];
    for (uint32_t i = 0; i < 1025; ++i) {
        text[i] = static_cast<char>(i * 7);
        vectors[i] = {text + i, 1};
    }
    uint16_t flags = 0;
    CHECK(sock_send(client, vectors, 1025, 0, &size), inval);
    CHECK(sock_send(client, vectors, 1024, 1, &size), inval);
    CHECK(sock_send(client, vectors, 1024, 0, &size), success);
    CHECK(size, 1024);
    for (uint32_t i = 0; i < 1025; ++i) vectors[i].bytes = got + i;
    CHECK(sock_recv(accepted, vectors, 1025, 2, &size, &flags), inval);
    CHECK(sock_recv(accepted, vectors, 1024, 4, &size, &flags), inval);
    CHECK(sock_recv(accepted, vectors, 1024, 2, &size, &flags), success);  // wait for all
    CHECK(size, 1024);
    CHECK(std::memcmp(got, text, 1024), 0);
    vectors[3].bytes = reinterpret_cast<void*>(0xffff'ffffU);
    CHECK(sock_send(client, vectors, 4, 0, &size), fault);
}

void too_many_sockets()
{
    int32_t fd = -1, last = -1, error = success;
    for (int i = 0; i < 100 && error == success; ++i) {
        last = fd;
        error = sock_open(1, 2, &fd);
    }
    CHECK(error, mfile);
    uint32_t port = bind_any(last);
    CHECK(sock_listen(last, 8), success);
    CHECK(fd_close(fd - 1), success);
    const int32_t client = open_socket(1, 2);
    CHECK(try_connect(client, port), success);
    int32_t accepted = -1;
    CHECK(sock_accept_v2(last, 0, &accepted), mfile);
    CHECK(fd_close(client), success);
    CHECK(sock_accept_v2(last, 0, &accepted), success);  // it was not lost
}

void wrong_descriptors()
{
    int32_t out = 0;
    uint32_t port = 0;
    uint16_t flags = 0;
    char byte = 0;
    Vector one{&byte, 1};
    for (const auto& [fd, error] : {std::pair{1, notsock}, std::pair{99, badf}, std::pair{-1, badf}}) {
        Ref ref{ipv4, 4};
        CHECK(sock_bind(fd, &ref, 0), error);
        CHECK(sock_listen(fd, 1), error);
        CHECK(sock_connect(fd, &ref, 1), error);
        CHECK(sock_accept_v1(fd, &out), error);
        CHECK(sock_accept_v2(fd, 0, &out), error);
        CHECK(sock_recv(fd, &one, 1, 0, &out, &flags), error);
        CHECK(sock_recv_from_v2(fd, &one, 1, &ref, 0, &port, &out, &flags), error);
        CHECK(sock_send(fd, &one, 1, 0, &out), error);
        CHECK(sock_send_to(fd, &one, 1, &ref, 1, 0, &out), error);
        CHECK(sock_shutdown(fd, 1), error);
        CHECK(local_v2(fd, &ref, &port), error);
        CHECK(peer_v2(fd, &ref, &port), error);
        CHECK(sock_getsockopt(fd, 0, 1, &out, 4), error);
        CHECK(sock_setsockopt(fd, 0, 0, &out, 4), error);
    }
    const int32_t unconnected = open_socket(1, 2);
    Ref ref{ipv4, 4};
    CHECK(sock_recv(unconnected, &one, 1, 0, &out, &flags), notconn);
    CHECK(sock_send_to(unconnected, &one, 1, &ref, 1, 0, &out), notconn);
    CHECK(sock_accept_v1(unconnected, &out), inval);
    CHECK(sock_shutdown(unconnected, 1), notconn);
}
