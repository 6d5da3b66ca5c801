/* Who has waited too long, for any number of them at the same cost. */
#include "server/deadlines.h"
#include "suite.h"

static struct deadlines deadlines;
static struct deadline_entry a, b, c;

static void setup(void)
{
    deadlines_init(&deadlines);
    deadlines.duration_ms[DEADLINE_HANDSHAKE] = 100;
    deadlines.duration_ms[DEADLINE_IDLE] = 1000;
    deadlines_entry_init(&a);
    deadlines_entry_init(&b);
    deadlines_entry_init(&c);
}

START_TEST(nobody_waits_at_first)
{
    ck_assert_int_eq(deadlines_next_ms(&deadlines), -1);
    ck_assert_ptr_null(deadlines_expired(&deadlines, INT64_MAX));
}
END_TEST

START_TEST(who_waits_expires_at_its_time_and_not_before)
{
    deadlines_wait(&deadlines, &a, DEADLINE_HANDSHAKE, 5);
    ck_assert_int_eq(deadlines_next_ms(&deadlines), 105);
    ck_assert_ptr_null(deadlines_expired(&deadlines, 104));
    ck_assert_ptr_eq(deadlines_expired(&deadlines, 105), &a);
    ck_assert_ptr_eq(deadlines_expired(&deadlines, 1000), &a); /* it stays in its queue */
}
END_TEST

START_TEST(the_oldest_of_a_kind_expires_first)
{
    deadlines_wait(&deadlines, &b, DEADLINE_IDLE, 1);
    deadlines_wait(&deadlines, &a, DEADLINE_IDLE, 2);
    ck_assert_ptr_eq(deadlines_expired(&deadlines, 5000), &b);
    deadlines_leave(&b);
    ck_assert_ptr_eq(deadlines_expired(&deadlines, 5000), &a);
    deadlines_leave(&a);
    ck_assert_ptr_null(deadlines_expired(&deadlines, 5000));
}
END_TEST

START_TEST(waiting_again_starts_anew_at_the_end)
{
    deadlines_wait(&deadlines, &a, DEADLINE_IDLE, 1);
    deadlines_wait(&deadlines, &b, DEADLINE_IDLE, 2);
    deadlines_wait(&deadlines, &a, DEADLINE_IDLE, 3);
    ck_assert_int_eq(deadlines_next_ms(&deadlines), 1002);
    ck_assert_ptr_eq(deadlines_expired(&deadlines, 1002), &b);
}
END_TEST

START_TEST(another_kind_replaces_the_first)
{
    deadlines_wait(&deadlines, &a, DEADLINE_HANDSHAKE, 0);
    deadlines_wait(&deadlines, &a, DEADLINE_IDLE, 50);
    ck_assert_int_eq(a.kind, DEADLINE_IDLE);
    ck_assert_ptr_null(deadlines_expired(&deadlines, 1049));
    ck_assert_ptr_eq(deadlines_expired(&deadlines, 1050), &a);
}
END_TEST

START_TEST(the_next_time_is_the_earliest_of_all_kinds)
{
    deadlines_wait(&deadlines, &a, DEADLINE_IDLE, 0);
    ck_assert_int_eq(deadlines_next_ms(&deadlines), 1000);
    deadlines_wait(&deadlines, &b, DEADLINE_HANDSHAKE, 10);
    ck_assert_int_eq(deadlines_next_ms(&deadlines), 110);
    ck_assert_ptr_eq(deadlines_expired(&deadlines, 500), &b);
    deadlines_wait(&deadlines, &c, DEADLINE_HANDSHAKE, 950);
    deadlines_leave(&b);
    ck_assert_int_eq(deadlines_next_ms(&deadlines), 1000);
}
END_TEST

START_TEST(a_duration_of_zero_is_never)
{
    deadlines_wait(&deadlines, &a, DEADLINE_HANDSHAKE, 0);
    deadlines_wait(&deadlines, &a, DEADLINE_WRITE, 0); /* 0 here; and out of the other queue */
    ck_assert_int_eq(deadlines_next_ms(&deadlines), -1);
    ck_assert_ptr_null(deadlines_expired(&deadlines, INT64_MAX));
}
END_TEST

START_TEST(whoever_waits_anew_is_no_longer_due)
{
    ck_assert(!deadlines_is_due(&deadlines, &a, INT64_MAX));
    deadlines_wait(&deadlines, &a, DEADLINE_IDLE, 0);
    ck_assert(!deadlines_is_due(&deadlines, &a, 999));
    ck_assert(deadlines_is_due(&deadlines, &a, 1000));
    deadlines_wait(&deadlines, &a, DEADLINE_IDLE, 5000);
    ck_assert(!deadlines_is_due(&deadlines, &a, 5000));
    deadlines_leave(&a);
    ck_assert(!deadlines_is_due(&deadlines, &a, INT64_MAX));
}
END_TEST

START_TEST(no_deadline_leaves_the_queue)
{
    deadlines_wait(&deadlines, &a, DEADLINE_HANDSHAKE, 0);
    deadlines_wait(&deadlines, &a, DEADLINE_NONE, 0);
    ck_assert_int_eq(deadlines_next_ms(&deadlines), -1);
}
END_TEST

START_TEST(leaving_is_fine_in_no_queue_and_twice)
{
    deadlines_leave(&a);
    deadlines_wait(&deadlines, &a, DEADLINE_IDLE, 0);
    deadlines_wait(&deadlines, &b, DEADLINE_IDLE, 0);
    deadlines_leave(&a);
    deadlines_leave(&a);
    ck_assert_int_eq(a.kind, DEADLINE_NONE);
    ck_assert_ptr_eq(deadlines_expired(&deadlines, 1000), &b);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, nobody_waits_at_first);
    tcase_add_test(tests, who_waits_expires_at_its_time_and_not_before);
    tcase_add_test(tests, the_oldest_of_a_kind_expires_first);
    tcase_add_test(tests, waiting_again_starts_anew_at_the_end);
    tcase_add_test(tests, another_kind_replaces_the_first);
    tcase_add_test(tests, the_next_time_is_the_earliest_of_all_kinds);
    tcase_add_test(tests, a_duration_of_zero_is_never);
    tcase_add_test(tests, whoever_waits_anew_is_no_longer_due);
    tcase_add_test(tests, no_deadline_leaves_the_queue);
    tcase_add_test(tests, leaving_is_fine_in_no_queue_and_twice);
}

int main(void)
{
    return suite_run("deadlines", add, setup, NULL);
}
