#include "runtime/code_image.hpp"

#include "support/module_builder.hpp"
#include "world.hpp"

#include <gtest/gtest.h>

#include <functional>

using namespace weir;
using namespace weir::test;
using namespace weir::runtime;

namespace {

/// Tables of an image for a module of one imported and two defined functions, and what spoils them.
struct Tables {
    std::vector<PieceRecord> pieces{
        {.begin = 32, .size_bytes = 10, .function = 1, .site_count = 1},
        {.begin = 48, .size_bytes = 20, .function = 2, .first_site = 1, .site_count = 2, .inlined_call_count = 2},
        {.begin = 80,
         .size_bytes = 20,
         .function = 2,
         .loop_offset = 4,
         .first_site = 3,
         .first_inlined_call = 2,
         .tier = CodeTier::hot},
        {.begin = 112, .size_bytes = 20, .function = 2, .first_site = 3, .first_inlined_call = 2, .tier = CodeTier::hot},
    };
    std::vector<CodeSite> sites{{5, 1, CodeSite::Kind::call},
                                {6, 2, CodeSite::Kind::trap, TrapKind::unreachable},
                                {20, 3, CodeSite::Kind::call, TrapKind::none, 2}};
    std::vector<InlinedCall> inlined_calls{{1, 7, 0}, {2, 8, 1}};
    uint64_t file_offset = 4096;
    uint32_t code_bytes = 4096;
};
struct Change {
    const char* name;
    std::function<void(Tables&)> make;
    bool counts = true;
};
void PrintTo(const Change& change, std::ostream* out) { *out << change.name; }

const Change changes[]{
    {"code_at_no_page", [](Tables& t) { t.file_offset = 4000; }},
    {"code_of_no_pages", [](Tables& t) { t.code_bytes = 4000; }},
    {"no_room_for_stubs",
     [](Tables& t) {
         t.code_bytes = 0;
         t.pieces.clear();
         t.sites.clear();
     }},
    {"piece_in_stubs", [](Tables& t) { t.pieces[0].begin = 16; }},
    {"piece_in_piece", [](Tables& t) { t.pieces[1].begin = 40; }},
    {"piece_beyond_end", [](Tables& t) { t.pieces[3].size_bytes = 4096; }},
    {"piece_wraps_around", [](Tables& t) { t.pieces[3].size_bytes = 0xFFFFFFFF; }},
    {"imported_function", [](Tables& t) { t.pieces[0].function = 0; }},
    {"function_beyond_end", [](Tables& t) { t.pieces[0].function = 3; }},
    {"unknown_tier", [](Tables& t) { t.pieces[3].tier = static_cast<CodeTier>(2); }},
    {"loop_of_first_code", [](Tables& t) { t.pieces[1].loop_offset = 4; }},
    {"hot_code_without_first",
     [](Tables& t) {
         t.pieces[3].function = 1;
         t.pieces[0].function = 2;
     }},
    {"hot_code_where_none_counts", [](Tables&) {}, false},
    {"sites_that_overlap", [](Tables& t) { t.pieces[1].first_site = 0; }},
    {"too_many_sites", [](Tables& t) { t.pieces[3].site_count = 1; }},
    {"far_too_many_sites", [](Tables& t) { t.pieces[3].site_count = 0xFFFFFFFF; }},
    {"sites_of_nobody", [](Tables& t) { t.sites.push_back(t.sites.back()); }},
    {"sites_out_of_order", [](Tables& t) { t.sites[2].code_offset = 3; }},
    {"site_beyond_its_piece", [](Tables& t) { t.sites[0].code_offset = 11; }},
    {"site_of_unknown_kind", [](Tables& t) { t.sites[0].kind = static_cast<CodeSite::Kind>(3); }},
    {"inlined_calls_that_overlap", [](Tables& t) { t.pieces[2].first_inlined_call = 0; }},
    {"too_many_inlined_calls", [](Tables& t) { t.pieces[3].inlined_call_count = 1; }},
    {"inlined_calls_of_nobody", [](Tables& t) { t.inlined_calls.push_back(t.inlined_calls.back()); }},
    {"site_inlined_by_no_call", [](Tables& t) { t.sites[2].inlined_by = 3; }},
    {"site_inlined_by_a_call_of_another_piece", [](Tables& t) { t.sites[0].inlined_by = 1; }},
    {"call_inlined_by_itself", [](Tables& t) { t.inlined_calls[0].inlined_by = 1; }},
    {"imported_function_inlined", [](Tables& t) { t.inlined_calls[0].callee = 0; }},
    {"function_beyond_end_inlined", [](Tables& t) { t.inlined_calls[1].callee = 3; }},
    {"site_of_unknown_trap", [](Tables& t) { t.sites[1].trap = static_cast<TrapKind>(200); }},
};

bool is_accepted(const Tables& t, bool counts)
{
    ModuleBuilder m;
    const uint32_t type = m.type({}, {});
    m.import_function("m", "f", type);
    m.function(type, "", Code{});
    m.function(type, "", Code{});
    const World world;
    const auto code = world.load(m.build());
    const CodeImage image{.file = -1,
                          .file_offset = t.file_offset,
                          .code_bytes = t.code_bytes,
                          .pieces = t.pieces,
                          .sites = t.sites,
                          .inlined_calls = t.inlined_calls,
                          .owner = {}};
    return is_consistent(image, *code->module(), counts);
}

TEST(CodeImage, with_sound_tables_is_consistent) { EXPECT_TRUE(is_accepted(Tables{}, true)); }

class SpoiltImage : public testing::TestWithParam<Change> {};

TEST_P(SpoiltImage, is_not_consistent)
{
    Tables tables;
    GetParam().make(tables);
    EXPECT_FALSE(is_accepted(tables, GetParam().counts));
}

INSTANTIATE_TEST_SUITE_P(Changes, SpoiltImage, testing::ValuesIn(changes),
                         [](const auto& test) { return std::string{test.param.name}; });

}  // namespace
