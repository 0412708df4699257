#pragma once

#include "weir/fastly/body.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace weir::fastly {

namespace detail {

struct KvInsertConfig {
    uint32_t mode = 0, unused = 0;
    const char* metadata = nullptr;
    uint32_t metadata_size = 0, ttl_s = 0, padding = 0;
    uint64_t generation = 0;
};
static_assert(sizeof(KvInsertConfig) == 32);
struct KvListConfig {
    uint32_t mode = 0;
    const char* cursor = nullptr;
    uint32_t cursor_size = 0, limit = 0;
    const char* prefix = nullptr;
    uint32_t prefix_size = 0;
};
static_assert(sizeof(KvListConfig) == 24);

extern "C" {
WEIR_FASTLY_IMPORT("secret_store", "from_bytes", weir_fastly_secret_from)(const char* bytes, size_t size, uint32_t* secret);
WEIR_FASTLY_IMPORT("kv_store", "open", weir_fastly_kv_open)(const char* name, size_t size, uint32_t* store);
WEIR_FASTLY_IMPORT("kv_store", "lookup", weir_fastly_kv_lookup)
(uint32_t store, const char* key, size_t key_size, uint32_t mask, const void* config, uint32_t* pending);
WEIR_FASTLY_IMPORT("kv_store", "lookup_wait_v2", weir_fastly_kv_lookup_wait)
(uint32_t pending, uint32_t* body, char* metadata, size_t room, size_t* size, uint64_t* generation, uint32_t* error);
WEIR_FASTLY_IMPORT("kv_store", "insert", weir_fastly_kv_insert)
(uint32_t store, const char* key, size_t key_size, uint32_t body, uint32_t mask, const KvInsertConfig* config, uint32_t* pending);
WEIR_FASTLY_IMPORT("kv_store", "insert_wait", weir_fastly_kv_insert_wait)(uint32_t pending, uint32_t* error);
WEIR_FASTLY_IMPORT("kv_store", "delete", weir_fastly_kv_delete)
(uint32_t store, const char* key, size_t key_size, uint32_t mask, const void* config, uint32_t* pending);
WEIR_FASTLY_IMPORT("kv_store", "delete_wait", weir_fastly_kv_delete_wait)(uint32_t pending, uint32_t* error);
WEIR_FASTLY_IMPORT("kv_store", "list", weir_fastly_kv_list)
(uint32_t store, uint32_t mask, const KvListConfig* config, uint32_t* pending);
WEIR_FASTLY_IMPORT("kv_store", "list_wait", weir_fastly_kv_list_wait)(uint32_t pending, uint32_t* body, uint32_t* error);
}

/// What became of an operation on a KV store that the host has taken.
inline Result<void> kv_result(Status status, uint32_t error)
{
    if (status != ok) return to_error(status);
    switch (error) {
    case 1: return {};
    case 2: return Error{EINVAL, "the store does not take this request"};
    case 3: return Error{ENOENT, "there is no such key"};
    case 4: return Error{EEXIST, "the key has a value already, or another generation"};
    case 5: return Error{EFBIG, "the value is too large"};
    case 7: return Error{EAGAIN, "too many requests"};
    default: return Error{EIO, "the store could not do that"};
    }
}

}  // namespace detail

/// Settings of the service, which it reads.
class ConfigStore {
public:
    [[nodiscard]] static Result<ConfigStore> open(std::string_view name)
    {
        ConfigStore store;
        const auto status = detail::weir_fastly_config_open(name.data(), name.size(), &store.m_number);
        if (status != detail::ok) return detail::to_error(status);
        return store;
    }
    /// Nothing when there is no such key.
    [[nodiscard]] std::optional<std::string> get(std::string_view key) const
    {
        auto value = detail::read_value([&](char* to, size_t room, size_t* size) {
            return detail::weir_fastly_config_get(m_number, key.data(), key.size(), to, room, size);
        });
        if (!value) return std::nullopt;
        return std::move(*value);
    }

private:
    ConfigStore() = default;
    uint32_t m_number = detail::no_handle;
};

/// A secret, which the host keeps.
class Secret {
public:
    /// One that the service has, for what takes secrets only.
    [[nodiscard]] static Result<Secret> from(std::string_view bytes)
    {
        uint32_t number = detail::no_handle;
        if (const auto status = detail::weir_fastly_secret_from(bytes.data(), bytes.size(), &number); status != detail::ok)
            return detail::to_error(status);
        return Secret{number};
    }
    [[nodiscard]] Result<std::string> plaintext() const
    {
        return detail::read_value(
            [&](char* to, size_t room, size_t* size) { return detail::weir_fastly_secret_plaintext(m_number, to, room, size); });
    }

    explicit Secret(uint32_t number) noexcept : m_number(number) {}
    [[nodiscard]] uint32_t number() const noexcept { return m_number; }

private:
    uint32_t m_number;
};

/// Secrets of the service.
class SecretStore {
public:
    [[nodiscard]] static Result<SecretStore> open(std::string_view name)
    {
        SecretStore store;
        const auto status = detail::weir_fastly_secrets_open(name.data(), name.size(), &store.m_number);
        if (status != detail::ok) return detail::to_error(status);
        return store;
    }
    /// Nothing when there is no such secret.
    [[nodiscard]] std::optional<Secret> find(std::string_view key) const
    {
        uint32_t secret = detail::no_handle;
        if (detail::weir_fastly_secret_get(m_number, key.data(), key.size(), &secret) != detail::ok) return std::nullopt;
        return Secret{secret};
    }
    /// Its text.
    [[nodiscard]] std::optional<std::string> get(std::string_view key) const
    {
        const auto secret = find(key);
        if (!secret) return std::nullopt;
        auto value = secret->plaintext();
        if (!value) return std::nullopt;
        return std::move(*value);
    }

private:
    SecretStore() = default;
    uint32_t m_number = detail::no_handle;
};

/// Values that outlive a request and are shared by all of them.
class KvStore {
public:
    [[nodiscard]] static Result<KvStore> open(std::string_view name)
    {
        KvStore store;
        const auto status = detail::weir_fastly_kv_open(name.data(), name.size(), &store.m_number);
        if (status != detail::ok) return detail::to_error(status);
        return store;
    }

    struct Entry {
        Body value;
        std::string metadata;
        uint64_t generation = 0;  // another one after each insertion
    };
    /// Nothing when there is no such key.
    [[nodiscard]] Result<std::optional<Entry>> find(std::string_view key) const
    {
        constexpr size_t max_metadata = 2000;
        uint32_t pending = detail::no_handle, body = detail::no_handle, error = 0;
        const uint32_t config = 0;
        auto status = detail::weir_fastly_kv_lookup(m_number, key.data(), key.size(), 0, &config, &pending);
        if (status != detail::ok) return detail::to_error(status);
        std::string metadata(max_metadata, '\0');
        size_t size = 0;
        uint64_t generation = 0;
        status = detail::weir_fastly_kv_lookup_wait(pending, &body, metadata.data(), metadata.size(), &size, &generation, &error);
        const auto done = detail::kv_result(status, error);
        if (!done && status == detail::ok && done.error() == ENOENT) return std::optional<Entry>{};
        if (!done) return done.error();
        metadata.resize(size);
        return std::optional<Entry>{Entry{Body{Body::FromHost{body}}, std::move(metadata), generation}};
    }
    /// Its value alone.
    [[nodiscard]] Result<std::optional<Body>> lookup(std::string_view key) const
    {
        auto entry = find(key);
        if (!entry) return entry.error();
        std::optional<Body> value;
        if (*entry) value.emplace(std::move((**entry).value));
        return value;
    }

    struct InsertOptions {
        enum class Mode : uint32_t {
            overwrite,
            add,  // EEXIST when the key has a value
            append,
            prepend,
        } mode = Mode::overwrite;
        std::string metadata;                // of at most 2000 bytes
        std::optional<uint32_t> ttl_s;       // after which it is gone
        std::optional<uint64_t> generation;  // EEXIST when the key's is another one
    };
    Result<void> insert(std::string_view key, Body value, const InsertOptions& options)
    {
        detail::KvInsertConfig config;
        config.mode = static_cast<uint32_t>(options.mode);
        config.metadata = options.metadata.data();
        config.metadata_size = static_cast<uint32_t>(options.metadata.size());
        config.ttl_s = options.ttl_s.value_or(0);
        config.generation = options.generation.value_or(0);
        const uint32_t mask = (options.metadata.empty() ? 0U : 8U) | (options.ttl_s ? 16U : 0U) | (options.generation ? 32U : 0U);
        uint32_t pending = detail::no_handle, error = 0;
        const auto status =
            detail::weir_fastly_kv_insert(m_number, key.data(), key.size(), value.release(), mask, &config, &pending);
        if (status != detail::ok) return detail::to_error(status);
        const auto done = detail::weir_fastly_kv_insert_wait(pending, &error);
        return detail::kv_result(done, error);
    }
    /// Replaces what is there.
    Result<void> insert(std::string_view key, Body value) { return insert(key, std::move(value), InsertOptions{}); }
    Result<void> insert(std::string_view key, std::string_view value) { return insert(key, Body{value}); }
    /// ENOENT when there is no such key.
    Result<void> remove(std::string_view key)
    {
        uint32_t pending = detail::no_handle, error = 0;
        const uint32_t config = 0;
        const auto status = detail::weir_fastly_kv_delete(m_number, key.data(), key.size(), 0, &config, &pending);
        if (status != detail::ok) return detail::to_error(status);
        const auto done = detail::weir_fastly_kv_delete_wait(pending, &error);
        return detail::kv_result(done, error);
    }

    struct ListOptions {
        std::string prefix;             // that the keys begin with
        std::optional<uint32_t> limit;  // of keys; 1000
        std::string cursor;             // "next_cursor" of the answer before
    };
    /// A page of its keys, as JSON: {"data": [KEY, ...], "meta": {"limit": N, "next_cursor": TEXT}}. The last page has no cursor.
    [[nodiscard]] Result<std::string> list(const ListOptions& options) const
    {
        detail::KvListConfig config;
        config.cursor = options.cursor.data();
        config.cursor_size = static_cast<uint32_t>(options.cursor.size());
        config.limit = options.limit.value_or(0);
        config.prefix = options.prefix.data();
        config.prefix_size = static_cast<uint32_t>(options.prefix.size());
        const uint32_t mask = (options.cursor.empty() ? 0U : 2U) | (options.limit ? 4U : 0U) | (options.prefix.empty() ? 0U : 8U);
        uint32_t pending = detail::no_handle, body = detail::no_handle, error = 0;
        const auto status = detail::weir_fastly_kv_list(m_number, mask, &config, &pending);
        if (status != detail::ok) return detail::to_error(status);
        const auto waited = detail::weir_fastly_kv_list_wait(pending, &body, &error);
        if (const auto done = detail::kv_result(waited, error); !done) return done.error();
        return Body{Body::FromHost{body}}.read_all();
    }
    [[nodiscard]] Result<std::string> list() const { return list(ListOptions{}); }

private:
    KvStore() = default;
    uint32_t m_number = detail::no_handle;
};

/// A named stream of log entries.
class Log {
public:
    /// The name need not be configured; "stdout" and "stderr" are not for services.
    [[nodiscard]] static Result<Log> open(std::string_view name)
    {
        Log log;
        const auto status = detail::weir_fastly_log_open(name.data(), name.size(), &log.m_number);
        if (status != detail::ok) return detail::to_error(status);
        return log;
    }
    void write(std::string_view entry)
    {
        size_t written = 0;
        detail::weir_fastly_log_write(m_number, entry.data(), entry.size(), &written);
    }

private:
    Log() = default;
    uint32_t m_number = detail::no_handle;
};

}  // namespace weir::fastly
