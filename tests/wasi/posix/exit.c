// Ends as told: "return N", "exit N", "_exit N" or "abort".

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void say_goodbye(void) { printf("goodbye\n"); }

int main(int argc, char** argv)
{
    const int code = argc > 2 ? atoi(argv[2]) : 0;
    if (argc < 2) return 1;
    atexit(say_goodbye);
    if (strcmp(argv[1], "return") == 0) return code;
    if (strcmp(argv[1], "exit") == 0) exit(code);
    if (strcmp(argv[1], "_exit") == 0) _exit(code);
    abort();
}
