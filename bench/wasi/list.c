// Lists the folder "many".

#include "bench.h"

#include <dirent.h>

int main(void)
{
    const uint64_t began = now_ns();
    DIR* const many = opendir("many");
    if (many == NULL) fail("opendir");
    uint64_t count = 0, sum = 0;
    for (struct dirent* entry; (entry = readdir(many)) != NULL; ++count)
        for (const char* c = entry->d_name; *c; ++c) sum += (uint64_t)(unsigned char)*c;  // in any order
    closedir(many);
    printf("%llu %llu\n", (unsigned long long)count, (unsigned long long)sum);
    return finish(began);
}
