// @NAME@: an edge service for Fastly Compute.
#include <weir/fastly.hpp>

using weir::fastly::Request;
using weir::fastly::Response;

int main()
{
    return weir::fastly::serve([](Request& request) {
        if (request.path() != "/") return Response{404, "There is only / here.\n"};
        Response response{"Hello, World!\n"};
        response.set_header("content-type", "text/plain; charset=utf-8");
        return response;
    });
}
