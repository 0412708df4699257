#pragma once

#include "weir/fastly/body.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::fastly {

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
    [[nodiscard]] std::optional<std::string> get(std::string_view key) const
    {
        uint32_t secret = detail::no_handle;
        if (detail::weir_fastly_secret_get(m_number, key.data(), key.size(), &secret) != detail::ok) return std::nullopt;
        auto value = detail::read_value(
            [&](char* to, size_t room, size_t* size) { return detail::weir_fastly_secret_plaintext(secret, to, room, size); });
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
    /// A body without a value when there is no such key.
    [[nodiscard]] Result<std::optional<Body>> lookup(std::string_view key) const
    {
        uint32_t body = detail::no_handle;
        const auto status = detail::weir_fastly_kv_lookup(m_number, key.data(), key.size(), &body);
        if (status != detail::ok) return detail::to_error(status);
        std::optional<Body> found;
        if (body != detail::no_handle) found.emplace(Body::FromHost{body});
        return found;
    }
    /// Replaces what is there.
    Result<void> insert(std::string_view key, Body value)
    {
        return detail::to_result(detail::weir_fastly_kv_insert(m_number, key.data(), key.size(), value.release()));
    }
    Result<void> insert(std::string_view key, std::string_view value) { return insert(key, Body{value}); }
    /// ENOENT when there is no such key.
    Result<void> remove(std::string_view key)
    {
        uint32_t pending = detail::no_handle;
        const auto status = detail::weir_fastly_kv_delete(m_number, key.data(), key.size(), &pending);
        if (status != detail::ok) return detail::to_error(status);
        return detail::to_result(detail::weir_fastly_kv_delete_wait(pending));
    }

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
