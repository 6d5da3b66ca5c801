/* What is different between two effective configurations. */
#include <stdio.h>
#include <string.h>

#include "config/changes.h"
#include "suite.h"

static char told[2048];

static void note(void *ignored, const char *pointer, const char *before, const char *after)
{
    size_t used = strlen(told);

    (void)ignored;
    (void)snprintf(told + used, sizeof told - used, "%s: %s -> %s\n", pointer, before, after);
}

static void assert_changes(const char *before, const char *after, const char *expected)
{
    told[0] = '\0';
    config_changes(before, after, note, NULL);
    ck_assert_str_eq(told, expected);
}

START_TEST(the_same_has_no_changes)
{
    assert_changes("{\"a\":1,\"b\":{\"c\":[1,2]}}", "{ \"b\": {\"c\":[1, 2]}, \"a\": 1.0 }", "");
}
END_TEST

START_TEST(each_key_is_told_with_its_pointer)
{
    assert_changes("{\"a\":1,\"b\":{\"c\":\"x\"}}", "{\"a\":2,\"b\":{\"c\":\"y\"}}",
                   "/a: 1 -> 2\n/b/c: \"x\" -> \"y\"\n");
}
END_TEST

START_TEST(what_comes_and_what_goes_is_told)
{
    assert_changes("{\"old\":1}", "{\"new\":2}", "/new:  -> 2\n/old: 1 -> \n");
}
END_TEST

START_TEST(listeners_are_the_same_by_their_names)
{
    assert_changes("{\"l\":[{\"name\":\"a\",\"port\":1},{\"name\":\"b\",\"port\":2}]}",
                   "{\"l\":[{\"name\":\"b\",\"port\":2},{\"name\":\"a\",\"port\":3}]}",
                   "/l/1/port: 1 -> 3\n");
    assert_changes("{\"l\":[{\"name\":\"a\"},{\"name\":\"b\"}]}", "{\"l\":[{\"name\":\"a\"}]}",
                   "/l/1: {\"name\":\"b\"} -> \n");
}
END_TEST

START_TEST(other_lists_are_told_as_a_whole)
{
    assert_changes("{\"alpn\":[]}", "{\"alpn\":[\"h2\"]}", "/alpn: [] -> [\"h2\"]\n");
}
END_TEST

START_TEST(a_long_value_is_cut)
{
    char before[1024], expected[CONFIG_CHANGE_SIZE + 32];

    (void)snprintf(before, sizeof before, "{\"a\":\"%0900d\"}", 0);
    (void)snprintf(expected, sizeof expected, "/a: \"%0*d... -> 1\n", CONFIG_CHANGE_SIZE - 5, 0);
    assert_changes(before, "{\"a\":1}", expected);
}
END_TEST

START_TEST(what_is_no_json_is_not_compared)
{
    assert_changes("", "{\"a\":1}", "");
    assert_changes("{\"a\":1}", "{", "");
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, the_same_has_no_changes);
    tcase_add_test(tests, each_key_is_told_with_its_pointer);
    tcase_add_test(tests, what_comes_and_what_goes_is_told);
    tcase_add_test(tests, listeners_are_the_same_by_their_names);
    tcase_add_test(tests, other_lists_are_told_as_a_whole);
    tcase_add_test(tests, a_long_value_is_cut);
    tcase_add_test(tests, what_is_no_json_is_not_compared);
}

int main(void)
{
    return suite_run("changes", add, NULL, NULL);
}
