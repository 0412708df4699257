#include "cli/command_line.hpp"
#include "cli/persona/translate.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

using namespace weir;
using namespace weir::cli;

namespace {

std::vector<std::string> split(const std::string& text)
{
    std::vector<std::string> words;
    for (size_t at = 0; at < text.size();) {
        const size_t end = std::min(text.find(' ', at), text.size());
        words.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return words;
}

std::vector<const char*> pointers(const std::vector<std::string>& words)
{
    std::vector<const char*> all;
    for (const std::string& word : words) all.push_back(word.c_str());
    return all;
}

Result<persona::Translation, Problem> translate(const std::string& line)
{
    const auto words = split(line);
    const auto all = pointers(words);
    return persona::translate(*persona::find_tool(all[0]), std::span{all}.subspan(1));
}

std::string join(const std::vector<std::string>& words)
{
    std::string text = "weir";
    for (const std::string& word : words) text += " " + word;
    return text;
}

struct Case {
    const char* theirs;
    const char* weirs;
};

// As go_wasip1_wasm_exec of Go 1.24 calls them, with PWD=/w, PATH=/bin and no TMPDIR.
constexpr Case of_go[] = {
    {"wasmedge --dir=/ --env PWD=/w --env PATH=/bin x.wasm -test.v a",
     "weir run --net=tcp,udp,dns --dir / --env PWD=/w --env PATH=/bin -- x.wasm -test.v a"},
    {"wasmer run --dir=/ --env PWD=/w --env PATH=/bin x.wasm -- -test.v a",
     "weir run --dir / --env PWD=/w --env PATH=/bin -- x.wasm -test.v a"},
    {"wazero run -mount /:/ -env-inherit -cachedir /tmp/wazero x.wasm -test.v a",
     "weir run --dir / --env-inherit -- x.wasm -test.v a"},
    {"wasmtime run --dir=/ --env PWD=/w --env PATH=/bin -W max-wasm-stack=8388608 x.wasm -test.v a",
     "weir run --dir / --env PWD=/w --env PATH=/bin --max-stack 8388608 -- x.wasm -test.v a"},
};

constexpr Case of_wasmtime[] = {
    {"wasmtime x.wasm", "weir run -- x.wasm"},
    {"wasmtime run x.wasm a --dir b", "weir run -- x.wasm a --dir b"},
    {"wasmtime --invoke primes x.wasm 10", "weir run --invoke primes -- x.wasm 10"},
    {"wasmtime run --invoke=primes x.wasm 10", "weir run --invoke primes -- x.wasm 10"},
    {"wasmtime --dir . --dir=data::/d x.wasm", "weir run --dir . --dir data::/d -- x.wasm"},
    {"wasmtime --mapdir /d::data x.wasm", "weir run --dir data::/d -- x.wasm"},
    {"wasmtime --env A=1 --env=B=2=3 x.wasm", "weir run --env A=1 --env B=2=3 -- x.wasm"},
    {"wasmtime --env WEIR_TEST_ABSENT --env WEIR_TEST_THERE x.wasm", "weir run --env WEIR_TEST_THERE -- x.wasm"},
    {"wasmtime -W timeout=2s,max-memory-size=65536 -Wmax-wasm-stack=70000 x.wasm",
     "weir run --timeout 2s --max-memory 65536 --max-stack 70000 -- x.wasm"},
    {"wasmtime --wasm simd,threads=y,epoch_interruption -W=gc=y x.wasm", "weir run -- x.wasm"},
    {"wasmtime -S inherit-network=y,tcplisten=127.0.0.1:0 x.wasm", "weir run --net --listen 127.0.0.1:0 -- x.wasm"},
    {"wasmtime -Sinherit-env,preview2=n -S inherit-network=n,http=n x.wasm", "weir run --env-inherit -- x.wasm"},
    {"wasmtime -S allow-ip-name-lookup x.wasm", "weir run --net=dns -- x.wasm"},
    {"wasmtime -O opt-level=2 -O0 x.wasm", nullptr},
    {"wasmtime -O opt-level=0,memory-reservation=0 -C cranelift-opt-level=none,cache=n x.wasm",
     "weir run --tier baseline --no-cache -- x.wasm"},
    {"wasmtime -C compiler=winch -D logging=n x.wasm", "weir run --tier baseline -- x.wasm"},
    {"wasmtime --profile=jitdump x.wasm", "weir run --profile jitdump -- x.wasm"},
    {"wasmtime -- x.wasm a", "weir run -- x.wasm a"},
    {"wasmtime compile x.wasm", "weir compile x.wasm"},
    {"wasmtime compile -O opt-level=0 -W simd=y x.wasm -o out", "weir compile -O0 x.wasm -o out"},
    {"wasmtime compile --target x86_64-unknown-linux-gnu -o -x x.wasm", "weir compile x.wasm -o ./-x"},
    {"wasmtime --profile=guest x.wasm", nullptr},
    {"wasmtime -W simd=n x.wasm", nullptr},
    {"wasmtime -W simd=maybe x.wasm", nullptr},
    {"wasmtime -W timeout x.wasm", nullptr},
    {"wasmtime -W fuel=9 x.wasm", "weir run --fuel 9 -- x.wasm"},
    {"wasmtime -W no-such=1 x.wasm", nullptr},
    {"wasmtime -S http x.wasm", nullptr},
    {"wasmtime --no-such x.wasm", nullptr},
    {"wasmtime --allow-precompiled=1 x.wasm", nullptr},
    {"wasmtime --dir", nullptr},
    {"wasmtime run", nullptr},
    {"wasmtime serve x.wasm", nullptr},
    {"wasmtime compile x.wasm a b", nullptr},
    {"wasmtime compile --target aarch64-linux x.wasm", nullptr},
};

constexpr Case of_wazero[] = {
    {"wazero run x.wasm", "weir run -- x.wasm"},
    {"wazero run -mount=.:/ -mount data:/d:ro --mount /x x.wasm", "weir run --dir .::/ --dir data::/d:ro --dir /x -- x.wasm"},
    {"wazero run -env A=1 -env=B= x.wasm -- a -- b", "weir run --env A=1 --env B= -- x.wasm a -- b"},
    {"wazero run -env-inherit=false -interpreter x.wasm", "weir run -- x.wasm"},
    {"wazero run -timeout 300ms x.wasm", "weir run --timeout 300ms -- x.wasm"},
    {"wazero run -timeout 1m2.5s x.wasm", "weir run --timeout 62500000000ns -- x.wasm"},
    {"wazero run -timeout=0 x.wasm", "weir run -- x.wasm"},
    {"wazero run -hostlogging=filesystem,clock x.wasm", "weir run --trace=fs,clock -- x.wasm"},
    {"wazero run -hostlogging=all x.wasm", "weir run --trace -- x.wasm"},
    {"wazero run -listen :0 x.wasm", "weir run --listen :0 -- x.wasm"},
    {"wazero compile -cachedir /tmp/c x.wasm", "weir inspect --keep --compile-all -- x.wasm"},
    {"wazero run -timeout 5 x.wasm", nullptr},
    {"wazero run -hostlogging=memory x.wasm", nullptr},
    {"wazero run -hostlogging=nothing x.wasm", nullptr},
    {"wazero run -env A x.wasm", nullptr},
    {"wazero run -mount : x.wasm", nullptr},
    {"wazero run -env-inherit=perhaps x.wasm", nullptr},
    {"wazero x.wasm", nullptr},
};

constexpr Case of_wasmedge[] = {
    {"wasmedge x.wasm a --dir", "weir run --net=tcp,udp,dns -- x.wasm a --dir"},
    {"wasmedge run --dir /d:data:readonly --dir . x.wasm", "weir run --net=tcp,udp,dns --dir data::/d:ro --dir . -- x.wasm"},
    {"wasmedge --reactor x.wasm primes 10", "weir run --net=tcp,udp,dns --invoke primes -- x.wasm 10"},
    {"wasmedge --time-limit 500 --memory-page-limit=2 x.wasm",
     "weir run --net=tcp,udp,dns --timeout 500ms --max-memory 128KiB -- x.wasm"},
    {"wasmedge --time-limit=0 --enable-all --enable-threads --allow-af-unix x.wasm",
     "weir run --net=tcp,udp,dns --net=unix -- x.wasm"},
    {"wasmedge compile --optimize=0 x.wasm out.so", "weir compile -O0 x.wasm -o out.so"},
    {"wasmedge --reactor x.wasm", nullptr},
    {"wasmedge --gas-limit 5 x.wasm", "weir run --net=tcp,udp,dns --fuel 5 -- x.wasm"},
    {"wasmedge --disable-simd x.wasm", nullptr},
    {"wasmedge --env A x.wasm", nullptr},
    {"wasmedge validate x.wasm", nullptr},
};

constexpr Case of_wasmer[] = {
    {"wasmer x.wasm", "weir run -- x.wasm"},
    {"wasmer run x.wasm --dir . -- --dir b", "weir run --dir . -- x.wasm --dir b"},
    {"wasmer run --mapdir /d:data --volume data:/v x.wasm a", "weir run --dir data::/d --dir data::/v -- x.wasm a"},
    {"wasmer run --net --env=A=1 x.wasm", "weir run --net --env A=1 -- x.wasm"},
    {"wasmer run --invoke primes x.wasm 10", "weir run --invoke primes -- x.wasm 10"},
    {"wasmer run -e primes --forward-host-env --enable-simd -q x.wasm", "weir run --env-inherit --invoke primes -- x.wasm"},
    {"wasmer run --singlepass --stack-size 70000 x.wasm", "weir run --tier baseline --max-stack 70000 -- x.wasm"},
    {"wasmer compile --llvm x.wasm -o out", "weir compile -O2 x.wasm -o out"},
    {"wasmer run --net=ipv4:allow=1.2.3.4:80 x.wasm", nullptr},
    {"wasmer run --use python x.wasm", nullptr},
    {"wasmer run --v8 x.wasm", nullptr},
};

constexpr Case of_wasirun[] = {
    {"wasirun x.wasm a", "weir run --net -- x.wasm a"},
    {"wasirun --dir .:/d --listen 127.0.0.1:80 -dial=h:1 --env A=1 --trace x.wasm -- a",
     "weir run --net --dir .::/d --listen 127.0.0.1:80 --dial h:1 --env A=1 --trace -- x.wasm a"},
    {"wasirun --sockets none --max-open-files 9 x.wasm", "weir run --max-open-files 9 -- x.wasm"},
    {"wasirun --sockets=wasmedgev2 --http=none x.wasm", "weir run --net -- x.wasm"},
    {"wasirun --sockets=wasix x.wasm", nullptr},
    {"wasirun --http v1 x.wasm", nullptr},
    {"wasirun --dns-server 1.1.1.1:53 x.wasm", nullptr},
};

constexpr Case of_viceroy[] = {
    // As Fastly's own command line tool starts it.
    {"viceroy -v -C /a/fastly.toml --addr 127.0.0.1:7676 bin/main.wasm",
     "weir serve -v --config /a/fastly.toml --addr 127.0.0.1:7676 -- bin/main.wasm"},
    {"viceroy serve x.wasm -vv --profile=perfmap --debug --local-pushpin-proxy-port=7677",
     "weir serve -v -v --profile perfmap -- x.wasm"},
    {"viceroy run -C fastly.toml x.wasm -test.v -C", "weir serve --config fastly.toml --as-command -- x.wasm -test.v -C"},
    {"viceroy run -C fastly.toml -- x.wasm a", "weir serve --config fastly.toml --as-command -- x.wasm a"},
    {"viceroy --unknown-import-behavior link-error x.wasm", "weir serve -- x.wasm"},
    {"viceroy --unknown-import-behavior=trap x.wasm", nullptr},
    {"viceroy --profile=guest x.wasm", nullptr},
    {"viceroy --log-stdout x.wasm", nullptr},
    {"viceroy adapt x.wasm", nullptr},
    {"viceroy a.wasm b.wasm", nullptr},
    {"viceroy serve", nullptr},
};

class Persona : public testing::Test {
protected:
    void SetUp() override
    {
        ::setenv("WEIR_TEST_THERE", "1", 1);
        ::unsetenv("WEIR_TEST_ABSENT");
    }

    static void check(std::span<const Case> cases)
    {
        for (const Case& c : cases) {
            const auto translation = translate(c.theirs);
            if (c.weirs == nullptr) {
                ASSERT_FALSE(translation) << c.theirs << ": " << join(translation->words);
                EXPECT_FALSE(translation.error().error.empty()) << c.theirs;
                EXPECT_EQ(translation.error().exit_code, exit_usage) << c.theirs;
                continue;
            }
            ASSERT_TRUE(translation) << c.theirs << ": " << translation.error().error;
            EXPECT_EQ(join(translation->words), c.weirs) << c.theirs;
            // Whatever comes out is a command line that weir understands.
            if (translation->words[0] == "serve") continue;
            const auto words = pointers(translation->words);
            const auto command = parse_command_line(words);
            EXPECT_TRUE(command) << c.weirs << ": " << (command ? "" : command.error().error);
        }
    }
};

}  // namespace

TEST_F(Persona, of_gos_script) { check(of_go); }
TEST_F(Persona, of_wasmtime) { check(of_wasmtime); }
TEST_F(Persona, of_wazero) { check(of_wazero); }
TEST_F(Persona, of_wasmedge) { check(of_wasmedge); }
TEST_F(Persona, of_wasmer) { check(of_wasmer); }
TEST_F(Persona, of_wasirun) { check(of_wasirun); }
TEST_F(Persona, of_viceroy) { check(of_viceroy); }

TEST_F(Persona, found_by_the_name_of_its_file)
{
    for (const persona::Tool* const tool : persona::tools()) {
        EXPECT_EQ(persona::find_tool(tool->name), tool);
        EXPECT_EQ(persona::find_tool("/usr/bin/" + std::string{tool->name}), tool);
    }
    for (const char* const name : {"weir", "/usr/bin/weir", "wasmtime/weir", "", "wasmtimes"})
        EXPECT_EQ(persona::find_tool(name), nullptr);
}

TEST_F(Persona, versions_are_in_the_form_that_their_callers_read)
{
    for (const auto& [line, begin] : {std::pair{"wasmtime --version", "wasmtime 48.0.0 (weir "},
                                      {"wasmtime -V", "wasmtime 48.0.0 (weir "},
                                      {"wazero version", "v1.12.0 (weir "},
                                      {"wasmedge --version", "wasmedge version 0.16.1 (weir "},
                                      {"wasmer --version", "wasmer 7.1.0 (weir "},
                                      {"wasirun --version", "wasirun v0.9.1 (weir "},
                                      {"viceroy --version", "viceroy 0.22.0 (weir "}}) {
        const auto translation = translate(line);
        ASSERT_TRUE(translation) << line;
        EXPECT_TRUE(translation->words.empty()) << line;
        EXPECT_TRUE(translation->text.starts_with(begin)) << translation->text;
        EXPECT_TRUE(translation->text.ends_with(")\n")) << translation->text;
    }
}

TEST_F(Persona, help_shows_every_flag_that_is_taken)
{
    for (const persona::Tool* const tool : persona::tools()) {
        for (const char* const word : {"--help", "-h"}) {
            const auto translation = translate(std::string{tool->name} + " " + word);
            ASSERT_TRUE(translation) << tool->name;
            EXPECT_NE(translation->text.find("in " + std::string{tool->name} + "'s place"), std::string::npos) << translation->text;
        }
        const std::string help = persona::help_of(*tool);
        for (const persona::Command& command : tool->commands)
            for (const auto flags : {command.flags, command.common})
                for (const persona::Flag& flag : flags)
                    if (flag.meaning == persona::Meaning::option || flag.meaning == persona::Meaning::converted)
                        EXPECT_NE(help.find(flag.names.substr(0, flag.names.find(','))), std::string::npos) << flag.names;
    }
    EXPECT_TRUE(translate("wasmtime")->words.empty());
    EXPECT_NE(translate("wasmtime run --dir . --help")->text.find("wasmtime [run]"), std::string::npos);
}

TEST_F(Persona, an_unknown_flag_is_told_what_comes_near_it)
{
    EXPECT_EQ(translate("wasmtime --dirr . x.wasm").error().hint, "did you mean --dir?");
    EXPECT_EQ(translate("wasmtime -W timeuot=1 x.wasm").error().hint, "did you mean -W timeout?");
    EXPECT_EQ(translate("wasmtime --max-memory 5 x.wasm").error().hint, "weir run has --max-memory");
    EXPECT_EQ(translate("wasmer compile --bounds guard x.wasm").error().hint, "weir compile has --bounds");
    EXPECT_EQ(translate("viceroy --wokers 5 x.wasm").error().hint, "weir serve has --workers");
    EXPECT_NE(translate("wazero run -nothing-like-it x.wasm").error().hint.find("wazero --help"), std::string::npos);
}

TEST_F(Persona, messages_name_the_tools_flags)
{
    const auto said = [](const std::string& line, std::string_view text) {
        return persona::in_words_of(*translate(line)->command, text);
    };
    EXPECT_EQ(said("wasmtime x.wasm", "--max-memory SIZE  lets it have more"), "-W max-memory-size=BYTES  lets it have more");
    EXPECT_EQ(said("wasmedge x.wasm", "--max-memory SIZE  lets it have more"), "--memory-page-limit PAGES  lets it have more");
    EXPECT_EQ(said("wazero run x.wasm", "--max-memory SIZE  lets it have more"), "weir run --max-memory SIZE  lets it have more");
    EXPECT_EQ(said("wasmedge x.wasm", "it ran longer than --timeout 50ms allows"), "it ran longer than --time-limit 50ms allows");
    EXPECT_EQ(said("wazero run x.wasm", "the form is --dir HOST[::GUEST][:ro]"), "the form is -mount HOST[:GUEST][:ro]");
    EXPECT_EQ(said("wasmtime x.wasm", "weir run --invoke NAME x.wasm  calls one"), "weir run --invoke NAME x.wasm  calls one");
    EXPECT_EQ(said("wasmtime x.wasm", "nothing -- of --"), "nothing -- of --");
    EXPECT_EQ(said("viceroy x.wasm", "--workers N  and --addr HOST:PORT"), "weir serve --workers N  and --addr HOST:PORT");
}

TEST_F(Persona, tables_have_no_name_twice_and_say_what_becomes_of_each_flag)
{
    using persona::Meaning;
    for (const persona::Tool* const tool : persona::tools()) {
        for (const persona::Command& command : tool->commands) {
            std::vector<std::string_view> names;
            for (const auto flags : {command.flags, command.common}) {
                for (const persona::Flag& flag : flags) {
                    EXPECT_EQ(std::ranges::count(names, flag.names), 0) << tool->name << " " << flag.names;
                    names.push_back(flag.names);
                    if (flag.meaning != Meaning::help && flag.meaning != Meaning::version)
                        EXPECT_FALSE(flag.weir.empty()) << flag.names;
                    EXPECT_EQ(flag.convert != nullptr, flag.meaning == Meaning::converted) << flag.names;
                }
            }
            if (command.action == persona::Action::refused) EXPECT_FALSE(command.weir.empty()) << command.name;
        }
    }
}
