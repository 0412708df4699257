#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace weir::fastly {

/// What a request is for: `http://example.com:8080/path?query`, `/path?query`, `*`, `host:port`. RFC 9110, 7.1; a fragment is dropped.
struct Uri {
    std::string scheme;          // lower case; empty in the relative forms
    std::string authority;       // host[:port]; empty in the relative forms
    std::string path_and_query;  // begins with '/', or is "*"; empty in the form host:port

    /// Empty when the text is none of these.
    [[nodiscard]] static std::optional<Uri> parse(std::string_view text);
    [[nodiscard]] std::string to_string() const;
};

}  // namespace weir::fastly
