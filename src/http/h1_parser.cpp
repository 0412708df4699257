#include "http/h1_parser.hpp"

#include "base/result.hpp"
#include "http/head_scanner.hpp"
#include "http/url.hpp"

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <functional>
#include <utility>

namespace weir::http {

namespace beast = boost::beast;
namespace net = boost::asio;
using ErrorCode = beast::error_code;

namespace {

constexpr size_t max_method_bytes = 64;
// RFC 9112, 7.1.1: extensions are ignored, and their size limited.
constexpr size_t max_chunk_line_bytes = 1024;

// Why Beast did not take a head's first line, which `input` begins with.
H1Error error_of_start_line(std::string_view input)
{
    const std::string_view line = input.substr(0, input.find('\r'));
    if (line.find("HTTP/") == std::string_view::npos) return H1Error::not_http;
    const size_t last_space = line.rfind(' ');
    const bool is_well_formed = std::ranges::count(line, ' ') == 2 && line.substr(last_space + 1).starts_with("HTTP/");
    return is_well_formed ? H1Error::version_unsupported : H1Error::malformed;
}

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

}  // namespace

// What both kinds of parser hand over.
struct H1Parser::Impl {
    explicit Impl(H1Limits l) : limits(l), scanner(l) {}
    virtual ~Impl() = default;
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    virtual void begin(bool is_answer_to_head) = 0;
    virtual size_t put(std::string_view input, ErrorCode& ec) = 0;
    virtual bool put_eof() = 0;

    const H1Limits limits;
    HeadScanner scanner;
    RequestHead request;
    ResponseHead response;
    H1Framing framing;
    Headers trailers;
    H1Error error = H1Error::malformed;
    bool has_passed_empty_line = false;
    bool has_begun = false;
    bool has_start_line = false;
    bool has_head = false;
    bool is_complete = false;
    bool has_failed = false;

    uint64_t chunk_left = 0;  // of the chunk that is being read

    // Of the call of put() that runs now.
    size_t room = 0;
    std::string_view input;
    std::string_view body;

    ErrorCode fail(H1Error why)
    {
        error = why;
        return beast::http::make_error_code(beast::http::error::bad_field);
    }
    // Beast hands out folded values from a buffer of its own; everything else points into the input.
    [[nodiscard]] bool is_folded(std::string_view value) const
    {
        return !value.empty() &&
               (std::less<>{}(value.data(), input.data()) || !std::less<>{}(value.data(), input.data() + input.size()));
    }
    ErrorCode add_trailer(std::string_view name, std::string_view value)
    {
        if (is_folded(value) || !is_valid_header_value(value)) return fail(H1Error::malformed);
        if (trailers.size() >= limits.max_header_count) return fail(H1Error::header_too_large);
        if (!is_forbidden_trailer(name)) trailers.append(name, value);
        return {};
    }
    // What is the same for requests and responses. RFC 9112, 6.
    ErrorCode check_framing_fields(const Headers& headers, Version version)
    {
        size_t lengths = 0;
        size_t encodings = 0;
        bool is_malformed = false;
        bool is_unknown_coding = false;
        for (const auto& [name, value] : headers) {
            if (equals_ignoring_case(name, "content-length")) {
                ++lengths;
                framing.content_length = parse_content_length(value);
                is_malformed |= !framing.content_length;
            } else if (equals_ignoring_case(name, "transfer-encoding")) {
                ++encodings;
                framing.is_chunked = equals_ignoring_case(value, "chunked");
                is_unknown_coding |= !framing.is_chunked;
            }
        }
        is_malformed |= lengths + encodings > 1 || (encodings != 0 && version == Version::http_1_0);
        if (is_malformed) return fail(H1Error::malformed);
        if (is_unknown_coding) return fail(H1Error::encoding_unsupported);
        return {};
    }
};

namespace {

Version version_of(int version) { return version == 10 ? Version::http_1_0 : Version::http_1_1; }

// Beast calls these as it goes; our answers other than an error code are in Impl.
template <bool is_request>
class Callbacks final : public beast::http::basic_parser<is_request> {
public:
    explicit Callbacks(H1Parser::Impl& impl) : m_impl(impl)
    {
        this->header_limit(impl.limits.max_header_bytes);
        this->body_limit(boost::none);
    }

private:
    void on_request_impl(beast::http::verb, beast::string_view method, beast::string_view target, int version,
                         ErrorCode& ec) override
    {
        m_impl.has_start_line = true;
        RequestHead& head = m_impl.request;
        head.method = view(method);
        head.target = view(target);
        head.version = version_of(version);
        if (method.size() > max_method_bytes || !is_token(head.method)) ec = m_impl.fail(H1Error::malformed);
        else if (target.size() > m_impl.limits.max_target_bytes) ec = m_impl.fail(H1Error::target_too_long);
    }
    void on_response_impl(int status, beast::string_view, int version, ErrorCode& ec) override
    {
        m_impl.has_start_line = true;
        m_impl.response.status = static_cast<uint16_t>(status);
        m_impl.response.version = version_of(version);
        if (status < 100) ec = m_impl.fail(H1Error::malformed);
    }
    void on_field_impl(beast::http::field, beast::string_view name, beast::string_view value, ErrorCode& ec) override
    {
        if (m_impl.has_head) {
            ec = m_impl.add_trailer(view(name), view(value));
            return;
        }
        if (!is_valid_header_value(view(value))) ec = m_impl.fail(H1Error::malformed);
        else headers().append(view(name), view(value));
    }
    void on_header_impl(ErrorCode& ec) override
    {
        m_impl.framing.keep_alive = this->keep_alive();
        m_impl.framing.until_close = this->need_eof();
        ec = is_request ? check_request() : check_response();
        m_impl.has_head = true;
    }
    void on_body_init_impl(const boost::optional<uint64_t>&, ErrorCode&) override {}
    size_t on_body_impl(beast::string_view bytes, ErrorCode&) override { return take(bytes); }
    void on_chunk_header_impl(uint64_t size, beast::string_view, ErrorCode&) override { m_impl.chunk_left = size; }
    size_t on_chunk_body_impl(uint64_t, beast::string_view bytes, ErrorCode&) override
    {
        const size_t taken = take(bytes);
        m_impl.chunk_left -= taken;
        return taken;
    }
    void on_finish_impl(ErrorCode&) override { m_impl.is_complete = true; }

    size_t take(beast::string_view bytes)
    {
        m_impl.body = view(bytes).substr(0, m_impl.room);
        return m_impl.body.size();
    }
    Headers& headers() { return is_request ? m_impl.request.headers : m_impl.response.headers; }

    ErrorCode check_request()
    {
        RequestHead& head = m_impl.request;
        if (const ErrorCode ec = m_impl.check_framing_fields(head.headers, head.version)) return ec;
        // RFC 9112, 3.2: exactly one Host, and a valid one; HTTP/1.0 knew none.
        const size_t hosts = head.headers.count("host");
        if (hosts > 1 || (hosts == 0 && head.version == Version::http_1_1)) return m_impl.fail(H1Error::malformed);
        head.authority = head.headers.find("host").value_or("");
        if (!head.authority.empty() && !parse_authority(head.authority)) return m_impl.fail(H1Error::malformed);
        if (head.method == "CONNECT") return m_impl.fail(H1Error::method_unsupported);
        if (head.target != "*" || head.method != "OPTIONS") {
            if (!head.target.starts_with('/')) {
                // Absolute form: its host counts, and what Host said does not.
                const auto url = parse_url(head.target);
                if (!url) return m_impl.fail(H1Error::malformed);
                head.authority = url->authority.to_string();
                head.target = url->path_and_query();
                head.headers.set("Host", head.authority);
            }
            if (!is_valid_path_and_query(head.target)) return m_impl.fail(H1Error::malformed);
        }
        m_impl.framing.expects_continue = head.version == Version::http_1_1 && has_element(head.headers, "expect", "100-continue");
        return {};
    }
    ErrorCode check_response()
    {
        const ResponseHead& head = m_impl.response;
        // Nobody asked to switch protocols.
        if (head.status == 101) return m_impl.fail(H1Error::malformed);
        return m_impl.check_framing_fields(head.headers, head.version);
    }

    H1Parser::Impl& m_impl;
};

template <bool is_request>
struct ImplOf final : H1Parser::Impl {
    explicit ImplOf(H1Limits l) : Impl(l) { parser.emplace(*this); }
    void begin(bool is_answer_to_head) override
    {
        parser.emplace(*this);
        if (is_answer_to_head) parser->skip(true);
    }
    size_t put(std::string_view bytes, ErrorCode& ec) override
    {
        return parser->put(net::const_buffer{bytes.data(), bytes.size()}, ec);
    }
    bool put_eof() override
    {
        ErrorCode ec;
        parser->put_eof(ec);
        return !ec;
    }
    std::optional<Callbacks<is_request>> parser;
};

}  // namespace

uint16_t status_of(H1Error error) noexcept
{
    switch (error) {
    case H1Error::not_http: return 0;
    case H1Error::malformed: return 400;
    case H1Error::header_too_large: return 431;
    case H1Error::target_too_long: return 414;
    case H1Error::method_unsupported:
    case H1Error::encoding_unsupported: return 501;
    case H1Error::version_unsupported: return 505;
    }
    return 400;
}

H1Parser::H1Parser(Kind kind, H1Limits limits)
{
    if (kind == Kind::request) m_impl = std::make_unique<ImplOf<true>>(limits);
    else m_impl = std::make_unique<ImplOf<false>>(limits);
}
H1Parser::~H1Parser() = default;

H1Parser::Progress H1Parser::step(std::string_view input, size_t room)
{
    Impl& impl = *m_impl;
    size_t consumed = 0;
    const auto at = [&](Step step) { return Progress{step, consumed, step == Step::body ? impl.body : std::string_view{}}; };
    const auto fail = [&](H1Error why) {
        impl.error = why;
        impl.has_failed = true;
        return at(Step::error);
    };
    if (impl.has_failed) return at(Step::error);
    if (impl.is_complete) return at(Step::complete);

    std::string_view part = input;
    if (!impl.has_head) {
        // RFC 9112, 2.2: an empty line in front, which old clients sent behind a body, is passed over.
        if (!impl.has_begun && !impl.has_passed_empty_line && part.starts_with("\r\n")) {
            impl.has_passed_empty_line = true;
            consumed = 2;
            part.remove_prefix(2);
        }
        if (part.empty() || (!impl.has_begun && !impl.has_passed_empty_line && part == "\r")) return at(Step::need_more);
        impl.has_begun = true;
        const auto size = impl.scanner.scan(part);
        if (!size) return fail(size.error());
        if (*size == 0) return at(Step::need_more);
        part = part.substr(0, *size);
    }
    for (;;) {
        const bool is_at_chunk_line = impl.has_head && impl.framing.is_chunked && impl.chunk_left == 0;
        // Behind the line break that ends the chunk before.
        const size_t line_end = is_at_chunk_line ? part.find('\n', 2) : std::string_view::npos;
        if (is_at_chunk_line) {
            if (std::min(line_end, part.size()) >= max_chunk_line_bytes) return fail(H1Error::malformed);
            // No line of a chunk with what follows it is shorter, and Beast 1.81 asserts that the last is not offered in smaller pieces.
            constexpr size_t min_last_chunk_bytes = 5;
            if (part.size() < min_last_chunk_bytes) return at(Step::need_more);
        }
        impl.room = room;
        impl.input = part;
        impl.body = {};
        impl.error = H1Error::malformed;
        const bool had_head = impl.has_head;
        ErrorCode ec;
        const size_t taken = impl.put(part, ec);
        consumed += taken;
        part.remove_prefix(taken);
        if (ec == beast::http::error::need_more && had_head) {
            // With its line complete, it is the last chunk, and the trailers are not.
            if (line_end != std::string_view::npos && part.size() > impl.limits.max_header_bytes)
                return fail(H1Error::header_too_large);
            return at(Step::need_more);
        }
        if (ec) return fail(impl.has_start_line ? impl.error : error_of_start_line(input.substr(consumed)));
        if (is_at_chunk_line && impl.is_complete && taken > impl.limits.max_header_bytes) return fail(H1Error::header_too_large);
        if (!had_head) return at(Step::head);
        if (!impl.body.empty()) return at(Step::body);
        if (impl.is_complete) return at(Step::complete);
        if (part.empty() || taken == 0) return at(Step::need_more);
    }
}

bool H1Parser::finish()
{
    if (m_impl->has_failed || !m_impl->has_head) return false;
    return m_impl->is_complete || m_impl->put_eof();
}

void H1Parser::begin(bool is_answer_to_head)
{
    Impl& impl = *m_impl;
    impl.scanner = HeadScanner{impl.limits};
    impl.request = {};
    impl.response = {};
    impl.framing = {};
    impl.trailers.clear();
    impl.chunk_left = 0;
    impl.has_passed_empty_line = impl.has_begun = impl.has_start_line = impl.has_head = impl.is_complete = impl.has_failed = false;
    impl.begin(is_answer_to_head);
}

bool H1Parser::has_begun() const noexcept { return m_impl->has_begun; }
RequestHead& H1Parser::request_head() noexcept { return m_impl->request; }
ResponseHead& H1Parser::response_head() noexcept { return m_impl->response; }
const H1Framing& H1Parser::framing() const noexcept { return m_impl->framing; }
Headers& H1Parser::trailers() noexcept { return m_impl->trailers; }
H1Error H1Parser::error() const noexcept { return m_impl->error; }

}  // namespace weir::http
