#pragma once

#include "base/result.hpp"
#include "building/failure.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::building {

/// What has been built, by names that say what it was made of: in the folder `built` of weir's cache, where objects and modules wait to be
/// used again, or in a folder of its own that goes with this object. Several processes may use it at a time: names appear complete.
class Store {
public:
    enum class Lasting : uint8_t { kept, temporary };
    /// Temporary too when there is no cache folder that can be trusted.
    static Result<Store, Failure> open(Lasting lasting);
    Store(Store&& other) noexcept;
    Store& operator=(Store&&) = delete;
    ~Store();

    [[nodiscard]] bool is_temporary() const { return m_is_temporary; }
    [[nodiscard]] std::string path_of(std::string_view name) const { return m_path + "/" + std::string{name}; }
    /// Whether it is there; then it counts as used now.
    [[nodiscard]] bool has(std::string_view name) const;
    /// A path that nobody else writes to, for what keep() then gives a name.
    [[nodiscard]] std::string draft();
    Result<void, Failure> keep(const std::string& draft, std::string_view name);

    /// A file that something was made of, as it was then.
    struct Input {
        std::string path;  // absolute
        uint64_t size = 0, inode = 0;
        int64_t modified_ns = 0, changed_ns = 0;
        std::string content;  // its hash
    };
    struct Recipe {
        std::string product;  // the name of what was made
        std::vector<Input> inputs;
    };
    /// What was made under a name; nothing if an input has another content since, or the product is gone.
    [[nodiscard]] std::optional<Recipe> find_recipe(std::string_view name) const;
    /// Whether it could be kept is for the next one who looks.
    void put_recipe(std::string_view name, const Recipe& recipe);

    /// Forgets what was not used for longest, until the rest is at most 1 GiB.
    void prune() const;

private:
    Store(std::string path, bool is_temporary) : m_path(std::move(path)), m_is_temporary(is_temporary) {}

    std::string m_path;
    bool m_is_temporary;
    unsigned m_drafts = 0;
};

/// The folder within the cache's.
[[nodiscard]] std::optional<std::string> store_path();
/// A file as an input, with its content's hash; nothing if it cannot be read.
[[nodiscard]] std::optional<Store::Input> read_input(const std::string& path);
/// The hash of a text, for names: 40 hexadecimal digits of SHA-256.
[[nodiscard]] std::string hash_of(std::string_view text);

}  // namespace weir::building
