// The smallest C++ guest: a WASI command that prints one line.
#include <cstdio>

int main()
{
    std::puts("Hello world");
    return 0;
}
