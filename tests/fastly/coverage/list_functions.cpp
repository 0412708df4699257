// Prints the edge world's functions from its tables: a line each, module and name.
#include "host/fastly/world.hpp"

#include <fmt/format.h>

int main()
{
    for (const weir::runtime::HostModule& module : weir::fastly::World::host_modules())
        for (const weir::runtime::HostFunction& function : module.functions) fmt::print("{} {}\n", module.name, function.name);
}
