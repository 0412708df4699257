#include "serve/config/fastly_toml.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace weir::serve {

namespace {

struct Mistake {
    std::string toml;
    uint32_t line;
    std::string text;  // what the message contains
};

/// Files that the configurations name are in a folder of the test's own, which is the working directory.
class FastlyToml : public testing::TestWithParam<Mistake> {
protected:
    void SetUp() override
    {
        m_before = std::filesystem::current_path();
        m_folder = std::filesystem::temp_directory_path() / ("weir-toml-" + std::to_string(::getpid()));
        std::filesystem::create_directory(m_folder);
        std::filesystem::current_path(m_folder);
        write("items.json", R"({"k": "v"})");
        write("array.json", "[1]");
        write("number.json", R"({"k": 1})");
        write("both.json", R"({"k": {"data": "x", "file": "y"}})");
        write("neither.json", R"({"k": {"metadata": "x"}})");
        write("acl-mask.json", R"({"entries": [{"prefix": "1.2.3.4/33", "action": "ALLOW"}]})");
        write("acl-format.json", R"({"entries": [{"prefix": "1.2.3.4", "action": "ALLOW"}]})");
        write("acl-ip.json", R"({"entries": [{"prefix": "1.2.3/8", "action": "ALLOW"}]})");
    }
    void TearDown() override
    {
        std::filesystem::current_path(m_before);
        std::filesystem::remove_all(m_folder);
    }
    static void write(const char* name, const std::string& content) { std::ofstream{name} << content; }

private:
    std::filesystem::path m_before, m_folder;
};

std::string in(std::string_view section, std::string_view rest)
{
    return "[local_server." + std::string{section} + "]\n" + std::string{rest};
}

const Mistake mistakes[]{
    {"manifest_version = 4", 1, "unsupported manifest version 4; max supported version is 3"},
    {"manifest_version = \"2\"", 1, "manifest_version is not a number"},
    {"\nname = 1", 2, "name is not a string"},
    {"authors = [\"a\", 1]", 1, "authors is not an array of strings"},
    {"local_server = 1", 1, "local_server is not a table"},
    {"a = \nb = 1", 1, "Error while parsing"},
    {in("backends", "b = 1"), 2, "invalid configuration for 'b': definition was not provided as a TOML table"},
    {in("backends.b", "grpc = true"), 1, "invalid configuration for 'b': missing 'url' field"},
    {in("backends.b", "url = 1"), 2, "'url' field was not a string"},
    {in("backends.b", "url = 'example.com'"), 2, "invalid url: 'example.com'"},
    {in("backends.b", "url = 'http://a'\noverride_host = ''"), 3, "'override_host' field is empty"},
    {in("backends.b", "url = 'http://a'\noverride_host = \"a\\n\""), 3, "invalid override_host"},
    {in("backends.b", "url = 'http://a'\ncert_host = 1"), 3, "'cert_host' field was not a string"},
    {in("backends.b", "url = 'http://a'\nuse_sni = 'no'"), 3, "'use_sni' field was not a boolean"},
    {in("backends.b", "url = 'http://a'\ngrpc = 1"), 3, "'grpc' field was not a boolean"},
    {in("backends.b", "url = 'http://a'\nca_certificate = ''"), 3, "'ca_certificate' field is empty"},
    {in("backends.b", "url = 'http://a'\nca_certificate = 'x'"), 3, "Couldn't process certificate"},
    {in("backends.b", "url = 'http://a'\nca_certificate = { x = 1 }"), 3, "without a 'file' or 'value' field"},
    {in("backends.b", "url = 'http://a'\nca_certificate = { file = 'a', x = 1 }"), 3, "unknown ca_certificate keys: [x]"},
    {in("backends.b", "url = 'http://a'\nca_certificate = { file = 'absent' }"), 3, "No such file or directory"},
    {in("backends.b", "url = 'http://a'\nca_certificate = 1"), 3, "unknown format for 'ca_certificates' field"},
    {in("backends.b", "url = 'http://a'\nclient_certificate = 1"), 3, "Expected a TOML table, found something else"},
    {in("backends.b", "url = 'http://a'\nfirst_byte_timeout_ms = -1"), 3, "Illegal timeout value (must be an integer >= 0)"},
    {in("backends.b", "url = 'http://a'\nhealth = 'ill'"), 3, "'health' field has invalid value 'ill'"},
    {in("backends.b", "url = 'http://a'\nhealth = 1"), 3, "'health' field has invalid value 'not a string'"},
    {in("backends.b", "url = 'http://a'\nport = 1"), 3, "unrecognized key 'port'"},
    {in("dictionaries", "d = 1"), 2, "definition was not provided as a TOML table"},
    {in("dictionaries.d", "contents = {}"), 1, "missing 'format' field"},
    {in("dictionaries.d", "format = 'yaml'"), 2,
     "'yaml' is not a valid format for the dictionary. Supported format(s) are: 'inline-toml', 'json'."},
    {in("dictionaries.d", "format = 'inline-toml'"), 1, "missing 'contents' field"},
    {in("dictionaries.d", "format = 'inline-toml'\ncontents = 1"), 3, "'contents' was not provided as a TOML table"},
    {in("dictionaries.d", "format = 'inline-toml'\ncontents = { a = 1 }"), 3, "inline dictionary value was not a string"},
    {in("dictionaries.d", "format = 'inline-toml'\ncontents = {}\nfile = 'x'"), 4, "unrecognized key 'file'"},
    {in("dictionaries.d", "format = 'inline-toml'\ncontents = { " + std::string(257, 'k') + " = '' }"), 3,
     "is too long, max size is 256"},
    {in("dictionaries.d", "format = 'inline-toml'\ncontents = { k = '" + std::string(8001, 'v') + "' }"), 3,
     "is too long, max size is 8000"},
    {in("dictionaries.d", "format = 'json'"), 1, "missing 'file' field"},
    {in("dictionaries.d", "format = 'json'\nfile = 'absent'"), 3, "No such file or directory"},
    {in("dictionaries.d", "format = 'json'\nfile = 'array.json'"), 3, "expected to contain a single JSON Object"},
    {in("dictionaries.d", "format = 'json'\nfile = 'number.json'"), 3,
     "Item value under key named 'k' is of the wrong format. The value is expected to be a JSON String"},
    {in("dictionaries", "") + in("config_stores", ""), 2, "duplicate field"},
    {in("kv_stores", "s = 1"), 2, "There is no array of objects for the given store."},
    {in("kv_stores.s", "x = 1"), 1, "There is no array of objects for the given store."},
    {in("kv_stores", "s = [1]"), 2, "There is an object in the given store that is not a table of keys."},
    {in("kv_stores", "s = [{ data = 'x' }]"), 2, "The `key` key for an object is not set. It must be used."},
    {in("kv_stores", "s = [{ key = 1, data = 'x' }]"), 2, "The `key` value for an object is not a string."},
    {in("kv_stores", "s = [{ key = 'k' }]"), 2, "The `file` or `data` key for the object `k` is not set. One must be used."},
    {in("kv_stores", "s = [{ key = 'k', data = 'x', file = 'y' }]"), 2, "The `file` and `data` keys for the object `k` are set."},
    {in("kv_stores", "s = [{ key = 'k', data = 1 }]"), 2, "The `data` value for the object `k` is not a string."},
    {in("kv_stores", "s = [{ key = 'k', data = '', metadata = 1 }]"), 2,
     "The `metadata` value for the object `k` is not a string."},
    {in("kv_stores", "s = [{ key = 'k', path = 'absent' }]"), 2, "No such file or directory"},
    {in("kv_stores", "s = [{ key = '', data = '' }]"), 2, "Invalid `key` value used: Keys for objects cannot be empty."},
    {in("kv_stores", "s = [{ key = 'a#', data = '' }]"), 2, "Keys for objects cannot contain a `#`."},
    {in("kv_stores.s", "file = 'items.json'"), 1, "both 'file' and 'format' must be set."},
    {in("kv_stores.s", "file = 'items.json'\nformat = 'toml'"), 3, "'toml' is not a valid format for the config store."},
    {in("kv_stores.s", "file = 'both.json'\nformat = 'json'"), 2, "'data' and 'file' are mutually exclusive."},
    {in("kv_stores.s", "file = 'neither.json'\nformat = 'json'"), 2, "One of 'data' or 'file' must be present."},
    {in("secret_stores", "'a b' = []"), 2, "Invalid secret store name: a b"},
    {in("secret_stores", "s = [{ key = 'a b', data = '' }]"), 2, "Invalid secret name: a b"},
    {in("secret_stores", "s = [{ key = 'k', data = '', env = 'X' }]"), 2,
     "More than one of `file`, `data`, or `env` keys for the object `k`"},
    {in("secret_stores", "s = [{ key = 'k' }]"), 2, "None of `file`, `data`, or `env` keys for the object `k` is set."},
    {in("secret_stores", "s = [{ key = 'k', env = 1 }]"), 2, "The `env` value for the object `k` is not a string."},
    {in("secret_stores.s", "file = 'array.json'\nformat = 'json'"), 2, "single JSON object"},
    {in("geolocation", "format = 'csv'"), 2, "'csv' is not a valid format for the geolocation mapping."},
    {in("geolocation", "format = 'inline-toml'"), 1, "invalid configuration for 'geolocation_mapping': missing 'addresses' field"},
    {in("geolocation", "format = 'inline-toml'\naddresses = 1"), 3, "'addresses' was not provided as a TOML table"},
    {in("geolocation", "format = 'inline-toml'\naddresses = { 'x' = {} }"), 3, "IP address not valid"},
    {in("geolocation", "format = 'inline-toml'\naddresses = { '::1' = { a = [] } }"), 3,
     "inline geolocation value was not a string"},
    {in("geolocation", "use_default_loopback = 1"), 2, "definition was not provided as a TOML table"},
    {in("device_detection", "format = 'inline-toml'"), 1, "missing 'user_agents' field"},
    {in("device_detection", "format = 'json'\nfile = 'number.json'"), 3, "Item value under key named 'k'"},
    {in("acls", "a = 1"), 2, "acl must be a TOML table or string"},
    {in("acls", "a = { x = 1 }"), 2, "missing 'file' field"},
    {in("acls", "a = 'acl-mask.json'"), 2, "mask outside allowed range [1, 32]: 33"},
    {in("acls", "a = 'acl-format.json'"), 2, "invalid format '1.2.3.4': want IP/MASK"},
    {in("acls", "a = 'acl-ip.json'"), 2, "invalid ip address 1.2.3"},
    {in("shielding_sites", "s = 'far'"), 2, "Illegal TOML string for shielding site; must be 'local'"},
    {in("shielding_sites", "s = 1"), 2, "Illegal TOML value for shielding site"},
    {in("shielding_sites", "s = { encrypted = 'https://a' }"), 2, "Illegal table for shielding site"},
    {in("shielding_sites", "s = { encrypted = 'a', unencrypted = 'http://a' }"), 2, "Illegal URL (a)"},
    {"local_server.fake_valid_fastly_keys = 'k'", 1, "fake_valid_fastly_keys is not an array of strings"},
};

}  // namespace

TEST_P(FastlyToml, mistake_is_told_with_its_line)
{
    const auto service = parse_fastly_toml(GetParam().toml);
    ASSERT_FALSE(service) << GetParam().toml;
    ASSERT_EQ(service.error().size(), 1U) << GetParam().toml;
    const ConfigProblem& problem = service.error().front();
    EXPECT_EQ(problem.line, GetParam().line) << problem.text;
    EXPECT_NE(problem.text.find(GetParam().text), std::string::npos) << problem.text;
}
INSTANTIATE_TEST_SUITE_P(Table, FastlyToml, testing::ValuesIn(mistakes));

TEST_F(FastlyToml, all_mistakes_are_told_in_the_order_of_the_file)
{
    const auto service = parse_fastly_toml("[local_server.kv_stores]\ns = [{ key = '' , data = '' }]\n"
                                           "[local_server.backends.a]\nurl = 1\nport = 2\n[local_server.backends.b]\ngrpc = 3\n");
    ASSERT_FALSE(service);
    std::vector<uint32_t> lines;
    for (const ConfigProblem& problem : service.error()) lines.push_back(problem.line);
    EXPECT_EQ(lines, (std::vector<uint32_t>{2, 4, 5, 6, 7}));
}

TEST_F(FastlyToml, mistakes_in_both_parts_of_a_client_certificate_are_told)
{
    const auto service =
        parse_fastly_toml(in("backends.b", "url = 'http://a'\nclient_certificate = { certificate = 1, key = 'x' }\n"));
    ASSERT_FALSE(service);
    ASSERT_EQ(service.error().size(), 2U);
    EXPECT_NE(service.error()[0].text.find("No keys found for client certificate"), std::string::npos);
    EXPECT_NE(service.error()[1].text.find("Expected a string value for key certificate, got something else"), std::string::npos);
}

TEST_F(FastlyToml, unknown_sections_and_other_keys_are_ignored)
{
    EXPECT_TRUE(parse_fastly_toml(""));
    EXPECT_TRUE(parse_fastly_toml("service_id = 7\n[scripts]\nbuild = 'make'\n[local_server]\nviceroy_version = '1'\n"
                                  "[local_server.pushpin]\nenable = true\n"));
}

TEST_F(FastlyToml, json_files_of_dictionaries_are_read_at_each_opening)
{
    const auto service = parse_fastly_toml(in("config_stores.d", "format = 'json'\nfile = 'items.json'"));
    ASSERT_TRUE(service);
    const auto& open = (*service)->dictionaries.at("d");
    EXPECT_EQ(open()->at("k"), "v");
    write("items.json", R"({"k": "new"})");
    EXPECT_EQ(open()->at("k"), "new");
    write("items.json", "broken");
    EXPECT_EQ(open(), nullptr);
}

TEST_F(FastlyToml, backend_has_all_its_settings)
{
    const auto service =
        parse_fastly_toml(in("backends.b", "url = 'https://a.example:8443/x'\noverride_host = 'o'\ncert_host = 'c'\n"
                                           "use_sni = false\ngrpc = true\nbetween_bytes_timeout_ms = 5\nhealth = 'Healthy'"));
    ASSERT_TRUE(service);
    const fastly::Backend& backend = *(*service)->backends.at("b");
    EXPECT_EQ(backend.host(), "a.example");
    EXPECT_EQ(backend.port(), 8443);
    EXPECT_EQ(backend.url.path_and_query, "/x");
    EXPECT_EQ(backend.override_host, "o");
    EXPECT_EQ(backend.certificate_host, "c");
    EXPECT_FALSE(backend.sends_server_name);
    EXPECT_TRUE(backend.is_grpc);
    EXPECT_EQ(backend.between_bytes_timeout_ms, 5U);
    EXPECT_EQ(backend.health, fastly::BackendHealth::healthy);
}

}  // namespace weir::serve
