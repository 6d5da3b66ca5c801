/* What is counted of each listener, over threads, generations and deaths. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "server/counters.h"
#include "suite.h"

static struct counters_shared *shared;
static struct counters_generation *generation;
static struct tally tally;

static const char *name_of(size_t row)
{
    static char name[TALLY_NAME_SIZE];

    tally_name(shared, row, name);
    return name;
}

static void setup(void)
{
    shared = counters_new();
    ck_assert_ptr_nonnull(shared);
    generation = &shared->generations[2];
    generation->threads_used = 2;
}

static void teardown(void)
{
    counters_free(shared);
}

START_TEST(a_name_keeps_its_row)
{
    ck_assert_uint_eq(tally_rows(shared), 0);
    ck_assert_uint_eq(tally_claim(shared, "main"), 0);
    ck_assert_uint_eq(tally_claim(shared, "other"), 1);
    ck_assert_uint_eq(tally_claim(shared, "main"), 0);
    ck_assert_uint_eq(tally_rows(shared), 2);
    ck_assert_str_eq(name_of(1), "other");
    ck_assert_uint_eq(tally_find(shared, "other"), 1);
    ck_assert_uint_ge(tally_find(shared, "nobody"), tally_rows(shared));
}
END_TEST

START_TEST(names_for_which_there_is_no_row_share_the_last_one)
{
    char name[32];

    for (int i = 0; i < TALLY_ROWS + 5; i++) {
        (void)snprintf(name, sizeof name, "name-%d", i);
        ck_assert_uint_eq(tally_claim(shared, name), i < TALLY_ROWS ? i : TALLY_ROWS - 1);
    }
    ck_assert_uint_eq(tally_rows(shared), TALLY_ROWS);
    ck_assert_str_eq(name_of(TALLY_ROWS - 1), "(others)");
    ck_assert_str_eq(name_of(TALLY_ROWS - 2), "name-318");
}
END_TEST

/* A worker that was taken over writes what it likes. */
START_TEST(nobody_follows_a_table_of_names_that_is_wrong)
{
    tally_claim(shared, "main");
    shared->names.count = UINT64_MAX;
    memset(shared->names.names, 'x', sizeof shared->names.names);
    ck_assert_uint_eq(tally_rows(shared), TALLY_ROWS);
    ck_assert_uint_eq(strlen(name_of(TALLY_ROWS - 1)), TALLY_NAME_SIZE - 1);
    ck_assert_uint_eq(tally_find(shared, "main"), TALLY_ROWS);
    ck_assert_uint_eq(tally_claim(shared, "main"), TALLY_ROWS - 1);
}
END_TEST

START_TEST(a_tally_is_the_sum_over_threads_and_generations)
{
    shared->generations[0].threads_used = 1;
    counters_add(&generation->threads[0].listeners[1].opened, 1);
    counters_add(&generation->threads[1].listeners[1].opened, 10);
    counters_add(&shared->generations[0].threads[0].listeners[1].opened, 100);
    counters_add(&generation->threads[0].listeners[0].opened, 1000);
    counters_add(&generation->threads[1].listeners[1].failures[EXPLAIN_NOT_TLS], 3);
    tally_read(shared, 1, &tally);
    ck_assert_uint_eq(tally.opened, 111);
    ck_assert_uint_eq(tally.failures[EXPLAIN_NOT_TLS], 3);
    ck_assert_uint_eq(tally_open(&tally), 111);
}
END_TEST

START_TEST(what_a_dead_process_had_open_is_lost_and_nothing_goes_back)
{
    struct tally_row *row = &generation->threads[1].listeners[tally_claim(shared, "main")];

    counters_add(&row->opened, 7);
    counters_add(&row->closed, 5);
    counters_add(&row->bytes_out, 1234);
    counters_bury(shared, 2, 1);
    tally_read(shared, 0, &tally);
    ck_assert_uint_eq(tally.opened, 7);
    ck_assert_uint_eq(tally.lost, 2);
    ck_assert_uint_eq(tally_open(&tally), 0);
    ck_assert_uint_eq(tally.bytes_out, 1234);
    counters_add(&row->opened, 1); /* the successor */
    tally_read(shared, 0, &tally);
    ck_assert_uint_eq(tally.opened, 8);
    ck_assert_uint_eq(tally_open(&tally), 1);
}
END_TEST

#define DEATHS 20000

static _Atomic bool over;

/* A worker that lives, counts and dies again and again, with whoever buries it. */
static void *live_and_die(void *context)
{
    struct tally_row *row = &generation->threads[0].listeners[0];

    for (int i = 0; i < DEATHS; i++) {
        counters_add(&row->opened, 3);
        counters_add(&row->closed, 1);
        counters_bury(shared, 2, 0);
    }
    atomic_store(&over, true);
    return context;
}

START_TEST(no_value_goes_back_and_no_more_ends_than_begins_while_others_read)
{
    struct tally before = {0};
    pthread_t writer;

    atomic_store(&over, false);
    (void)tally_claim(shared, "main");
    ck_assert_int_eq(pthread_create(&writer, NULL, live_and_die, NULL), 0);
    while (!atomic_load(&over)) {
        tally_read(shared, 0, &tally);
        ck_assert_uint_ge(tally.opened, before.opened);
        ck_assert_uint_ge(tally.closed, before.closed);
        ck_assert_uint_ge(tally.lost, before.lost);
        ck_assert_uint_ge(tally.opened, tally.closed + tally.lost);
        before = tally;
    }
    ck_assert_int_eq(pthread_join(writer, NULL), 0);
    tally_read(shared, 0, &tally);
    ck_assert_uint_eq(tally.opened, 3 * DEATHS);
    ck_assert_uint_eq(tally.lost, 2 * DEATHS);
}
END_TEST

static const struct {
    int64_t us;
    size_t bucket;
} times[] = {{0, 0},         {250, 0},       {251, 1},       {1000, 2},
             {10000000, 14}, {10000001, 15}, {INT64_MAX, 15}};

START_TEST(a_time_falls_into_the_bucket_that_holds_it)
{
    ck_assert_uint_eq(tally_bucket(times[_i].us), times[_i].bucket);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, a_name_keeps_its_row);
    tcase_add_test(tests, names_for_which_there_is_no_row_share_the_last_one);
    tcase_add_test(tests, nobody_follows_a_table_of_names_that_is_wrong);
    tcase_add_test(tests, a_tally_is_the_sum_over_threads_and_generations);
    tcase_add_test(tests, what_a_dead_process_had_open_is_lost_and_nothing_goes_back);
    tcase_add_test(tests, no_value_goes_back_and_no_more_ends_than_begins_while_others_read);
    tcase_add_loop_test(tests, a_time_falls_into_the_bucket_that_holds_it, 0, 7);
}

int main(void)
{
    return suite_run("tally", add, setup, teardown);
}
