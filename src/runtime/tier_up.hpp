#pragma once

#include "runtime/code_image.hpp"
#include "runtime/compiler.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>

namespace weir::runtime {

class CodeSpace;
class ModuleCode;

/// What the optimizer has made, or will make, of one module.
class HotCode {
public:
    enum class Status : uint8_t { cold, requested, ready, refused };
    struct Variant {
        Status status = Status::cold;
        const void* entry = nullptr;
    };
    /// A loop's code, or with offset 0 the function's own.
    [[nodiscard]] Variant& variant(wasm::FuncIdx function, uint32_t loop_offset) { return m_variants[key(function, loop_offset)]; }
    /// What an image that the code space began with has of hot code.
    void remember(const CodeImage& image, const CodeSpace& space);
    /// In functions of whose loops an image has code: what it has for this one, maybe nothing. No value once it was asked so often for
    /// loops without code that they have run about as long as a loop does until it is hot.
    std::optional<Variant> recall(wasm::FuncIdx function, uint32_t loop_offset);
    std::mutex mutex;  // guards the variants

private:
    static uint64_t key(wasm::FuncIdx function, uint32_t loop_offset) { return uint64_t{function.value} << 32 | loop_offset; }

    std::unordered_map<uint32_t, int> m_recalls_left;  // by function
    std::unordered_map<uint64_t, Variant> m_variants;
};

/// Has functions compiled again, by the optimizer, on a thread of its own that starts with the first of them. Thread-safe.
class TierUp {
public:
    /// `is_eager`: everything is hot at once and waited for.
    TierUp(std::shared_ptr<const Compiler> optimizer, bool is_eager);
    /// Waits for the function that is being compiled.
    ~TierUp();
    TierUp(const TierUp&) = delete;
    TierUp& operator=(const TierUp&) = delete;

    /// Sets what a function's counters start from, and where the code is that counts.
    void start_counting(HeatCounters& counters, const void* code) const;
    /// A function's counter has run out, at its entry (`loop_offset` 0) or at a loop's header. Requests the code that will help, answers the
    /// loop's code where that is ready, and sets the counters again.
    const void* on_hot(ModuleCode& code, wasm::FuncIdx function, uint32_t loop_offset);

private:
    class Worker;
    HotCode::Variant request(ModuleCode& code, wasm::FuncIdx function, uint32_t loop_offset);

    std::shared_ptr<Worker> m_worker;  // shared with its thread
    bool m_is_eager;
};

}  // namespace weir::runtime
