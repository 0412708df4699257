#include "cli/program.hpp"

#include "building/source.hpp"

#include <utility>

namespace weir::cli {

Problem to_problem(building::Failure failure)
{
    return {.error = std::move(failure.error),
            .because = std::move(failure.because),
            .hint = std::move(failure.hint),
            .exit_code = failure.exit_code,
            .is_told = failure.is_told};
}

Result<Program, Problem> find_program(const std::string& name, const building::BuildOptions& options)
{
    const auto source = building::find_source(name);
    if (!source) return Unexpected{to_problem(source.error())};
    if (!*source) return Program{.module = name, .file = {}, .version = building::version_of(name), .inputs = {name}};
    auto built = building::build(**source, options);
    if (!built) return Unexpected{to_problem(std::move(built.error()))};
    return Program{.module = std::move(built->module),
                   .file = std::move(built->file),
                   .version = std::move(built->version),
                   .inputs = std::move(built->inputs)};
}

std::vector<std::string> inputs_to_begin_with(const std::string& name)
{
    const auto source = building::find_source(name);
    const bool is_folder = source && *source && (*source)->is_folder;
    return {is_folder ? name + "/" : name};
}

}  // namespace weir::cli
