#pragma once

#include <cstdint>

// The socket functions as guests of each generation import them, declared by hand.

#define IMPORT(ident, text) __attribute__((import_module("wasi_snapshot_preview1"), import_name(text))) int32_t ident

extern "C" {
IMPORT(sock_open, "sock_open")(int32_t family, int32_t type, int32_t* fd);
IMPORT(sock_bind, "sock_bind")(int32_t fd, void* address, int32_t port);
IMPORT(sock_listen, "sock_listen")(int32_t fd, int32_t backlog);
IMPORT(sock_connect, "sock_connect")(int32_t fd, void* address, int32_t port);
IMPORT(sock_accept_v1, "sock_accept")(int32_t fd, int32_t* new_fd);
IMPORT(sock_accept_v2, "sock_accept")(int32_t fd, int32_t flags, int32_t* new_fd);
IMPORT(sock_recv_from_v1, "sock_recv_from")
(int32_t fd, void* iovs, int32_t count, void* address, int32_t flags, int32_t* size, uint16_t* out_flags);
IMPORT(sock_recv_from_v2, "sock_recv_from")
(int32_t fd, void* iovs, int32_t count, void* address, int32_t flags, uint32_t* port, int32_t* size, uint16_t* out_flags);
IMPORT(sock_send_to, "sock_send_to")
(int32_t fd, void* iovs, int32_t count, void* address, int32_t port, int32_t flags, int32_t* size);
IMPORT(sock_recv, "sock_recv")(int32_t fd, void* iovs, int32_t count, int32_t flags, int32_t* size, uint16_t* out_flags);
IMPORT(sock_send, "sock_send")(int32_t fd, void* iovs, int32_t count, int32_t flags, int32_t* size);
IMPORT(sock_shutdown, "sock_shutdown")(int32_t fd, int32_t how);
IMPORT(local_v1, "sock_getlocaladdr")(int32_t fd, void* address, uint32_t* type, uint32_t* port);
IMPORT(local_v2, "sock_getlocaladdr")(int32_t fd, void* address, uint32_t* port);
IMPORT(peer_v1, "sock_getpeeraddr")(int32_t fd, void* address, uint32_t* type, uint32_t* port);
IMPORT(peer_v2, "sock_getpeeraddr_v2")(int32_t fd, void* address, uint32_t* port);
IMPORT(sock_getsockopt, "sock_getsockopt")(int32_t fd, int32_t level, int32_t name, void* value, uintptr_t length);
IMPORT(sock_setsockopt, "sock_setsockopt")(int32_t fd, int32_t level, int32_t name, void* value, int32_t length);
IMPORT(sock_getaddrinfo, "sock_getaddrinfo")
(const char* node, int32_t node_size, const char* service, int32_t service_size, void* hints, void* results, int32_t most,
 int32_t* count);
IMPORT(sock_open_v2, "sock_open_v2")(int32_t family, int32_t type, int32_t* fd);
IMPORT(sock_bind_v2, "sock_bind_v2")(int32_t fd, void* address, int32_t port);
IMPORT(sock_listen_v2, "sock_listen_v2")(int32_t fd, int32_t backlog);
IMPORT(sock_connect_v2, "sock_connect_v2")(int32_t fd, void* address, int32_t port);
IMPORT(sock_accept_v2_explicit, "sock_accept_v2")(int32_t fd, int32_t flags, int32_t* new_fd);
IMPORT(sock_recv_v2, "sock_recv_v2")(int32_t fd, void* iovs, int32_t count, int32_t flags, int32_t* size, uint16_t* out_flags);
IMPORT(sock_send_v2, "sock_send_v2")(int32_t fd, void* iovs, int32_t count, int32_t flags, int32_t* size);
IMPORT(sock_recv_from_v2_explicit, "sock_recv_from_v2")
(int32_t fd, void* iovs, int32_t count, void* address, int32_t flags, uint32_t* port, int32_t* size, uint16_t* out_flags);
IMPORT(sock_send_to_v2, "sock_send_to_v2")
(int32_t fd, void* iovs, int32_t count, void* address, int32_t port, int32_t flags, int32_t* size);
IMPORT(local_v2_explicit, "sock_getlocaladdr_v2")(int32_t fd, void* address, uint32_t* port);
IMPORT(poll_oneoff, "poll_oneoff")(const void* subscriptions, void* events, uint32_t count, uint32_t* event_count);
IMPORT(epoll_oneoff, "epoll_oneoff")(const void* subscriptions, void* events, uint32_t count, uint32_t* event_count);
IMPORT(set_flags, "fd_fdstat_set_flags")(int32_t fd, int32_t flags);
IMPORT(fd_close, "fd_close")(int32_t fd);
}
#undef IMPORT
