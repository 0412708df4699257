#pragma once

// CLI11, without what the inclusion of <iostream> costs every start: libstdc++ 12 then makes eight streams and a locale before
// main, a tenth of the time of a small guest (docs/startup.md). CLI11 names std::cout and std::cerr as default arguments
// only; who builds a CLI::App makes a std::ios_base::Init first, so that they could be used even so.
#if defined(__GLIBCXX__) && !defined(_GLIBCXX_IOSTREAM)
#include <istream>
#include <ostream>
// NOLINTBEGIN(cert-dcl58-cpp, bugprone-std-namespace-modification, readability-identifier-naming): what <iostream> declares, no more
#define _GLIBCXX_IOSTREAM 1
namespace std {
extern ostream cout;
extern ostream cerr;
}  // namespace std
// NOLINTEND(cert-dcl58-cpp, bugprone-std-namespace-modification, readability-identifier-naming)
#endif

#include <CLI/CLI.hpp>
