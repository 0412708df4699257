#pragma once

// CLI11, without what the inclusion of <iostream> costs every start: libstdc++ 12 then makes eight streams and a locale before
// main, a tenth of the time of a small guest (docs/startup.md). CLI11 names std::cout and std::cerr as default arguments
// only; who builds a CLI::App makes a std::ios_base::Init first, so that they could be used even so.
#if defined(__GLIBCXX__) && !defined(_GLIBCXX_IOSTREAM)
#include <istream>
#include <ostream>
#define _GLIBCXX_IOSTREAM 1
namespace std {
// NOLINTBEGIN(cert-dcl58-cpp): what <iostream> declares, no more
extern ostream cout;
extern ostream cerr;
// NOLINTEND(cert-dcl58-cpp)
}  // namespace std
#endif

#include <CLI/CLI.hpp>
