#pragma once

#include <array>
#include <cstdint>

namespace weir::cache {

/// What the processor and the system let programs use, as the C library found out when the process started: bits only, most of them of
/// instruction sets. (The instruction cpuid takes microseconds on a virtual machine.)
struct ProcessorFeatures {
    std::array<uint32_t, 24> bits{};

    static ProcessorFeatures of_this();
    /// Whether code made for `other` runs here.
    [[nodiscard]] bool include(const ProcessorFeatures& other) const;
    friend bool operator==(const ProcessorFeatures&, const ProcessorFeatures&) = default;
};

}  // namespace weir::cache
