#include "host/wasip1/registrations.hpp"

#include "host/wasip1/support.hpp"
#include "runtime/interrupt.hpp"

#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>

namespace weir::wasip1 {

namespace {

constexpr uint64_t timer_mark = UINT64_MAX;  // no descriptor

}  // namespace

Registrations::Slot& Registrations::place(const Interest& interest)
{
    if (m_used == m_slots.size()) m_slots.emplace_back();
    else remove(m_used);
    Slot& slot = m_slots[m_used++];
    slot.interest = interest;
    return slot;
}

void Registrations::change(const Interest& interest, int host_fd)
{
    const auto number = static_cast<size_t>(interest.fd);
    if (number >= m_entries.size()) m_entries.resize(std::max(number + 1, m_entries.size() * 2));
    place(interest);
    Entry& entry = m_entries[number];
    entry.host_fd = host_fd;
    if (entry.is_always_ready) {
        m_ready.push_back({m_used - 1, Errno::success, EPOLLIN | EPOLLOUT, host_fd});
        return;
    }
    note_change(interest.fd, entry);
    link(m_used - 1, entry);
}

void Registrations::settle(const Interest& interest, Errno error)
{
    m_ready.push_back({m_used, error, 0, -1});
    place(interest);
}

void Registrations::link(uint32_t index, Entry& entry)
{
    Slot& slot = m_slots[index];
    slot.is_linked = true;
    slot.previous = none;
    slot.next = entry.first;
    if (slot.next != none) m_slots[slot.next].previous = index;
    entry.first = index;
    ++(slot.interest.type == EventType::fd_read ? entry.readers : entry.writers);
}

/// Takes an interest of an earlier call out.
void Registrations::remove(uint32_t index)
{
    const Slot& slot = m_slots[index];
    if (!slot.is_linked) return;
    note_change(slot.interest.fd, m_entries[static_cast<size_t>(slot.interest.fd)]);
    unlink(index);
}

void Registrations::unlink(uint32_t index) noexcept
{
    Slot& slot = m_slots[index];
    if (!slot.is_linked) return;
    slot.is_linked = false;
    Entry& entry = m_entries[static_cast<size_t>(slot.interest.fd)];
    (slot.previous != none ? m_slots[slot.previous].next : entry.first) = slot.next;
    if (slot.next != none) m_slots[slot.next].previous = slot.previous;
    --(slot.interest.type == EventType::fd_read ? entry.readers : entry.writers);
}

void Registrations::note_change(Fd fd, Entry& entry)
{
    if (entry.is_changed) return;
    m_changed.push_back(fd);
    entry.is_changed = true;
}

void Registrations::settle_all(Entry& entry, Errno error, uint32_t events)
{
    while (entry.first != none) {
        m_ready.push_back({entry.first, error, events, entry.host_fd});
        unlink(entry.first);
    }
}

void Registrations::unregister(Entry& entry) noexcept
{
    if (entry.events == 0) return;
    ::epoll_ctl(m_epoll.get(), EPOLL_CTL_DEL, entry.host_fd, nullptr);
    entry.events = 0;
    --m_registered;
}

/// Has the kernel watch for what the descriptor's interests ask for. Where there are none any more it goes on watching: most often
/// they come back before something happens, and otherwise collect() puts an end to it. Edges are told anew to who comes back.
Errno Registrations::update(Fd fd)
{
    Entry& entry = m_entries[static_cast<size_t>(fd)];
    const uint32_t wanted = (entry.readers != 0 ? uint32_t{EPOLLIN} : 0) | (entry.writers != 0 ? uint32_t{EPOLLOUT} : 0);
    if (wanted == 0 && m_trigger == Trigger::edge) unregister(entry);
    if (wanted == 0 || wanted == entry.events) return Errno::success;
    epoll_event event{};
    event.events = wanted | (m_trigger == Trigger::edge ? uint32_t{EPOLLET} : 0);
    event.data.u64 = static_cast<uint64_t>(fd);
    if (::epoll_ctl(m_epoll.get(), entry.events == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, entry.host_fd, &event) == 0) {
        if (entry.events == 0) ++m_registered;
        entry.events = wanted;
        return Errno::success;
    }
    switch (errno) {
    case EPERM:
        entry.is_always_ready = true;
        settle_all(entry, Errno::success, EPOLLIN | EPOLLOUT);
        return Errno::success;
    case EBADF:  // given so
        settle_all(entry, Errno::badf, 0);
        return Errno::success;
    default: return from_host(errno);  // EEXIST: two of the guest's descriptors are one of the host's
    }
}

Errno Registrations::commit()
{
    if (m_is_unusable) return Errno::nosys;
    if (!m_epoll) m_epoll = UniqueFd{::epoll_create1(EPOLL_CLOEXEC)};
    if (!m_epoll) return from_host(errno);
    for (size_t i = m_used; i < m_slots.size(); ++i) remove(static_cast<uint32_t>(i));
    m_slots.resize(m_used);
    // What is not done stays listed, and is done in the next call.
    while (!m_changed.empty()) {
        if (const Errno e = update(m_changed.back()); e != Errno::success) return e;
        m_entries[static_cast<size_t>(m_changed.back())].is_changed = false;
        m_changed.pop_back();
    }
    m_events.resize(size_t{m_registered} + 1);  // and the timer
    m_ready.reserve(m_used);                    // no interest is ready twice
    return Errno::success;
}

/// What the kernel said, as interests that are ready.
void Registrations::collect(std::span<const epoll_event> events) noexcept
{
    for (const epoll_event& event : events) {
        if (event.data.u64 == timer_mark) continue;
        Entry& entry = m_entries[event.data.u64];
        if (entry.first == none) {
            unregister(entry);
            continue;
        }
        for (uint32_t i = entry.first; i != none; i = m_slots[i].next) {
            const uint32_t wanted = (m_slots[i].interest.type == EventType::fd_read ? EPOLLIN : EPOLLOUT) | EPOLLERR | EPOLLHUP;
            if ((event.events & wanted) != 0) m_ready.push_back({i, Errno::success, event.events, entry.host_fd});
        }
    }
}

Errno Registrations::wait(const PollDeadline& deadline)
{
    UniqueFd timer;  // closed, it is not watched any more
    if (deadline.needs_timer() && m_ready.empty()) {
        timer = deadline.create_timer();
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.u64 = timer_mark;
        if (!timer || ::epoll_ctl(m_epoll.get(), EPOLL_CTL_ADD, timer.get(), &event) != 0) return Errno::notsup;
    }
    for (;;) {
        timespec storage{};
        const timespec* const timeout = m_ready.empty() ? deadline.timeout(storage) : &storage;
        const long n = runtime::try_interruptible_syscall(
            SYS_epoll_pwait2, {m_epoll.get(), runtime::to_syscall_argument(m_events.data()), static_cast<long>(m_events.size()),
                               runtime::to_syscall_argument(timeout), 0, 0});
        if (n < 0) {
            if (errno == ENOSYS) m_is_unusable = true;
            if (errno != EINTR) return Errno::notsup;
            if (runtime::must_stop()) return Errno::intr;
            continue;
        }
        collect(std::span{m_events}.first(static_cast<size_t>(n)));
        if (!m_ready.empty() || deadline.is_due()) break;
    }
    std::ranges::sort(m_ready, {}, &Ready::index);
    return Errno::success;
}

void Registrations::forget(Fd fd) noexcept
{
    const auto number = static_cast<size_t>(fd);
    if (number >= m_entries.size()) return;
    Entry& entry = m_entries[number];
    while (entry.first != none) unlink(entry.first);
    unregister(entry);
    entry.host_fd = -1;
    entry.is_always_ready = false;
}

}  // namespace weir::wasip1
