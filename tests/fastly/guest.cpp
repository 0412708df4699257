#include "check.hpp"

#include <cstdlib>

// A service that tests the interface from inside: the request's path names what is to be tested, the response tells what was wrong. Other
// paths end it in ways that the host has to cope with.

static void respond(std::string_view text)
{
    const uint32_t response = new_response();
    EXPECT(ok, http_resp_send_downstream(response, new_body(text), 0));
}

/// Sends the head and a part, then goes on writing.
static uint32_t begin_stream(std::string_view first)
{
    const uint32_t response = new_response(), body = new_body(first);
    EXPECT(ok, http_resp_send_downstream(response, body, 1));
    EXPECT(error, http_resp_send_downstream(new_response(), new_body(), 0));  // a second response
    return body;
}

static void stream(std::string_view path)
{
    uint32_t size = 0;
    uint64_t length = 0;
    Buffer b;
    const uint32_t body = begin_stream("first,");
    EXPECT(badf, http_body_read(body, at(b.bytes), 1, at(&b.size)));
    EXPECT(badf, http_body_write(body, TEXT("x"), 1, at(&size)));
    EXPECT(none, http_body_known_length(body, at(&length)));
    EXPECT(inval, http_body_trailer_names_get(body, CURSOR_INTO(b, 0)));
    EXPECT(badf, http_resp_send_downstream(new_response(), body, 0));
    EXPECT(ok, http_body_write(body, TEXT("second,"), 0, at(&size)));
    EXPECT(ok, http_body_append(body, new_body("third,")));
    const std::string mib(1 << 20, 'x');
    EXPECT(ok, http_body_write(body, TEXT(mib), 0, at(&size)));  // more than the host has room for
    EXPECT(1 << 20, size);
    if (path == "/stream-cut") {
        EXPECT(ok, http_body_abandon(body));
        return;
    }
    if (path == "/stream-trap") __builtin_trap();
    if (path == "/stream-forget") return;
    EXPECT(ok, http_body_write(body, TEXT(failures.empty() ? "ok" : failures), 0, at(&size)));
    EXPECT(ok, http_body_close(body));
}

/// Serves as many requests as it is given.
static void serve_several()
{
    for (int n = 1;; ++n) {
        respond("request " + std::to_string(n) + " of this instance" + failures);
        uint32_t promise = 0, second = 0, request = 0, body = 0, is_ready = 0;
        EXPECT(ok, http_downstream_next_request(0, 0, at(&promise)));
        EXPECT(limit_exceeded, http_downstream_next_request(0, 0, at(&second)));
        EXPECT(ok, async_io_select(at(&promise), 1, 0, at(&is_ready)));
        const uint32_t status = http_downstream_next_request_wait(promise, at(&request), at(&body));
        if (status == none) return;
        EXPECT(ok, status);
        Buffer b;
        EXPECT(ok, http_req_uri_get(request, INTO(b)));
        EXPECT(true, b.text().ends_with("/several"));
    }
}

/// Waits for nothing, which ends after a time.
static void sleep_ms(uint32_t ms)
{
    uint32_t index = 0;
    EXPECT(ok, async_io_select(0, 0, ms, at(&index)));
}

/// Until nobody takes it any more.
static void write_until_gone()
{
    const uint32_t body = begin_stream("first,");
    const std::string mib(1 << 20, 'x');
    uint32_t size = 0;
    while (http_body_write(body, TEXT(mib), 0, at(&size)) == ok) {}
}

/// Until there is no more.
static void exhaust_memory()
{
    constexpr size_t mib = 1 << 20;
    for (;;) {
        char* const piece = static_cast<char*>(std::malloc(mib));
        if (piece == nullptr) __builtin_trap();
        std::memset(piece, 1, mib);
        __asm__ volatile("" : : "r"(piece) : "memory");
    }
}

int main()
{
    uint32_t request = 0, body = 0;
    http_req_body_downstream_get(at(&request), at(&body));
    Buffer b;
    http_req_uri_get(request, INTO(b));
    const std::string uri = b.text();
    const std::string path = uri.substr(uri.find('/', uri.find("://") + 3));
    if (path == "/messages") test_messages();
    else if (path == "/first-names") test_first_names();
    else if (path == "/bodies") test_bodies();
    else if (path == "/downstream") test_downstream();
    else if (path == "/stores") test_stores();
    else if (path == "/lookups") test_lookups();
    else if (path == "/backends") test_backends();
    else if (path == "/later") test_later();
    else if (path == "/sending") test_sending();
    else if (path == "/first-names-of-sending") test_first_names_of_sending();
    else if (path == "/user-agents") test_user_agents();
    else if (path == "/no-user-agents") test_no_user_agents();
    else if (path.starts_with("/pending-")) return send_pending_downstream(path.substr(9)), 0;
    else if (path == "/refused-sending") test_refused_sending();
    else if (path == "/refusals") test_refusals();
    else if (path == "/after-the-response") return refuse_after_the_response(), 0;
    else if (path == "/stale-dictionary") test_stale_dictionary();
    else if (path == "/limits") test_limits();
    else if (path == "/tls") test_tls();
    else if (path == "/write-until-gone") return write_until_gone(), 0;
    else if (path == "/nothing") return 0;
    else if (path == "/report") return report_body(body), 0;
    else if (path.starts_with("/forward/")) return forward_body(body, path.substr(9)), 0;
    else if (path.starts_with("/pass/") || path.starts_with("/append/")) {
        const size_t name = path.find('/', 1) + 1, rest = path.find('/', name);
        return pass_answer(path.substr(name, rest - name), path.substr(rest), path.starts_with("/append/")), 0;
    } else if (path == "/respond-and-compute") respond_and_compute(false);
    else if (path == "/stream-and-compute") respond_and_compute(true);
    else if (path == "/exhaust") exhaust_memory();
    else if (path == "/several") return serve_several(), 0;
    else if (path == "/exit-3") std::exit(3);
    else if (path == "/trap") __builtin_trap();
    else if (path == "/loop")
        for (volatile int i = 0;; i = i + 1) {}
    else if (path == "/hang") sleep_ms(1'000'000'000);
    else if (path.starts_with("/stream")) return stream(path), 0;
    else if (path == "/echo") {
        const uint32_t response = new_response();
        http_resp_send_downstream(response, body, 0);
        return 0;
    } else failures = "there is no test " + path + "\n";
    respond(failures.empty() ? "ok" : failures);
}
