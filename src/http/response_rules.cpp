#include "http/response_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>

namespace weir::http {

std::string_view reason_phrase(uint16_t status) noexcept
{
    switch (status) {
    case 100: return "Continue";
    case 102: return "Processing";
    case 103: return "Early Hints";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 203: return "Non-Authoritative Information";
    case 204: return "No Content";
    case 205: return "Reset Content";
    case 206: return "Partial Content";
    case 207: return "Multi-Status";
    case 208: return "Already Reported";
    case 226: return "IM Used";
    case 300: return "Multiple Choices";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 305: return "Use Proxy";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 402: return "Payment Required";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 407: return "Proxy Authentication Required";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 411: return "Length Required";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 416: return "Range Not Satisfiable";
    case 417: return "Expectation Failed";
    case 418: return "I'm a teapot";
    case 421: return "Misdirected Request";
    case 422: return "Unprocessable Content";
    case 423: return "Locked";
    case 424: return "Failed Dependency";
    case 425: return "Too Early";
    case 426: return "Upgrade Required";
    case 428: return "Precondition Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 451: return "Unavailable For Legal Reasons";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    case 506: return "Variant Also Negotiates";
    case 507: return "Insufficient Storage";
    case 508: return "Loop Detected";
    case 511: return "Network Authentication Required";
    default: return "";
    }
}

std::string_view http_date()
{
    constexpr std::array<std::string_view, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    thread_local time_t made_at = -1;
    thread_local std::string text;
    const time_t now = ::time(nullptr);
    if (now != made_at) {
        made_at = now;
        tm at{};
        ::gmtime_r(&now, &at);
        text = fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT", days[static_cast<size_t>(at.tm_wday)], at.tm_mday,
                           months[static_cast<size_t>(at.tm_mon)], at.tm_year + 1900, at.tm_hour, at.tm_min, at.tm_sec);
    }
    return text;
}

bool are_valid_fields(const Headers& headers) noexcept
{
    return std::ranges::all_of(
        headers, [](const HeaderView& field) { return is_valid_header_name(field.name) && is_valid_header_value(field.value); });
}

std::optional<uint64_t> take_length(Headers& headers, const BodyReader& body, Framing framing)
{
    std::optional<uint64_t> declared;
    if (framing == Framing::declared && headers.count("content-length") == 1) {
        declared = parse_content_length(*headers.find("content-length"));
    }
    headers.remove("content-length");
    headers.remove("transfer-encoding");
    if (declared) return declared;
    // Trailers need a framing that has a place for them.
    if (body.has_trailers()) return {};
    return body.known_length();
}

std::optional<ResponsePlan> plan_response(ResponseHead& head, const BodyReader& body, std::string_view method, Framing framing,
                                          std::string_view server_header)
{
    if (head.status < 200 || head.status > 999) return {};
    if (!are_valid_fields(head.headers)) return {};
    ResponsePlan plan;
    plan.wants_close = has_element(head.headers, "connection", "close");
    const bool has_own_length = framing == Framing::declared && head.headers.contains("content-length");
    plan.length = take_length(head.headers, body, framing);
    remove_hop_by_hop(head.headers);
    const bool is_bodiless_status = head.status == 204 || head.status == 304;
    plan.has_body = !is_bodiless_status && method != "HEAD";
    // The length of what a GET would have got: for HEAD by the body that was given with it, for 304 only as the handler declares it.
    const bool says_length = plan.length && (!is_bodiless_status || (head.status == 304 && has_own_length));
    if (says_length) head.headers.append("Content-Length", fmt::format_int(*plan.length).c_str());
    if (!head.headers.contains("date")) head.headers.append("Date", http_date());
    if (!server_header.empty() && !head.headers.contains("server")) head.headers.append("Server", server_header);
    return plan;
}

bool plan_informational(uint16_t status, Headers& headers)
{
    if (status < 100 || status > 199 || status == 101) return false;
    if (!are_valid_fields(headers)) return false;
    remove_hop_by_hop(headers);
    headers.remove("content-length");
    return true;
}

}  // namespace weir::http
