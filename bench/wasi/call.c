// Makes 10 million host calls that do nothing: a descriptor that is none is refused at once. Natively a function is called.

#include "bench.h"

#ifdef __wasi__
__attribute__((import_module("wasi_snapshot_preview1"), import_name("fd_datasync"))) int32_t sync_data(uint32_t fd);
#else
__attribute__((noinline)) static int32_t sync_data(uint32_t fd)
{
    __asm__ volatile("");
    return fd < 3 ? 0 : 8;
}
#endif

int main(void)
{
    const uint64_t began = now_ns();
    uint64_t refused = 0;
    for (uint32_t i = 0; i < 10000000; ++i) refused += sync_data(99) == 8;
    printf("%llu\n", (unsigned long long)refused);
    return finish(began);
}
