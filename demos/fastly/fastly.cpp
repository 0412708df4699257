// An edge service: answers every request with the same greeting.
#include "weir/fastly.hpp"

int main()
{
    return weir::fastly::serve([](weir::fastly::Request&) { return weir::fastly::Response{"Hello World!\n"}; });
}
