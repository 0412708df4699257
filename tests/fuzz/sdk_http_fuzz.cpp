// The SDK's HTTP parsers: they may not read beyond what they are given, and what they say may not depend on how many bytes come at once.

#include "weir/http/chunked.hpp"
#include "weir/http/head.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace {

using namespace weir::http;

constexpr Limits limits{.max_line_bytes = 256,
                        .max_head_bytes = 1024,
                        .max_fields = 10,
                        .max_chunk_line_bytes = 32,
                        .max_trailer_bytes = 64,
                        .max_body_bytes = 4096};

void expect(bool holds)
{
    if (!holds) std::abort();
}

/// A copy with nothing readable behind it.
class Exact {
public:
    explicit Exact(std::string_view text) : m_bytes(new char[text.size()]), m_size(text.size())
    {
        std::copy(text.begin(), text.end(), m_bytes.get());
    }
    [[nodiscard]] std::string_view view() const { return {m_bytes.get(), m_size}; }

private:
    std::unique_ptr<char[]> m_bytes;
    size_t m_size;
};

/// The verdict on a head: a refusal's status, or 0 for none yet, or 200; and where it ends.
std::pair<int, size_t> scan(std::string_view text, size_t step)
{
    HeadScanner scanner;
    for (size_t size = std::min(step, text.size());; size = std::min(size + step, text.size())) {
        const Exact bytes{text.substr(0, size)};
        const auto outcome = scanner.scan(bytes.view(), limits);
        if (outcome.refusal) return {outcome.refusal->status, 0};
        if (outcome.end != 0) {
            expect(outcome.begin < outcome.end && outcome.end <= size);
            const Exact head{bytes.view().substr(outcome.begin, outcome.end - outcome.begin)};
            RequestHead request;
            const auto refusal = parse_request(head.view(), limits, request);
            if (!refusal) expect(!request.method.empty() && !request.path.empty() && request.fields.size() <= limits.max_fields);
            ResponseHead response;
            static_cast<void>(parse_response(head.view(), "GET", limits, response));
            return {refusal ? refusal->status : 200, outcome.end};
        }
        if (size == text.size()) return {0, 0};
    }
}

struct Decoded {
    std::string body;
    size_t consumed = 0;
    int status = 0;
    friend bool operator==(const Decoded&, const Decoded&) = default;
};

Decoded decode(std::string_view text, size_t step, size_t max_data)
{
    ChunkedDecoder decoder{limits};
    Decoded decoded;
    for (size_t available = std::min(step, text.size());;) {
        const Exact bytes{text.substr(decoded.consumed, available - decoded.consumed)};
        const auto next = decoder.next(bytes.view(), max_data);
        expect(next.consumed <= bytes.view().size() && next.data.size() <= std::min(next.consumed, max_data));
        decoded.consumed += next.consumed;
        decoded.body += next.data;
        expect(decoded.body.size() <= limits.max_body_bytes);
        if (next.refusal || decoder.is_done()) {
            decoded.status = next.refusal ? next.refusal->status : 200;
            return decoded;
        }
        if (!next.data.empty()) continue;
        if (available == text.size()) return decoded;
        available = std::min(available + step, text.size());
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const auto whole = scan(text, size + 1);
    expect(whole == scan(text, 1) && whole == scan(text, 5));
    const std::string_view rest = text.substr(whole.second);
    const Decoded decoded = decode(rest, size + 1, size + 1);
    expect(decoded == decode(rest, 1, 1) && decoded == decode(rest, 3, 2));
    return 0;
}
