/*
 * Without memory a configuration is refused, with a word about it, and nothing leaks. Each
 * scenario runs with its first, second, third ... allocation failing, until it needs no more.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "scarce.h"
#include "suite.h"

static char told[4096];

static void tell(void *context, const char *line)
{
    size_t used = strlen(told);

    (void)context;
    (void)snprintf(told + used, sizeof told - used, "%s\n", line);
}

/* Every kind of value, so that every allocation is reached. */
static const char good[] =
    "{\"user\":\"secho\",\"peers\":[],\"listeners\":[{\"name\":\"a\",\"port\":1,\"address\":\"::"
    "1\","
    "\"tls\":{\"certificates\":[{\"chain\":\"c\",\"key\":\"k\"},{\"chain\":\"c\",\"key\":\"k\"}]}},"
    "{\"transport\":\"tcp\",\"port\":7}]}";
static const char bad[] =
    "{\"user\":\"secho\",\"peers\":[\"a\",\"b\"],\"listeners\":[{\"port\":70000,"
    "\"address\":\"localhost\",\"tls\":{\"certificates\":[{\"key\":\"k\"}]}}]}";

/* Runs `text` with all but the first `allocations`. Was that enough? */
static bool parse_with(const char *text, int allocations, struct secho_config **config)
{
    told[0] = '\0';
    *config = NULL;
    scarce_all_after(allocations);
    scarce_begin();
    int rc = secho_config_parse(text, strlen(text), "d/s.json", tell, NULL, config);

    scarce_end();
    ck_assert((rc == 0) == (*config != NULL));
    return !scarce_failed();
}

START_TEST(parsing_without_memory_is_refused_and_leaks_nothing)
{
    struct secho_config *config;
    int allocations = 0;

    while (!parse_with(good, allocations, &config)) {
        ck_assert_ptr_null(config);
        ck_assert_msg(strstr(told, "d/s.json: no memory") != NULL, "after %d: %s", allocations,
                      told);
        allocations++;
    }
    ck_assert_ptr_nonnull(config);
    ck_assert_str_eq(told, "");
    ck_assert_int_gt(allocations, 30); /* else the wrapper is not in */
    secho_config_free(config);
}
END_TEST

START_TEST(what_is_wrong_besides_leaks_nothing_either)
{
    struct secho_config *config;
    int allocations = 0;

    while (!parse_with(bad, allocations, &config)) {
        ck_assert_ptr_null(config);
        ck_assert_ptr_nonnull(strstr(told, "d/s.json: no memory"));
        allocations++;
    }
    ck_assert_ptr_null(config);
    ck_assert_ptr_null(strstr(told, "no memory"));
    ck_assert_ptr_nonnull(strstr(told, "must be 0..65535, is 70000"));
}
END_TEST

START_TEST(a_file_without_memory_is_refused)
{
    struct secho_config *config = NULL;

    told[0] = '\0';
    scarce_all_after(0);
    scarce_begin();
    int rc = secho_config_load("config/minimal.json", tell, NULL, &config);

    scarce_end();
    ck_assert_int_eq(rc, -1);
    ck_assert_str_eq(told, "config/minimal.json: no memory\n");
}
END_TEST

START_TEST(printing_without_memory_gives_nothing_and_leaks_nothing)
{
    struct secho_config *config;
    char *text = NULL;

    ck_assert(parse_with(good, 1000000, &config));
    for (int allocations = 0; text == NULL; allocations++) {
        scarce_all_after(allocations);
        scarce_begin();
        text = config_print(config);
        scarce_end();
        ck_assert_msg((text == NULL) == scarce_failed(), "after %d", allocations);
    }
    free(text);
    secho_config_free(config);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, parsing_without_memory_is_refused_and_leaks_nothing);
    tcase_add_test(tests, what_is_wrong_besides_leaks_nothing_either);
    tcase_add_test(tests, a_file_without_memory_is_refused);
    tcase_add_test(tests, printing_without_memory_gives_nothing_and_leaks_nothing);
}

int main(void)
{
    scarce_setup();
    return suite_run("config without memory", add_tests, NULL, NULL);
}
