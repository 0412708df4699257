#pragma once

#include "cli/console.hpp"
#include "cli/syntax/syntax.hpp"

#include <span>
#include <string>
#include <string_view>

// What is wrong with a command line, in words that say what to write instead.

namespace weir::cli {

/// A mistake with exit code 2.
[[nodiscard]] Problem usage(std::string error, std::string because = {}, std::string hint = "weir --help  shows what there is");

/// `command` ("weir run") has no such option; which of its own comes near.
[[nodiscard]] Problem unknown_option(std::string_view name, std::span<const syntax::Option> options, std::string_view command);

/// CLI11's message about `words`, in which it has found a mistake, as what the user is to know of it: the option, the value that was given, and
/// the form that it is to have.
[[nodiscard]] Problem explain_parse_error(std::string_view message, std::span<const char* const> words,
                                          std::span<const syntax::Option> options, std::string_view command);

}  // namespace weir::cli
