#pragma once

#include "base/result.hpp"
#include "host/fastly/service.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace weir::serve {

/// Rules by which user agents are told apart: the `user_agent_parsers` of a regexes.yaml as the project uap-core publishes it. They change with
/// browsers, so they are a file that is read, and no part of weir.
/// Spec: https://github.com/ua-parser/uap-core/blob/master/docs/specification.md
class UserAgents {
public:
    /// Where Debian's package uap-core has them.
    static constexpr std::string_view default_file = "/usr/share/uap-core/regexes.yaml";
    /// What is longer than this is no user agent, and matching would take long.
    static constexpr size_t max_user_agent_bytes = size_t{8} * 1024;

    /// Takes some hundredths of a second. The error says what is wrong with the file.
    static Result<UserAgents, std::string> read(const std::string& file);
    UserAgents(UserAgents&&) noexcept;
    UserAgents& operator=(UserAgents&&) noexcept;
    ~UserAgents();

    /// Family "Other" and no version when no rule matches. Takes time linear in the text's length. Thread-safe.
    [[nodiscard]] fastly::UserAgent parse(std::string_view user_agent) const;

private:
    struct Rules;
    explicit UserAgents(std::unique_ptr<const Rules> rules);
    std::unique_ptr<const Rules> m_rules;
};

}  // namespace weir::serve
