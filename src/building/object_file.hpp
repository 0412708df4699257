#pragma once

#include <cstddef>
#include <span>

namespace weir::building {

/// Whether an object file of clang's defines main, under one of the names that it has there. False for what is no object file.
/// The tool conventions' Linking.md describes the symbol table.
[[nodiscard]] bool defines_main(std::span<const std::byte> object);

}  // namespace weir::building
