// @NAME@: functions that others call.
#include <weir/export.hpp>

#include <cstdint>

WEIR_EXPORT(int32_t, add, (int32_t a, int32_t b)) { return a + b; }
