#include "host/fastly/kv.hpp"

#include <algorithm>
#include <array>

namespace weir::fastly {

namespace {

uint64_t size_of(std::string_view key, const KvStore::Value& value)
{
    constexpr uint64_t bytes_beside = 128;  // what the map takes
    return key.size() + value.data.size() + value.metadata.size() + bytes_beside;
}

/// What of a forbidden one-character key there is to say; empty when it is allowed.
std::string problem_of_single(std::string_view key)
{
    const auto first = static_cast<unsigned char>(key.front());
    if (key.size() == 1 && first <= 0x20) return "cannot be a control character or a space";
    if (key == "\xef\xbf\xbe" || key == "\xef\xbf\xbf") return "cannot be U+FFFE or U+FFFF";
    return {};
}

}  // namespace

std::string kv_key_problem(std::string_view key)
{
    constexpr size_t max_key_bytes = 1024;
    if (key.empty()) return "cannot be empty";
    if (key.size() > max_key_bytes) return "cannot be over 1024 bytes in size";
    if (key.starts_with(".well-known/acme-challenge")) return "cannot start with `.well-known/acme-challenge`";
    if (key == "." || key == "..") return "cannot be named `" + std::string{key} + "`";
    for (const std::string_view part : {"./", "../"})
        if (key.find(part) != std::string_view::npos) return "cannot contain a `" + std::string{part} + "`";
    for (const std::string_view end : {"/.", "/.."})
        if (key.ends_with(end)) return "cannot end with `" + std::string{end} + "`";
    if (std::string single = problem_of_single(key); !single.empty()) return single;
    constexpr std::string_view refused = "\r\n#;?^|";
    if (const size_t at = key.find_first_of(refused); at != std::string_view::npos) {
        const char c = key[at];
        return std::string{"cannot contain a `"} + (c == '\r' ? "\\r" : c == '\n' ? "\\n" : std::string{c}) + "`";
    }
    return {};
}

KvStore::Values::iterator KvStore::find_live(std::string_view key)
{
    const auto at = m_values.find(key);
    if (at == m_values.end() || !at->second.expires || *at->second.expires > Clock::now()) return at;
    erase(at);
    return m_values.end();
}

void KvStore::erase(Values::iterator at)
{
    m_total_bytes -= size_of(at->first, at->second);
    m_values.erase(at);
}

std::optional<KvStore::Value> KvStore::lookup(std::string_view key)
{
    const std::scoped_lock lock{m_mutex};
    const auto at = find_live(key);
    if (at == m_values.end()) return std::nullopt;
    return at->second;
}

KvError KvStore::insert(std::string_view key, std::string data, const Insertion& how)
{
    const std::scoped_lock lock{m_mutex};
    const auto at = find_live(key);
    if (at != m_values.end()) {
        if (how.mode == KvInsertMode::add) return KvError::precondition_failed;
        if (how.if_generation_match && *how.if_generation_match != at->second.generation) return KvError::precondition_failed;
        if (how.mode != KvInsertMode::overwrite && data.size() + at->second.data.size() > max_value_bytes)
            return KvError::payload_too_large;
        if (how.mode == KvInsertMode::append) data.insert(0, at->second.data);
        if (how.mode == KvInsertMode::prepend) data += at->second.data;
    }
    if (data.size() > max_value_bytes || how.metadata.size() > max_metadata_bytes) return KvError::payload_too_large;
    Value value{.data = std::move(data), .metadata = how.metadata, .generation = 0, .expires = {}};
    const uint64_t freed = at == m_values.end() ? 0 : size_of(at->first, at->second);
    if (m_total_bytes - freed + size_of(key, value) > max_total_bytes) return KvError::too_many_requests;
    const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
    const auto now_ns = static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(since_epoch).count());
    value.generation = m_last_generation = std::max(now_ns, m_last_generation + 1);
    if (how.time_to_live) value.expires = Clock::now() + *how.time_to_live;
    m_total_bytes += size_of(key, value) - freed;
    if (at == m_values.end()) m_values.emplace(key, std::move(value));
    else at->second = std::move(value);
    return KvError::ok;
}

bool KvStore::remove(std::string_view key)
{
    const std::scoped_lock lock{m_mutex};
    const auto at = find_live(key);
    if (at == m_values.end()) return false;
    erase(at);
    return true;
}

KvStore::Page KvStore::list(std::string_view prefix, std::optional<std::string_view> after, uint32_t limit)
{
    const std::scoped_lock lock{m_mutex};
    const auto now = Clock::now();
    Page page;
    auto at = after && *after >= prefix ? m_values.upper_bound(*after) : m_values.lower_bound(prefix);
    for (; at != m_values.end() && at->first.starts_with(prefix); ++at) {
        if (at->second.expires && *at->second.expires <= now) continue;
        if (page.keys.size() == limit) {
            page.has_more = true;
            break;
        }
        page.keys.push_back(at->first);
    }
    return page;
}

}  // namespace weir::fastly
