// An edge service that uses what such services have: a config store, a KV store, a backend and a log. README.md describes it.
#include "weir/fastly.hpp"

#include <string>
#include <string_view>

namespace edge = weir::fastly;

namespace {

edge::Response text(uint16_t status, std::string_view content)
{
    edge::Response response{status, content};
    response.set_header("content-type", "text/plain; charset=utf-8");
    return response;
}

edge::Response failed(std::string_view what, const weir::Error& error)
{
    return text(500, std::string{what} + ": " + error.message() + "\n");
}

/// All entries, a line each.
weir::Result<std::string> read_entries(const edge::KvStore& store)
{
    auto entries = store.lookup("entries");
    if (!entries) return entries.error();
    if (!*entries) return std::string{};
    return (**entries).read_all();
}

/// GET /: what the book is called and what is in it.
edge::Response show()
{
    const auto settings = edge::ConfigStore::open("settings");
    const auto store = edge::KvStore::open("guestbook");
    if (!settings) return failed("settings", settings.error());
    if (!store) return failed("guestbook", store.error());
    const auto entries = read_entries(*store);
    if (!entries) return failed("entries", entries.error());
    return text(200, settings->get("title").value_or("Guest book") + "\n" + *entries);
}

/// POST /: adds the body as an entry.
edge::Response add(edge::Request& request)
{
    constexpr size_t most = 1000;
    auto entry = request.body.read_all();
    if (!entry) return text(400, "the entry did not arrive in full\n");
    if (entry->empty() || entry->size() > most || entry->find('\n') != std::string::npos)
        return text(422, "an entry is one line of at most 1000 bytes\n");
    auto store = edge::KvStore::open("guestbook");
    if (!store) return failed("guestbook", store.error());
    auto entries = read_entries(*store);
    if (!entries) return failed("entries", entries.error());
    if (const auto stored = store->insert("entries", *entries + *entry + "\n"); !stored) return failed("entries", stored.error());
    return text(201, "thank you\n");
}

/// GET /origin/...: what the backend has there, sent on as it comes.
edge::Response fetch(std::string_view path)
{
    auto request = edge::Request::create("GET", path);
    if (!request) return text(400, "no such path\n");
    auto response = std::move(*request).send("origin");
    if (!response) return text(502, "the origin does not answer: " + response.error().message() + "\n");
    response->set_header("via", "guestbook");
    return std::move(*response);
}

edge::Response answer(edge::Request& request)
{
    constexpr std::string_view origin = "/origin";
    const std::string method = request.method(), path = request.path();
    if (path.starts_with("/origin/")) return fetch(std::string_view{path}.substr(origin.size()));
    if (path != "/") return text(404, "there is only / and /origin/...\n");
    if (method == "GET") return show();
    if (method == "POST") return add(request);
    edge::Response response = text(405, "GET or POST\n");
    response.set_header("allow", "GET, POST");
    return response;
}

}  // namespace

int main()
{
    return edge::serve([](edge::Request& request) {
        edge::Response response = answer(request);
        if (auto log = edge::Log::open("requests"))
            log->write(request.method() + " " + request.uri() + " " + std::to_string(response.status()));
        return response;
    });
}
