#include "building/depfile.hpp"

#include <gtest/gtest.h>

using weir::building::parse_depfile;
using Names = std::vector<std::string>;

TEST(Depfile, names_what_stands_behind_the_colon)
{
    EXPECT_EQ(parse_depfile("out.o: a.cpp b.hpp\n"), (Names{"a.cpp", "b.hpp"}));
    EXPECT_EQ(parse_depfile("out.o: a.cpp \\\n  /usr/include/stdio.h \\\n  b.hpp\n"),
              (Names{"a.cpp", "/usr/include/stdio.h", "b.hpp"}));
}

TEST(Depfile, undoes_what_make_would_understand)
{
    EXPECT_EQ(parse_depfile("o: a\\ b.hpp c\\#d.hpp $$e.hpp\n"), (Names{"a b.hpp", "c#d.hpp", "$e.hpp"}));
}

TEST(Depfile, takes_the_first_rule_alone) { EXPECT_EQ(parse_depfile("o: a.cpp\n\na.hpp:\n"), (Names{"a.cpp"})); }

TEST(Depfile, has_no_names_where_there_are_none)
{
    EXPECT_EQ(parse_depfile(""), Names{});
    EXPECT_EQ(parse_depfile("o:"), Names{});
    EXPECT_EQ(parse_depfile("o"), Names{});
}
