/* Who stands still, in the time of whoever looks. */
#include "daemon/watchdog.h"
#include "suite.h"

#define STUCK_MS 12000

static struct watchdog watchdog;
static int64_t now_ms;

static void setup(void)
{
    watchdog = (struct watchdog){.stuck_ms = STUCK_MS};
    now_ms = 1000;
    ck_assert(watchdog_looks(&watchdog, now_ms));
}

/* Time passes; then a look at one that has last turned then. */
static bool is_stuck_after(int64_t ms, int64_t turned_ms)
{
    now_ms += ms;
    ck_assert(watchdog_looks(&watchdog, now_ms));
    return watchdog_sees_stuck(&watchdog, 3, turned_ms);
}

START_TEST(a_loop_that_turns_is_never_stuck)
{
    for (int i = 0; i < 100; i++) {
        ck_assert(!is_stuck_after(WATCHDOG_LOOK_MS, now_ms));
    }
}
END_TEST

START_TEST(one_that_stands_still_is_found_once_and_then_again)
{
    int64_t still_ms = -WATCHDOG_LOOK_MS; /* the first look only learns when it has turned */

    while (!is_stuck_after(WATCHDOG_LOOK_MS, 7)) {
        still_ms += WATCHDOG_LOOK_MS;
        ck_assert_int_lt(still_ms, STUCK_MS);
    }
    ck_assert_int_ge(still_ms + WATCHDOG_LOOK_MS, STUCK_MS);
    ck_assert(!is_stuck_after(WATCHDOG_LOOK_MS, 7));
}
END_TEST

START_TEST(one_turn_and_it_is_counted_anew)
{
    for (int64_t turn = 1; turn < 20; turn++) {
        for (int i = 0; i * WATCHDOG_LOOK_MS < STUCK_MS; i++) {
            ck_assert(!is_stuck_after(WATCHDOG_LOOK_MS, turn));
        }
    }
}
END_TEST

START_TEST(whoever_looks_late_counts_two_looks_at_most)
{
    ck_assert(!is_stuck_after(WATCHDOG_LOOK_MS, 7));
    ck_assert(!is_stuck_after(3600 * 1000, 7)); /* we stood still: the others may have, too */
    ck_assert(!is_stuck_after(3600 * 1000, 7));
    ck_assert(is_stuck_after(3600 * 1000, 7)); /* three times in a row: they had their time */
}
END_TEST

START_TEST(one_that_is_not_there_is_not_stuck)
{
    for (int i = 0; i < 20; i++) {
        ck_assert(!is_stuck_after(WATCHDOG_LOOK_MS, 0));
    }
}
END_TEST

START_TEST(each_is_counted_by_itself)
{
    bool stuck = false;

    for (int i = 0; i < 20; i++) {
        stuck |= is_stuck_after(WATCHDOG_LOOK_MS, 7);
        ck_assert(!watchdog_sees_stuck(&watchdog, 4, now_ms));
    }
    ck_assert(stuck);
}
END_TEST

START_TEST(looks_are_apart_from_each_other)
{
    ck_assert(!watchdog_looks(&watchdog, now_ms + WATCHDOG_LOOK_MS - 1));
    ck_assert_int_eq(watchdog_wait_ms(&watchdog, now_ms + WATCHDOG_LOOK_MS - 1), 1);
    ck_assert_int_eq(watchdog_wait_ms(&watchdog, now_ms + 2 * WATCHDOG_LOOK_MS), 0);
    ck_assert(watchdog_looks(&watchdog, now_ms + WATCHDOG_LOOK_MS));
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, a_loop_that_turns_is_never_stuck);
    tcase_add_test(tests, one_that_stands_still_is_found_once_and_then_again);
    tcase_add_test(tests, one_turn_and_it_is_counted_anew);
    tcase_add_test(tests, whoever_looks_late_counts_two_looks_at_most);
    tcase_add_test(tests, one_that_is_not_there_is_not_stuck);
    tcase_add_test(tests, each_is_counted_by_itself);
    tcase_add_test(tests, looks_are_apart_from_each_other);
}

int main(void)
{
    return suite_run("watchdog", add, setup, NULL);
}
