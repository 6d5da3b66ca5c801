/* Which lines are written when very many connections end: few, told, and the sums are exact. */
#include <stdio.h>
#include <string.h>

#include "server/sampling.h"
#include "suite.h"

#define SECOND_NS INT64_C(1000000000)

static struct sampling sampling;
static int64_t now_ns;

/* What the events have said. */
static unsigned begun, ended;
static uint64_t left_out, rest;
static char last_kind[32];

static void hear(void *context, enum secho_level level, const char *name,
                 const struct secho_field *fields)
{
    (void)context;
    ck_assert_str_eq(name, "sampling");
    ck_assert_int_ge(level, SECHO_LEVEL_INFO);
    for (; fields->key != NULL; fields++) {
        if (strcmp(fields->key, "of") == 0) {
            (void)snprintf(last_kind, sizeof last_kind, "%s", fields->text);
        } else if (strcmp(fields->key, "state") == 0) {
            begun += strcmp(fields->text, "begin") == 0;
            ended += strcmp(fields->text, "end") == 0;
        } else if (strcmp(fields->key, "left_out") == 0) {
            left_out += fields->number;
        } else if (strcmp(fields->key, "rest") == 0) {
            rest += fields->number;
        }
    }
}

static const struct log events = {.level = SECHO_LEVEL_DEBUG, .listener = hear};

static void setup(void)
{
    sampling = (struct sampling){0};
    now_ns = 1000 * SECOND_NS;
    begun = ended = 0;
    left_out = rest = 0;
    last_kind[0] = '\0';
}

/* What the lines of some connections said. */
struct lines {
    uint64_t written, stand_for;
};

/* So many end in this second, evenly. */
static struct lines second(enum sampling_kind kind, uint64_t count)
{
    struct lines lines = {0};

    for (uint64_t i = 0; i < count; i++) {
        uint64_t stands_for = sampling_take(&sampling, kind, now_ns, &events);

        lines.written += stands_for > 0;
        lines.stand_for += stands_for;
        now_ns += SECOND_NS / (int64_t)count;
    }
    return lines;
}

static void quiet_second(void)
{
    now_ns += SECOND_NS;
    sampling_look(&sampling, now_ns, &events, false);
}

static const struct {
    const char *name;
    enum sampling_kind kind;
    uint64_t all, some;
} kinds[] = {
    {"ok", SAMPLING_OK, SAMPLING_ALL, SAMPLING_SOME},
    {"health_check", SAMPLING_HEALTH_CHECK, SAMPLING_ALL, SAMPLING_SOME},
    {"failures", SAMPLING_FAILURE, SAMPLING_FAILURES_ALL, SAMPLING_FAILURES_SOME},
};

START_TEST(up_to_the_limit_each_connection_has_its_line)
{
    for (int i = 0; i < 5; i++) {
        struct lines lines = second(kinds[_i].kind, kinds[_i].all);

        ck_assert_uint_eq(lines.written, kinds[_i].all);
        ck_assert_uint_eq(lines.stand_for, kinds[_i].all);
    }
    ck_assert_uint_eq(begun, 0);
}
END_TEST

START_TEST(above_it_few_lines_are_written_and_that_is_told_once)
{
    (void)second(kinds[_i].kind, 3 * kinds[_i].all);
    ck_assert_uint_eq(begun, 1);
    ck_assert_str_eq(last_kind, kinds[_i].name);
    struct lines lines = second(kinds[_i].kind, 3 * kinds[_i].all);

    ck_assert_uint_le(lines.written, kinds[_i].some + 1);
    ck_assert_uint_ge(lines.written, kinds[_i].some - 1);
    ck_assert_uint_eq(begun, 1);
    ck_assert_uint_eq(ended, 0);
}
END_TEST

START_TEST(the_lines_and_the_rest_add_up_to_all_of_them)
{
    static const uint64_t rates[] = {800, 7000, 1, 6000, 5500, 100, 9999, 3, 0};
    uint64_t all = 0, stand_for = 0, written = 0;

    for (const uint64_t *rate = rates; *rate > 0; rate++) {
        struct lines lines = second(kinds[_i].kind, *rate);

        all += *rate;
        stand_for += lines.stand_for;
        written += lines.written;
    }
    sampling_look(&sampling, now_ns, &events, true);
    ck_assert_uint_eq(stand_for + rest, all);
    ck_assert_uint_eq(written + left_out, all);
    ck_assert_uint_gt(left_out, 0);
    ck_assert_uint_ge(begun, 2);
    ck_assert_uint_eq(ended, begun);
}
END_TEST

START_TEST(it_ends_when_nobody_ends_any_more)
{
    (void)second(kinds[_i].kind, 2 * kinds[_i].all);
    quiet_second();
    quiet_second();
    ck_assert_uint_eq(begun, 1);
    ck_assert_uint_eq(ended, 1);
    quiet_second();
    ck_assert_uint_eq(ended, 1);
    ck_assert_uint_eq(second(kinds[_i].kind, 10).written, 10);
}
END_TEST

START_TEST(who_echoes_in_peace_hides_nobody_who_fails)
{
    (void)second(SAMPLING_OK, 4 * SAMPLING_ALL);
    ck_assert_uint_eq(begun, 1);
    ck_assert_uint_eq(second(SAMPLING_FAILURE, SAMPLING_FAILURES_ALL).written,
                      SAMPLING_FAILURES_ALL);
}
END_TEST

START_TEST(what_is_not_sampled_ends_without_a_word)
{
    (void)second(SAMPLING_OK, SAMPLING_ALL);
    sampling_look(&sampling, now_ns, &events, true);
    ck_assert_uint_eq(begun + ended, 0);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, up_to_the_limit_each_connection_has_its_line, 0, COUNT(kinds));
    tcase_add_loop_test(tests, above_it_few_lines_are_written_and_that_is_told_once, 0,
                        COUNT(kinds));
    tcase_add_loop_test(tests, the_lines_and_the_rest_add_up_to_all_of_them, 0, COUNT(kinds));
    tcase_add_loop_test(tests, it_ends_when_nobody_ends_any_more, 0, COUNT(kinds));
    tcase_add_test(tests, who_echoes_in_peace_hides_nobody_who_fails);
    tcase_add_test(tests, what_is_not_sampled_ends_without_a_word);
}

int main(void)
{
    return suite_run("sampling", add, setup, NULL);
}
