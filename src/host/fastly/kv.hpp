#pragma once

#include "host/fastly/types.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::fastly {

/// Why a text is no key of a KV store, as part of a message ("cannot be empty"); empty when it is one.
[[nodiscard]] std::string kv_key_problem(std::string_view key);

/// A key-value store in memory, shared by all guests of a service. Thread-safe.
class KvStore {
public:
    using Clock = std::chrono::steady_clock;
    static constexpr size_t max_value_bytes = size_t{25} << 20;  // the platform's own limit
    static constexpr size_t max_metadata_bytes = 2000;
    static constexpr uint64_t max_total_bytes = uint64_t{1} << 30;

    struct Value {
        std::string data;
        std::string metadata;
        uint64_t generation = 0;  // another after each write
        std::optional<Clock::time_point> expires;
    };
    struct Insertion {
        KvInsertMode mode = KvInsertMode::overwrite;
        std::string metadata;
        std::optional<std::chrono::seconds> time_to_live;
        std::optional<uint64_t> if_generation_match;  // of a key that exists
    };
    struct Page {
        std::vector<std::string> keys;  // sorted
        bool has_more = false;
    };

    [[nodiscard]] std::optional<Value> lookup(std::string_view key);
    /// ok, precondition_failed, payload_too_large, or too_many_requests when the store is full.
    [[nodiscard]] KvError insert(std::string_view key, std::string data, const Insertion& how);
    /// False when there is none.
    bool remove(std::string_view key);
    /// Keys with this prefix, those behind `after`.
    [[nodiscard]] Page list(std::string_view prefix, std::optional<std::string_view> after, uint32_t limit);

private:
    using Values = std::map<std::string, Value, std::less<>>;
    /// The place of a key that has not expired; an expired one is removed.
    Values::iterator find_live(std::string_view key);
    void erase(Values::iterator at);

    std::mutex m_mutex;  // guards all below
    Values m_values;
    uint64_t m_total_bytes = 0;
    uint64_t m_last_generation = 0;
};

}  // namespace weir::fastly
