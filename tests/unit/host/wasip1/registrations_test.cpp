#include "fixture.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <random>

// What poll_oneoff keeps registered with the kernel from call to call: whatever a guest does in between, each call answers as if
// it were the first.

namespace weir::test {
namespace {

class RegistrationsOfAGuest : public Wasi {
protected:
    static constexpr uint32_t in_at = 1024, out_at = 65536, first_socket = 4, socket_count = 12;

    /// Ends of socket pairs: the guest's, at the descriptors from first_socket on, and ours.
    std::vector<UniqueFd> m_theirs, m_ours;

    RegistrationsOfAGuest()
    {
        WorldConfig config;
        for (uint32_t i = 0; i < socket_count; ++i) {
            int ends[2];
            EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
            m_theirs.emplace_back(ends[0]);
            m_ours.emplace_back(ends[1]);
            config.sockets.push_back(ends[0]);
        }
        start(std::move(config));
    }
    void make_readable(uint32_t i) { EXPECT_EQ(::write(m_ours[i].get(), "x", 1), 1); }
    void drain(uint32_t i)
    {
        char bytes[64];
        while (::read(m_theirs[i].get(), bytes, sizeof bytes) > 0) {}
    }

    /// The userdata of the events. Times follow that make the call one with registrations, and end it at once.
    std::vector<uint64_t> poll(const std::vector<Interest>& interests)
    {
        uint32_t at = in_at, count = 0;
        const auto append = [&](const Subscription& s) {
            store(at, s);
            at += sizeof s;
            ++count;
        };
        for (const Interest& interest : interests) {
            Subscription s{};
            s.userdata = interest.userdata;
            s.type = interest.type;
            s.fd = interest.fd;
            append(s);
        }
        Subscription clock{};
        clock.type = EventType::clock;
        clock.clock = {ClockId::monotonic, 0, Timestamp{0}, Timestamp{0}, {}, {}};
        for (int i = 0; i < 5; ++i) append(clock);
        EXPECT_EQ(call("poll_oneoff", {in_at, out_at, count, result_at}), Errno::success);
        std::vector<uint64_t> ready;
        for (uint32_t i = 0; i < load<uint32_t>(result_at); ++i) {
            const Event event = event_at(i);
            if (event.type != EventType::clock) ready.push_back(event.userdata);
        }
        return ready;
    }
    Event event_at(uint32_t i) { return load<Event>(out_at + i * static_cast<uint32_t>(sizeof(Event))); }
    static Interest reads(uint32_t i) { return {i, Fd{first_socket + i}, EventType::fd_read}; }
    static Interest writes(uint32_t i) { return {100 + i, Fd{first_socket + i}, EventType::fd_write}; }
};

using Userdata = std::vector<uint64_t>;

TEST_F(RegistrationsOfAGuest, tell_what_is_ready_in_each_call)
{
    for (int i = 0; i < 3; ++i) EXPECT_EQ(poll({reads(0), reads(1), reads(2)}), Userdata{});
    make_readable(1);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(poll({reads(0), reads(1), reads(2)}), Userdata{1});
    make_readable(0);
    EXPECT_EQ(poll({reads(0), reads(1), reads(2)}), (Userdata{0, 1}));
    EXPECT_EQ(poll({reads(2), reads(1), reads(0)}), (Userdata{1, 0}));
    drain(1);
    EXPECT_EQ(poll({reads(2), reads(1), reads(0)}), Userdata{0});
}

TEST_F(RegistrationsOfAGuest, what_is_not_asked_for_any_more_is_not_told)
{
    EXPECT_EQ(poll({reads(0), reads(1)}), Userdata{});
    make_readable(0);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(poll({reads(1)}), Userdata{});
    EXPECT_EQ(poll({reads(1), reads(0)}), Userdata{0});
    EXPECT_EQ(poll({writes(0)}), Userdata{100});
    EXPECT_EQ(poll({writes(0), reads(0)}), (Userdata{100, 0}));
}

TEST_F(RegistrationsOfAGuest, a_hangup_that_nobody_waits_for_is_not_told)
{
    EXPECT_EQ(poll({reads(0), reads(1)}), Userdata{});
    m_ours[0].reset();
    EXPECT_EQ(poll({reads(1)}), Userdata{});
    EXPECT_EQ(poll({reads(0), reads(1)}), Userdata{0});
    EXPECT_EQ(event_at(0).flags, event_hangup);
}

TEST_F(RegistrationsOfAGuest, end_with_the_descriptor)
{
    make_readable(0);
    EXPECT_EQ(poll({reads(0), reads(1)}), Userdata{0});
    EXPECT_EQ(close(first_socket), Errno::success);
    // The host's socket stays open, for it was given: what comes to it is none of the guest's any more.
    EXPECT_EQ(poll({reads(0), reads(1)}), Userdata{0});
    EXPECT_EQ(event_at(0).error, Errno::badf);
    const Answer file = create("file");
    EXPECT_EQ(file.value, first_socket);
    EXPECT_EQ(poll({reads(0), reads(1)}), Userdata{0});
    EXPECT_EQ(event_at(0).error, Errno::success);
    EXPECT_EQ(event_at(0).nbytes, FileSize{0});
}

TEST_F(RegistrationsOfAGuest, follow_a_descriptor_that_is_renumbered)
{
    make_readable(0);
    EXPECT_EQ(poll({reads(0), reads(1)}), Userdata{0});
    EXPECT_EQ(call("fd_renumber", {first_socket, first_socket + 1}), Errno::success);
    EXPECT_EQ(poll({reads(0), reads(1)}), (Userdata{0, 1}));
    EXPECT_EQ(event_at(0).error, Errno::badf);
    EXPECT_EQ(event_at(1).error, Errno::success);
    EXPECT_EQ(event_at(1).nbytes, FileSize{1});
}

TEST_F(RegistrationsOfAGuest, end_with_the_right_to_wait)
{
    EXPECT_EQ(poll({reads(0), reads(1)}), Userdata{});
    EXPECT_EQ(call("fd_fdstat_set_rights", {first_socket, static_cast<uint64_t>(right_fd_read), 0}), Errno::success);
    EXPECT_EQ(poll({reads(0), reads(1)}), Userdata{0});
    EXPECT_EQ(event_at(0).error, Errno::notcapable);
}

TEST_F(RegistrationsOfAGuest, two_descriptors_that_are_one_of_the_hosts)
{
    Pipe pipe;
    WorldConfig config;
    config.sockets = {pipe.reader.get(), pipe.reader.get()};
    start(std::move(config));
    const std::vector<Interest> both{reads(0), reads(1)};
    EXPECT_EQ(poll(both), Userdata{});
    EXPECT_EQ(::write(pipe.writer.get(), "x", 1), 1);
    for (int i = 0; i < 2; ++i) EXPECT_EQ(poll(both), (Userdata{0, 1}));
    EXPECT_EQ(poll({reads(1)}), Userdata{1});
}

TEST_F(RegistrationsOfAGuest, an_unknown_kind_in_the_middle_leaves_them_whole)
{
    make_readable(1);
    EXPECT_EQ(poll({reads(0), reads(1), reads(2)}), Userdata{1});
    for (uint32_t i = 0; i < 5; ++i) {
        Subscription s{};
        s.type = i == 2 ? EventType{3} : EventType::fd_read;
        s.fd = Fd{first_socket + 4 + i};
        store(in_at + i * static_cast<uint32_t>(sizeof s), s);
    }
    EXPECT_EQ(call("poll_oneoff", {in_at, out_at, 5, result_at}), Errno::inval);
    EXPECT_EQ(poll({reads(0), reads(1), reads(2)}), Userdata{1});
}

/// The model: what a guest's descriptor is.
struct Known {
    int host_fd = -1;  // -1: closed
    bool may_wait = true;
};

TEST_F(RegistrationsOfAGuest, answer_as_a_model_does_whatever_happens_between_calls)
{
    std::mt19937 random{6};
    const auto below = [&](uint32_t n) { return static_cast<uint32_t>(random() % n); };
    std::vector<Known> known(first_socket + socket_count + 2);
    for (uint32_t i = 0; i < socket_count; ++i) known[first_socket + i].host_fd = m_theirs[i].get();
    std::vector<Interest> interests;
    const size_t descriptors_before = open_descriptors();
    uint64_t userdata = 0;
    size_t events_seen = 0;
    for (int step = 0; step < 20'000; ++step) {
        const uint32_t fd = first_socket + below(socket_count + 2), other = first_socket + below(socket_count);
        const Interest any{++userdata, Fd{fd}, below(4) == 0 ? EventType::fd_write : EventType::fd_read};
        switch (below(12)) {
        case 0: make_readable(below(socket_count)); break;
        case 1:
        case 2: drain(below(socket_count)); break;
        case 3:
            if (step % 50 == 0 && call("fd_close", {fd}) == Errno::success) known[fd] = {};
            break;
        case 4:
            if (step % 10 == 0 && fd != other && known[fd].host_fd >= 0 && known[other].host_fd >= 0) {
                EXPECT_EQ(call("fd_renumber", {fd, other}), Errno::success);
                known[other] = std::exchange(known[fd], {});
            }
            break;
        case 5:
            if (step % 100 == 0 && known[fd].host_fd >= 0) {
                EXPECT_EQ(call("fd_fdstat_set_rights", {fd, 0, 0}), Errno::success);
                known[fd].may_wait = false;
            }
            break;
        case 6: interests.push_back(any); break;
        case 7:
            if (!interests.empty()) interests[below(static_cast<uint32_t>(interests.size()))] = any;
            break;
        case 8:
            if (!interests.empty()) {
                std::swap(interests[below(static_cast<uint32_t>(interests.size()))], interests.back());
                interests.pop_back();
            }
            break;
        case 9:
            if (step % 400 == 0) {  // a new guest, with all its sockets
                WorldConfig config;
                for (const UniqueFd& end : m_theirs) config.sockets.push_back(end.get());
                start(std::move(config));
                known.assign(known.size(), {});
                for (uint32_t i = 0; i < socket_count; ++i) known[first_socket + i].host_fd = m_theirs[i].get();
            }
            break;
        default: break;
        }
        if (interests.size() > 40) interests.clear();

        Userdata wanted;
        for (const Interest& interest : interests) {
            const Known& k = known[static_cast<uint32_t>(interest.fd)];
            pollfd p{k.host_fd, static_cast<short>(interest.type == EventType::fd_read ? POLLIN : POLLOUT), 0};
            if (k.host_fd < 0 || !k.may_wait || ::poll(&p, 1, 0) == 1) wanted.push_back(interest.userdata);
        }
        ASSERT_EQ(poll(interests), wanted) << "step " << step;
        events_seen += wanted.size();
        for (uint32_t i = 0; i < wanted.size(); ++i) {
            const Event event = event_at(i);
            const auto interest = std::ranges::find(interests, event.userdata, &Interest::userdata);
            const Known& k = known[static_cast<uint32_t>(interest->fd)];
            int bytes = 0;
            if (k.host_fd >= 0 && k.may_wait && event.type == EventType::fd_read)
                EXPECT_EQ(::ioctl(k.host_fd, FIONREAD, &bytes), 0);
            EXPECT_EQ(event.error, k.host_fd < 0 ? Errno::badf : k.may_wait ? Errno::success : Errno::notcapable);
            EXPECT_EQ(event.nbytes, FileSize{static_cast<uint64_t>(bytes)});
        }
    }
    EXPECT_GT(events_seen, 50'000U);
    EXPECT_EQ(open_descriptors(), descriptors_before + 1);  // the set of registrations
}

}  // namespace
}  // namespace weir::test
