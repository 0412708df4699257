#include "check.hpp"

#include <vector>

// Waiting for sockets.

namespace {

struct Subscription {
    uint64_t userdata;
    uint8_t type;
    uint8_t padding[7];
    union {
        int32_t fd;
        struct {
            uint32_t id;
            uint64_t timeout, precision;
            uint16_t flags;
        } clock;
    };
};
static_assert(sizeof(Subscription) == 48);
struct Event {
    uint64_t userdata;
    uint16_t error;
    uint8_t type;
    uint64_t bytes;
    uint16_t flags;
};
static_assert(sizeof(Event) == 32);

Subscription to_fd(int32_t fd, uint8_t type)
{
    Subscription s{};
    s.userdata = static_cast<uint64_t>(fd);
    s.type = type;
    s.fd = fd;
    return s;
}
/// What does not wait.
Subscription now()
{
    Subscription s{};
    s.clock.id = 1;
    return s;
}

using Wait = int32_t (*)(const void*, void*, uint32_t, uint32_t*);
/// How many descriptors have an event.
uint32_t count_ready(Wait wait, std::vector<Subscription> subscriptions)
{
    subscriptions.push_back(now());
    std::vector<Event> events(subscriptions.size());
    uint32_t count = 0;
    CHECK(wait(subscriptions.data(), events.data(), static_cast<uint32_t>(subscriptions.size()), &count), success);
    uint32_t ready = 0;
    for (uint32_t i = 0; i < count; ++i) ready += events[i].type != 0;
    return ready;
}

}  // namespace

void wait_for(int32_t fd, uint8_t type)
{
    const Subscription s = to_fd(fd, type);
    Event event{};
    uint32_t count = 0;
    CHECK(poll_oneoff(&s, &event, 1, &count), success);
    CHECK(count, 1);
    CHECK(event.error, success);
}

/// epoll_oneoff tells of a change once, however few it is asked for.
void wait_for_edges()
{
    uint32_t port = 0;
    const int32_t listener = listen_any(port), client = open_socket(1, 2);
    const std::vector<Subscription> accepting{to_fd(listener, 1)};
    CHECK(count_ready(epoll_oneoff, accepting), 0);
    CHECK(try_connect(client, port), success);
    wait_for(listener, 1);
    CHECK(count_ready(epoll_oneoff, accepting), 1);
    CHECK(count_ready(epoll_oneoff, accepting), 0);
    CHECK(count_ready(poll_oneoff, accepting), 1);  // which tells each time
    int32_t accepted = -1, size = 0;
    CHECK(sock_accept_v1(listener, &accepted), success);
    const std::vector<Subscription> both{to_fd(accepted, 1), to_fd(accepted, 2)};
    CHECK(count_ready(epoll_oneoff, both), 1);  // there is room
    CHECK(count_ready(epoll_oneoff, both), 0);
    char text[] = "edge";
    Vector out{text, 4};
    for (int i = 0; i < 3; ++i) {
        CHECK(sock_send(client, &out, 1, 0, &size), success);
        wait_for(accepted, 1);
        CHECK(count_ready(epoll_oneoff, both) > 0, 1);
        CHECK(count_ready(epoll_oneoff, both), 0);
    }
    CHECK(count_ready(epoll_oneoff, {}), 0);
    CHECK(count_ready(epoll_oneoff, both) > 0, 1);  // asked for anew
    CHECK(fd_close(accepted), success);
    CHECK(count_ready(epoll_oneoff, both), 2);  // bad descriptors, each time
    CHECK(count_ready(epoll_oneoff, both), 2);
}

/// Connections of which some have something to read.
void wait_for_many()
{
    uint32_t port = 0;
    const int32_t listener = listen_any(port);
    std::vector<int32_t> clients, servers;
    std::vector<Subscription> all;
    for (int i = 0; i < 100; ++i) {
        int32_t accepted = -1;
        clients.push_back(open_socket(1, 2));
        CHECK(try_connect(clients.back(), port), success);
        CHECK(sock_accept_v1(listener, &accepted), success);
        servers.push_back(accepted);
        all.push_back(to_fd(accepted, 1));
    }
    CHECK(count_ready(poll_oneoff, all), 0);
    char text[] = "x";
    Vector one{text, 1};
    int32_t size = 0;
    uint16_t flags = 0;
    for (size_t i = 0; i < 100; i += 10) {
        CHECK(sock_send(clients[i], &one, 1, 0, &size), success);
        wait_for(servers[i], 1);
    }
    CHECK(count_ready(poll_oneoff, all), 10);
    for (size_t i = 0; i < 50; i += 10) CHECK(sock_recv(servers[i], &one, 1, 0, &size, &flags), success);
    CHECK(count_ready(poll_oneoff, all), 5);
    for (size_t i = 0; i < 100; i += 10) CHECK(fd_close(servers[i]), success);
    CHECK(count_ready(poll_oneoff, all), 10);  // bad descriptors
}
