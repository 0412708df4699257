#pragma once

#include "weir/async/timer.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <string_view>

namespace weir::http::detail {

/// Writes a time as RFC 9110 section 5.6.7 has it: "Sun, 06 Nov 1994 08:49:37 GMT".
/// @param seconds  Since 1970, not negative.
constexpr std::array<char, 29> to_http_date(int64_t seconds) noexcept
{
    constexpr std::string_view days = "SunMonTueWedThuFriSat", months = "JanFebMarAprMayJunJulAugSepOctNovDec";
    const std::chrono::sys_days day =
        std::chrono::floor<std::chrono::days>(std::chrono::sys_seconds{std::chrono::seconds{seconds}});
    const std::chrono::year_month_day date{day};
    const auto of_day = static_cast<unsigned>(seconds % 86'400);

    std::array<char, 29> text{};
    size_t at = 0;
    const auto put = [&](std::string_view part) {
        for (const char c : part) text[at++] = c;
    };
    const auto put_number = [&](unsigned number, unsigned digits) {
        for (unsigned i = digits; i-- > 0; number /= 10) text[at + i] = static_cast<char>('0' + number % 10);
        at += digits;
    };
    put(days.substr(size_t{3} * std::chrono::weekday{day}.c_encoding(), 3));
    put(", ");
    put_number(static_cast<unsigned>(date.day()), 2);
    put(" ");
    put(months.substr(size_t{3} * (static_cast<unsigned>(date.month()) - 1), 3));
    put(" ");
    put_number(static_cast<unsigned>(static_cast<int>(date.year())), 4);
    put(" ");
    put_number(of_day / 3600, 2);
    put(":");
    put_number(of_day / 60 % 60, 2);
    put(":");
    put_number(of_day % 60, 2);
    put(" GMT");
    return text;
}

/// The present time in that form, made anew at most some times a second.
class DateCache {
public:
    std::string_view at(async::TimePoint now) noexcept
    {
        if (now >= m_valid_until) {
            m_text = to_http_date(std::time(nullptr));
            m_valid_until = now + std::chrono::milliseconds{100};
        }
        return {m_text.data(), m_text.size()};
    }

private:
    async::TimePoint m_valid_until{0};
    std::array<char, 29> m_text{};
};

}  // namespace weir::http::detail
