#include "host/trace/write.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

namespace weir::trace {

namespace {

double percent(uint64_t part, uint64_t whole)
{
    return whole == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

std::string row(const Count& c, uint64_t whole_ns)
{
    const double mean_us = c.calls == 0 ? 0.0 : static_cast<double>(c.total_ns) / 1e3 / static_cast<double>(c.calls);
    return fmt::format("{:6.2f} {:11.6f} {:11.3f} {:9} {:>9} {}\n", percent(c.total_ns, whole_ns),
                       static_cast<double>(c.total_ns) / 1e9, mean_us, c.calls,
                       c.errors == 0 ? std::string{} : fmt::format("{}", c.errors), c.function);
}

}  // namespace

std::string to_table(std::vector<Count> counts)
{
    std::erase_if(counts, [](const Count& c) { return c.calls == 0; });
    std::ranges::sort(counts, std::greater{}, &Count::total_ns);
    Count total{.module = {}, .function = "total"};
    for (const Count& c : counts) {
        total.calls += c.calls;
        total.errors += c.errors;
        total.total_ns += c.total_ns;
    }
    const std::string rule = "------ ----------- ----------- --------- --------- ----------------\n";
    std::string out = "% time     seconds  usecs/call     calls    errors function\n" + rule;
    for (const Count& c : counts) out += row(c, total.total_ns);
    return out + rule + row(total, total.total_ns);
}

}  // namespace weir::trace
