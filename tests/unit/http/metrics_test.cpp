#include "http/metrics.hpp"

#include <gtest/gtest.h>

#include <array>

namespace weir::http {
namespace {

TEST(Metrics, text_format)
{
    Metrics metrics;
    metrics.counter("a_total", "Counts a\nand \\b.").add(3);
    const std::array<Metrics::Label, 2> labels{{{"kind", "x\"y\\z\n"}, {"n", "1"}}};
    metrics.gauge("g", "A gauge.", labels).set(-5);
    const std::array<uint64_t, 2> bounds{1'000'000, 1'000'000'000};
    Histogram& histogram = metrics.histogram("d_seconds", "Durations.", {}, bounds);
    histogram.observe_ns(1'000'000);
    histogram.observe_ns(2'000'000);
    histogram.observe_ns(3'000'000'000);
    EXPECT_EQ(metrics.to_text(), "# HELP a_total Counts a\\nand \\\\b.\n"
                                 "# TYPE a_total counter\n"
                                 "a_total 3\n"
                                 "# HELP g A gauge.\n"
                                 "# TYPE g gauge\n"
                                 "g{kind=\"x\\\"y\\\\z\\n\",n=\"1\"} -5\n"
                                 "# HELP d_seconds Durations.\n"
                                 "# TYPE d_seconds histogram\n"
                                 "d_seconds_bucket{le=\"0.001\"} 1\n"
                                 "d_seconds_bucket{le=\"1\"} 2\n"
                                 "d_seconds_bucket{le=\"+Inf\"} 3\n"
                                 "d_seconds_sum 3.003\n"
                                 "d_seconds_count 3\n");
}

TEST(Metrics, the_same_name_and_labels_are_the_same_metric)
{
    Metrics metrics;
    const Metrics::Label one{"k", "1"};
    const Metrics::Label two{"k", "2"};
    Counter& a = metrics.counter("c", "", {&one, 1});
    Counter& b = metrics.counter("c", "", {&two, 1});
    EXPECT_NE(&a, &b);
    EXPECT_EQ(&a, &metrics.counter("c", "", {&one, 1}));
    a.add();
    EXPECT_EQ(metrics.to_text(), "# HELP c \n# TYPE c counter\nc{k=\"1\"} 1\nc{k=\"2\"} 0\n");
}

}  // namespace
}  // namespace weir::http
