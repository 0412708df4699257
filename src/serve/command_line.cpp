#include "serve/command_line.hpp"

#include "cli/quantity.hpp"
#include "cli/usage.hpp"
#include "weir/version.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <map>
#include <unistd.h>

namespace weir::serve {

namespace {

using cli::Problem;

constexpr std::string_view default_address = "127.0.0.1:7676";

constexpr std::string_view serve_help = R"(weir serve [OPTIONS] FILE   serve HTTP with a Fastly Compute service
FILE is a module, or a source in C, C++ or Go, or a folder of them, built first

  -C, --config FILE          the service's fastly.toml (that in the folder)
  --addr HOST:PORT           listen there (127.0.0.1:7676); also :PORT, unix:PATH
  --tls-cert, --tls-key FILE serve TLS with this certificate and key (PEM)
  --tls-client-ca FILE       ask clients for certificates of these authorities
  --workers N                threads (one for each processor)
  --max-instances N          requests at a time (1000); others are answered 503
  --request-timeout TIME     longest that a request may take (120s); 0: no limit
  --max-memory SIZE          of an instance (128MiB)
  --user-agents FILE         rules of uap-core for fastly_uap (the system's);
                             none: it answers as Viceroy does
  --max-log SIZE             that a request may log, and print (16MiB)
  --access-log FILE          a line for each request; - is standard output
  --metrics-addr HOST:PORT   serve numbers at /metrics, for Prometheus, and
                             /healthz there
  --watch                    build and load it again when its files or
                             fastly.toml change
  --once -                   serve one request, read from standard input, and
                             print the response
  --request 'GET /path'      the same with this request;
  -H 'NAME: VALUE'             a header of it, --data TEXT its body
  --snapshot                 run what precedes the first request once for each
                             instance, not for each request: docs/edge.md says
                             what a service must not do there
  --as-command FILE ARGS...  run FILE once, as a program with a request at hand
  --bounds MODE, --tier TIER, --profile FORMAT, --no-cache, --trace[=...],
  --trace-summary, --trace-json, --trace-output FILE   as for weir run
  -v, -vv                    say more

Examples:
  weir serve -C fastly.toml bin/main.wasm
  weir serve --request 'GET /hello' -H 'Accept: text/plain' bin/main.wasm
)";

Problem usage(std::string error, std::string because = {}, std::string hint = "weir serve --help  shows the options")
{
    return cli::usage(std::move(error), std::move(because), std::move(hint));
}

Result<std::string, Problem> read_input()
{
    constexpr size_t most = size_t{1} << 30;
    std::string text;
    std::array<char, size_t{64} * 1024> buffer;
    for (;;) {
        const ssize_t n = ::read(STDIN_FILENO, buffer.data(), buffer.size());
        if (n == 0) return text;
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return Unexpected{Problem{.error = "cannot read the request", .because = std::strerror(errno), .hint = {}}};
        text.append(buffer.data(), static_cast<size_t>(n));
        if (text.size() > most) return Unexpected{usage("the request is larger than 1 GiB")};
    }
}

/// Words that CLI11 leaves to us.
struct Raw {
    std::string file;
    std::vector<std::string> arguments, trace, headers, addresses;
    std::string metrics_address, once, request, data, timeout, memory, log;
    bool shows_calls = false, wants_help = false, wants_version = false;
    int verbosity = 0;
};

void add_options(CLI::App& app, Raw& raw, Invocation& to)
{
    app.add_option("-C,--config", to.guest.config_file);
    app.add_flag("-v", raw.verbosity);
    app.add_flag("-h,--help", raw.wants_help);
    app.add_flag("-V,--version", raw.wants_version);
    app.add_option("file", raw.file);
    app.add_option("--addr", raw.addresses)->allow_extra_args(false);
    app.add_option("--tls-cert", to.server.tls_certificate);
    app.add_option("--tls-key", to.server.tls_key);
    app.add_option("--tls-client-ca", to.server.tls_client_ca);
    app.add_option("--workers", to.server.workers)->check(CLI::Range(1U, 1024U));
    app.add_option("--max-instances", to.server.max_instances)->check(CLI::Range(1U, 1'000'000U));
    app.add_option("--request-timeout", raw.timeout);
    app.add_option("--max-memory", raw.memory);
    app.add_option("--user-agents", to.guest.user_agents_file);
    app.add_option("--max-log", raw.log);
    app.add_option("--access-log", to.server.access_log);
    app.add_option("--metrics-addr", raw.metrics_address);
    app.add_flag("--watch", to.server.watches);
    app.add_flag("--snapshot", to.guest.takes_snapshots);
    app.add_flag("--no-cache{false}", to.guest.uses_cache);
    app.add_option("--once", raw.once);
    app.add_option("--request", raw.request);
    app.add_option("-H,--header", raw.headers)->allow_extra_args(false);
    app.add_option("--data", raw.data);
    app.add_option("--bounds", to.guest.bounds)
        ->transform(
            CLI::CheckedTransformer(std::map<std::string, runtime::BoundsPolicy>{{"auto", runtime::BoundsPolicy::automatic},
                                                                                 {"guard", runtime::BoundsPolicy::guard},
                                                                                 {"checked", runtime::BoundsPolicy::checked}}));
    app.add_option("--tier", to.guest.tier)
        ->transform(CLI::CheckedTransformer(std::map<std::string, cli::Tier>{
            {"auto", cli::Tier::automatic}, {"baseline", cli::Tier::baseline}, {"optimized", cli::Tier::optimized}}));
    app.add_option("--trace", raw.trace)
        ->expected(0, CLI::detail::expected_max_vector_size)
        ->allow_extra_args(false)
        ->delimiter(',');
    app.add_flag("--trace-summary", to.guest.trace.has_summary);
    app.add_flag("--trace-json", to.guest.trace.is_json);
    app.add_option("--trace-output", to.guest.trace.output);
    app.add_option("--profile", to.profile)
        ->transform(CLI::CheckedTransformer(
            std::map<std::string, cli::Profile>{{"perfmap", cli::Profile::map}, {"jitdump", cli::Profile::jitdump}}));
    app.add_flag_callback("--as-command", [&to] { to.mode = Invocation::Mode::run; });
    app.add_option_function<std::string>("--color", [](const std::string& text) {
        const auto colour = cli::parse_colour(text);
        if (!colour) throw CLI::ValidationError{"--color", "the form is --color auto|always|never"};
        cli::choose_colour(*colour);
    });
}

Result<http::ListenAddress, Problem> parse_address(std::string_view option, const std::string& text)
{
    auto address = http::ListenAddress::parse(text);
    if (!address)
        return Unexpected{usage(fmt::format("{} '{}' is not understood", option, cli::printable(text)), address.error(), {})};
    return std::move(*address);
}

Result<void, Problem> finish(const Raw& raw, Invocation& to)
{
    to.guest.file = raw.file;
    to.guest.watches = to.server.watches;
    // A project's folder has its configuration in it.
    if (const std::string own = raw.file + "/fastly.toml"; to.guest.config_file.empty() && ::access(own.c_str(), F_OK) == 0)
        to.guest.config_file = own;
    to.log_level = raw.verbosity == 0 ? Level::warn : raw.verbosity == 1 ? Level::info : Level::debug;
    for (const std::string& name : raw.trace)
        if (!name.empty()) to.guest.trace.only.push_back(name);
    to.guest.trace.shows_calls = raw.shows_calls;
    for (const std::string& text : raw.addresses) {
        WEIR_TRY(address, parse_address("--addr", text));
        to.server.addresses.push_back(std::move(address));
    }
    if (to.server.addresses.empty()) to.server.addresses.push_back(*http::ListenAddress::parse(default_address));
    if (!raw.metrics_address.empty()) {
        WEIR_TRY(address, parse_address("--metrics-addr", raw.metrics_address));
        to.server.metrics_address = std::move(address);
    }
    if (to.server.tls_certificate.empty() != to.server.tls_key.empty())
        return Unexpected{usage("TLS needs both --tls-cert and --tls-key")};
    if (!to.server.tls_client_ca.empty() && to.server.tls_certificate.empty())
        return Unexpected{usage("--tls-client-ca needs --tls-cert and --tls-key")};
    if (!raw.timeout.empty()) {
        const auto ns = cli::parse_duration(raw.timeout);
        if (!ns)
            return Unexpected{usage(fmt::format("--request-timeout '{}' is not understood", cli::printable(raw.timeout)), {},
                                    "the form is 30s, 500ms, 2m, or 0")};
        to.guest.timeout = std::chrono::nanoseconds{*ns};
    }
    if (!raw.memory.empty()) {
        const auto bytes = cli::parse_size(raw.memory);
        if (!bytes)
            return Unexpected{usage(fmt::format("--max-memory '{}' is not understood", cli::printable(raw.memory)), {},
                                    "the form is 64MiB, 1GiB, ...")};
        to.guest.max_memory_bytes = *bytes;
    }
    if (!raw.log.empty()) {
        const auto bytes = cli::parse_size(raw.log);
        if (!bytes)
            return Unexpected{usage(fmt::format("--max-log '{}' is not understood", cli::printable(raw.log)), {},
                                    "the form is 64KiB, 16MiB, ...")};
        to.guest.limits.max_logged_bytes = *bytes;
    }
    if (!raw.once.empty() && !raw.request.empty()) return Unexpected{usage("--once and --request both say what the request is")};
    if (!raw.once.empty()) {
        if (raw.once != "-")
            return Unexpected{usage(fmt::format("--once '{}' is not understood", cli::printable(raw.once)), {},
                                    "--once -  reads the request from standard input")};
        WEIR_TRY(text, read_input());
        to.request = std::move(text);
        to.mode = Invocation::Mode::once;
    } else if (!raw.request.empty()) {
        to.request =
            fmt::format("{}\n{}{}\n{}", raw.request, fmt::join(raw.headers, "\n"), raw.headers.empty() ? "" : "\n", raw.data);
        to.mode = Invocation::Mode::once;
    } else if (!raw.headers.empty() || !raw.data.empty()) {
        return Unexpected{usage("-H and --data belong to --request")};
    }
    return {};
}

}  // namespace

Result<Invocation, Problem> parse_command_line(std::span<const char* const> words)
{
    Invocation to;
    Raw raw;
    CLI::App app;
    app.set_help_flag();
    add_options(app, raw, to);
    // What stands behind the file is the program's then.
    if (std::ranges::find(words, std::string_view{"--as-command"}) != words.end()) app.prefix_command();
    std::vector<std::string> reversed{words.rbegin(), words.rend()};
    try {
        app.parse(reversed);
    } catch (const CLI::ParseError& error) {
        return Unexpected{cli::explain_parse_error(error.what(), words, cli::syntax::serve_options, "weir serve")};
    }
    if (raw.wants_help || raw.wants_version) {
        to.mode = Invocation::Mode::show;
        to.text = raw.wants_help ? std::string{serve_help} : fmt::format("weir {}\n", version);
        return to;
    }
    if (raw.file.empty())
        return Unexpected{usage("weir serve: which file?", {}, "weir serve [OPTIONS] FILE; weir serve --help  shows the options")};
    raw.shows_calls = app.count("--trace") != 0;
    if (to.mode == Invocation::Mode::run) {
        const size_t slash = raw.file.rfind('/');
        std::string stem = raw.file.substr(slash == std::string::npos ? 0 : slash + 1);
        stem = stem.substr(0, stem.rfind('.'));
        to.guest.args = {stem};
        const std::vector<std::string> rest = app.remaining();
        to.guest.args.insert(to.guest.args.end(), rest.begin(), rest.end());
        to.request = "GET http://example.com/";
        to.guest.must_be_service = false;  // tests of services are programs of any kind
        to.guest.limits.max_logged_bytes = UINT64_MAX;
    }
    WEIR_CHECK(finish(raw, to));
    to.guest.reuses_instances = to.mode == Invocation::Mode::serve;
    return to;
}

}  // namespace weir::serve
