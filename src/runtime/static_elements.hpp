#pragma once

#include "wasm/module.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace weir::runtime {

/// What the active element segments of a module write to its own tables, as far as the module alone says it: all of them name functions, at
/// constant offsets that fit. Then a new table need not be filled: its elements are made when they are first looked at (C15 in docs/design.md).
/// Standard: Core 3.0, 2.5.8 "Element Segments".
class StaticElements {
public:
    /// The module must outlive this.
    explicit StaticElements(const wasm::Module& module);

    /// Whether something is known of this table. Where one active segment is of another kind, nothing is known of any: segments
    /// before one that traps are applied, those behind it are not.
    [[nodiscard]] bool has(wasm::TableIdx table) const;
    /// The function at `index` of such a table; empty for null.
    [[nodiscard]] std::optional<wasm::FuncIdx> at(wasm::TableIdx table, uint64_t index) const;

private:
    struct Piece {
        wasm::TableIdx table;
        uint64_t begin;
        const std::vector<wasm::FuncIdx>* functions;
    };
    std::vector<Piece> m_pieces;  // a later one hides earlier ones
};

}  // namespace weir::runtime
