/* When messages are due: by their number, never by what happened before. */
#include "bench/schedule.h"
#include "suite.h"

#define SECOND 1000000000

START_TEST(message_n_is_due_n_periods_after_the_start)
{
    struct schedule all = {.start_ns = 5, .period_ns = 1000, .first = 0, .step = 1};

    ck_assert_int_eq(schedule_at(&all, 0), 5);
    ck_assert_int_eq(schedule_at(&all, 1), 1005);
    ck_assert_int_eq(schedule_at(&all, 1000000), 1000000005);
}
END_TEST

START_TEST(connections_take_turns_evenly)
{
    struct schedule a = {.start_ns = 0, .period_ns = 10, .first = 0, .step = 3};
    struct schedule c = {.start_ns = 0, .period_ns = 10, .first = 2, .step = 3};

    ck_assert_int_eq(schedule_at(&a, 0), 0);
    ck_assert_int_eq(schedule_at(&c, 0), 20);
    ck_assert_int_eq(schedule_at(&a, 1), 30);
    ck_assert_int_eq(schedule_at(&c, 1), 50);
}
END_TEST

START_TEST(a_period_that_is_no_whole_number_does_not_drift)
{
    struct schedule third = {.start_ns = 0, .period_ns = SECOND / 30000.0, .first = 0, .step = 1};

    ck_assert_int_eq(schedule_at(&third, 30000 * (uint64_t)86400), (int64_t)86400 * SECOND);
}
END_TEST

START_TEST(due_before_a_moment_are_those_whose_moment_is_earlier)
{
    struct schedule s = {.start_ns = 100, .period_ns = 10, .first = 1, .step = 2};
    static const struct {
        int64_t until;
        uint64_t count;
    } cases[] = {{0, 0}, {100, 0}, {110, 0}, {111, 1}, {130, 1}, {131, 2}, {1111, 51}};

    for (int i = 0; i < COUNT(cases); i++) { /* due at 110, 130, 150, ... */
        ck_assert_uint_eq(schedule_before(&s, cases[i].until), cases[i].count);
    }
}
END_TEST

START_TEST(counting_agrees_with_the_moments_for_odd_rates)
{
    static const double rates[] = {0.3, 1, 7, 999, 33333.3, 1e6, 3e7};

    for (int i = 0; i < COUNT(rates); i++) {
        struct schedule s = {
            .start_ns = 12345, .period_ns = SECOND / rates[i], .first = 3, .step = 7};

        for (uint64_t k = 0; k < 1000; k++) {
            int64_t at = schedule_at(&s, k);

            ck_assert_uint_eq(schedule_before(&s, at), k);
            ck_assert_uint_eq(schedule_before(&s, at + 1), k + 1);
        }
    }
}
END_TEST

/* The same by counting. */
static uint64_t counted(uint64_t count, uint64_t connections, uint64_t index, uint64_t lanes)
{
    uint64_t mine = 0;

    for (uint64_t n = 0; n < count; n++) {
        mine += n % connections % lanes == index;
    }
    return mine;
}

START_TEST(the_share_of_a_lane_is_what_counting_finds)
{
    static const uint64_t connections[] = {1, 2, 7, 10, 64};

    for (int c = 0; c < COUNT(connections); c++) {
        for (uint64_t lanes = 1; lanes <= connections[c] && lanes <= 5; lanes++) {
            for (uint64_t index = 0; index < lanes; index++) {
                for (uint64_t count = 0; count < 200; count++) {
                    ck_assert_uint_eq(schedule_share(count, connections[c], index, lanes),
                                      counted(count, connections[c], index, lanes));
                }
            }
        }
    }
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, the_share_of_a_lane_is_what_counting_finds);
    tcase_add_test(tests, message_n_is_due_n_periods_after_the_start);
    tcase_add_test(tests, connections_take_turns_evenly);
    tcase_add_test(tests, a_period_that_is_no_whole_number_does_not_drift);
    tcase_add_test(tests, due_before_a_moment_are_those_whose_moment_is_earlier);
    tcase_add_test(tests, counting_agrees_with_the_moments_for_odd_rates);
}

int main(void)
{
    return suite_run("schedule", add, NULL, NULL);
}
