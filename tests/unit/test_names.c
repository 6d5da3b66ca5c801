/* Which certificates answer a server name (SNI). */
#include "tls/names.h"

#include <stdio.h>
#include <string.h>

#include "suite.h"

static struct names names;

static void setup(void)
{
    names = (struct names){0};
}

static void teardown(void)
{
    names_done(&names);
}

static void give(size_t certificate, const char *name)
{
    ck_assert_int_eq(names_add(&names, name, strlen(name), certificate), 0);
}

static uint64_t serves(const char *name)
{
    const struct names_row *row = names_find(&names, name);

    return row != NULL ? row->set : 0;
}

enum { EC, RSA, ED };

static const struct {
    const char *words, *sent;
    const char *has[3];     /* the names of certificates 0, 1, 2; each may have one */
    unsigned char kinds[3]; /* of their keys */
    uint64_t set;           /* who answers */
} cases[] = {
    {"its own name", "a.test", {"a.test"}, {EC}, 1},
    {"another name", "b.test", {"a.test"}, {EC}, 0},
    {"no name at all", "", {"a.test"}, {EC}, 0},
    {"capitals do not count", "A.Test", {"a.tEST"}, {EC}, 1},
    {"a dot at the end does not count", "a.test.", {"a.test"}, {EC}, 1},
    {"only one dot, though", "a.test..", {"a.test"}, {EC}, 0},
    {"a part of a name is no name", "a.tes", {"a.test"}, {EC}, 0},
    {"the first of one kind", "a.test", {"a.test", "a.test"}, {EC, EC}, 1},
    {"all kinds together", "a.test", {"a.test", "a.test", "a.test"}, {EC, RSA, ED}, 7},
    {"the second of another kind", "a.test", {"a.test", "a.test", "a.test"}, {EC, EC, RSA}, 5},
    {"not the first, because it has another name", "b.test", {"a.test", "b.test"}, {EC, RSA}, 2},
    {"a wildcard", "x.a.test", {"*.a.test"}, {EC}, 1},
    {"a wildcard is for one label", "x.y.a.test", {"*.a.test"}, {EC}, 0},
    {"and not for none", "a.test", {"*.a.test"}, {EC}, 0},
    {"nor for an empty one", ".a.test", {"*.a.test"}, {EC}, 0},
    {"nobody asks for a pattern", "*.a.test", {"*.a.test"}, {EC}, 0},
    {"exact before wildcard", "x.a.test", {"*.a.test", "x.a.test"}, {EC, EC}, 2},
    {"a wildcard adds the kinds that are missing",
     "x.a.test",
     {"*.a.test", "x.a.test"},
     {RSA, EC},
     3},
    {"but only where it is for the name", "x.a.test", {"*.b.test", "x.a.test"}, {RSA, EC}, 2},
};

START_TEST(a_name_is_answered_by)
{
    for (size_t i = 0; i < 3; i++) {
        if (cases[_i].has[i] != NULL) {
            give(i, cases[_i].has[i]);
        }
    }
    names_settle(&names, cases[_i].kinds, 3);
    ck_assert_msg(serves(cases[_i].sent) == cases[_i].set, "%s: %u", cases[_i].words,
                  (unsigned)serves(cases[_i].sent));
}
END_TEST

START_TEST(who_names_nobody_gets_the_first_and_those_that_share_a_name_with_it)
{
    const unsigned char kinds[] = {EC, RSA, RSA, ED};

    give(0, "a.test");
    give(0, "b.test");
    give(1, "c.test");
    give(2, "b.test");
    give(3, "d.test");
    names_settle(&names, kinds, 4);
    ck_assert_uint_eq(names.standard, 1u << 0 | 1u << 2);
    ck_assert_uint_eq(names_idle(&names, 4), 0);
}
END_TEST

START_TEST(certificates_without_any_name_stand_in_for_each_other)
{
    const unsigned char kinds[] = {EC, RSA, ED};

    give(1, "a.test");
    names_settle(&names, kinds, 3);
    ck_assert_uint_eq(names.standard, 1u << 0 | 1u << 2);
}
END_TEST

START_TEST(a_certificate_that_nobody_can_get_is_told)
{
    const unsigned char kinds[] = {EC, EC, EC, RSA};

    give(0, "a.test");
    give(1, "a.test"); /* behind another one of its kind; 2 has no name and is not the first */
    give(3, "a.test");
    names_settle(&names, kinds, 4);
    ck_assert_uint_eq(names_idle(&names, 4), 1u << 1 | 1u << 2);
}
END_TEST

START_TEST(sixty_four_certificates_fit)
{
    const unsigned char kinds[64] = {0};

    for (size_t i = 0; i < 64; i++) {
        char name[16];

        (void)snprintf(name, sizeof name, "%zu.test", i);
        give(i, name);
    }
    names_settle(&names, kinds, 64);
    ck_assert_uint_eq(names_idle(&names, 64), 0);
    ck_assert_uint_eq(serves("0.test"), 1);
    ck_assert_uint_eq(serves("63.test"), UINT64_C(1) << 63);
}
END_TEST

START_TEST(a_name_that_is_too_long_for_dns_is_nobodys)
{
    char name[400];

    memset(name, 'a', sizeof name - 1);
    name[1] = '.';
    name[sizeof name - 1] = '\0';
    give(0, name);
    names_settle(&names, (const unsigned char[]){EC}, 1);
    ck_assert_uint_eq(serves(name), 0);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, a_name_is_answered_by, 0, COUNT(cases));
    tcase_add_test(tests, who_names_nobody_gets_the_first_and_those_that_share_a_name_with_it);
    tcase_add_test(tests, certificates_without_any_name_stand_in_for_each_other);
    tcase_add_test(tests, a_certificate_that_nobody_can_get_is_told);
    tcase_add_test(tests, sixty_four_certificates_fit);
    tcase_add_test(tests, a_name_that_is_too_long_for_dns_is_nobodys);
}

int main(void)
{
    return suite_run("names", add, setup, teardown);
}
