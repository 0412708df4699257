#include "script.hpp"

#include "base/unique_fd.hpp"
#include "runtime/module_code.hpp"
#include "spectest.hpp"
#include "values.hpp"
#include "wasm/branch_hints.hpp"
#include "wasm/load.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>

#include <fcntl.h>

namespace weir::spec {

namespace {

using nlohmann::json;
using runtime::Trap;
using runtime::Value;

template <class... Fs>
struct Overload : Fs... {
    using Fs::operator()...;
};

std::string text_of(const json& object, const char* key)
{
    const auto it = object.find(key);
    return it != object.end() && it->is_string() ? it->get<std::string>() : std::string{};
}

bool is_text_module(const json& command)
{
    return text_of(command, "module_type") != "binary" && !command.contains("binary_filename");
}

/// Upstream asks that the engine's message start with the script's; some scripts add an index to it that ours leaves out.
bool says(std::string_view actual, std::string_view expected)
{
    return actual.starts_with(expected) || expected.starts_with(actual);
}

std::string describe(const runtime::LinkError& error)
{
    std::string text;
    for (const auto& import : error.imports)
        text += fmt::format("{}{}.{}: wanted {}, found {}", text.empty() ? "" : "; ", import.module, import.name, import.wanted,
                            import.found.empty() ? "nothing" : import.found);
    return text;
}

}  // namespace

Report Script::run(runtime::EngineConfig config, const std::filesystem::path& json_path)
{
    Report report;
    std::ifstream file{json_path};
    const json document = json::parse(file, nullptr, false);
    if (document.is_discarded() || !document.contains("commands")) {
        report.failures.push_back("cannot be read as JSON with commands");
        return report;
    }
    auto engine = runtime::Engine::create(std::move(config));
    if (!engine) {
        report.failures.push_back(engine.error().to_string());
        return report;
    }
    auto store = runtime::Store::create(*engine);
    if (!store) {
        report.failures.push_back(store.error().to_string());
        return report;
    }
    Script script{std::move(*engine), std::move(*store), json_path.parent_path()};
    if (const auto defined = define_spectest(*script.m_store, script.m_linker); !defined) {
        report.failures.push_back(defined.error().to_string());
        return report;
    }

    const std::string name = script.m_folder.generic_string();
    const auto is_of = [&](std::string_view proposal) { return name.find(proposal) != std::string::npos; };
    script.m_rules.allows_casts_across = is_of("proposals/custom-descriptors/");
    script.m_rules.allows_many_tables = script.m_rules.allows_many_memories = !is_of("proposals/threads/");
    for (const json& command : document["commands"]) {
        const unsigned line = command.at("line").get<unsigned>();
        const std::string where = fmt::format("line {}: {}", line, text_of(command, "type"));
        std::visit(Overload{
                       [&](const Passed&) { ++report.passed; },
                       [&](const Skipped& skipped) { ++report.skips[skipped.reason]; },
                       [&](const Failed& failed) { report.failures.push_back(where + ": " + failed.reason); },
                   },
                   script.run_command(command));
    }
    return report;
}

Script::Verdict Script::run_command(const json& command)
{
    const std::string type = text_of(command, "type");
    if (type == "module") return define_module(command);
    if (type == "module_definition") {
        auto loaded = load(command);
        if (!loaded) return Failed{loaded.error()};
        m_current_definition = *loaded;
        if (const std::string name = text_of(command, "name"); !name.empty()) m_definitions.insert_or_assign(name, *loaded);
        return Passed{};
    }
    if (type == "module_instance") return instantiate_definition(command);
    if (type == "register") return register_instance(command);
    if (type == "action") {
        return std::visit(Overload{
                              [](const Results&) -> Verdict { return Passed{}; },
                              [](const Trap& trap) -> Verdict { return Failed{"trapped: " + trap.message()}; },
                              [](const Skipped& skipped) -> Verdict { return skipped; },
                              [](const Failed& failed) -> Verdict { return failed; },
                          },
                          perform(command.at("action")));
    }
    if (type == "assert_return") return expect_return(command);
    if (type == "assert_trap" && !command.contains("action")) return expect_no_instance(command);
    if (type == "assert_trap" || type == "assert_exhaustion") return expect_trap(command);
    if (type == "assert_exception") {
        // No module that can throw is run: the action can only be skipped.
        ActionOutcome outcome = perform(command.at("action"));
        if (auto* const skipped = std::get_if<Skipped>(&outcome)) return std::move(*skipped);
        return Failed{"no exception arrived"};
    }
    if (type == "assert_invalid" || type == "assert_malformed") return expect_rejected(command);
    if (type == "assert_invalid_custom" || type == "assert_malformed_custom") return expect_rejected_custom(command);
    if (type == "assert_unlinkable" || type == "assert_uninstantiable") return expect_no_instance(command);
    return Failed{"this runner does not know the command"};
}

Result<Script::Loaded, std::string> Script::load(const json& command)
{
    const std::string file =
        command.contains("binary_filename") ? text_of(command, "binary_filename") : text_of(command, "filename");
    const std::filesystem::path path = m_folder / file;
    const UniqueFd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!fd) return Unexpected{last_error("open", path).to_string()};
    auto mapped = Mapping::map_file(fd.get(), path);
    if (!mapped) return Unexpected{mapped.error().to_string()};
    const auto owner = std::make_shared<const Mapping>(std::move(*mapped));
    auto module = wasm::load_module(owner->bytes(), owner, m_engine->types(), {.threads = 1, .limits = {}, .rules = m_rules});
    if (!module) return Unexpected{module.error().to_string()};
    auto code = runtime::ModuleCode::create(m_engine, *module);
    if (code) return Loaded{std::move(*code)};
    const auto& unsupported = (*module)->unsupported;
    if (!unsupported) return Unexpected{"refused, though all it uses is supported: " + code.error()};
    return Loaded{Refused{fmt::format("needs a module that uses {}", unsupported->feature)}};
}

Script::Attempt Script::instantiate(const Loaded& loaded)
{
    if (const auto* const refused = std::get_if<Refused>(&loaded)) return Instantiated{*refused};
    const auto& code = std::get<0>(loaded);
    auto imports = m_linker.resolve(*m_store, *code->module());
    if (!imports) {
        for (const auto& import : imports.error().imports)
            if (const auto it = m_refused_modules.find(import.module); it != m_refused_modules.end())
                return Instantiated{it->second};
        const bool is_unknown =
            std::ranges::any_of(imports.error().imports, [](const auto& import) { return import.found.empty(); });
        return LinkFailure{is_unknown, describe(imports.error())};
    }
    auto instance = m_store->instantiate(code, *imports);
    if (instance) return Instantiated{*instance};
    return std::visit(Overload{
                          [](const Trap& trap) -> Attempt { return trap; },
                          [](const runtime::Exit&) -> Attempt { return Failed{"exited"}; },
                          [](const std::string& problem) -> Attempt { return Failed{problem}; },
                      },
                      instance.error());
}

Script::Verdict Script::keep_instance(Attempt attempt, const json& command, const char* name_key)
{
    m_current.reset();
    return std::visit(Overload{
                          [&](const Instantiated& instance) -> Verdict {
                              m_current = instance;
                              if (const std::string name = text_of(command, name_key); !name.empty())
                                  m_instances.insert_or_assign(name, instance);
                              if (const auto* const refused = std::get_if<Refused>(&instance)) return Skipped{refused->reason};
                              return Passed{};
                          },
                          [](const Trap& trap) -> Verdict { return Failed{"trapped: " + trap.message()}; },
                          [](const LinkFailure& failure) -> Verdict { return Failed{"cannot be linked: " + failure.text}; },
                          [](const Failed& failed) -> Verdict { return failed; },
                      },
                      attempt);
}

Script::Verdict Script::define_module(const json& command)
{
    auto loaded = load(command);
    if (!loaded) {
        m_current.reset();
        return Failed{loaded.error()};
    }
    return keep_instance(instantiate(*loaded), command, "name");
}

Script::Verdict Script::instantiate_definition(const json& command)
{
    const std::string name = text_of(command, "module");
    const auto it = m_definitions.find(name);
    if (!name.empty() && it == m_definitions.end()) return Failed{"no module definition " + name};
    if (name.empty() && !m_current_definition) return Failed{"no module definition"};
    return keep_instance(instantiate(name.empty() ? *m_current_definition : it->second), command, "instance");
}

Script::Verdict Script::register_instance(const json& command)
{
    const Instantiated* const instance = find_instance(command, "name");
    if (instance == nullptr) return Failed{"no instance to register"};
    const std::string name = text_of(command, "as");
    if (const auto* const refused = std::get_if<Refused>(instance)) {
        m_refused_modules.insert_or_assign(name, *refused);
        return Skipped{refused->reason};
    }
    m_refused_modules.erase(name);
    m_linker.define_instance(name, *std::get<runtime::Instance*>(*instance));
    return Passed{};
}

Script::Verdict Script::expect_rejected(const json& command)
{
    if (is_text_module(command)) return Skipped{"text format, which weir does not read"};
    const auto loaded = load(command);
    if (loaded) return Failed{fmt::format("accepted a module that should be refused: {}", text_of(command, "text"))};
    return Passed{};
}

Script::Verdict Script::expect_rejected_custom(const json& command)
{
    if (is_text_module(command)) return Skipped{"text format, which weir does not read"};
    const auto loaded = load(command);
    if (!loaded) return Passed{};
    // A bad custom section does not make the module bad: who reads the section is told.
    const auto* const code = std::get_if<std::shared_ptr<runtime::ModuleCode>>(&*loaded);
    if (code == nullptr) return Skipped{std::get<Refused>(*loaded).reason};
    if (!wasm::read_branch_hints(*(*code)->module())) return Passed{};
    return Failed{fmt::format("accepted a custom section that should be refused: {}", text_of(command, "text"))};
}

Script::Verdict Script::expect_no_instance(const json& command)
{
    const bool is_about_linking = text_of(command, "type") == "assert_unlinkable";
    const std::string text = text_of(command, "text");
    const auto loaded = load(command);
    if (!loaded) return Failed{loaded.error()};
    return std::visit(Overload{
                          [](const Instantiated& instance) -> Verdict {
                              if (const auto* const refused = std::get_if<Refused>(&instance)) return Skipped{refused->reason};
                              return Failed{"was instantiated"};
                          },
                          [&](const Trap& trap) -> Verdict {
                              if (is_about_linking) return Failed{"trapped: " + trap.message()};
                              if (!says(trap.message(), text))
                                  return Failed{fmt::format("trapped with '{}' instead of '{}'", trap.message(), text)};
                              return Passed{};
                          },
                          [&](const LinkFailure& failure) -> Verdict {
                              if (!is_about_linking) return Failed{"cannot be linked: " + failure.text};
                              if (failure.is_unknown != (text == "unknown import"))
                                  return Failed{fmt::format("expected '{}': {}", text, failure.text)};
                              return Passed{};
                          },
                          [](const Failed& failed) -> Verdict { return failed; },
                      },
                      instantiate(*loaded));
}

const Script::Instantiated* Script::find_instance(const json& command, const char* key) const
{
    const std::string name = text_of(command, key);
    if (name.empty()) return m_current ? &*m_current : nullptr;
    const auto it = m_instances.find(name);
    return it == m_instances.end() ? nullptr : &it->second;
}

Script::ActionOutcome Script::perform(const json& action)
{
    const Instantiated* const instance = find_instance(action, "module");
    if (instance == nullptr) return Failed{"no instance to act on"};
    if (const auto* const refused = std::get_if<Refused>(instance)) return Skipped{refused->reason};
    const std::string field = text_of(action, "field");
    const auto found = std::get<runtime::Instance*>(*instance)->find_export(field);
    if (!found) return Failed{"no export " + field};
    if (text_of(action, "type") == "get") {
        const auto* const global = std::get_if<runtime::Global*>(&*found);
        if (global == nullptr) return Failed{field + " is no global"};
        return Results{{(*global)->type.type}, {*(*global)->cell}};
    }
    const auto* const function = std::get_if<const runtime::Function*>(&*found);
    if (function == nullptr) return Failed{field + " is no function"};
    return invoke(**function, action.at("args"));
}

Script::ActionOutcome Script::invoke(const runtime::Function& function, const json& arguments)
{
    const wasm::FuncType& type = m_engine->types()->at(function.type).func;
    if (type.params.size() != arguments.size())
        return Failed{fmt::format("{} arguments for {}", arguments.size(), wasm::to_string(type))};
    std::vector<Value> values(std::max<size_t>({type.params.size(), type.results.size(), 1}));
    for (size_t i = 0; i < arguments.size(); ++i) {
        const auto value = parse_argument(arguments[i]);
        if (!value) return Failed{"argument of unknown form: " + arguments[i].dump()};
        values[i] = *value;
    }
    return std::visit(
        Overload{
            [&](const runtime::Returned&) -> ActionOutcome {
                values.resize(type.results.size());
                return Results{type.results, std::move(values)};
            },
            [](const Trap& trap) -> ActionOutcome { return trap; },
            [](const runtime::Exit& exit) -> ActionOutcome { return Failed{fmt::format("exited with {}", exit.code)}; },
        },
        m_store->call(function, values.data()));
}

Script::Verdict Script::expect_return(const json& command)
{
    const auto check = [&](const Results& results) -> Verdict {
        const json& expected = command.at("expected");
        if (expected.size() != results.values.size())
            return Failed{fmt::format("{} results instead of {}", results.values.size(), expected.size())};
        for (size_t i = 0; i < expected.size(); ++i)
            if (!matches(expected[i], results.types[i], results.values[i]))
                return Failed{fmt::format("{}: result {} is {} instead of {}", text_of(command.at("action"), "field"), i,
                                          to_string(results.types[i], results.values[i]), expected[i].dump())};
        return Passed{};
    };
    return std::visit(Overload{
                          check,
                          [&](const Trap& trap) -> Verdict {
                              return Failed{text_of(command.at("action"), "field") + " trapped: " + trap.message()};
                          },
                          [](const Skipped& skipped) -> Verdict { return skipped; },
                          [](const Failed& failed) -> Verdict { return failed; },
                      },
                      perform(command.at("action")));
}

Script::Verdict Script::expect_trap(const json& command)
{
    const std::string text = text_of(command, "text");
    return std::visit(Overload{
                          [&](const Results&) -> Verdict {
                              return Failed{fmt::format("{} returned instead of trapping with '{}'",
                                                        text_of(command.at("action"), "field"), text)};
                          },
                          [&](const Trap& trap) -> Verdict {
                              if (says(trap.message(), text)) return Passed{};
                              return Failed{fmt::format("trapped with '{}' instead of '{}'", trap.message(), text)};
                          },
                          [](const Skipped& skipped) -> Verdict { return skipped; },
                          [](const Failed& failed) -> Verdict { return failed; },
                      },
                      perform(command.at("action")));
}

}  // namespace weir::spec
