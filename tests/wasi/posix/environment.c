// Arguments and environment, byte for byte, and random numbers.

#include "check.h"

extern char** environ;

static void print_bytes(const char* text)
{
    for (; *text; ++text) {
        if (*text > ' ' && *text < 127) printf("%c", *text);
        else printf("\\%02x", (unsigned char)*text);
    }
    printf("\n");
}

int main(int argc, char** argv)
{
    printf("%d\n", argc);
    for (int i = 1; i < argc; ++i) print_bytes(argv[i]);
    for (char** variable = environ; *variable; ++variable) print_bytes(*variable);
    printf("%s %s\n", getenv("NAME") ? getenv("NAME") : "none", getenv("MISSING") ? getenv("MISSING") : "none");

    unsigned char bytes[256], zero[256] = {0};
    SHOW(getentropy(bytes, 256));
    SHOW(memcmp(bytes, zero, 256) != 0);
    SHOW(getentropy(bytes, 257));
    SHOW(getentropy(bytes, 0));
    return 0;
}
