#pragma once

#include "host/bind.hpp"
#include "host/wasip1/types.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

// What traces show of WASI's types.

namespace weir::wasip1::described {

using Form = runtime::HostType::Form;
using runtime::HostField;
using runtime::HostType;

/// The `index`th of words that single spaces separate; empty if there are fewer.
constexpr std::string_view word(std::string_view words, size_t index)
{
    for (; index > 0; --index) {
        const size_t space = words.find(' ');
        if (space == std::string_view::npos) return {};
        words.remove_prefix(space + 1);
    }
    return words.substr(0, words.find(' '));
}
/// Whether there are as many names as bits.
constexpr bool names_each_bit(std::string_view words, uint64_t all)
{
    const auto bits = static_cast<size_t>(std::popcount(all));
    return !word(words, bits - 1).empty() && word(words, bits).empty();
}

static_assert(word(errno_words, static_cast<size_t>(Errno::noent)) == "noent" &&
              word(errno_words, static_cast<size_t>(Errno::notcapable)) == "notcapable");
static_assert(word(clock_id_words, static_cast<size_t>(ClockId::thread_cputime)) == "thread_cputime");
static_assert(word(whence_words, static_cast<size_t>(Whence::end)) == "end");
static_assert(word(unstable::whence_words, static_cast<size_t>(unstable::Whence::end)) == "end");
static_assert(word(advice_words, static_cast<size_t>(Advice::noreuse)) == "noreuse");
static_assert(word(signal_words, static_cast<size_t>(Signal::abrt)) == "abrt" &&
              word(signal_words, static_cast<size_t>(Signal::chld)) == "chld" &&
              word(signal_words, static_cast<size_t>(Signal::winch)) == "winch" &&
              word(signal_words, static_cast<size_t>(Signal::sys)) == "sys");
static_assert(word(file_type_words, static_cast<size_t>(FileType::symbolic_link)) == "symbolic_link");
static_assert(word(event_type_words, static_cast<size_t>(EventType::fd_write)) == "fd_write");
static_assert(names_each_bit(fdflags_words, all_fdflags) && names_each_bit(oflags_words, all_oflags) &&
              names_each_bit(fstflags_words, all_fstflags) && names_each_bit(lookupflags_words, all_lookupflags) &&
              names_each_bit(subclockflags_words, all_subclockflags) && names_each_bit(eventrwflags_words, all_eventrwflags) &&
              names_each_bit(riflags_words, all_riflags) && names_each_bit(roflags_words, all_roflags) &&
              names_each_bit(sdflags_words, all_sdflags) && names_each_bit(rights_words, all_rights));
static_assert(word(rights_words, std::countr_zero(uint64_t{right_path_open})) == "path_open" &&
              word(rights_words, std::countr_zero(uint64_t{right_poll_fd_readwrite})) == "poll_fd_readwrite");

}  // namespace weir::wasip1::described

namespace weir::host {

#define WEIR_TYPE(type, name, ...)                                       \
    template <>                                                          \
    inline constexpr runtime::HostType host_type<wasip1::type>           \
    {                                                                    \
        name, sizeof(wasip1::type), runtime::HostType::Form::__VA_ARGS__ \
    }
WEIR_TYPE(Errno, "errno", enumeration, wasip1::errno_words);
WEIR_TYPE(Fd, "fd", number);
WEIR_TYPE(Timestamp, "timestamp", number);
WEIR_TYPE(FileSize, "filesize", number);
WEIR_TYPE(FileDelta, "filedelta", signed_number);
WEIR_TYPE(DirCookie, "dircookie", number);
WEIR_TYPE(ClockId, "clockid", enumeration, wasip1::clock_id_words);
WEIR_TYPE(Whence, "whence", enumeration, wasip1::whence_words);
WEIR_TYPE(unstable::Whence, "whence", enumeration, wasip1::unstable::whence_words);
WEIR_TYPE(Advice, "advice", enumeration, wasip1::advice_words);
WEIR_TYPE(Signal, "signal", enumeration, wasip1::signal_words);
WEIR_TYPE(FileType, "filetype", enumeration, wasip1::file_type_words);
WEIR_TYPE(EventType, "eventtype", enumeration, wasip1::event_type_words);
WEIR_TYPE(FdFlags, "fdflags", flags, wasip1::fdflags_words);
WEIR_TYPE(OFlags, "oflags", flags, wasip1::oflags_words);
WEIR_TYPE(FstFlags, "fstflags", flags, wasip1::fstflags_words);
WEIR_TYPE(LookupFlags, "lookupflags", flags, wasip1::lookupflags_words);
WEIR_TYPE(SubClockFlags, "subclockflags", flags, wasip1::subclockflags_words);
WEIR_TYPE(EventRwFlags, "eventrwflags", flags, wasip1::eventrwflags_words);
WEIR_TYPE(RiFlags, "riflags", flags, wasip1::riflags_words);
WEIR_TYPE(RoFlags, "roflags", flags, wasip1::roflags_words);
WEIR_TYPE(SdFlags, "sdflags", flags, wasip1::sdflags_words);
WEIR_TYPE(Rights, "rights", flags, wasip1::rights_words);
WEIR_TYPE(Iovec, "iovec", buffer);

}  // namespace weir::host

namespace weir::wasip1::described {

template <class T>
constexpr const HostType* type_of = &host::host_type<T>;

inline constexpr HostField fdstat_fields[]{
    {offsetof(FdStat, filetype), type_of<FileType>},
    {offsetof(FdStat, flags), type_of<FdFlags>},
    {offsetof(FdStat, rights_base), type_of<Rights>},
    {offsetof(FdStat, rights_inheriting), type_of<Rights>},
};
template <class Stat>
inline constexpr HostField filestat_fields[]{
    {offsetof(Stat, filetype), type_of<FileType>},
    {offsetof(Stat, size), type_of<FileSize>},
    {offsetof(Stat, nlink), type_of<decltype(Stat::nlink)>},
    {offsetof(Stat, dev), type_of<uint64_t>},
    {offsetof(Stat, ino), type_of<uint64_t>},
    {offsetof(Stat, atim), type_of<Timestamp>},
    {offsetof(Stat, mtim), type_of<Timestamp>},
    {offsetof(Stat, ctim), type_of<Timestamp>},
};
inline constexpr HostField prestat_fields[]{{offsetof(Prestat, name_len), type_of<uint32_t>}};
/// Both layouts have the tag at the same place, and a clock at another.
template <class S, class Clock>
inline constexpr HostField subscription_fields[]{
    {offsetof(S, type), type_of<EventType>},
    {offsetof(S, clock) + offsetof(Clock, id), type_of<ClockId>, static_cast<int16_t>(EventType::clock)},
    {offsetof(S, clock) + offsetof(Clock, timeout), type_of<Timestamp>, static_cast<int16_t>(EventType::clock)},
    {offsetof(S, clock) + offsetof(Clock, flags), type_of<SubClockFlags>, static_cast<int16_t>(EventType::clock)},
    {offsetof(S, fd), type_of<Fd>, static_cast<int16_t>(EventType::fd_read)},
    {offsetof(S, fd), type_of<Fd>, static_cast<int16_t>(EventType::fd_write)},
};
inline constexpr HostField event_fields[]{
    {offsetof(Event, type), type_of<EventType>},
    {offsetof(Event, error), type_of<Errno>},
    {offsetof(Event, nbytes), type_of<FileSize>},
    {offsetof(Event, flags), type_of<EventRwFlags>},
};
inline constexpr std::string_view filestat_words = "filetype size nlink dev ino atim mtim ctim";
inline constexpr std::string_view subscription_words = "type id timeout flags fd fd";

}  // namespace weir::wasip1::described

namespace weir::host {

WEIR_TYPE(FdStat, "fdstat", record, "filetype flags rights_base rights_inheriting", wasip1::described::fdstat_fields);
WEIR_TYPE(FileStat, "filestat", record, wasip1::described::filestat_words, wasip1::described::filestat_fields<wasip1::FileStat>);
WEIR_TYPE(unstable::FileStat, "filestat", record, wasip1::described::filestat_words,
          wasip1::described::filestat_fields<wasip1::unstable::FileStat>);
WEIR_TYPE(Prestat, "prestat", record, "name_len", wasip1::described::prestat_fields);
WEIR_TYPE(Subscription, "subscription", record, wasip1::described::subscription_words,
          (wasip1::described::subscription_fields<wasip1::Subscription, wasip1::SubscriptionClock>),
          offsetof(wasip1::Subscription, type));
WEIR_TYPE(unstable::Subscription, "subscription", record, wasip1::described::subscription_words,
          (wasip1::described::subscription_fields<wasip1::unstable::Subscription, wasip1::unstable::SubscriptionClock>),
          offsetof(wasip1::unstable::Subscription, type));
WEIR_TYPE(Event, "event", record, "type error nbytes flags", wasip1::described::event_fields);
#undef WEIR_TYPE

}  // namespace weir::host
