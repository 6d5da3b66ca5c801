/* Buckets that are as fine as the value is small. */
#include <stdlib.h>
#include <string.h>

#include "base/histogram.h"
#include "suite.h"

static struct histogram one, other, both;

static void setup(void)
{
    memset(&one, 0, sizeof one);
    memset(&other, 0, sizeof other);
    memset(&both, 0, sizeof both);
}

static uint64_t state;

/* Any value up to 2^48, of any size: half of the values are not above 2^24. */
static uint64_t next_value(void)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (state >> 16) >> (state % 48);
}

static void check_bound(uint64_t value)
{
    uint64_t top = histogram_top(histogram_bucket(value));

    ck_assert_msg(top >= value, "%ju is told as %ju", (uintmax_t)value, (uintmax_t)top);
    ck_assert_msg(top - value <= value / HISTOGRAM_STEPS, "%ju is told as %ju", (uintmax_t)value,
                  (uintmax_t)top);
}

START_TEST(a_value_is_never_told_too_small_and_at_most_one_step_too_large)
{
    state = 1;
    for (int i = 0; i < 100000; i++) {
        uint64_t value = next_value();

        check_bound(value < HISTOGRAM_MAX ? value : HISTOGRAM_MAX);
    }
}
END_TEST

START_TEST(the_bound_holds_at_the_edges_of_each_power_of_two)
{
    check_bound(0);
    for (unsigned bit = 0; bit < 47; bit++) {
        uint64_t power = (uint64_t)1 << bit;

        check_bound(power - 1);
        check_bound(power);
        check_bound(power + 1);
    }
    check_bound(HISTOGRAM_MAX);
}
END_TEST

START_TEST(buckets_lie_side_by_side_without_gap_or_overlap)
{
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        ck_assert_uint_eq(histogram_bucket(histogram_top(i)), i);
        if (i + 1 < HISTOGRAM_BUCKETS) {
            ck_assert_uint_eq(histogram_bucket(histogram_top(i) + 1), i + 1);
        }
    }
    ck_assert_uint_eq(histogram_top(HISTOGRAM_BUCKETS - 1), HISTOGRAM_MAX);
}
END_TEST

START_TEST(small_values_are_exact)
{
    for (uint64_t value = 0; value < 2 * (uint64_t)HISTOGRAM_STEPS; value++) {
        ck_assert_uint_eq(histogram_top(histogram_bucket(value)), value);
    }
}
END_TEST

START_TEST(a_value_above_the_range_counts_as_the_largest)
{
    histogram_add(&one, UINT64_MAX / 2);
    ck_assert_uint_eq(one.count, 1);
    ck_assert_uint_eq(one.max, UINT64_MAX / 2);
    ck_assert_uint_eq(one.buckets[HISTOGRAM_BUCKETS - 1], 1);
    ck_assert_uint_eq(histogram_at(&one, 0.5), HISTOGRAM_MAX);
}
END_TEST

START_TEST(an_empty_histogram_says_zero)
{
    ck_assert_uint_eq(histogram_at(&one, 0.5), 0);
    ck_assert_uint_eq(histogram_at(&one, 1), 0);
    ck_assert(histogram_mean(&one) == 0);
}
END_TEST

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static const double shares[] = {0, 0.001, 0.07, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999, 1};

START_TEST(percentiles_are_those_of_the_sorted_values)
{
    enum { VALUES = 10000 };
    static uint64_t sorted[VALUES];

    state = 7;
    for (int i = 0; i < VALUES; i++) {
        sorted[i] = next_value() & HISTOGRAM_MAX;
        histogram_add(&one, sorted[i]);
    }
    qsort(sorted, VALUES, sizeof sorted[0], by_value);
    for (int i = 0; i < COUNT(shares); i++) {
        double at = shares[i] * (double)VALUES;
        size_t rank = (size_t)(at + 0.5) == 0 ? 1 : (size_t)(at + 0.5); /* they are whole numbers */
        uint64_t exact = sorted[rank - 1], told = histogram_at(&one, shares[i]);

        ck_assert_msg(told >= exact && told - exact <= exact / HISTOGRAM_STEPS,
                      "share %g: %ju is told as %ju", shares[i], (uintmax_t)exact, (uintmax_t)told);
    }
    ck_assert_uint_eq(histogram_at(&one, 1), sorted[VALUES - 1]);
    ck_assert_uint_eq(one.min, sorted[0]);
}
END_TEST

START_TEST(a_share_that_binary_cannot_hold_takes_no_value_more)
{
    for (uint64_t value = 1; value <= 100; value++) {
        histogram_add(&one, value);
    }
    for (int percent = 1; percent <= 100; percent++) {
        ck_assert_uint_eq(histogram_at(&one, percent / 100.0), (uint64_t)percent);
    }
    ck_assert_uint_eq(histogram_at(&one, 0.501), 51);
}
END_TEST

START_TEST(the_mean_is_exact)
{
    histogram_add(&one, 1);
    histogram_add(&one, 1000001);
    ck_assert(histogram_mean(&one) == 500001);
}
END_TEST

START_TEST(two_merged_are_one_that_had_all_values)
{
    state = 3;
    for (int i = 0; i < 5000; i++) {
        uint64_t value = next_value();

        histogram_add(i % 3 == 0 ? &one : &other, value);
        histogram_add(&both, value);
    }
    histogram_merge(&one, &other);
    ck_assert_mem_eq(&one, &both, sizeof one);
}
END_TEST

START_TEST(an_empty_one_changes_nothing_and_takes_everything)
{
    histogram_add(&one, 5);
    both = one;
    histogram_merge(&one, &other);
    ck_assert_mem_eq(&one, &both, sizeof one);
    histogram_merge(&other, &one);
    ck_assert_mem_eq(&other, &both, sizeof other);
}
END_TEST

START_TEST(many_of_a_value_are_as_if_each_was_added)
{
    static struct histogram each, many;

    memset(&each, 0, sizeof each);
    memset(&many, 0, sizeof many);
    for (int i = 0; i < 1000; i++) {
        histogram_add(&each, 4711);
    }
    histogram_add_many(&many, 4711, 1000);
    histogram_add_many(&many, 1, 0);
    ck_assert_mem_eq(&each, &many, sizeof each);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, many_of_a_value_are_as_if_each_was_added);
    tcase_add_test(tests, a_value_is_never_told_too_small_and_at_most_one_step_too_large);
    tcase_add_test(tests, the_bound_holds_at_the_edges_of_each_power_of_two);
    tcase_add_test(tests, buckets_lie_side_by_side_without_gap_or_overlap);
    tcase_add_test(tests, small_values_are_exact);
    tcase_add_test(tests, a_value_above_the_range_counts_as_the_largest);
    tcase_add_test(tests, an_empty_histogram_says_zero);
    tcase_add_test(tests, percentiles_are_those_of_the_sorted_values);
    tcase_add_test(tests, a_share_that_binary_cannot_hold_takes_no_value_more);
    tcase_add_test(tests, the_mean_is_exact);
    tcase_add_test(tests, two_merged_are_one_that_had_all_values);
    tcase_add_test(tests, an_empty_one_changes_nothing_and_takes_everything);
}

int main(void)
{
    return suite_run("histogram", add, setup, NULL);
}
