#pragma once

#include "runtime/contract.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace weir::runtime {

class Instance;
class MemoryImage;

/// What an instance was before its start function ran, and the way back there: memories, tables, globals, dropped segments. It costs what the
/// guest has changed, not what the instance is. All that a guest can reach is restored here and nowhere else.
class InitialState {
public:
    /// Of an instance that no start function and no call has run in. Null when it shares memories, tables or globals with others, by imports; then
    /// there is no way back.
    static std::unique_ptr<InitialState> capture(Instance& instance);
    /// False when the system refuses; then the instance is of no use any more. Not while its guest runs or is suspended.
    bool restore(Instance& instance) const noexcept;

    /// Memory images, one for each memory, or null where the segments are so small that copying them is quicker than faults. To be given to
    /// share_images of the module's other instances.
    using Images = std::vector<std::shared_ptr<const MemoryImage>>;
    [[nodiscard]] const Images& images() const { return m_images; }
    /// Captures as above, with images that another instance of the module has made.
    static std::unique_ptr<InitialState> capture(Instance& instance, const Images& images);

private:
    struct MemoryState {
        uint64_t size_bytes;
        struct Copy {
            uint64_t to;
            std::span<const std::byte> bytes;
        };
        std::vector<Copy> copies;  // active segments; of a memory with an image none
    };
    std::vector<MemoryState> m_memories;
    Images m_images;
    std::vector<std::vector<uint64_t>> m_tables;
    std::vector<std::vector<uint64_t>> m_elems;
    std::vector<std::span<const std::byte>> m_datas;
    std::vector<Value> m_globals;
};

}  // namespace weir::runtime
