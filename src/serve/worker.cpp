#include "serve/worker.hpp"

#include <utility>

namespace weir::serve {

Worker::~Worker()
{
    // Each ends what it left unfinished, and takes itself out of the set.
    while (!m_guests.empty()) {
        const std::shared_ptr<Guest> guest = *m_guests.begin();
        guest->abandon();
    }
}

}  // namespace weir::serve
