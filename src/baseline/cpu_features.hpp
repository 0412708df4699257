#pragma once

namespace weir::baseline {

/// What code may use beyond the floor (SSE4.1). Part of the cache key; tests pin it.
struct CpuFeatures {
    bool avx = false;
    bool avx2 = false;
    bool fma = false;
    bool bmi2 = false;  // shlx shrx sarx rorx
    bool lzcnt = false;
    bool tzcnt = false;  // BMI1
    bool popcnt = false;

    /// SSE4.1 and nothing else.
    static constexpr CpuFeatures floor() { return {}; }
    /// What this processor and operating system offer.
    static CpuFeatures host();
    friend bool operator==(const CpuFeatures&, const CpuFeatures&) = default;
};

}  // namespace weir::baseline
