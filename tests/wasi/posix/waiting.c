// Polling and not waiting. Standard input is a pipe that its writer feeds when standard output asks for it: the line "> TEXT" asks
// for TEXT, the line "> end" for the end. Standard error is a pipe as well.

#include "check.h"

#include <poll.h>
#include <sched.h>
#include <sys/select.h>
#include <sys/time.h>

static void ask(const char* what)
{
    printf("> %s\n", what);
    fflush(stdout);
}

static long long elapsed_ms(struct timespec since)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (now.tv_sec - since.tv_sec) * 1000LL + (now.tv_nsec - since.tv_nsec) / 1000000;
}

static void show_poll(const char* what, struct pollfd* polls, nfds_t count, int timeout_ms)
{
    errno = 0;
    const int n = poll(polls, count, timeout_ms);
    printf("%s: %s", what, outcome(n));
    for (nfds_t i = 0; i < count; ++i)
        printf(" %s%s%s%s", polls[i].revents & POLLIN ? "in" : "", polls[i].revents & POLLOUT ? "out" : "",
               polls[i].revents & POLLHUP ? "hup" : "", polls[i].revents & POLLNVAL ? "nval" : "");
    printf("\n");
}

int main(void)
{
    char buffer[32];
    struct timespec began;
    struct pollfd in = {0, POLLIN, 0}, out = {2, POLLOUT, 0};
    const int file = MUST(open("file", O_RDWR | O_CREAT, 0666));
    struct pollfd all[4] = {{0, POLLIN, 0}, {2, POLLOUT, 0}, {file, POLLIN | POLLOUT, 0}, {file, POLLIN, 0}};

    show_poll("nothing yet", &in, 1, 0);
    show_poll("room", &out, 1, 0);
    show_poll("room, without an end", &out, 1, -1);
    show_poll("all", all, 4, 0);
    clock_gettime(CLOCK_MONOTONIC, &began);
    show_poll("nothing for 30 ms", &in, 1, 30);
    printf("waited: %d\n", elapsed_ms(began) >= 29);

    SHOW((fcntl(0, F_GETFL) & O_NONBLOCK) != 0);
    SHOW(fcntl(0, F_SETFL, fcntl(0, F_GETFL) | O_NONBLOCK));
    SHOW((fcntl(0, F_GETFL) & O_NONBLOCK) != 0);
    SHOW(read(0, buffer, sizeof buffer));
    SHOW(read(0, buffer, sizeof buffer));
    ask("abc");
    show_poll("asked", &in, 1, -1);
    SHOW(read(0, buffer, 2));
    show_poll("some is left", &in, 1, 0);
    SHOW(read(0, buffer, sizeof buffer));
    SHOW(read(0, buffer, sizeof buffer));
    SHOW(fcntl(0, F_SETFL, fcntl(0, F_GETFL) & ~O_NONBLOCK));
    ask("defg");
    SHOW(read(0, buffer, sizeof buffer));

    fd_set readable, writable;
    FD_ZERO(&readable);
    FD_ZERO(&writable);
    FD_SET(0, &readable);
    FD_SET(file, &readable);
    FD_SET(2, &writable);
    struct timeval no_time = {0, 0};
    SHOW(select(file + 1, &readable, &writable, NULL, &no_time));
    printf("%d %d %d\n", FD_ISSET(0, &readable) != 0, FD_ISSET(file, &readable) != 0, FD_ISSET(2, &writable) != 0);

    ask("end");
    show_poll("the end", &in, 1, -1);
    SHOW(read(0, buffer, sizeof buffer));
    SHOW(read(0, buffer, sizeof buffer));

    const struct timespec some = {0, 20000000}, wrong = {0, 1000000000}, negative = {-1, 0};
    clock_gettime(CLOCK_MONOTONIC, &began);
    SHOW(nanosleep(&some, NULL));
    printf("slept: %d\n", elapsed_ms(began) >= 19);
    SHOW(nanosleep(&wrong, NULL));
    SHOW(nanosleep(&negative, NULL));
    clock_gettime(CLOCK_MONOTONIC, &began);
    SHOW_ERROR(clock_nanosleep(CLOCK_REALTIME, 0, &some, NULL));
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 20000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        ++until.tv_sec;
    }
    SHOW_ERROR(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &until, NULL));
    SHOW_ERROR(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &began, NULL));
    printf("slept: %d\n", elapsed_ms(began) >= 38);
    SHOW(sched_yield());
    struct timespec resolution;
    SHOW(clock_getres(CLOCK_REALTIME, &resolution));
    printf("%lld %ld\n", (long long)resolution.tv_sec, resolution.tv_nsec);
    SHOW(clock_getres(CLOCK_MONOTONIC, &resolution));
    printf("%lld %ld\n", (long long)resolution.tv_sec, resolution.tv_nsec);

    // Another process reads the pipe behind standard error no more.
    ask("close the reader of standard error");
    SHOW(read(0, buffer, sizeof buffer));
    return 0;
}
