#pragma once

#include "go/initial_memory.hpp"
#include "wasm/module.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace weir::go {

/// A place in Go's source; all of it the guest's words.
struct SourcePlace {
    std::string function, file;
    uint32_t line = 0;  // from 1; 0: not known
};

/// Whether a module says that Go's compiler made it.
[[nodiscard]] bool is_from_go(const wasm::Module& module);

/// The table of functions, files and lines that Go's linker puts into each program, for the program's own stack traces (pclntab, of Go 1.20 and later:
/// Go's runtime/symtab.go, runtime/symtabinl.go). It is a guest's data: whatever stands in it, reading it ends, and stays in the module's bytes.
/// Refers to the module.
class LineTable {
public:
    /// Nothing where a module has none, or only one of another version.
    static std::optional<LineTable> find(const wasm::Module& module);

    /// Where an instruction comes from: the functions that were inlined there, innermost first, then its own. Empty: nothing is known.
    /// How exact that is: block_at().
    /// @param wasm_offset  of the instruction, from the start of the function's body.
    [[nodiscard]] std::vector<SourcePlace> places_at(wasm::FuncIdx function, uint32_t wasm_offset) const;

private:
    LineTable(const wasm::Module& module, InitialMemory memory) : m_module(&module), m_memory(std::move(memory)) {}

    /// Whether a table's header is there; takes its fields.
    bool read_header(uint64_t address);
    void find_inlined_calls();
    /// The address of a function's record.
    [[nodiscard]] std::optional<uint64_t> record_of(uint32_t number) const;
    /// What a table of values by PC_B has for `block`: each is a list of a difference to the value before and the number of blocks it holds for.
    [[nodiscard]] int32_t value_at(uint32_t table, uint32_t block) const;
    [[nodiscard]] uint32_t variable(uint64_t& address) const;
    [[nodiscard]] SourcePlace place_at(uint64_t record, uint32_t block, uint32_t name) const;

    const wasm::Module* m_module;
    InitialMemory m_memory;
    uint64_t m_header = 0;
    uint64_t m_function_count = 0;
    uint64_t m_names = 0, m_units = 0, m_files = 0, m_values = 0, m_functions = 0;  // addresses of the table's parts
    uint64_t m_first_entry = 0;               // of the first function, in the order of the table
    unsigned m_entry_shift = 0;               // of a function's number where the table is ordered by program counters
    std::optional<uint64_t> m_function_data;  // base of records' references to lists of inlined calls, where it is known
};

}  // namespace weir::go
