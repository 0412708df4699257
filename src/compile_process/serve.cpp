#include "compile_process/serve.hpp"

#include "base/mapping.hpp"
#include "compile_process/protocol.hpp"
#include "runtime/context_layout.hpp"
#include "wasm/decode.hpp"

#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <thread>

namespace weir::compile_process {

using runtime::CompiledCode;
using runtime::CompileError;

namespace {

constexpr uint32_t max_memories = 100'000;

class Server {
public:
    Server(int socket, const runtime::Compiler& compiler) : m_socket(socket), m_compiler(compiler) {}

    Result<void, SysError> run()
    {
        WEIR_CHECK(send(m_socket, as_bytes(Hello{build_id()})));
        for (;;) {
            Request request{};
            UniqueFd descriptor;
            WEIR_CHECK(receive(m_socket, as_writable_bytes(request), &descriptor));
            switch (request.kind) {
            case Request::Kind::load: WEIR_CHECK(load(request, descriptor)); break;
            case Request::Kind::forget: m_modules.erase(request.module); break;
            case Request::Kind::compile: WEIR_CHECK(compile(request)); break;
            default: return Unexpected{SysError{EPROTO, "recvmsg", {}}};
            }
        }
    }

private:
    struct LoadedModule {
        std::shared_ptr<const wasm::Module> module;
        runtime::ContextLayout layout;
        runtime::CompileOptions options;
    };

    Result<void, SysError> load(const Request& request, const UniqueFd& descriptor)
    {
        if (!descriptor || request.memory_count > max_memories) return Unexpected{SysError{EPROTO, "recvmsg", {}}};
        runtime::CompileOptions options;
        options.counts = request.counts != 0;
        options.memory_modes.resize(request.memory_count);
        WEIR_CHECK(receive(m_socket, std::as_writable_bytes(std::span{options.memory_modes})));
        WEIR_TRY(mapping, Mapping::map(request.module_bytes, PROT_READ, MAP_PRIVATE, descriptor.get()));
        auto owner = std::make_shared<const Mapping>(std::move(mapping));
        const auto bytes = owner->bytes().first(request.module_bytes);
        // weir has validated it.
        auto module = wasm::decode(bytes, std::move(owner), std::make_shared<wasm::TypeRegistry>());
        if (!module) return Unexpected{SysError{EPROTO, "a module does not decode", {}}};
        const runtime::ContextLayout layout{**module};
        m_modules.insert_or_assign(request.module, LoadedModule{std::move(*module), layout, std::move(options)});
        return {};
    }

    Result<void, SysError> compile(const Request& request)
    {
        const auto found = m_modules.find(request.module);
        if (found == m_modules.end()) return send_code(m_socket, Unexpected{CompileError{"no such module"}}, m_code);
        const auto& [module, layout, options] = found->second;
        const wasm::FuncIdx function{request.function};
        if (module->is_imported(function) || function.value >= module->functions.size())
            return send_code(m_socket, Unexpected{CompileError{"no such function"}}, m_code);
        const auto result = request.loop_offset == 0
                              ? m_compiler.compile_function(*module, layout, options, function, m_code)
                              : m_compiler.compile_loop(*module, layout, options, function, request.loop_offset, m_code);
        return send_code(m_socket, result, m_code);
    }

    const int m_socket;
    const runtime::Compiler& m_compiler;
    std::map<uint32_t, LoadedModule> m_modules;
    CompiledCode m_code;
};

}  // namespace

int serve(int socket, const runtime::Compiler& compiler)
{
    // Whoever has nobody left to compile for ends at once, in the middle of a function as well.
    std::thread{[socket] {
        pollfd hangup{.fd = socket, .events = POLLRDHUP, .revents = 0};
        while (::poll(&hangup, 1, -1) < 0 && errno == EINTR) {}
        ::_exit(0);
    }}.detach();
    const auto end = Server{socket, compiler}.run();
    return end || end.error().code == ECONNRESET ? 0 : 1;
}

}  // namespace weir::compile_process
