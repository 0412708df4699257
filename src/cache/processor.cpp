#include "cache/processor.hpp"

// glibc 2.36 wrote this header for C alone.
#define _Bool bool
#include <sys/platform/x86.h>
#undef _Bool

#include <cstddef>

namespace weir::cache {

namespace {

struct FeatureRegister {
    unsigned leaf, reg;
};
// Of what cpuid answers, the registers that hold features. Others differ from core to core (leaf 1, ebx), or hold sizes and models.
constexpr std::array feature_registers{
    FeatureRegister{CPUID_INDEX_1, cpuid_register_index_ecx},
    FeatureRegister{CPUID_INDEX_1, cpuid_register_index_edx},
    FeatureRegister{CPUID_INDEX_7, cpuid_register_index_ebx},
    FeatureRegister{CPUID_INDEX_7, cpuid_register_index_ecx},
    FeatureRegister{CPUID_INDEX_7, cpuid_register_index_edx},
    FeatureRegister{CPUID_INDEX_80000001, cpuid_register_index_ecx},
    FeatureRegister{CPUID_INDEX_80000001, cpuid_register_index_edx},
    FeatureRegister{CPUID_INDEX_D_ECX_1, cpuid_register_index_eax},
    FeatureRegister{CPUID_INDEX_80000008, cpuid_register_index_ebx},
    FeatureRegister{CPUID_INDEX_7_ECX_1, cpuid_register_index_eax},
    FeatureRegister{CPUID_INDEX_19, cpuid_register_index_ebx},
    FeatureRegister{CPUID_INDEX_14_ECX_0, cpuid_register_index_ebx},
};

}  // namespace

ProcessorFeatures ProcessorFeatures::of_this()
{
    ProcessorFeatures features;
    static_assert(features.bits.size() == 2 * feature_registers.size());
    size_t next = 0;
    for (const auto& [leaf, reg] : feature_registers) {
        const cpuid_feature* const answer = __x86_get_cpuid_feature_leaf(leaf);
        features.bits[next++] = answer->cpuid_array[reg];   // the processor has it
        features.bits[next++] = answer->active_array[reg];  // and the system saves its registers
    }
    return features;
}

bool ProcessorFeatures::include(const ProcessorFeatures& other) const
{
    for (size_t i = 0; i < bits.size(); ++i)
        if ((other.bits[i] & ~bits[i]) != 0) return false;
    return true;
}

}  // namespace weir::cache
