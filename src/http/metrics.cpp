#include "http/metrics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

namespace weir::http {

namespace {

constexpr uint64_t us = 1'000;
constexpr uint64_t ms = 1'000'000;
constexpr uint64_t s = 1'000'000'000;
constexpr std::array<uint64_t, 16> latency_bounds_ns{100 * us, 250 * us, 500 * us, 1 * ms,   2500 * us, 5 * ms,    10 * ms, 25 * ms,
                                                     50 * ms,  100 * ms, 250 * ms, 500 * ms, 1 * s,     2500 * ms, 5 * s,   10 * s};

std::string escaped(std::string_view text, bool is_label)
{
    std::string out;
    for (const char c : text) {
        if (c == '\\') out += "\\\\";
        else if (c == '\n') out += "\\n";
        else if (c == '"' && is_label) out += "\\\"";
        else out += c;
    }
    return out;
}

std::string with_braces(std::string_view labels, std::string_view more = {})
{
    if (labels.empty() && more.empty()) return "";
    return fmt::format("{{{}{}{}}}", labels, !labels.empty() && !more.empty() ? "," : "", more);
}

double seconds(uint64_t ns) { return static_cast<double>(ns) / 1e9; }

}  // namespace

Histogram::Histogram(std::span<const uint64_t> bounds_ns)
    : m_bounds_ns(bounds_ns.begin(), bounds_ns.end()), m_counts(bounds_ns.size() + 1)
{
}

void Histogram::observe_ns(uint64_t value_ns) noexcept
{
    const auto bound = std::ranges::lower_bound(m_bounds_ns, value_ns);
    m_counts[static_cast<size_t>(bound - m_bounds_ns.begin())].fetch_add(1, std::memory_order_relaxed);
    m_sum_ns.fetch_add(value_ns, std::memory_order_relaxed);
}

std::span<const uint64_t> default_latency_bounds_ns() noexcept { return latency_bounds_ns; }

Metrics::Series& Metrics::series(std::string_view name, std::string_view help, std::string_view type, std::span<const Label> labels)
{
    auto family = std::ranges::find(m_families, name, &Family::name);
    if (family == m_families.end()) {
        m_families.push_back({std::string{name}, std::string{help}, type, {}});
        family = std::prev(m_families.end());
    }
    std::string text;
    for (const Label& label : labels) {
        text += fmt::format("{}{}=\"{}\"", text.empty() ? "" : ",", label.name, escaped(label.value, true));
    }
    auto found = std::ranges::find(family->series, text, &Series::labels);
    if (found != family->series.end()) return *found;
    return family->series.emplace_back(Series{std::move(text)});
}

Counter& Metrics::counter(std::string_view name, std::string_view help, std::span<const Label> labels)
{
    const std::scoped_lock lock{m_mutex};
    Series& at = series(name, help, "counter", labels);
    if (at.counter == nullptr) at.counter = &m_counters.emplace_back();
    return *at.counter;
}

Gauge& Metrics::gauge(std::string_view name, std::string_view help, std::span<const Label> labels)
{
    const std::scoped_lock lock{m_mutex};
    Series& at = series(name, help, "gauge", labels);
    if (at.gauge == nullptr) at.gauge = &m_gauges.emplace_back();
    return *at.gauge;
}

Histogram& Metrics::histogram(std::string_view name, std::string_view help, std::span<const Label> labels,
                              std::span<const uint64_t> bounds_ns)
{
    const std::scoped_lock lock{m_mutex};
    Series& at = series(name, help, "histogram", labels);
    if (at.histogram == nullptr) at.histogram = &m_histograms.emplace_back(bounds_ns);
    return *at.histogram;
}

std::string Metrics::to_text() const
{
    const std::scoped_lock lock{m_mutex};
    std::string text;
    auto out = std::back_inserter(text);
    for (const Family& family : m_families) {
        fmt::format_to(out, "# HELP {0} {1}\n# TYPE {0} {2}\n", family.name, escaped(family.help, false), family.type);
        for (const Series& each : family.series) {
            if (each.counter != nullptr)
                fmt::format_to(out, "{}{} {}\n", family.name, with_braces(each.labels), each.counter->value());
            if (each.gauge != nullptr) fmt::format_to(out, "{}{} {}\n", family.name, with_braces(each.labels), each.gauge->value());
            if (each.histogram == nullptr) continue;
            const Histogram& histogram = *each.histogram;
            uint64_t below = 0;
            for (size_t i = 0; i < histogram.m_counts.size(); ++i) {
                below += histogram.m_counts[i].load(std::memory_order_relaxed);
                const std::string bound =
                    i < histogram.m_bounds_ns.size() ? fmt::format("{}", seconds(histogram.m_bounds_ns[i])) : "+Inf";
                fmt::format_to(out, "{}_bucket{} {}\n", family.name, with_braces(each.labels, fmt::format("le=\"{}\"", bound)),
                               below);
            }
            fmt::format_to(out, "{}_sum{} {}\n", family.name, with_braces(each.labels),
                           seconds(histogram.m_sum_ns.load(std::memory_order_relaxed)));
            fmt::format_to(out, "{}_count{} {}\n", family.name, with_braces(each.labels), below);
        }
    }
    return text;
}

}  // namespace weir::http
