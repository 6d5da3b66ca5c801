/* What every thread counts, in memory that all processes share. */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/counters.h"
#include "suite.h"

static struct counters_shared *shared;
static struct counters_generation *generation;

static void setup(void)
{
    shared = counters_new();
    ck_assert_ptr_nonnull(shared);
    generation = &shared->generations[1];
    generation->threads_used = 2;
}

static void teardown(void)
{
    counters_free(shared);
}

static uint64_t sum_opened(void)
{
    return counters_sum(shared, offsetof(struct counters, opened));
}

static uint64_t sum_bytes_in(void)
{
    return counters_sum(shared, offsetof(struct counters, bytes_in));
}

START_TEST(everything_starts_at_zero)
{
    ck_assert_uint_eq(counters_open(shared), 0);
    ck_assert_uint_eq(sum_opened(), 0);
}
END_TEST

START_TEST(a_sum_is_over_threads_and_generations)
{
    shared->generations[4].threads_used = 1;
    counters_add(&generation->threads[0].opened, 1);
    counters_add(&generation->threads[1].opened, 10);
    counters_add(&shared->generations[4].threads[0].opened, 100);
    counters_add(&generation->threads[1].bytes_in, 1000);
    ck_assert_uint_eq(sum_opened(), 111);
    ck_assert_uint_eq(sum_bytes_in(), 1000);
}
END_TEST

START_TEST(a_block_that_is_not_in_use_is_not_read)
{
    counters_add(&generation->threads[2].opened, 5);
    ck_assert_uint_eq(sum_opened(), 0);
}
END_TEST

START_TEST(open_is_opened_without_closed_and_lost)
{
    counters_add(&generation->threads[0].opened, 10);
    counters_add(&generation->threads[0].closed, 3);
    ck_assert_uint_eq(counters_open(shared), 7);
    counters_add(&generation->threads[1].lost, 2);
    ck_assert_uint_eq(counters_open(shared), 5);
}
END_TEST

/* Two blocks are read one after the other: a connection may close between. */
START_TEST(open_never_falls_below_zero)
{
    counters_add(&generation->threads[0].closed, 1);
    ck_assert_uint_eq(counters_open(shared), 0);
}
END_TEST

START_TEST(a_burial_keeps_the_sums_and_loses_what_was_open)
{
    struct counters *dead = &generation->threads[0];

    counters_add(&dead->opened, 10);
    counters_add(&dead->closed, 3);
    counters_add(&dead->bytes_in, 77);
    counters_add(&dead->handshakes_begun, 9);
    counters_add(&dead->ends[EXPLAIN_CODE_COUNT - 1], 4);
    counters_add(&generation->threads[1].opened, 1);
    ck_assert_uint_eq(counters_bury(shared, 1, 0), 7);
    ck_assert_uint_eq(sum_opened(), 11);
    ck_assert_uint_eq(sum_bytes_in(), 77);
    ck_assert_uint_eq(counters_sum(shared, offsetof(struct counters, ends[EXPLAIN_CODE_COUNT - 1])),
                      4);
    ck_assert_uint_eq(counters_sum(shared, offsetof(struct counters, lost)), 7);
    ck_assert_uint_eq(counters_open(shared), 1); /* of the other thread */
    ck_assert_uint_eq(dead->handshakes_over, 9); /* none is in flight */
}
END_TEST

/* Whoever buried it may have been killed before he was done: somebody else does it again. */
START_TEST(a_second_burial_changes_nothing)
{
    counters_add(&generation->threads[0].opened, 10);
    ck_assert_uint_eq(counters_bury(shared, 1, 0), 10);
    ck_assert_uint_eq(counters_bury(shared, 1, 0), 0);
    ck_assert_uint_eq(sum_opened(), 10);
    ck_assert_uint_eq(counters_sum(shared, offsetof(struct counters, lost)), 10);
}
END_TEST

START_TEST(a_successor_counts_on_where_the_dead_one_was)
{
    struct counters *block = &generation->threads[0];

    counters_add(&block->opened, 10);
    counters_bury(shared, 1, 0);
    counters_add(&block->opened, 5); /* the successor */
    counters_add(&block->closed, 1);
    ck_assert_uint_eq(sum_opened(), 15);
    ck_assert_uint_eq(counters_open(shared), 4);
    ck_assert_uint_eq(counters_bury(shared, 1, 0), 4);
    ck_assert_uint_eq(sum_opened(), 15);
    ck_assert_uint_eq(counters_open(shared), 0);
}
END_TEST

START_TEST(a_generation_with_fewer_threads_forgets_none_of_the_one_before)
{
    counters_use(shared, 1, 3);
    counters_add(&generation->threads[2].opened, 5);
    counters_bury(shared, 1, 2);
    counters_use(shared, 1, 1);
    ck_assert_uint_eq(sum_opened(), 5);
}
END_TEST

START_TEST(each_block_has_pages_of_its_own)
{
    ck_assert_uint_eq((uintptr_t)&generation->threads[0] % 4096, 0);
    ck_assert_uint_eq(sizeof(struct counters) % 4096, 0);
}
END_TEST

START_TEST(a_child_counts_in_the_same_memory)
{
    int fd = counters_create(), status = 0;

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
    struct counters_shared *ours = counters_map(fd);

    ck_assert_ptr_nonnull(ours);
    ours->generations[0].threads_used = 1;
    pid_t child = fork();

    ck_assert_int_ge(child, 0);
    if (child == 0) {
        struct counters_shared *theirs = counters_map(fd); /* as after exec */

        if (theirs != NULL) {
            counters_add(&theirs->generations[0].threads[0].opened, 42);
        }
        _exit(theirs == NULL);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    ck_assert_uint_eq(counters_sum(ours, offsetof(struct counters, opened)), 42);
    munmap(ours, sizeof *ours);
    close(fd);
}
END_TEST

START_TEST(what_is_no_memory_cannot_be_mapped)
{
    ck_assert_ptr_null(counters_map(-1));
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, everything_starts_at_zero);
    tcase_add_test(tests, a_sum_is_over_threads_and_generations);
    tcase_add_test(tests, a_block_that_is_not_in_use_is_not_read);
    tcase_add_test(tests, open_is_opened_without_closed_and_lost);
    tcase_add_test(tests, open_never_falls_below_zero);
    tcase_add_test(tests, a_burial_keeps_the_sums_and_loses_what_was_open);
    tcase_add_test(tests, a_second_burial_changes_nothing);
    tcase_add_test(tests, a_successor_counts_on_where_the_dead_one_was);
    tcase_add_test(tests, a_generation_with_fewer_threads_forgets_none_of_the_one_before);
    tcase_add_test(tests, each_block_has_pages_of_its_own);
    tcase_add_test(tests, a_child_counts_in_the_same_memory);
    tcase_add_test(tests, what_is_no_memory_cannot_be_mapped);
}

int main(void)
{
    return suite_run("counters", add, setup, teardown);
}
