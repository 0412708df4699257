#pragma once

#include <string>
#include <string_view>
#include <vector>

// Values of other tools' flags in weir's words. Each adds to `words`, and answers what is wrong with the value or an empty text.

namespace weir::cli::persona {

using OwnWords = std::vector<std::string>;

/// HOST[:GUEST][:ro] of wazero and wasirun: the last colon divides.
std::string host_first(std::string_view value, OwnWords& words);
/// HOST[::GUEST] of wasmtime.
std::string host_first_double(std::string_view value, OwnWords& words);
/// GUEST:HOST[:readonly] of WasmEdge, GUEST:HOST or GUEST::HOST of wasmer and of wasmtime before release 14.
std::string guest_first(std::string_view value, OwnWords& words);
/// NAME[=VALUE]: a variable that is not there is left out, as wasmtime does.
std::string env_if_there(std::string_view value, OwnWords& words);
/// NAME=VALUE, which has to have both.
std::string env_with_value(std::string_view value, OwnWords& words);
/// --timeout of so many milliseconds, of Go's "1h2m3.5s"; none for 0.
std::string milliseconds(std::string_view value, OwnWords& words);
std::string go_duration(std::string_view value, OwnWords& words);
/// --max-memory of so many pages of 64 KiB.
std::string pages(std::string_view value, OwnWords& words);
/// --trace of wazero's scopes.
std::string trace_scopes(std::string_view value, OwnWords& words);
/// --tier and -O0 for a level of optimization; --tier for a compiler of wasmtime's.
std::string level_to_run(std::string_view value, OwnWords& words);
std::string level_to_compile(std::string_view value, OwnWords& words);
std::string wasmtime_compiler(std::string_view value, OwnWords& words);
/// perfmap and jitdump of --profile; what others have is not there.
std::string profile(std::string_view value, OwnWords& words);
/// For this processor's kind alone.
std::string target(std::string_view value, OwnWords& words);
/// --net for a switch that is on, --net=dns likewise, and wasmer's --net, which takes no rules here.
std::string net_switch(std::string_view value, OwnWords& words);
std::string dns_switch(std::string_view value, OwnWords& words);
std::string net_without_rules(std::string_view value, OwnWords& words);
std::string env_switch(std::string_view value, OwnWords& words);
std::string cache_switch(std::string_view value, OwnWords& words);
/// wasirun's --sockets and --http.
std::string sockets_extension(std::string_view value, OwnWords& words);
std::string http_extension(std::string_view value, OwnWords& words);
/// viceroy's --unknown-import-behavior.
std::string unknown_imports(std::string_view value, OwnWords& words);

/// y, yes, true, n, no, false, and nothing, which is true. False in `is_understood` for anything else.
[[nodiscard]] bool is_on(std::string_view value, bool& is_understood);

}  // namespace weir::cli::persona
