#pragma once

#include "host/fastly/kv.hpp"
#include "host/fastly/message.hpp"
#include "host/fastly/types.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

// What a service is configured with, shared by all its guests.

namespace weir::fastly {

struct ClientCertificate {
    std::string certificate_pem;
    std::string key_pem;
};

/// Somewhere that requests are sent.
struct Backend {
    std::string name;
    Uri url;  // absolute; its path is a prefix
    std::optional<std::string> override_host;
    std::optional<std::string> certificate_host;  // the name that its certificate must be for, when not the URL's
    std::optional<std::string> server_name;       // sent as SNI, when not that
    bool sends_server_name = true;
    std::vector<std::string> ca_certificates_pem;  // instead of the system's; empty: those
    std::optional<ClientCertificate> client_certificate;
    std::string ciphers;  // OpenSSL's list; empty: its default
    std::optional<TlsVersion> min_tls, max_tls;
    std::optional<uint32_t> connect_timeout_ms, first_byte_timeout_ms, between_bytes_timeout_ms;
    BackendHealth health = BackendHealth::unknown;
    bool is_grpc = false;
    bool is_dynamic = false;
    bool is_pooled = true;

    [[nodiscard]] bool is_tls() const { return url.scheme == "https"; }
    /// The URL's, or its scheme's.
    [[nodiscard]] uint16_t port() const;
    /// The URL's host; an IPv6 address without its brackets.
    [[nodiscard]] std::string host() const;
};

/// The items of a dictionary or config store.
using Items = std::map<std::string, std::string, std::less<>>;
/// Opened each time a guest opens the store: a file may have changed. Null when it cannot be read any more.
using ItemsSource = std::function<std::shared_ptr<const Items>()>;

struct Acl {
    struct Entry {
        std::string prefix;  // 4 or 16 bytes, host bits cleared
        uint8_t bits = 0;
        std::string action;  // "ALLOW", "BLOCK" or another word
    };
    std::vector<Entry> entries;
    /// The entry with the longest prefix that the address begins with, the last of several; null when there is none.
    [[nodiscard]] const Entry* find(std::string_view ip) const;
};

struct ShieldingSite {
    bool is_local = false;
    std::string encrypted_url, unencrypted_url;  // of others
};

/// A client's software, by its user agent; parts of the version that are not known are empty.
struct UserAgent {
    std::string family, major, minor, patch;
};

template <class T>
using ByName = std::map<std::string, T, std::less<>>;

struct Service {
    ByName<std::shared_ptr<const Backend>> backends;
    ByName<ItemsSource> dictionaries;
    ByName<std::shared_ptr<KvStore>> kv_stores;
    ByName<Items> secret_stores;
    ByName<Acl> acls;
    ByName<ShieldingSite> shielding_sites;
    std::vector<std::string> valid_fastly_keys;
    /// JSON for an address and a user agent; empty when nothing is known. May be null.
    std::function<std::optional<std::string>(std::string_view ip)> geolocation;
    std::function<std::optional<std::string>(std::string_view user_agent)> device_detection;
    /// What a user agent is; empty when there are no rules to tell by. Thread-safe; may be null.
    std::function<std::optional<UserAgent>(std::string_view user_agent)> user_agent;
    /// Takes an entry of a log endpoint. Thread-safe.
    std::function<void(std::string_view endpoint, std::string_view message)> log;
    /// Takes a remark about something that the guest did, for whoever runs it. Thread-safe; may be null.
    std::function<void(const Arrival* request, std::string_view text)> warn;
};

/// A text as a JSON string, quotes included; what is not UTF-8 is replaced.
[[nodiscard]] std::string json_string(std::string_view text);

/// What an address is to Fastly's own geolocation when it is this machine's; Viceroy answers it for loopback addresses.
[[nodiscard]] std::string_view loopback_geolocation();
[[nodiscard]] bool is_loopback(std::string_view ip);

}  // namespace weir::fastly
