// @NAME@: greets whom it is told to.
#include <cstdio>

int main(int argc, char** argv)
{
    std::printf("Hello, %s!\n", argc > 1 ? argv[1] : "world");
    return 0;
}
