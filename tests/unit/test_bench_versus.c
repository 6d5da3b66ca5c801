/* Two results of secho-bench side by side, and what is no result. */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/json.h"
#include "bench/versus.h"
#include "results.h"
#include "suite.h"

static char paths[2][64];
static struct versus_run runs[2];
static struct secho_error err;
static char problems[8192];
static char *text;

static void note(void *context, const char *line)
{
    size_t used = strlen(problems);

    (void)context;
    (void)snprintf(problems + used, sizeof problems - used, "%s\n", line);
}

static void prepare(void)
{
    for (int i = 0; i < 2; i++) {
        (void)snprintf(paths[i], sizeof paths[i], "/tmp/secho-versus-XXXXXX");
        (void)close(mkstemp(paths[i]));
        runs[i] = (struct versus_run){0};
    }
    problems[0] = '\0';
}

static void forget(void)
{
    for (int i = 0; i < 2; i++) {
        json_close(&runs[i].json);
        (void)unlink(paths[i]);
    }
    free(text);
    text = NULL;
}

static int load_words(int i, const char *words)
{
    FILE *out = fopen(paths[i], "w");

    ck_assert_ptr_nonnull(out);
    (void)fputs(words, out);
    (void)fclose(out);
    return versus_load(paths[i], &runs[i], note, &err);
}

/* Writes the result, frees it, and reads it back. */
static void load_result(int i, struct result *result)
{
    char *json = json_of_result(result);

    ck_assert_ptr_nonnull(json);
    ck_assert_msg(load_words(i, json) == 0, "%s", problems);
    free(json);
    free(result);
}

static void print(void)
{
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    versus_print(&runs[0], &runs[1], (struct look){0}, out);
    (void)fclose(out);
}

START_TEST(a_result_is_read_back_as_it_was)
{
    load_result(0, results_new(PLAN_ECHO));
    ck_assert_str_eq(problems, "");
    ck_assert(fabs(versus_number(&runs[0], "messages_per_s") - 100000 / 10.0002) < 1e-6);
    ck_assert(versus_number(&runs[0], "server/cpu_us_per_message") == 20);
    ck_assert(isnan(versus_number(&runs[0], "server/cpu_us_per_handshake")));
    ck_assert(isnan(versus_number(&runs[0], "mode")));
    ck_assert(isnan(versus_number(&runs[0], "mode/p50")));
}
END_TEST

START_TEST(ratios_are_those_of_b_to_a)
{
    struct result *slow = results_new(PLAN_ECHO);

    slow->measured_s *= 2;
    slow->usage.cpu_ns *= 3;
    load_result(0, results_new(PLAN_ECHO));
    load_result(1, slow);
    print();
    ck_assert_ptr_null(strstr(text, "not comparable"));
    ck_assert_ptr_nonnull(strstr(text, "10,000            5,000       0.50"));
    ck_assert_ptr_nonnull(strstr(text, "20.0 us          60.0 us       3.00"));
}
END_TEST

START_TEST(runs_that_differ_in_kind_are_not_comparable)
{
    struct result *other = results_new(PLAN_ECHO);

    other->plan.size = 1024;
    (void)snprintf(other->machine.cpu, sizeof other->machine.cpu, "\033[31mred");
    load_result(0, results_new(PLAN_ECHO));
    load_result(1, other);
    print();
    ck_assert_ptr_nonnull(strstr(text, "not comparable"));
    ck_assert_ptr_nonnull(strstr(text, "64 against 1024"));
    ck_assert_ptr_nonnull(strstr(text, "machine/cpu"));
    ck_assert_ptr_null(strchr(text, '\033'));
    ck_assert(!versus_differs(&runs[0], &runs[1], 0));
}
END_TEST

START_TEST(what_only_one_has_is_told_as_such)
{
    struct result *without = results_new(PLAN_ECHO);

    without->usage.known = false;
    load_result(0, results_new(PLAN_ECHO));
    load_result(1, without);
    print();
    ck_assert_ptr_nonnull(
        strstr(text, "server CPU/message                20.0 us                - "));
    ck_assert_ptr_null(strstr(text, "handshakes/s"));
}
END_TEST

START_TEST(a_run_that_failed_is_called_so)
{
    load_result(0, results_new(PLAN_ECHO));
    load_result(1, results_refused());
    print();
    ck_assert_ptr_nonnull(strstr(text, "FAILED: refused"));
    ck_assert_ptr_nonnull(strstr(text, "not comparable: B failed"));
    ck_assert_ptr_null(strstr(text, "A failed"));
    ck_assert_ptr_null(strstr(text, "0 ns")); /* nothing took no time */
}
END_TEST

START_TEST(two_runs_that_failed_alike_are_not_comparable)
{
    load_result(0, results_refused());
    load_result(1, results_refused());
    print();
    ck_assert_ptr_nonnull(strstr(text, "not comparable: A failed"));
    ck_assert_ptr_nonnull(strstr(text, "not comparable: B failed"));
    free(text);
    text = versus_as_json(&runs[0], &runs[1]);
    ck_assert_ptr_nonnull(strstr(text, "\"comparable\":false"));
    ck_assert_ptr_nonnull(strstr(text, "\"ok\":false,\"code\":\"refused\""));
    ck_assert_ptr_null(strstr(text, "latency_us"));
}
END_TEST

START_TEST(a_run_that_was_interrupted_is_not_comparable)
{
    struct result *result = results_new(PLAN_ECHO);

    result->interrupted = true;
    load_result(0, result);
    load_result(1, results_new(PLAN_ECHO));
    print();
    ck_assert_ptr_nonnull(strstr(text, "not comparable: A was interrupted"));
    free(text);
    text = versus_as_json(&runs[0], &runs[1]);
    ck_assert_ptr_nonnull(strstr(text, "\"comparable\":false"));
    ck_assert_ptr_nonnull(strstr(text, "\"ok\":true,\"code\":\"ok\",\"interrupted\":true"));
}
END_TEST

START_TEST(times_of_nothing_are_no_times)
{
    struct result *result = results_new(PLAN_ECHO);

    result->tally.latency = (struct histogram){0};
    load_result(0, result);
    ck_assert(isnan(versus_number(&runs[0], "latency_us/p50")));
    ck_assert(!isnan(versus_number(&runs[0], "stages_us/tcp/p50")));
}
END_TEST

START_TEST(the_object_has_the_same_figures)
{
    load_result(0, results_new(PLAN_ECHO));
    load_result(1, results_new(PLAN_IDLE));
    text = versus_as_json(&runs[0], &runs[1]);
    ck_assert_ptr_nonnull(strstr(text, "\"comparable\":false"));
    ck_assert_ptr_nonnull(strstr(text, "\"differences\":[\"mode\"]"));
    ck_assert_ptr_nonnull(strstr(text, "\"stages_us/tcp/p99\":{\"a\":49,\"b\":49,\"ratio\":1}"));
    ck_assert_ptr_nonnull(strstr(text, "\"server/cpu_us_per_message\":{\"a\":20}"));
}
END_TEST

static const struct {
    const char *words, *says;
} wrong[] = {
    {"", "1:1"},
    {"[1]", "is no result of secho-bench"},
    {"{}", "is no result of secho-bench"},
    {"{\"secho_bench\": 2}", ":1:17: /secho_bench: must be 1"},
    {"{\"secho_bench\": \"1\"}", "is no result of secho-bench"},
    {"{\"secho_bench\": 01}", ":1:17:"},
    {"{\"secho_bench\": 1}", "/latency_us: is missing"},
    {"{\"secho_bench\": 1, \"latency_us\": 5}", "must be an object, is the number 5"},
    {"{\"secho_bench\": 1, \"messages_per_s\": \"5\"}", "must be a number, is the string \"5\""},
    {"{\"secho_bench\": 1, \"x\": 1,\n \"x\": 2}", ":2:2: /x: the key is there twice"},
    {"{\"secho_bench\": 1, \"machine\": {\"cpu\":1, \"cpu\":1}}", "/machine/cpu: the key is there"},
};

START_TEST(what_is_no_result_is_refused_with_its_place)
{
    ck_assert_int_eq(load_words(0, wrong[_i].words), -1);
    ck_assert_int_eq(err.kind, SECHO_ERR_CONFIG);
    ck_assert_ptr_nonnull(strstr(problems, paths[0]));
    ck_assert_msg(strstr(problems, wrong[_i].says) != NULL, "no '%s' in %s", wrong[_i].says,
                  problems);
}
END_TEST

START_TEST(an_object_that_is_missing_is_told_once)
{
    ck_assert_int_eq(load_words(0, "{\"secho_bench\": 1}"), -1);
    const char *first = strstr(problems, "/stages_us: ");

    ck_assert_ptr_nonnull(first);
    ck_assert_ptr_null(strstr(first + 1, "/stages_us"));
}
END_TEST

START_TEST(a_file_that_is_not_there_is_another_error)
{
    ck_assert_int_eq(versus_load("/nonexistent.json", &runs[0], note, &err), -1);
    ck_assert_int_eq(err.kind, SECHO_ERR_FILE);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, a_result_is_read_back_as_it_was);
    tcase_add_test(tests, ratios_are_those_of_b_to_a);
    tcase_add_test(tests, runs_that_differ_in_kind_are_not_comparable);
    tcase_add_test(tests, what_only_one_has_is_told_as_such);
    tcase_add_test(tests, a_run_that_failed_is_called_so);
    tcase_add_test(tests, two_runs_that_failed_alike_are_not_comparable);
    tcase_add_test(tests, a_run_that_was_interrupted_is_not_comparable);
    tcase_add_test(tests, times_of_nothing_are_no_times);
    tcase_add_test(tests, the_object_has_the_same_figures);
    tcase_add_loop_test(tests, what_is_no_result_is_refused_with_its_place, 0, COUNT(wrong));
    tcase_add_test(tests, an_object_that_is_missing_is_told_once);
    tcase_add_test(tests, a_file_that_is_not_there_is_another_error);
}

int main(void)
{
    return suite_run("bench versus", add_tests, prepare, forget);
}
