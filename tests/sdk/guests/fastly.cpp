// A service that uses all of <weir/fastly.hpp>; fastly_sdk_test.py, which serves it, says what there is. The path says what to do; the answer is
// "ok", or a line for everything that was not as it should be.
#include <weir/export.hpp>  // has macros of like names, and must get along
#include <weir/fastly.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace edge = weir::fastly;

namespace {

std::string problems;

void check(bool is_right, int line, const char* what)
{
    if (!is_right) problems += "line " + std::to_string(line) + ": " + what + "\n";
}
#define CHECK(...) check(static_cast<bool>(__VA_ARGS__), __LINE__, #__VA_ARGS__)

void messages(edge::Request& request)
{
    CHECK(request.method() == "POST" && request.path() == "/messages");
    CHECK(request.header("X-One") == "1" && !request.header("x-none"));
    CHECK(request.header_values("x-two") == std::vector<std::string>{"a", "b"});
    CHECK(request.header_values("x-none").empty());
    CHECK(request.http_version() == edge::HttpVersion::http_11);
    const auto body = request.body.read_all();
    CHECK(body && *body == "content");

    edge::Response response{404, "back"};
    CHECK(response.status() == 404 && response.body.length() == 4U);
    CHECK(response.body.write_front("front, "));
    CHECK(response.body.length() == 11U);
    CHECK(response.add_header("a", "1") && response.add_header("A", "2") && response.set_header("b", "3"));
    CHECK(response.header_names() == std::vector<std::string>{"a", "b"});
    CHECK(response.remove_header("b") && !response.remove_header("b"));
    CHECK(!response.set_header("not a name", "x"));
    CHECK(response.set_framing_by_headers(true));
    CHECK(response.backend_ip().empty() && !response.backend_port());
    const auto content = response.body.read_all();
    CHECK(content && *content == "front, back");

    edge::Body body_with_trailer{"x"};
    CHECK(body_with_trailer.add_trailer("later", "1"));
    CHECK(!body_with_trailer.trailer("later"));  // not before its end
    CHECK(body_with_trailer.read_all());
    const auto trailer = body_with_trailer.trailer("later");
    CHECK(trailer && *trailer == "1");
    CHECK(body_with_trailer.trailer_names() == std::vector<std::string>{"later"});

    CHECK(!edge::Request::create("GE T", "http://a/"));
    CHECK(!edge::Request::create("GET", "http://[/"));
}

void client(edge::Request& request)
{
    const edge::Client client{request};
    CHECK(client.ip() == std::string_view("\x7f\0\0\1", 4) && client.server_ip() == client.ip() &&
          edge::client_ip() == client.ip());
    CHECK(client.request_id() && client.request_id()->size() == 32);
    const auto names = client.original_header_names();
    CHECK(client.original_header_count() >= 3 && std::find(names.begin(), names.end(), "x-odd") != names.end());
    CHECK(!client.tls_protocol() && !client.tls_cipher() && !client.tls_client_hello() && !client.tls_server_name());
    CHECK(!client.tls_certificate() && client.ja3().empty() && !client.ja4() && !client.h2_fingerprint() &&
          !client.header_fingerprint());
    CHECK(client.compliance_region().has_value());
    CHECK(!client.is_attacking() && client.is_bot_analyzed() && client.is_bot() && !client.is_verified_bot());
    CHECK(client.bot_name() == "crawly" && client.bot_category() == "ai-fetcher");
    CHECK(client.has_valid_key());
}

void backends()
{
    CHECK(edge::has_backend("live") && !edge::has_backend("none") && edge::Backend::find("none").error() == ENOENT);
    const auto live = edge::Backend::find("live");
    CHECK(live && *live->host() == "127.0.0.1" && *live->port() != 0 && !*live->uses_tls() && !*live->is_dynamic());
    CHECK(live && *live->health() == edge::Backend::Health::unknown && live->host_override().error() == ENOENT);

    edge::Backend::Options options;
    options.host_override = "override.example";
    options.first_byte_timeout_ms = 20'000;
    options.connect_timeout_ms = 1'000;
    options.between_bytes_timeout_ms = 20'000;
    options.is_pooled = false;
    const auto made = edge::Backend::create("made", *live->host() + ":" + std::to_string(*live->port()), options);
    CHECK(made && *made->is_dynamic() && *made->host_override() == "override.example");
    CHECK(!edge::Backend::create("made", "127.0.0.1"));  // there already
    CHECK(!edge::Backend::create("other", "not a host/"));
    auto request = edge::Request::create("GET", "http://host.example/hello");
    CHECK(request && request->set_cache_override(
                         {.passes = true, .ttl_s = {}, .stale_while_revalidate_s = {}, .is_pci = false, .surrogate_keys = {}}));
    auto response = std::move(*request).send(made->name());
    CHECK(response && response->status() == 200);
    CHECK(response && response->backend_ip() == std::string_view("\x7f\0\0\1", 4) && response->backend_port() == *live->port());

    edge::Backend::Options with_tls;
    with_tls.uses_tls = true;
    with_tls.sni_host = "";
    with_tls.min_tls = edge::TlsVersion::tls_12;
    CHECK(edge::Backend::create("tls", "127.0.0.1:1", with_tls));
}

void sending()
{
    std::vector<edge::PendingResponse> pending;
    for (const char* const path : {"http://h/one", "http://h/two"}) {
        auto request = edge::Request::create("GET", path);
        CHECK(request->set_auto_decompress(true));
        auto sent = std::move(*request).send_async("live");
        CHECK(sent);
        if (sent) pending.push_back(std::move(*sent));
    }
    for (int i = 0; i < 2; ++i) {
        auto first = edge::select(pending);
        CHECK(first.response && first.response->status() == 200 && !pending[first.index].is_pending());
    }
    CHECK(edge::select(pending).response.error() == EINVAL);

    auto streamed = edge::Request::create("POST", "http://h/stream", edge::Body{"one "});
    auto sent = std::move(*streamed).send_streaming("live");
    CHECK(sent);
    CHECK(sent->second.write("two ") && sent->second.append(edge::Body{"three"}) && sent->second.finish());
    for (;;) {
        auto polled = sent->first.poll();
        CHECK(polled);
        if (!polled || !*polled) {
            if (!polled) break;
            continue;
        }
        const auto body = (*polled)->body.read_all();
        CHECK(body && body->find("one two three") != std::string::npos);
        CHECK(!sent->first.is_pending());
        break;
    }
    CHECK(std::move(*edge::Request::create("GET", "http://h/")).send("none").error() == EINVAL);
    auto refused = std::move(*edge::Request::create("GET", "http://h/")).send_async("refused");
    CHECK(refused && !std::move(*refused).wait());
}

void stores()
{
    const auto settings = edge::ConfigStore::open("settings");
    CHECK(settings && settings->get("key") == "value" && !settings->get("none"));
    CHECK(!edge::ConfigStore::open("none"));
    const auto secrets = edge::SecretStore::open("secrets");
    CHECK(secrets && secrets->get("word") == "open sesame" && !secrets->find("none"));
    const auto own = edge::Secret::from("mine");
    CHECK(own && *own->plaintext() == "mine");

    auto kv = edge::KvStore::open("kv");
    CHECK(kv && edge::KvStore::open("none").error() == EINVAL);
    CHECK(kv->insert("a", "1") && *(**kv->lookup("a")).read_all() == "1");
    CHECK(kv->lookup("none") && !*kv->lookup("none") && kv->remove("none").error() == ENOENT);
    edge::KvStore::InsertOptions options;
    options.mode = edge::KvStore::InsertOptions::Mode::add;
    CHECK(kv->insert("a", edge::Body{"2"}, options).error() == EEXIST);
    options.mode = edge::KvStore::InsertOptions::Mode::append;
    options.metadata = "about";
    options.ttl_s = 3600;
    CHECK(kv->insert("a", edge::Body{"2"}, options));
    auto entry = kv->find("a");
    CHECK(entry && *entry && (**entry).metadata == "about" && *(**entry).value.read_all() == "12");
    options.generation = (**entry).generation + 1;
    CHECK(kv->insert("a", edge::Body{"3"}, options).error() == EEXIST);
    CHECK(kv->insert("b", "1"));
    edge::KvStore::ListOptions listing;
    listing.limit = 1;
    const auto keys = kv->list(listing);
    CHECK(keys && keys->find("[\"a\"]") != std::string::npos && keys->find("next_cursor") != std::string::npos);
    CHECK(kv->list() && kv->list()->find("\"b\"") != std::string::npos);
    CHECK(kv->remove("a") && kv->remove("b"));
    CHECK(kv->insert("", "x").error() == EINVAL);
    auto log = edge::Log::open("entries");
    CHECK(log);
    log->write("an entry of the test");
}

void lookups()
{
    const auto acl = edge::Acl::open("list");
    CHECK(acl && acl->lookup(std::string_view("\x0a\1\2\3", 4)) &&
          acl->lookup(std::string_view("\x0a\1\2\3", 4))->value_or("").find("BLOCK") != std::string::npos);
    CHECK(acl->lookup(std::string_view("\x0b\1\2\3", 4)) && !*acl->lookup(std::string_view("\x0b\1\2\3", 4)));
    CHECK(acl->lookup("x").error() == EINVAL && edge::Acl::open("none").error() == ENOENT);
    const auto here = edge::geo_lookup(std::string_view("\xc0\0\2\1", 4));
    CHECK(here && *here && (**here).find("Test") != std::string::npos);
    const auto nowhere = edge::geo_lookup(std::string_view("\xc0\0\2\2", 4));
    CHECK(nowhere && !*nowhere);
    const auto device = edge::device_lookup("Tester/1.0");
    CHECK(device && *device && (**device).find("ACME") != std::string::npos);
    CHECK(edge::device_lookup("Another") && !*edge::device_lookup("Another"));
    // Whether the host takes them apart is its affair; what it says is one of both.
    const auto agent = edge::parse_user_agent("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0");
    CHECK(agent ? agent->family == "Firefox" && agent->major == "140" : agent.error() == ENOTSUP);
}

void platform()
{
    edge::RateCounter counter{"counter"};
    edge::PenaltyBox box{"box"};
    const auto is_as_the_host_can = [](const auto& result) { return result || result.error() == ENOTSUP; };
    CHECK(is_as_the_host_can(counter.increment("entry")) && is_as_the_host_can(counter.rate("entry", 1)));
    CHECK(is_as_the_host_can(counter.count("entry", 10)) && is_as_the_host_can(box.add("entry", 60)));
    CHECK(is_as_the_host_can(box.has("entry")) && is_as_the_host_can(edge::check_rate(counter, box, "other", 1, 1, 100, 60)));
    CHECK(edge::purge("key") && edge::purge("key", edge::Purge::soft) && edge::purge("two words").error() == EINVAL);
    CHECK(edge::vcpu_ms() && edge::heap_mib() && *edge::heap_mib() >= 1);
    const auto here = edge::find_shield("here"), there = edge::find_shield("there");
    CHECK(here && here->is_here && here->target.empty());
    CHECK(there && !there->is_here && there->target == "http://shield.example/" && there->tls_target == "https://shield.example/");
    CHECK(edge::find_shield("none").error() == EINVAL);
    CHECK(edge::shield_backend(there->target));
    CHECK(!edge::shield_backend("no target"));
}

int served = 0;

void answer(edge::Request& request)
{
    const std::string path = request.path();
    problems.clear();
    ++served;
    if (path == "/messages") messages(request);
    else if (path == "/client") client(request);
    else if (path == "/backends") backends();
    else if (path == "/sending") sending();
    else if (path == "/stores") stores();
    else if (path == "/lookups") lookups();
    else if (path == "/platform") platform();
    else if (path == "/stream") {
        edge::Response response{"one "};
        auto body = std::move(response).stream();
        if (!body || !body->write("two ") || !body->append(edge::Body{"three"}) || !body->add_trailer("later", "1")) return;
        static_cast<void>(body->finish());
        return;
    } else if (path == "/pending") {
        if (auto pending = std::move(*edge::Request::create("GET", "http://h/handed-on")).send_async("live"))
            static_cast<void>(std::move(*pending).send_downstream());
        return;
    } else if (path == "/count") {
        static_cast<void>(edge::Response{std::to_string(served)}.send());
        return;
    } else {
        problems = "there is no such path\n";
    }
    static_cast<void>(
        edge::Response{static_cast<uint16_t>(problems.empty() ? 200 : 500), problems.empty() ? "ok" : problems}.send());
}

}  // namespace

int main() { return edge::serve_many(answer, 3, 5'000); }
