#pragma once

#include "host/wasip1/world.hpp"
#include "support/execution.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <optional>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir::wasip1 {

std::ostream& operator<<(std::ostream& out, Errno e);

}  // namespace weir::wasip1

namespace weir::test {

using namespace weir::wasip1;

/// An empty directory that goes with its contents.
class TempDir {
public:
    TempDir();
    explicit TempDir(const std::string& parent);
    ~TempDir();
    TempDir(const TempDir&) = delete;
    TempDir& operator=(const TempDir&) = delete;
    [[nodiscard]] const std::string& path() const { return m_path; }
    [[nodiscard]] std::string operator/(std::string_view name) const { return m_path + "/" + std::string{name}; }

private:
    std::string m_path;
};

void write_file(const std::string& path, std::string_view text);
std::string read_file(const std::string& path);
bool exists(const std::string& path);  // a dangling symlink does
size_t open_descriptors();             // of this process

/// A pipe. Both ends are closed with it, or before.
struct Pipe {
    UniqueFd reader, writer;
    Pipe();
};

/// What a call of a test answered: an errno, and on success a number.
struct Answer {
    Errno error = Errno::success;
    uint64_t value = 0;
};
void PrintTo(const Answer& answer, std::ostream* out);

/// Calls host functions as a guest does: through their table's entry, with a real memory. Each call begins with a memory full of a
/// canary but for what the test put there, so that a test can say what was written.
class Wasi : public testing::Test {
protected:
    static constexpr uint32_t memory_bytes = 2 * 65536;
    static constexpr std::byte canary{0xCD};
    // Places in guest memory that the helpers use; unaligned on purpose.
    static constexpr uint32_t result_at = 64, second_result_at = 96, iovs_at = 129, path_at = 1025, second_path_at = 9001,
                              buffer_at = 20001;
    static constexpr uint32_t preopen = 3;  // descriptor of `box`

    Wasi();

    /// Makes the world anew: with `box` preopened as "/box" unless the configuration has preopens.
    void start(WorldConfig config = {}, bool is_read_only = false);
    World& world() { return *m_world; }

    /// The errno of a call; arguments as the guest passes them. Fails the test when there is no such function, or when it stopped the guest
    /// and `stopped_with` was not asked for.
    Errno call(std::string_view name, std::initializer_list<uint64_t> arguments,
               std::string_view module = "wasi_snapshot_preview1");
    /// Calls a function of a table with as many arguments as it has; the errno is in values[0]. `world` is another's than WASI's, for its functions.
    void call_with(const runtime::HostFunction& function, std::span<const uint64_t> arguments, runtime::Value* values,
                   void* world = nullptr);
    /// What a call comes to as the only one of the store's guest, which it may end.
    runtime::Outcome run(std::string_view name, std::initializer_list<uint64_t> arguments);
    runtime::Store& guest_store() { return m_guest.instance()->store(); }
    /// The exit code of a call that ends the guest.
    std::optional<uint32_t> exit_code_of(std::string_view name, std::initializer_list<uint64_t> arguments);

    std::span<std::byte> memory() { return m_guest.memory(); }
    void fill_with_canary() { std::ranges::fill(memory(), canary); }
    /// Whether all bytes of [from, to) are the canary still.
    bool is_untouched(uint32_t from, uint32_t to);
    template <class T>
    T load(uint32_t at)
    {
        T value;
        std::memcpy(&value, memory().data() + at, sizeof value);
        return value;
    }
    template <class T>
    void store(uint32_t at, const T& value)
    {
        std::memcpy(memory().data() + at, &value, sizeof value);
    }
    void store_text(uint32_t at, std::string_view text) { std::memcpy(memory().data() + at, text.data(), text.size()); }
    std::string text_at(uint32_t at, size_t size) { return {reinterpret_cast<const char*>(memory().data()) + at, size}; }

    // Calls with their arguments put in place. The value is what the call stored as its result.
    Answer open(std::string_view path, uint16_t oflags = 0,
                uint64_t rights = right_fd_read | right_fd_seek | right_fd_tell | right_fd_filestat_get, uint16_t fdflags = 0,
                uint32_t lookup = lookup_symlink_follow, uint32_t fd = preopen,
                uint64_t inheriting = directory_rights | file_rights);
    /// For reading and writing, created when missing.
    Answer create(std::string_view path, uint32_t fd = preopen)
    {
        return open(path, oflag_creat, file_rights, 0, lookup_symlink_follow, fd);
    }
    Answer open_directory(std::string_view path, uint32_t fd = preopen)
    {
        return open(path, oflag_directory, directory_rights, 0, lookup_symlink_follow, fd);
    }
    Errno close(uint32_t fd) { return call("fd_close", {fd}); }
    Answer write(uint32_t fd, std::string_view text);
    Answer read(uint32_t fd, uint32_t size);  // the text is at buffer_at
    /// Reads all from the start.
    std::string contents(std::string_view path);
    Errno with_path(std::string_view name, std::string_view path, uint32_t fd = preopen);
    Errno rename(std::string_view from, std::string_view to, uint32_t from_fd = preopen, uint32_t to_fd = preopen);
    Errno link(std::string_view from, std::string_view to, uint32_t from_fd = preopen, uint32_t to_fd = preopen,
               uint32_t flags = 0);
    Errno symlink(std::string_view target, std::string_view path, uint32_t fd = preopen);
    Answer stat(std::string_view path, uint32_t lookup = lookup_symlink_follow,
                uint32_t fd = preopen);  // the FileStat is at result_at
    Errno set_times(std::string_view path, uint64_t atim, uint64_t mtim, uint16_t flags, uint32_t lookup = lookup_symlink_follow,
                    uint32_t fd = preopen);
    std::string readlink(std::string_view path);

    TempDir m_temp;         // holds box, and beside it what no guest may reach
    std::string m_box;      // the preopened directory
    std::string m_outside;  // a directory beside it, with a file "secret"

private:
    static const runtime::HostFunction* find(std::string_view module, std::string_view name);
    bool invoke(const runtime::HostFunction& function, std::span<const uint64_t> arguments, runtime::Value* values,
                void* world = nullptr);

    Guest m_guest;
    std::unique_ptr<World> m_world;
    runtime::HostFunctionContext m_call{};
};

}  // namespace weir::test
