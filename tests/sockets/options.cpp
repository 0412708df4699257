#include "check.hpp"

// Options: both ways to say how large the value is.

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
    CHECK(sock_getsockopt(fd, 0, 14, &value, 4), noprotoopt);  // binding to a device
    CHECK(sock_setsockopt(fd, 0, 14, &value, 4), noprotoopt);
    CHECK(sock_getsockopt(fd, 7, 0, &value, 4), noprotoopt);
    CHECK(sock_getsockopt(fd, 0, 2, reinterpret_cast<void*>(0xffff'fffeU), 4), fault);
    CHECK(sock_getsockopt(fd, 0, 2, &value, 0xffff'fffeU), fault);
    CHECK(sock_setsockopt(fd, 0, 0, reinterpret_cast<void*>(0xffff'fffeU), 4), fault);
    CHECK(sock_setsockopt(fd, 0, 0, &value, 3), inval);
    CHECK(sock_setsockopt(fd, 0, 9, &value, 4), inval);
    CHECK(sock_setsockopt(fd, 0, 2, &value, 4), noprotoopt);

    // Those that are on or off.
    for (const int32_t name : {0, 3, 4, 7, 8}) {
        for (const int32_t on : {1, 0}) {
            int32_t wanted = on;
            value = -1;
            CHECK(sock_setsockopt(dgram, 0, name, &wanted, 4), success);
            CHECK(sock_getsockopt(dgram, 0, name, &value, 4), success);
            CHECK(value, on);
        }
    }
    int32_t linger[2] = {1, 7}, got_linger[2] = {};
    CHECK(sock_setsockopt(fd, 0, 9, linger, 8), success);
    length = 8;
    CHECK(sock_getsockopt(fd, 0, 9, got_linger, reinterpret_cast<uintptr_t>(&length)), success);
    CHECK(length, 8);
    CHECK(got_linger[0], 1);
    CHECK(got_linger[1], 7);
    CHECK(sock_getsockopt(fd, 0, 9, got_linger, 4), inval);
    int32_t low = 3;
    CHECK(sock_setsockopt(fd, 0, 10, &low, 4), success);
    CHECK(sock_getsockopt(fd, 0, 10, &value, 4), success);
    CHECK(value, 3);
    CHECK(sock_setsockopt(fd, 0, 12, time, 16), success);
    CHECK(sock_getsockopt(fd, 0, 12, got, 16), success);
    CHECK(got[0], 3);
    CHECK(sock_setsockopt(fd, 0, 5, &size, 4), success);
    CHECK(sock_getsockopt(fd, 0, 5, &value, 4), success);
    CHECK(value, 65536);
    CHECK(sock_getsockopt(fd, 6, 15, &value, 4), success);
    CHECK(value, 1);
    uint32_t port = 0;
    const int32_t listener = listen_any(port);
    CHECK(sock_getsockopt(listener, 0, 13, &value, 4), success);
    CHECK(value, 1);
    CHECK(sock_getsockopt(fd, 0, 13, &value, 4), success);
    CHECK(value, 0);
}
