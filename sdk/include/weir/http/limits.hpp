#pragma once

#include <cstddef>
#include <cstdint>

namespace weir::http {

/// What a message may have. Memory is only taken for what has come, never for what was announced.
struct Limits {
    size_t max_line_bytes = size_t{8} * 1024;      // of the first line; a request beyond is answered with 414
    size_t max_head_bytes = size_t{32} * 1024;     // first line and fields; 431. More than max_line_bytes.
    size_t max_fields = 100;                       // 431
    size_t max_chunk_line_bytes = 256;             // the line in front of a chunk, with its extensions
    size_t max_trailer_bytes = size_t{8} * 1024;   // what follows the last chunk
    uint64_t max_body_bytes = uint64_t{1} << 30U;  // 413
};

/// Why a message is not accepted: the status that answers it (of responses, which are not answered, 502), and a text that lives for ever.
struct Refusal {
    int status;
    const char* reason;
};

}  // namespace weir::http
