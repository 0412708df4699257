#include "check.hpp"

// geo, device_detection, uap, acl, compute_runtime, purge and shielding.

static void test_geo()
{
    Buffer b;
    EXPECT(ok, geo_lookup(TEXT(std::string_view("\x7f\0\0\1", 4)), INTO(b)));
    EXPECT(true, b.text().find("\"city\":\"San Francisco\"") != std::string::npos);
    EXPECT(ok, geo_lookup(TEXT(std::string_view("\xc0\0\2\1", 4)), INTO(b)));
    EXPECT_TEXT(R"({"as_number":64496,"city":"Test","latitude":1.5,"proxy":false})", b.text());
    EXPECT(buflen, geo_lookup(TEXT(std::string_view("\xc0\0\2\1", 4)), at(b.bytes), 3, at(&b.size)));
    EXPECT(ok, geo_lookup(TEXT(std::string_view("\xc0\0\2\2", 4)), INTO(b)));
    EXPECT(0, b.size);
    EXPECT(inval, geo_lookup(TEXT("\x7f"), INTO(b)));
    EXPECT(ok, device_detection_lookup(TEXT("Tester/1.0"), INTO(b)));
    EXPECT_TEXT(R"({"device":{"brand":"ACME","is_mobile":true}})", b.text());
    EXPECT(none, device_detection_lookup(TEXT("Another"), INTO(b)));
    EXPECT(buflen, device_detection_lookup(TEXT("Tester/1.0"), at(b.bytes), 3, at(&b.size)));
    EXPECT(inval, device_detection_lookup(TEXT("\xff"), INTO(b)));
}

static void test_acl()
{
    uint32_t h = no_such, unknown = no_such, body = 4711, result = 0;
    EXPECT(ok, acl_open(TEXT("list"), at(&h)));
    EXPECT(none, acl_open(TEXT("unknown"), at(&unknown)));
    EXPECT(inval, acl_open(TEXT("\xff"), at(&unknown)));
    EXPECT(ok, acl_lookup(h, TEXT("\x0a\1\2\3"), at(&body), at(&result)));
    EXPECT(1, result);
    EXPECT_TEXT("{\n  \"prefix\": \"10.1.0.0/16\",\n  \"action\": \"ALLOW\"\n}", read_all(body));
    EXPECT(ok, acl_lookup(h, TEXT("\x0a\2\2\3"), at(&body), at(&result)));
    EXPECT_TEXT("{\n  \"prefix\": \"10.0.0.0/8\",\n  \"action\": \"BLOCK\"\n}", read_all(body));
    body = 4711;
    EXPECT(ok, acl_lookup(h, TEXT("\x0b\1\2\3"), at(&body), at(&result)));
    EXPECT(2, result);
    EXPECT(4711, body);
    EXPECT(inval, acl_lookup(h, TEXT("\x0b"), at(&body), at(&result)));
    EXPECT(badf, acl_lookup(no_such, TEXT("\x0b\1\2\3"), at(&body), at(&result)));
}

static void test_runtime()
{
    uint64_t before = ~0ULL, after = 0;
    uint32_t mib = 0, flag = 7;
    EXPECT(ok, compute_runtime_get_vcpu_ms(at(&before)));
    do {
        for (volatile int i = 0; i < 1'000'000; i = i + 1) {}
        EXPECT(ok, compute_runtime_get_vcpu_ms(at(&after)));
    } while (after == before);  // it grows while the guest computes
    EXPECT(true, after > before);
    EXPECT(inval, compute_runtime_get_vcpu_ms(NOWHERE + 10));
    EXPECT(ok, compute_runtime_get_heap_mib(at(&mib)));
    EXPECT(true, mib >= 1 && mib <= 128);
    EXPECT(ok, compute_runtime_has_domain_inspector(at(&flag)));
    EXPECT(0, flag);
    EXPECT(ok, compute_runtime_has_image_optimizer(at(&flag)));
    EXPECT(ok, compute_runtime_has_origin_inspector(at(&flag)));
}

static void test_purge_and_shielding()
{
    uint32_t options[3]{0, 0, 0};
    EXPECT(ok, purge_purge_surrogate_key(TEXT("key"), 0, 0));
    EXPECT(ok, purge_purge_surrogate_key(TEXT("key"), 1, 0));
    EXPECT(unsupported, purge_purge_surrogate_key(TEXT("key"), 2, at(options)));
    EXPECT(inval, purge_purge_surrogate_key(TEXT(""), 0, 0));
    EXPECT(inval, purge_purge_surrogate_key(TEXT("two words"), 0, 0));
    EXPECT(inval, purge_purge_surrogate_key(TEXT("key"), 4, 0));
    EXPECT(inval, purge_purge_surrogate_key(TEXT(std::string(1025, 'k')), 0, 0));
    Buffer b;
    EXPECT(ok, shielding_shield_info(TEXT("here"), at(b.bytes), sizeof b.bytes, at(&b.size)));
    EXPECT_TEXT(std::string("\1\0\0", 3), b.text());
    EXPECT(ok, shielding_shield_info(TEXT("there"), at(b.bytes), sizeof b.bytes, at(&b.size)));
    EXPECT_TEXT(std::string("\0http://shield.example/\0https://shield.example/\0", 48), b.text());
    EXPECT(buflen, shielding_shield_info(TEXT("there"), at(b.bytes), 10, at(&b.size)));
    EXPECT(inval, shielding_shield_info(TEXT("nowhere"), at(b.bytes), sizeof b.bytes, at(&b.size)));
    const uint32_t config[4]{0, 0, 10, 20};
    EXPECT(ok,
           shielding_backend_for_shield(TEXT("https://shield.example/"), 12, at(config), at(b.bytes), sizeof b.bytes, at(&b.size)));
    EXPECT_TEXT("******https://shield.example/*****", b.text());
    uint32_t flag = 7;
    EXPECT(ok, backend_exists(at(b.bytes), b.size, at(&flag)));
    EXPECT(1, flag);
    EXPECT(error, shielding_backend_for_shield(TEXT("https://shield.example/"), 0, 0, at(b.bytes), sizeof b.bytes, at(&b.size)));
    EXPECT(inval, shielding_backend_for_shield(TEXT("https://shield.example/"), 1, 0, at(b.bytes), sizeof b.bytes, at(&b.size)));
    EXPECT(inval, shielding_backend_for_shield(TEXT("no url"), 0, 0, at(b.bytes), sizeof b.bytes, at(&b.size)));
    EXPECT(buflen, shielding_backend_for_shield(TEXT("http://shield.example/"), 0, 0, at(b.bytes), 3, at(&b.size)));
}

void test_lookups()
{
    test_geo();
    test_acl();
    test_runtime();
    test_purge_and_shielding();
}

/// With the rules that fastly_test.py gives.
void test_user_agents()
{
    Buffer family, major, minor, patch;
    const auto parse = [&](std::string_view text) {
        return uap_parse(TEXT(text), INTO(family), INTO(major), INTO(minor), INTO(patch));
    };
    EXPECT(ok, parse("Tester/1.20 (x)"));
    EXPECT_TEXT("Tester", family.text());
    EXPECT_TEXT("1", major.text());
    EXPECT_TEXT("20", minor.text());
    EXPECT_TEXT("", patch.text());
    EXPECT(0, patch.size);
    EXPECT(ok, parse("nobody"));
    EXPECT_TEXT("Other", family.text());
    EXPECT_TEXT("", major.text());
    EXPECT(inval, parse("\xff"));
    EXPECT(inval, parse(std::string(8193, 'x')));
    EXPECT(inval, uap_parse(TEXT("Tester/1.20"), INTO(family), INTO(major), NOWHERE, 100, at(&minor.size), INTO(patch)));
    Buffer small;
    EXPECT(buflen, uap_parse(TEXT("Tester/1.20"), at(small.bytes), 3, at(&small.size), INTO(major), INTO(minor), INTO(patch)));
    EXPECT(6, small.size);
    EXPECT(true, small.is_kept_from(0));
    EXPECT_TEXT("1", major.text());
}

/// Without any.
void test_no_user_agents()
{
    Buffer b;
    EXPECT(unsupported, uap_parse(TEXT("Mozilla"), INTO(b), INTO(b), INTO(b), INTO(b)));
}
