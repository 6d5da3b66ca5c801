/* What each thread has counted, put together. */
#include <string.h>

#include "bench/tally.h"
#include "suite.h"

static struct tally one, other;

static void setup(void)
{
    memset(&one, 0, sizeof one);
    memset(&other, 0, sizeof other);
}

START_TEST(a_slice_is_a_200th_of_the_window_and_at_least_100_ms)
{
    static const struct {
        int64_t duration_ms, slice_ms;
    } cases[] = {{1, 100},     {10000, 100}, {20000, 100},
                 {20001, 101}, {60000, 300}, {3600000, 18000}};

    for (int i = 0; i < COUNT(cases); i++) {
        ck_assert_int_eq(tally_slice_ms(cases[i].duration_ms), cases[i].slice_ms);
        ck_assert_int_ge(cases[i].slice_ms * TALLY_SLICES, cases[i].duration_ms);
    }
}
END_TEST

START_TEST(all_counts_are_added)
{
    one = (struct tally){.messages = 1,
                         .bytes = 2,
                         .full = 3,
                         .resumed = 4,
                         .opened = 5,
                         .failed = 6,
                         .begun = 7,
                         .unanswered = 8};
    other = (struct tally){.messages = 10,
                           .bytes = 20,
                           .full = 30,
                           .resumed = 40,
                           .opened = 50,
                           .failed = 60,
                           .begun = 70,
                           .unanswered = 80};
    one.ends[EXPLAIN_OK] = 9;
    other.ends[EXPLAIN_OK] = 90;
    other.ends[EXPLAIN_CODE_COUNT - 1] = 100;
    tally_merge(&one, &other);
    ck_assert_uint_eq(one.messages, 11);
    ck_assert_uint_eq(one.bytes, 22);
    ck_assert_uint_eq(one.full, 33);
    ck_assert_uint_eq(one.resumed, 44);
    ck_assert_uint_eq(one.opened, 55);
    ck_assert_uint_eq(one.failed, 66);
    ck_assert_uint_eq(one.begun, 77);
    ck_assert_uint_eq(one.unanswered, 88);
    ck_assert_uint_eq(one.ends[EXPLAIN_OK], 99);
    ck_assert_uint_eq(one.ends[EXPLAIN_CODE_COUNT - 1], 100);
}
END_TEST

START_TEST(all_histograms_are_merged)
{
    histogram_add(&other.latency, 1);
    histogram_add(&other.tcp, 2);
    histogram_add(&other.tls, 3);
    histogram_add(&other.first_echo, 4);
    tally_merge(&one, &other);
    ck_assert_uint_eq(one.latency.max, 1);
    ck_assert_uint_eq(one.tcp.max, 2);
    ck_assert_uint_eq(one.tls.max, 3);
    ck_assert_uint_eq(one.first_echo.max, 4);
}
END_TEST

START_TEST(slices_are_added_and_keep_the_worst_latency)
{
    one.slices[0] = (struct tally_slice){1, 2, 3, 500};
    other.slices[0] = (struct tally_slice){10, 20, 30, 400};
    other.slices[TALLY_SLICES - 1] = (struct tally_slice){.latency_max_ns = 7};
    tally_merge(&one, &other);
    ck_assert_uint_eq(one.slices[0].messages, 11);
    ck_assert_uint_eq(one.slices[0].bytes, 22);
    ck_assert_uint_eq(one.slices[0].handshakes, 33);
    ck_assert_uint_eq(one.slices[0].latency_max_ns, 500);
    ck_assert_uint_eq(one.slices[TALLY_SLICES - 1].latency_max_ns, 7);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, a_slice_is_a_200th_of_the_window_and_at_least_100_ms);
    tcase_add_test(tests, all_counts_are_added);
    tcase_add_test(tests, all_histograms_are_merged);
    tcase_add_test(tests, slices_are_added_and_keep_the_worst_latency);
}

int main(void)
{
    return suite_run("bench_tally", add, setup, NULL);
}
