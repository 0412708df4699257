// poll_oneoff: what is wrong with a subscription is its event's error; clocks, files, several at once; order and user data.

#include "raw.h"

enum { many = 200 };
static __wasi_subscription_t in[many];
static __wasi_event_t out[many];
static uint32_t n;

static __wasi_subscription_t on_clock(uint64_t user, uint32_t clock, uint64_t timeout, uint32_t flags)
{
    __wasi_subscription_t s;
    memset(&s, 0, sizeof s);
    s.userdata = user;
    s.u.tag = __WASI_EVENTTYPE_CLOCK;
    s.u.u.clock.id = clock;
    s.u.u.clock.timeout = timeout;
    s.u.u.clock.flags = (__wasi_subclockflags_t)flags;
    return s;
}
static __wasi_subscription_t on_fd(uint64_t user, uint8_t type, uint32_t fd)
{
    __wasi_subscription_t s;
    memset(&s, 0, sizeof s);
    s.userdata = user;
    s.u.tag = type;
    s.u.u.fd_read.file_descriptor = fd;
    return s;
}
static uint64_t now(uint32_t clock)
{
    uint64_t time = 0;
    EXPECT(SUCCESS, raw_clock_time_get(clock, 0, at(&time)));
    return time;
}
#define POLL(count) raw_poll_oneoff(at(in), at(out), count, at(&n))

int main(void)
{
    const uint64_t hour = 3600ull * 1000000000, ms = 1000000;
    EXPECT(INVAL, POLL(0));
    in[0] = on_fd(1, 3, 0);
    EXPECT(INVAL, POLL(1));
    in[0] = on_fd(1, 255, 0);
    EXPECT(INVAL, POLL(1));

    // Errors are events, and do not wait for others.
    const uint32_t file = make_file(box, "file", "0123456789"), silent = must_open(box, "file", 0, READ);
    in[0] = on_clock(10, __WASI_CLOCKID_MONOTONIC, hour, 0);
    in[1] = on_fd(11, __WASI_EVENTTYPE_FD_READ, 1000);
    in[2] = on_clock(12, 4, 0, 0);
    in[3] = on_clock(13, __WASI_CLOCKID_PROCESS_CPUTIME_ID, 0, 0);
    in[4] = on_clock(14, __WASI_CLOCKID_MONOTONIC, 0, 2);
    in[5] = on_fd(15, __WASI_EVENTTYPE_FD_WRITE, silent);
    in[6] = on_fd(16, __WASI_EVENTTYPE_FD_WRITE, UINT32_MAX);
    EXPECT(SUCCESS, POLL(7));
    EXPECT_EQ(6, n);
    static const int errors[] = {__WASI_ERRNO_BADF,  __WASI_ERRNO_INVAL,      __WASI_ERRNO_NOTSUP,
                                 __WASI_ERRNO_INVAL, __WASI_ERRNO_NOTCAPABLE, __WASI_ERRNO_BADF};
    for (uint32_t i = 0; i < 6; ++i) {
        EXPECT_EQ(11 + i, out[i].userdata);
        EXPECT_EQ(errors[i], out[i].error);
        EXPECT_EQ(in[i + 1].u.tag, out[i].type);
    }

    // Files are always ready, and say how much there is.
    uint64_t position = 0;
    EXPECT(SUCCESS, raw_fd_seek(file, 4, __WASI_WHENCE_SET, at(&position)));
    in[0] = on_fd(20, __WASI_EVENTTYPE_FD_READ, file);
    in[1] = on_fd(21, __WASI_EVENTTYPE_FD_WRITE, file);
    in[2] = on_fd(22, __WASI_EVENTTYPE_FD_READ, file);
    in[3] = on_clock(23, __WASI_CLOCKID_MONOTONIC, hour, 0);
    EXPECT(SUCCESS, POLL(4));
    EXPECT_EQ(3, n);
    for (uint32_t i = 0; i < 3; ++i) {
        EXPECT_EQ(20 + i, out[i].userdata);
        EXPECT_EQ(0, out[i].error);
        EXPECT_EQ(i == 1 ? 0 : 6, out[i].fd_readwrite.nbytes);
    }

    // Clocks: the earliest ends the wait, not before its time.
    for (uint32_t clock = 0; clock < 2; ++clock)
        for (uint32_t is_absolute = 0; is_absolute < 2; ++is_absolute) {
            const uint64_t began = now(__WASI_CLOCKID_MONOTONIC), base = is_absolute ? now(clock) : 0;
            in[0] = on_clock(30, clock, base + hour, is_absolute);
            in[1] = on_clock(31, clock, base + 5 * ms, is_absolute);
            in[2] = on_clock(32, clock, base + hour, is_absolute);
            EXPECT(SUCCESS, POLL(3));
            EXPECT_EQ(1, n);
            EXPECT_EQ(31, out[0].userdata);
            EXPECT_EQ(__WASI_EVENTTYPE_CLOCK, out[0].type);
            EXPECT_EQ(1, now(__WASI_CLOCKID_MONOTONIC) - began >= 5 * ms - ms / 2);
            in[0] = on_clock(33, clock, is_absolute ? 1 : 0, is_absolute);
            EXPECT(SUCCESS, POLL(1));
            EXPECT_EQ(1, n);
        }
    in[0] = on_clock(34, __WASI_CLOCKID_MONOTONIC, UINT64_MAX, 0);
    in[1] = on_clock(35, __WASI_CLOCKID_REALTIME, UINT64_MAX, 1);
    in[2] = on_clock(36, __WASI_CLOCKID_MONOTONIC, ms, 0);
    EXPECT(SUCCESS, POLL(3));
    EXPECT_EQ(1, n);
    EXPECT_EQ(36, out[0].userdata);

    // Many.
    for (uint32_t i = 0; i < many; ++i)
        in[i] = i % 2 ? on_fd(i, __WASI_EVENTTYPE_FD_WRITE, file) : on_clock(i, 1, i % 4 ? hour : 0, 0);
    EXPECT(SUCCESS, POLL(many));
    EXPECT_EQ(many / 2 + many / 4, n);
    for (uint32_t i = 1; i < n; ++i) EXPECT_EQ(1, out[i].userdata > out[i - 1].userdata);

    // More than is sensible is refused, if only for memory.
    const int32_t error = raw_poll_oneoff(at(in), at(out), 1000000, at(&n));
    EXPECT_EQ(1, error == __WASI_ERRNO_FAULT || error == __WASI_ERRNO_NOMEM);
    return finish();
}
