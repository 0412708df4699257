#include "check.hpp"

// Bodies from one side to the other, for tests of what becomes of one that is cut.

namespace {

uint32_t request_for(std::string_view uri)
{
    const uint32_t h = new_request();
    EXPECT(ok, http_req_method_set(h, TEXT("POST")));
    EXPECT(ok, http_req_uri_set(h, TEXT(uri)));
    return h;
}
void respond_with(std::string_view text) { EXPECT(ok, http_resp_send_downstream(new_response(), new_body(text), 0)); }

}  // namespace

/// "complete" or "cut", and how much there was.
void report_body(uint32_t body)
{
    size_t total = 0;
    for (;;) {
        Buffer b;
        const uint32_t status = http_body_read(body, at(b.bytes), sizeof b.bytes, at(&b.size));
        if (status == ok) total += b.size;
        if (status == ok && b.size != 0) continue;
        const std::string how = status == ok ? "complete " : status == error ? "cut " : "status " + std::to_string(status) + " ";
        return respond_with(how + std::to_string(total));
    }
}

/// The request's body to a backend, whose answer is passed on.
void forward_body(uint32_t body, std::string_view backend)
{
    uint32_t response = 0, answer = 0;
    const uint32_t status = http_req_send(request_for("/report"), body, TEXT(backend), at(&response), at(&answer));
    if (status != ok) return respond_with("not sent: " + std::to_string(status));
    EXPECT(ok, http_resp_send_downstream(response, answer, 0));
}

/// A backend's answer to the client: as it is, or behind what a stream has already.
void pass_answer(std::string_view backend, std::string_view path, bool appends)
{
    uint32_t response = 0, answer = 0;
    EXPECT(ok, http_req_send(request_for(path), new_body(), TEXT(backend), at(&response), at(&answer)));
    if (!appends) {
        EXPECT(ok, http_resp_send_downstream(response, answer, 0));
        return;
    }
    const uint32_t stream = new_body("first,");
    EXPECT(ok, http_resp_send_downstream(new_response(), stream, 1));
    http_body_append(stream, answer);  // a guest that does not look at what comes of it
    EXPECT(ok, http_body_close(stream));
}

/// Sends the head and a part of the body, then computes without an end.
void respond_and_compute(bool streams)
{
    EXPECT(ok, http_resp_send_downstream(new_response(), new_body("first"), streams ? 1 : 0));
    for (volatile int i = 0;; i = i + 1) {}
}
