/* The last 15 minutes, as the status page shows them. */
#include "daemon/history.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "suite.h"

#define START  INT64_C(1000000)
#define STEP   HISTORY_INTERVAL_MS
#define TOPS   3
#define MEDIAN "handshake_median_us"

static const uint64_t tops_us[TOPS] = {1000, 2000, 10000};
static struct history *history;
static struct history_totals totals;

static void setup(void)
{
    history = calloc(1, sizeof *history);
    totals = (struct history_totals){0};
    history_init(history, tops_us, TOPS + 1);
}

static void teardown(void)
{
    free(history);
}

static const struct history_sample *newest(void)
{
    ck_assert_ptr_nonnull(history_at(history, 0));
    return history_at(history, 0);
}

/* ---- when ---- */

START_TEST(the_first_call_only_begins)
{
    ck_assert_int_eq(history_wait_ms(history, START), 0);
    history_take(history, START, &totals);
    ck_assert_ptr_null(history_at(history, 0));
    ck_assert_int_eq(history_wait_ms(history, START), STEP);
}
END_TEST

START_TEST(a_sample_is_taken_when_it_is_due_and_not_before)
{
    history_take(history, START, &totals);
    ck_assert_int_eq(history_wait_ms(history, START + STEP - 1), 1);
    history_take(history, START + STEP - 1, &totals);
    ck_assert_ptr_null(history_at(history, 0));
    history_take(history, START + STEP, &totals);
    ck_assert_int_eq(newest()->took_ms, STEP);
    ck_assert_ptr_null(history_at(history, 1));
}
END_TEST

START_TEST(who_stood_still_takes_one_long_sample)
{
    history_take(history, START, &totals);
    history_take(history, START + 60000, &totals);
    ck_assert_int_eq(newest()->took_ms, 60000);
    ck_assert_int_eq(newest()->at_ms, START + 60000);
    ck_assert_int_eq(history_wait_ms(history, START + 60000), STEP);
}
END_TEST

START_TEST(it_keeps_fifteen_minutes)
{
    for (int i = 0; i <= HISTORY_SAMPLES + 7; i++) {
        totals.connections = (uint64_t)(i * i);
        history_take(history, START + i * STEP, &totals);
    }
    const int last = HISTORY_SAMPLES + 7;

    ck_assert_int_eq(HISTORY_SAMPLES * STEP, 15 * 60 * 1000);
    for (int age = 0; age < HISTORY_SAMPLES; age++) {
        const struct history_sample *sample = history_at(history, (size_t)age);

        ck_assert_int_eq(sample->at_ms, START + (last - age) * STEP);
        ck_assert_uint_eq(sample->connections, (uint64_t)(2 * (last - age) - 1));
    }
    ck_assert_ptr_null(history_at(history, HISTORY_SAMPLES));
}
END_TEST

/* ---- what ---- */

START_TEST(what_is_kept_is_how_much_the_counters_grew)
{
    totals = (struct history_totals){
        .open = 9, .connections = 100, .handshakes = 80, .handshakes_resumed = 20, .bytes = 5000};
    totals.ends[EXPLAIN_NOT_TLS_HTTP] = 7;
    history_take(history, START, &totals);
    totals = (struct history_totals){
        .open = 4, .connections = 110, .handshakes = 83, .handshakes_resumed = 21, .bytes = 5600};
    totals.ends[EXPLAIN_NOT_TLS_HTTP] = 9;
    history_take(history, START + STEP, &totals);
    ck_assert_uint_eq(newest()->open, 4); /* as it is */
    ck_assert_uint_eq(newest()->connections, 10);
    ck_assert_uint_eq(newest()->handshakes, 3);
    ck_assert_uint_eq(newest()->handshakes_resumed, 1);
    ck_assert_uint_eq(newest()->bytes, 600);
    ck_assert_uint_eq(newest()->ends[EXPLAIN_NOT_TLS_HTTP], 2);
    ck_assert_uint_eq(newest()->ends[EXPLAIN_OK], 0);
}
END_TEST

START_TEST(a_counter_that_went_back_was_begun_anew)
{
    totals.connections = 1000;
    totals.ends[EXPLAIN_RESET] = 50;
    history_take(history, START, &totals);
    totals.connections = 3;
    totals.ends[EXPLAIN_RESET] = 1;
    history_take(history, START + STEP, &totals);
    ck_assert_uint_eq(newest()->connections, 3);
    ck_assert_uint_eq(newest()->ends[EXPLAIN_RESET], 1);
}
END_TEST

/* ---- handshake times ---- */

static const struct {
    const char *name;
    uint64_t times[HISTORY_BUCKETS];
    double share;
    uint64_t us;
} quantiles[] = {
    {"nothing", {0}, 0.5, 0},
    {"the middle of the only bucket", {0, 10}, 0.5, 1500},
    {"the first bucket begins at nothing", {10}, 0.5, 500},
    {"the end of a bucket", {5, 5}, 0.5, 1000},
    {"one in a hundred is slower", {99, 0, 1}, 0.99, 1000},
    {"two in a hundred are slower", {98, 0, 2}, 0.99, 6000},
    {"beyond the last top nothing is known", {0, 0, 0, 4}, 0.5, 10000},
};

START_TEST(a_quantile_lies_in_its_bucket)
{
    uint64_t us = history_quantile(history, quantiles[_i].times, quantiles[_i].share);

    ck_assert_msg(us == quantiles[_i].us, "%s: %d", quantiles[_i].name, (int)us);
}
END_TEST

START_TEST(only_the_handshakes_of_the_interval_count)
{
    totals.times[0] = 1000000;
    history_take(history, START, &totals);
    totals.times[2] = 2;
    history_take(history, START + STEP, &totals);
    ck_assert_uint_eq(newest()->median_us, 6000);
    history_take(history, START + 2 * STEP, &totals);
    ck_assert_uint_eq(newest()->median_us, 0);
    ck_assert_uint_eq(newest()->p99_us, 0);
}
END_TEST

/* ---- JSON ---- */

static cJSON *printed(int64_t since_ms)
{
    char *text = history_print(history, START + 12 * STEP, since_ms);
    cJSON *root = cJSON_Parse(text);

    ck_assert_ptr_nonnull(root);
    free(text);
    return root;
}

static int count_of(const cJSON *root, const char *name)
{
    return cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(root, name));
}

static double number_of(const cJSON *root, const char *name, int index)
{
    return cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(root, name), index)->valuedouble;
}

static void take_ten(void)
{
    for (int i = 0; i <= 10; i++) {
        totals.open = totals.connections = (uint64_t)i;
        totals.times[1] = i > 4 ? 10 : 0;
        totals.ends[EXPLAIN_OK] = (uint64_t)i;
        totals.ends[EXPLAIN_NOT_TLS_SSH] = i > 7 ? 3 : 0;
        history_take(history, START + i * STEP, &totals);
    }
}

START_TEST(all_is_told_oldest_first)
{
    take_ten();
    cJSON *root = printed(0);

    static const char *const lists[] = {"at_ms",       "took_ms",    "open",
                                        "connections", "handshakes", "resumed",
                                        "bytes",       MEDIAN,       "handshake_p99_us"};

    for (int i = 0; i < COUNT(lists); i++) {
        ck_assert_msg(count_of(root, lists[i]) == 10, "%s", lists[i]);
    }
    ck_assert(number_of(root, "open", 0) == 1 && number_of(root, "open", 9) == 10);
    ck_assert(number_of(root, "at_ms", 9) == (double)(START + 10 * STEP));
    ck_assert(number_of(root, MEDIAN, 4) == 1500);
    ck_assert(cJSON_IsNull(cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(root, MEDIAN), 3)));
    cJSON_Delete(root);
}
END_TEST

START_TEST(a_reason_comes_with_its_words_and_only_when_it_came)
{
    take_ten();
    cJSON *root = printed(0);
    const cJSON *ends = cJSON_GetObjectItemCaseSensitive(root, "ends");
    const cJSON *ssh = cJSON_GetObjectItemCaseSensitive(ends, "not_tls_ssh");
    const cJSON *ok = cJSON_GetObjectItemCaseSensitive(ends, "ok");

    ck_assert_int_eq(cJSON_GetArraySize(ends), 2);
    ck_assert(number_of(ssh, "counts", 7) == 3 && number_of(ssh, "counts", 8) == 0);
    ck_assert(cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(ssh, "failure")));
    ck_assert(cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(ok, "failure")));
    ck_assert_str_eq(cJSON_GetObjectItemCaseSensitive(ssh, "meaning")->valuestring,
                     explain_words(EXPLAIN_NOT_TLS_SSH).meaning);
    ck_assert_str_eq(cJSON_GetObjectItemCaseSensitive(ssh, "advice")->valuestring,
                     explain_words(EXPLAIN_NOT_TLS_SSH).advice);
    cJSON_Delete(root);
}
END_TEST

START_TEST(who_has_the_older_ones_gets_the_newer_ones_only)
{
    take_ten();
    cJSON *root = printed(START + 8 * STEP);

    ck_assert_int_eq(count_of(root, "open"), 2);
    ck_assert(number_of(root, "open", 0) == 9);
    ck_assert_int_eq(count_of(root, "ends"), 1); /* no SSH came since */
    cJSON_Delete(root);
    root = printed(START + 10 * STEP);
    ck_assert_int_eq(count_of(root, "open"), 0);
    cJSON_Delete(root);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, the_first_call_only_begins);
    tcase_add_test(tests, a_sample_is_taken_when_it_is_due_and_not_before);
    tcase_add_test(tests, who_stood_still_takes_one_long_sample);
    tcase_add_test(tests, it_keeps_fifteen_minutes);
    tcase_add_test(tests, what_is_kept_is_how_much_the_counters_grew);
    tcase_add_test(tests, a_counter_that_went_back_was_begun_anew);
    tcase_add_loop_test(tests, a_quantile_lies_in_its_bucket, 0, COUNT(quantiles));
    tcase_add_test(tests, only_the_handshakes_of_the_interval_count);
    tcase_add_test(tests, all_is_told_oldest_first);
    tcase_add_test(tests, a_reason_comes_with_its_words_and_only_when_it_came);
    tcase_add_test(tests, who_has_the_older_ones_gets_the_newer_ones_only);
}

int main(void)
{
    return suite_run("history", add, setup, teardown);
}
