#pragma once

#include "report.hpp"
#include "runtime/engine.hpp"
#include "runtime/linker.hpp"
#include "runtime/store.hpp"
#include "wasm/validate.hpp"

#include <nlohmann/json_fwd.hpp>

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace weir::spec {

/// Runs one script that `wasm-tools json-from-wast` made, commands in order, in a store of its own.
class Script {
public:
    /// `config` for a fresh engine; `json_path` also tells where the script's modules lie.
    static Report run(runtime::EngineConfig config, const std::filesystem::path& json_path);

private:
    /// A module that validates but that the runtime refuses to run: what needs it is skipped, for this reason.
    struct Refused {
        std::string reason;
    };
    using Loaded = std::variant<std::shared_ptr<runtime::ModuleCode>, Refused>;
    using Instantiated = std::variant<runtime::Instance*, Refused>;

    /// What became of a command: passed (empty), skipped or failed, each with its reason.
    struct Passed {};
    struct Skipped {
        std::string reason;
    };
    struct Failed {
        std::string reason;
    };
    using Verdict = std::variant<Passed, Skipped, Failed>;
    struct LinkFailure {
        bool is_unknown;  // something does not exist at all, as opposed to having another type
        std::string text;
    };
    using Attempt = std::variant<Instantiated, runtime::Trap, LinkFailure, Failed>;

    Script(std::shared_ptr<runtime::Engine> engine, std::unique_ptr<runtime::Store> store, std::filesystem::path folder)
        : m_engine(std::move(engine)), m_store(std::move(store)), m_folder(std::move(folder))
    {
    }

    Verdict run_command(const nlohmann::json& command);
    Verdict define_module(const nlohmann::json& command);
    Verdict instantiate_definition(const nlohmann::json& command);
    Verdict register_instance(const nlohmann::json& command);
    Verdict expect_rejected(const nlohmann::json& command);
    Verdict expect_rejected_custom(const nlohmann::json& command);
    Verdict expect_no_instance(const nlohmann::json& command);
    Verdict expect_return(const nlohmann::json& command);
    Verdict expect_trap(const nlohmann::json& command);

    /// Decodes, validates and readies a module; the error says which of these refused it.
    Result<Loaded, std::string> load(const nlohmann::json& command);
    Attempt instantiate(const Loaded& loaded);
    Verdict keep_instance(Attempt attempt, const nlohmann::json& command, const char* name_key);

    struct Results {
        wasm::ResultType types;
        std::vector<runtime::Value> values;
    };
    using ActionOutcome = std::variant<Results, runtime::Trap, Skipped, Failed>;
    ActionOutcome perform(const nlohmann::json& action);
    ActionOutcome invoke(const runtime::Function& function, const nlohmann::json& arguments);

    [[nodiscard]] const Instantiated* find_instance(const nlohmann::json& command, const char* key) const;

    std::shared_ptr<runtime::Engine> m_engine;
    std::unique_ptr<runtime::Store> m_store;
    std::filesystem::path m_folder;
    wasm::ValidationRules m_rules;  // those of the proposal that the script belongs to
    runtime::Linker m_linker;
    std::map<std::string, Refused> m_refused_modules;  // registered names whose instance does not exist
    std::optional<Instantiated> m_current;
    std::map<std::string, Instantiated> m_instances;  // by their names in the script
    std::optional<Loaded> m_current_definition;
    std::map<std::string, Loaded> m_definitions;
};

}  // namespace weir::spec
