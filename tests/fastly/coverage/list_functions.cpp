// Prints the edge world's functions from its tables: a line each, the module and the name, and for a first name the one of today.
#include "host/fastly/world.hpp"

#include <algorithm>
#include <cstdio>
#include <string>

int main()
{
    using namespace weir;
    const auto modules = fastly::World::host_modules();
    for (const runtime::HostModule& module : modules) {
        for (const runtime::HostFunction& function : module.functions) {
            std::string line = std::string{module.name} + ' ' + std::string{function.name};
            for (const runtime::HostModule& other : modules) {
                if (module.name != "env" || other.name == "env") continue;
                const auto today = std::ranges::find(other.functions, function.entry, &runtime::HostFunction::entry);
                if (today != other.functions.end()) line += ' ' + std::string{other.name} + ' ' + std::string{today->name};
            }
            std::puts(line.c_str());
        }
    }
}
