#pragma once

#include "base/unique_fd.hpp"
#include "host/wasip1/poll_deadline.hpp"
#include "host/wasip1/types.hpp"

#include <sys/epoll.h>

#include <cstdint>
#include <span>
#include <vector>

namespace weir::wasip1 {

/// A subscription to a descriptor.
struct Interest {
    uint64_t userdata;
    Fd fd;
    EventType type;  // fd_read or fd_write
    friend bool operator==(const Interest&, const Interest&) = default;
};

/// What a guest waits for, kept registered with the kernel (epoll) from call to call. The guest hands over all of it each time; a call
/// costs one comparison for each interest that stands where it stood the last time, and work of the kernel's only for what
/// changed and for what is ready. docs/sockets.md says more.
///
/// A call: begin(); for each interest in the guest's order keep(), or else change() or settle(); commit(); wait(); then ready().
class Registrations {
public:
    enum class Trigger : uint8_t {
        level,  // as poll(2): what is ready is told in each call
        edge,   // once, until there is more to read or more room
    };
    explicit Registrations(Trigger trigger) noexcept : m_trigger(trigger) {}

    void begin() noexcept
    {
        m_used = 0;
        m_ready.clear();
    }
    /// True when the call's next interest is the same as in the call before, and still registered.
    [[nodiscard]] bool keep(const Interest& interest) noexcept
    {
        if (m_used == m_slots.size()) return false;
        const Slot& slot = m_slots[m_used];
        if (slot.interest != interest || !slot.is_linked) return false;
        ++m_used;
        return true;
    }
    /// The next interest is another one, in a descriptor that is open as `host_fd`. May throw bad_alloc.
    void change(const Interest& interest, int host_fd);
    /// The next interest has its event already: an error. May throw bad_alloc.
    void settle(const Interest& interest, Errno error);
    /// There are no more interests. May throw bad_alloc.
    /// @return  Why the kernel does not register them: then they have to be waited for in another way.
    [[nodiscard]] Errno commit();

    /// Waits until something is ready or due.
    /// @error intr  The guest is to be stopped.   @error notsup  The kernel does not do it.
    [[nodiscard]] Errno wait(const PollDeadline& deadline);

    struct Ready {
        uint32_t index;   // of the interest in this call
        Errno error;      // instead of events
        uint32_t events;  // EPOLLIN, ...
        int host_fd;      // unless there is an error
    };
    /// What is ready, in the order of the interests.
    [[nodiscard]] std::span<const Ready> ready() const noexcept { return m_ready; }
    [[nodiscard]] const Interest& operator[](uint32_t index) const noexcept { return m_slots[index].interest; }
    /// How many interests the call has had so far.
    [[nodiscard]] uint32_t count() const noexcept { return m_used; }

    /// The descriptor is about to be closed, or to be another: nothing that stands for it does any more.
    void forget(Fd fd) noexcept;

private:
    static constexpr uint32_t none = UINT32_MAX;

    /// One of the guest's interests, by its position.
    struct Slot {
        Interest interest;
        uint32_t next = none, previous = none;  // of those in the same descriptor
        bool is_linked = false;                 // else looked at anew in each call
    };
    /// What is known of a descriptor.
    struct Entry {
        int host_fd = -1;
        uint32_t first = none;              // of its slots
        uint32_t readers = 0, writers = 0;  // among them
        uint32_t events = 0;                // that the kernel watches for; 0: it does not have it
        bool is_changed = false;            // and listed so
        bool is_always_ready = false;       // a file that epoll does not take, as poll says of it
    };

    Slot& place(const Interest& interest);
    void link(uint32_t index, Entry& entry);
    void remove(uint32_t index);
    void unlink(uint32_t index) noexcept;
    void note_change(Fd fd, Entry& entry);
    Errno update(Fd fd);
    void unregister(Entry& entry) noexcept;
    /// Its interests have their events already, in this call.
    void settle_all(Entry& entry, Errno error, uint32_t events);
    void collect(std::span<const epoll_event> events) noexcept;

    Trigger m_trigger;
    bool m_is_unusable = false;
    UniqueFd m_epoll;  // made by the first call that needs it
    uint32_t m_used = 0;
    uint32_t m_registered = 0;     // descriptors that the kernel watches
    std::vector<Slot> m_slots;     // of the call before, overwritten from the start
    std::vector<Entry> m_entries;  // by descriptor
    std::vector<Fd> m_changed;     // whose entries are
    std::vector<epoll_event> m_events;
    std::vector<Ready> m_ready;
};

}  // namespace weir::wasip1
