#include "base/build_id.hpp"

#include "weir/build_id_bytes.hpp"

namespace weir {

const BuildId& build_id()
{
    static constexpr BuildId id{WEIR_BUILD_ID};
    return id;
}

}  // namespace weir
