#pragma once

#include "runtime/contract.hpp"
#include "wasm/types.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace weir::runtime {

class Instance;
class MemoryImage;

/// What instances of a module are before their start function runs, and the way back there: memories, tables, globals, dropped segments. It costs
/// what the guest has changed, not what the instance is. All that a guest can reach is restored here and nowhere else. Immutable; one for all
/// instances of a module that import the same: references in it are numbers of functions.
class InitialState {
public:
    /// Of an instance that no start function and no call has run in. Null when it shares memories, tables, globals or tags with others, by imports;
    /// then there is no way back.
    static std::shared_ptr<const InitialState> capture(Instance& instance);

    /// Lets a new instance share what of its memories is in images. False when the system refuses.
    bool share_images(Instance& instance) const noexcept;
    /// False when the system refuses; then the instance is of no use any more. Not while its guest runs or is suspended.
    bool restore(Instance& instance) const noexcept;

private:
    /// A function's number; null.
    using Reference = std::optional<wasm::FuncIdx>;
    struct MemoryState {
        uint64_t size_bytes;
        std::shared_ptr<const MemoryImage> image;  // null where the segments are so small that copying them is quicker than faults
        struct Copy {
            uint64_t to;
            std::span<const std::byte> bytes;
        };
        std::vector<Copy> copies;  // active segments; of a memory with an image none
    };
    struct GlobalState {
        Value value;
        bool is_reference;
        Reference function;
    };
    bool capture_memory(const Instance& instance, wasm::MemoryIdx index);
    std::vector<MemoryState> m_memories;
    std::vector<std::vector<Reference>> m_tables;  // empty of those with StaticElements
    std::vector<GlobalState> m_globals;
    bool m_has_passive_segments = false;  // Go's modules have tens of thousands of segments, none of them passive
};

}  // namespace weir::runtime
