// Sockets that the program was given. Standard input is a connected stream whose other end sends back what it gets, then closes.

#include "raw.h"

int main(void)
{
    char text[16];
    const __wasi_ciovec_t out[2] = {{(const uint8_t*)"hello ", 6}, {(const uint8_t*)"there", 5}};
    const __wasi_iovec_t in[2] = {{(uint8_t*)text, 4}, {(uint8_t*)text + 4, 12}};
    uint32_t n = 0;
    uint16_t flags = 77;
    __wasi_fdstat_t status;
    EXPECT(SUCCESS, raw_fd_fdstat_get(0, at(&status)));
    EXPECT_EQ(__WASI_FILETYPE_SOCKET_STREAM, status.fs_filetype);
    EXPECT(SUCCESS, raw_sock_send(0, at(out), 2, 0, at(&n)));
    EXPECT_EQ(11, n);
    EXPECT(INVAL, raw_sock_send(0, at(out), 2, 1, at(&n)));
    EXPECT(INVAL, raw_sock_recv(0, at(in), 2, 4, at(&n), at(&flags)));
    EXPECT(INVAL, raw_sock_accept(0, 0, at(&n)));
    EXPECT(INVAL, raw_sock_shutdown(0, 0));
    EXPECT(INVAL, raw_sock_shutdown(0, 4));
    EXPECT(SUCCESS, raw_sock_shutdown(0, __WASI_SDFLAGS_WR));
    EXPECT(SUCCESS, raw_sock_recv(0, at(in), 2, __WASI_RIFLAGS_RECV_PEEK | __WASI_RIFLAGS_RECV_WAITALL, at(&n), at(&flags)));
    EXPECT_EQ(11, n);
    EXPECT_EQ(0, flags);
    memset(text, 0, sizeof text);
    EXPECT(SUCCESS, raw_sock_recv(0, at(in), 2, 0, at(&n), at(&flags)));
    EXPECT_EQ(0, memcmp(text, "hello there", 11));
    EXPECT(SUCCESS, raw_sock_recv(0, at(in), 2, 0, at(&n), at(&flags)));
    EXPECT_EQ(0, n);
    uint64_t position = 0;
    EXPECT(SPIPE, raw_fd_seek(0, 0, 0, at(&position)));
    EXPECT(PIPE, raw_sock_send(0, at(out), 2, 0, at(&n)));
    return finish();
}
