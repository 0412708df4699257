#pragma once

#include "base/result.hpp"
#include "base/sys_error.hpp"
#include "base/unique_fd.hpp"

#include <sys/types.h>

#include <string>
#include <vector>

namespace weir::building {

struct ProgramToRun {
    std::vector<std::string> words;        // the first is the program's name, looked for in PATH if it has no slash
    std::vector<std::string> environment;  // NAME=VALUE, besides weir's own
    std::string folder;                    // to run in; empty: this one
};

/// A program at work. It is waited for at the latest when this object goes away.
class RunningProgram {
public:
    /// Starts it with no input, its output and errors held back until wait(). ENOENT when there is no such program.
    static Result<RunningProgram, SysError> start(const ProgramToRun& program);
    RunningProgram(RunningProgram&& other) noexcept;
    RunningProgram& operator=(RunningProgram&&) = delete;
    ~RunningProgram();

    struct End {
        int exit_code = 0;   // 128 and a signal's number when that ended it
        std::string output;  // of its standard output
        std::string errors;  // of its standard error
    };
    /// Once.
    [[nodiscard]] End wait();

private:
    RunningProgram() = default;

    pid_t m_process = -1;
    UniqueFd m_output, m_errors;
};

/// Runs several, as many at a time as there are processors; their ends in the order of the programs. The first that cannot be started is the
/// error; what had been started is waited for.
Result<std::vector<RunningProgram::End>, SysError> run_all(const std::vector<ProgramToRun>& programs);

}  // namespace weir::building
