#include "expected_failures.hpp"

#include <array>

namespace weir::spec {

namespace {

constexpr std::string_view one_table = "the threads proposal forks a standard in which a module had at most one table";
constexpr std::string_view one_memory = "the threads proposal forks a standard in which a module had at most one memory";
constexpr std::string_view custom_section = "what a custom section holds does not make a module invalid (Core 3.0, 5.5.3)";

// clang-format off
//                  script                            line  reason
constexpr std::array expected_failures{
    ExpectedFailure{"proposals/threads/imports.wast", 310,  one_table},
    ExpectedFailure{"proposals/threads/imports.wast", 314,  one_table},
    ExpectedFailure{"proposals/threads/imports.wast", 318,  one_table},
    ExpectedFailure{"proposals/threads/imports.wast", 405,  one_memory},
    ExpectedFailure{"proposals/threads/imports.wast", 409,  one_memory},
    ExpectedFailure{"proposals/threads/imports.wast", 413,  one_memory},
    ExpectedFailure{"proposals/threads/memory.wast",  14,   one_memory},
    ExpectedFailure{"proposals/threads/memory.wast",  15,   one_memory},
    ExpectedFailure{"custom/branch_hint.wast",        86,   custom_section},
};
// clang-format on

}  // namespace

const ExpectedFailure* find_expected_failure(std::string_view folder, unsigned line)
{
    for (const auto& row : expected_failures)
        if (row.line == line && folder.ends_with(row.script)) return &row;
    return nullptr;
}

}  // namespace weir::spec
