/* So many in a second, and not more. */
#include "base/bucket.h"
#include "suite.h"

#define SECOND INT64_C(1000000000)
#define NOW    (1000 * SECOND)

static struct bucket bucket;

static void setup(void)
{
    bucket = (struct bucket){0};
}

static void teardown(void)
{
}

static int take_all(int64_t per_second, int64_t now_ns)
{
    int taken = 0;

    while (taken < 200000 && bucket_take(&bucket, per_second, now_ns)) {
        taken++;
    }
    return taken;
}

static const int rates[] = {1, 2, 3, 7, 10, 1000, 100000};

START_TEST(a_full_one_holds_what_a_second_gives)
{
    ck_assert_int_eq(take_all(rates[_i], NOW), rates[_i]);
}
END_TEST

START_TEST(in_each_second_it_fills_again)
{
    take_all(rates[_i], NOW);
    ck_assert_int_eq(take_all(rates[_i], NOW + SECOND), rates[_i]);
    ck_assert_int_eq(take_all(rates[_i], NOW + 10 * SECOND), rates[_i]); /* and not more */
}
END_TEST

START_TEST(it_fills_drop_by_drop)
{
    take_all(10, NOW);
    ck_assert_int_eq(take_all(10, NOW + SECOND / 10 - 1), 0);
    ck_assert_int_eq(take_all(10, NOW + SECOND / 10), 1);
    ck_assert_int_eq(take_all(10, NOW + SECOND / 2), 4);
}
END_TEST

START_TEST(one_a_second_is_one_a_second)
{
    ck_assert(bucket_take(&bucket, 1, NOW));
    ck_assert(!bucket_take(&bucket, 1, NOW + SECOND - 1));
    ck_assert(bucket_take(&bucket, 1, NOW + SECOND));
}
END_TEST

START_TEST(it_is_full_when_nobody_took_for_long_enough)
{
    ck_assert(bucket_is_full(&bucket, NOW));
    take_all(10, NOW);
    ck_assert(!bucket_is_full(&bucket, NOW + SECOND / 2));
    ck_assert(bucket_is_full(&bucket, NOW + SECOND));
}
END_TEST

START_TEST(another_rate_goes_on_with_what_was_left)
{
    take_all(1000, NOW);
    ck_assert_int_eq(take_all(10, NOW), 0);
    ck_assert_int_eq(take_all(10, NOW + SECOND), 10);
}
END_TEST

static void add(TCase *tests)
{
    const int count = sizeof rates / sizeof rates[0];

    tcase_add_loop_test(tests, a_full_one_holds_what_a_second_gives, 0, count);
    tcase_add_loop_test(tests, in_each_second_it_fills_again, 0, count);
    tcase_add_test(tests, it_fills_drop_by_drop);
    tcase_add_test(tests, one_a_second_is_one_a_second);
    tcase_add_test(tests, it_is_full_when_nobody_took_for_long_enough);
    tcase_add_test(tests, another_rate_goes_on_with_what_was_left);
}

int main(void)
{
    return suite_run("bucket", add, setup, teardown);
}
