#include <asmjit/core.h>

#include <cstdio>
#include <cstdlib>

// Debian's libasmjit.a is position independent but for one object, whose three functions are for people who debug asmjit: they refer to stderr
// as only a program can. A shared library has these in their place, and so never takes that object from the archive.

ASMJIT_BEGIN_NAMESPACE
namespace DebugUtils {

const char* errorAsString(Error) noexcept { return "an error of asmjit"; }

void debugOutput(const char* text) noexcept { std::fputs(text, stderr); }

void assertionFailed(const char* file, int line, const char* message) noexcept
{
    std::fprintf(stderr, "%s:%d: asmjit: %s\n", file, line, message);
    std::abort();
}

}  // namespace DebugUtils
ASMJIT_END_NAMESPACE
