#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// Numbers about a running server, as Prometheus reads them. https://prometheus.io/docs/instrumenting/exposition_formats/

namespace weir::http {

/// Only grows. Any thread.
class Counter {
public:
    void add(uint64_t n = 1) noexcept { m_value.fetch_add(n, std::memory_order_relaxed); }
    [[nodiscard]] uint64_t value() const noexcept { return m_value.load(std::memory_order_relaxed); }

private:
    std::atomic<uint64_t> m_value{0};
};

/// Goes up and down. Any thread.
class Gauge {
public:
    void add(int64_t n) noexcept { m_value.fetch_add(n, std::memory_order_relaxed); }
    void set(int64_t n) noexcept { m_value.store(n, std::memory_order_relaxed); }
    [[nodiscard]] int64_t value() const noexcept { return m_value.load(std::memory_order_relaxed); }

private:
    std::atomic<int64_t> m_value{0};
};

/// Durations, counted by upper bounds. Any thread.
class Histogram {
public:
    /// Bounds in nanoseconds, ascending.
    explicit Histogram(std::span<const uint64_t> bounds_ns);
    void observe_ns(uint64_t value_ns) noexcept;

private:
    friend class Metrics;
    std::vector<uint64_t> m_bounds_ns;
    std::vector<std::atomic<uint64_t>> m_counts;  // one more than bounds
    std::atomic<uint64_t> m_sum_ns{0};
};

/// From 100 microseconds to 10 seconds, about three to a decade.
[[nodiscard]] std::span<const uint64_t> default_latency_bounds_ns() noexcept;

/// A registry. Making a metric takes a lock and belongs to start-up; what is made lives as long as the registry, at one address.
/// A name with the same labels gives the metric that is there. Names and label names are the caller's literals, label values any text.
class Metrics {
public:
    struct Label {
        std::string_view name;
        std::string_view value;
    };
    Counter& counter(std::string_view name, std::string_view help, std::span<const Label> labels = {});
    Gauge& gauge(std::string_view name, std::string_view help, std::span<const Label> labels = {});
    /// Written in seconds, as Prometheus wants: the name should end in "_seconds".
    Histogram& histogram(std::string_view name, std::string_view help, std::span<const Label> labels = {},
                         std::span<const uint64_t> bounds_ns = default_latency_bounds_ns());

    /// All of it in the text format, version 0.0.4.
    [[nodiscard]] std::string to_text() const;
    static constexpr std::string_view content_type = "text/plain; version=0.0.4; charset=utf-8";

private:
    struct Series {
        std::string labels;  // as written: a="b",c="d"
        Counter* counter = nullptr;
        Gauge* gauge = nullptr;
        Histogram* histogram = nullptr;
    };
    struct Family {
        std::string name;
        std::string help;
        std::string_view type;
        std::vector<Series> series;
    };
    Series& series(std::string_view name, std::string_view help, std::string_view type, std::span<const Label> labels);

    mutable std::mutex m_mutex;
    std::deque<Family> m_families;
    std::deque<Counter> m_counters;
    std::deque<Gauge> m_gauges;
    std::deque<Histogram> m_histograms;
};

}  // namespace weir::http
