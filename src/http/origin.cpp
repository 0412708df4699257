#include "http/origin.hpp"

#include "http/url.hpp"

#include <fmt/format.h>

#include <mutex>
#include <string_view>
#include <unordered_map>

namespace weir::http {

namespace {

// Origins that are in use, by their options.
struct Registry {
    std::mutex mutex;
    std::unordered_map<std::string, std::weak_ptr<const Origin>> origins;
};
Registry& registry()
{
    static auto* made = new Registry;  // never destroyed: origins of other static objects may go later
    return *made;
}

// Each part with its size, so that no two different lists of parts have the same text.
class Key {
public:
    Key& add(std::string_view text)
    {
        m_text += fmt::format("{}:{},", text.size(), text);
        return *this;
    }
    Key& add(int64_t number) { return add(fmt::format_int(number).c_str()); }
    [[nodiscard]] std::string take() && { return std::move(m_text); }

private:
    std::string m_text;
};

std::string key_of(const OriginOptions& o)
{
    Key key;
    key.add(o.host).add(o.port).add(o.unix_path).add(static_cast<int>(o.protocol)).add(int{o.prefer_ipv4});
    for (const Duration each : {o.connect_timeout, o.first_byte_timeout, o.between_bytes_timeout, o.idle_timeout, o.max_lifetime})
        key.add(each.count());
    for (const uint32_t each : {o.max_connections, o.max_use, o.max_header_bytes, o.max_header_count, o.body_buffer_bytes})
        key.add(each);
    key.add(int{o.keep_alive});
    if (o.tcp_keepalive) key.add(o.tcp_keepalive->time_s).add(o.tcp_keepalive->interval_s).add(o.tcp_keepalive->probes);
    if (o.tls) {
        const TlsClientOptions& t = *o.tls;
        key.add("tls")
            .add(t.verify_host)
            .add(t.sni_host)
            .add(int{t.send_sni})
            .add(t.ca_pem)
            .add(t.client_certificate_pem)
            .add(t.client_key_pem);
        key.add(static_cast<int>(t.min_version)).add(static_cast<int>(t.max_version)).add(t.ciphers);
    }
    return std::move(key).take();
}

std::string_view alpn_of(OriginProtocol protocol)
{
    switch (protocol) {
    case OriginProtocol::http1: return alpn_http1;
    case OriginProtocol::http2: return alpn_http2;
    case OriginProtocol::automatic: return alpn_both;
    }
    return alpn_http1;
}

}  // namespace

std::string name_of(const OriginOptions& options)
{
    if (!options.unix_path.empty()) return "unix:" + options.unix_path;
    return options.host.find(':') == std::string::npos ? fmt::format("{}:{}", options.host, options.port)
                                                       : fmt::format("[{}]:{}", options.host, options.port);
}

Result<std::shared_ptr<const Origin>, std::string> Origin::create(OriginOptions options)
{
    const bool is_ipv6 = options.host.find(':') != std::string::npos;
    const uint16_t default_port = options.tls ? 443 : 80;
    if (options.port == 0) options.port = default_port;
    std::string authority = is_ipv6 ? "[" + options.host + "]" : options.host;
    if (!parse_authority(authority)) return Unexpected{fmt::format("'{}' is not a host's name or address", options.host)};
    if (options.port != default_port) authority += fmt::format(":{}", options.port);

    std::string key = key_of(options);
    Registry& all = registry();
    {
        const std::scoped_lock lock{all.mutex};
        if (const auto found = all.origins.find(key); found != all.origins.end()) {
            if (auto origin = found->second.lock()) return origin;
        }
    }
    // Without the lock: reading the system's certificates takes a while. If two make the same, the later one stays in the registry.
    auto impl = std::make_unique<Impl>();
    if (options.tls) {
        WEIR_TRY(context, TlsClientContext::create(*options.tls, options.host, alpn_of(options.protocol)));
        impl->tls = std::move(context);
    }
    impl->options = std::move(options);
    impl->default_authority = std::move(authority);
    impl->key = key;
    std::shared_ptr<const Origin> origin{new Origin{std::move(impl)}};
    const std::scoped_lock lock{all.mutex};
    all.origins[std::move(key)] = origin;
    return origin;
}

Origin::Origin(std::unique_ptr<Impl> impl) : m_impl(std::move(impl)) {}

Origin::~Origin()
{
    Registry& all = registry();
    const std::scoped_lock lock{all.mutex};
    const auto found = all.origins.find(m_impl->key);
    if (found != all.origins.end() && found->second.expired()) all.origins.erase(found);
}

const OriginOptions& Origin::options() const noexcept { return m_impl->options; }

}  // namespace weir::http
