#include "compile_process/source_lines.hpp"

#include "base/mapping.hpp"
#include "base/unique_fd.hpp"
#include "compile_process/remote_compiler.hpp"
#include "go/line_table.hpp"
#include "runtime/module_code.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace weir::compile_process {

using runtime::SourcePlace;
using runtime::SourcePlaces;

namespace {

constexpr int64_t patience_ms = 10'000;
constexpr size_t max_answer_bytes = size_t{1} << 20;

bool has_lines(const wasm::Module& module)
{
    return go::is_from_go(module) ||
           std::ranges::any_of(module.custom_sections, [](const auto& section) { return section.name == ".debug_line"; });
}

std::optional<UniqueFd> copy_of(std::span<const std::byte> bytes)
{
    UniqueFd file{::memfd_create("weir-module", MFD_CLOEXEC)};
    if (!file || ::ftruncate(file.get(), static_cast<off_t>(bytes.size())) != 0) return std::nullopt;
    const auto mapping = Mapping::map(bytes.size(), PROT_READ | PROT_WRITE, MAP_SHARED, file.get());
    if (!mapping) return std::nullopt;
    std::memcpy(mapping->data(), bytes.data(), bytes.size());
    return file;
}

int64_t now_ms()
{
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    return static_cast<int64_t>(time.tv_sec) * 1000 + time.tv_nsec / 1'000'000;
}

/// All that is written to a pipe until it is closed; nothing when that is too much or takes too long.
std::optional<std::string> read_all(int pipe)
{
    std::string text;
    const int64_t end = now_ms() + patience_ms;
    for (;;) {
        pollfd waiting{.fd = pipe, .events = POLLIN, .revents = 0};
        const int ready = ::poll(&waiting, 1, static_cast<int>(std::max<int64_t>(end - now_ms(), 0)));
        if (ready < 0 && errno == EINTR) continue;
        if (ready <= 0) return std::nullopt;
        std::array<char, 4096> buffer{};
        const ssize_t n = ::read(pipe, buffer.data(), buffer.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 || text.size() > max_answer_bytes) return std::nullopt;
        if (n == 0) return text;
        text.append(buffer.data(), static_cast<size_t>(n));
    }
}

/// What `weir-llvm --source-lines` answers.
std::optional<std::string> ask(const wasm::Module& module, const std::vector<uint64_t>& places)
{
    const auto file = copy_of(module.bytes);
    int ends[2];
    if (!file || ::pipe2(ends, O_CLOEXEC) != 0) return std::nullopt;
    const UniqueFd ours{ends[0]};
    UniqueFd theirs{ends[1]};
    const std::string program = installed_compiler();
    std::vector<std::string> words{program, "--source-lines"};
    for (const uint64_t place : places) words.push_back(std::to_string(place));
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);

    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, file->get(), STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, theirs.get(), STDOUT_FILENO);
    ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    pid_t pid = 0;
    const int error = ::posix_spawn(&pid, program.c_str(), &actions, nullptr, arguments.data(), ::environ);
    ::posix_spawn_file_actions_destroy(&actions);
    if (error != 0) return std::nullopt;
    theirs.reset();
    auto text = read_all(ours.get());
    if (!text) ::kill(pid, SIGKILL);
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {}
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? text : std::nullopt;
}

std::string_view take_until(std::string_view& text, char end)
{
    const size_t at = std::min(text.find(end), text.size());
    const std::string_view taken = text.substr(0, at);
    text.remove_prefix(std::min(at + 1, text.size()));
    return taken;
}

uint32_t number(std::string_view text)
{
    uint32_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

}  // namespace

std::vector<SourcePlaces> parse_source_places(std::string_view text, size_t count)
{
    std::vector<SourcePlaces> found(count);
    for (SourcePlaces& places : found) {
        while (!text.empty()) {
            std::string_view line = take_until(text, '\n');
            if (line.empty()) break;
            SourcePlace place;
            place.function = take_until(line, '\t');
            place.file = take_until(line, '\t');
            place.line = number(take_until(line, '\t'));
            place.column = number(line);
            places.push_back(std::move(place));
        }
    }
    return found;
}

std::vector<SourcePlaces> find_source_lines(const runtime::Trap& trap)
{
    std::vector<SourcePlaces> found(trap.frames.size());
    std::vector<bool> is_asked(trap.frames.size());
    for (size_t first = 0; first < trap.frames.size(); ++first) {
        const wasm::Module& module = *trap.frames[first].code->module();
        if (is_asked[first] || !has_lines(module)) continue;
        std::vector<size_t> frames;  // of this module
        std::vector<uint64_t> places;
        for (size_t i = first; i < trap.frames.size(); ++i) {
            const runtime::Frame& frame = trap.frames[i];
            if (frame.code->module().get() != &module) continue;
            is_asked[i] = true;
            frames.push_back(i);
            places.push_back(module.body_of(frame.function).offset_bytes + frame.wasm_offset);
        }
        const auto answer = ask(module, places);
        if (!answer) continue;
        std::vector<SourcePlaces> parsed = parse_source_places(*answer, frames.size());
        for (size_t i = 0; i < frames.size(); ++i) found[frames[i]] = std::move(parsed[i]);
    }
    return found;
}

}  // namespace weir::compile_process
