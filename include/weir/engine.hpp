#pragma once

#include <weir/error.hpp>
#include <weir/value.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#pragma GCC visibility push(default)

namespace weir {

/// What guests may use. All limits are on from the start.
struct Config {
    size_t max_stack_bytes = size_t{8} << 20;       // of one guest; beyond it traps with call_stack_exhausted
    uint64_t max_memory_bytes = uint64_t{1} << 32;  // of one memory; memory.grow beyond answers -1
    uint64_t max_table_elements = 10'000'000;       // of all tables of an instance; table.grow beyond answers -1
    size_t max_idle_instances = 64;                 // of one Prepared, kept for those that come
    /// Accesses to memory are compared with its size instead of relying on 10 GiB of reserved address space for each. Slower; needed where
    /// address space is scarce. What `ulimit -v` limits is found out without this.
    bool checks_bounds = false;
    /// Fuel that an instance has at first; 0: fuel is not counted, which costs nothing. Where it is, each instruction takes one unit, and a guest
    /// without fuel traps with out_of_fuel at the next function or pass of a loop that it begins: the same program with the same input always
    /// at the same one. docs/embedding.md says exactly what counts. All is compiled by the quick compiler then. At most 2^62.
    uint64_t fuel = 0;
    /// The program weir-llvm, which compiles what runs often once more. Empty: everything is compiled by the quick compiler alone.
    std::string optimizer = {};
};

/// What modules and instances share: compilers, types, limits. A handle: copies are the same engine, which lives as long as anything made with
/// it. Thread-safe.
class Engine {
public:
    struct Impl;  // weir's own

    /// @error system  No address space for machine code.
    [[nodiscard]] static Result<Engine> create(const Config& config = {});

private:
    friend struct Access;
    std::shared_ptr<Impl> m_impl;
};

/// What a module imports or exports, as far as it can be said in this API.
struct MemoryType {
    uint64_t min_pages = 0;
    uint64_t max_pages = UINT64_MAX;  // UINT64_MAX: none given
    bool is_shared = false;
};
struct TableType {
    ValueType element{};
    uint64_t min_size = 0;
    uint64_t max_size = UINT64_MAX;  // UINT64_MAX: none given
};
struct GlobalType {
    ValueType type{};
    bool is_mutable = false;
};
struct TagType {};  // of exceptions, which weir does not run yet
using ExternType = std::variant<FunctionType, TableType, MemoryType, GlobalType, TagType>;

struct ImportInfo {
    std::string module, name;
    ExternType type;
};
struct ExportInfo {
    std::string name;
    ExternType type;
};

/// A validated module, and its machine code, which grows as functions are called first. A handle to something immutable, shared by all of its
/// instances. Thread-safe.
class Module {
public:
    struct Impl;  // weir's own

    /// Maps the file, which must not change while the module lives. It may be a program, which save() or `weir compile` has made: its machine
    /// code is mapped as it is and nothing is validated or compiled. A program is as powerful as a native one: take it from nobody whose
    /// native programs you would not run.
    /// @error system  The file cannot be read.
    /// @error module  It is not a valid module, or uses what weir does not run; a program of another build of weir, for another processor, or
    /// for other Config::checks_bounds.
    [[nodiscard]] static Result<Module> from_file(const Engine& engine, const std::filesystem::path& path);
    /// Copies the bytes.
    /// @error module  As above.
    [[nodiscard]] static Result<Module> from_bytes(const Engine& engine, std::span<const std::byte> bytes);

    [[nodiscard]] std::vector<ImportInfo> imports() const;
    [[nodiscard]] std::vector<ExportInfo> exports() const;
    /// Compiles all functions now, on so many threads, instead of each at its first call.
    /// @error system  No room for the machine code.
    [[nodiscard]] Result<void> compile(unsigned threads = 1) const;
    /// Compiles all functions on so many threads, with Config::optimizer's help where there is one, and writes them to a program with the module in
    /// it, for from_file(). The file is replaced as a whole.
    /// @error system  The file cannot be written, or no room for the machine code.   @error usage  The engine counts fuel, which programs do not.
    [[nodiscard]] Result<void> save(const std::filesystem::path& path, unsigned threads = 1) const;

private:
    friend struct Access;
    std::shared_ptr<Impl> m_impl;
};

}  // namespace weir

#pragma GCC visibility pop
