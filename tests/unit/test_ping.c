/* What became of each message of ping, and how their times are spread. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/ping_ledger.h"
#include "client/ping_stats.h"
#include "suite.h"

static struct ping_ledger *ledger;
static int64_t took;
static char lost[64];

static void setup(void)
{
    ledger = malloc(sizeof *ledger);
    ck_assert_ptr_nonnull(ledger);
    ping_ledger_init(ledger);
    lost[0] = '\0';
}

static void teardown(void)
{
    free(ledger);
}

static void note_lost(void *context, uint64_t number)
{
    size_t used = strlen(lost);

    (void)context;
    (void)snprintf(lost + used, sizeof lost - used, "%d ", (int)number);
}

/* Sends `count` messages, a second apart, from 0 on. */
static void send_some(int count)
{
    for (int i = 0; i < count; i++) {
        ck_assert_uint_eq(ping_ledger_send(ledger, i * INT64_C(1000)), (uint64_t)i + 1);
    }
}

static enum ping_fate receive(uint64_t number, int64_t now)
{
    took = -1;
    return ping_ledger_receive(ledger, number, now, &took);
}

START_TEST(an_echo_in_order_is_right_and_has_its_time)
{
    send_some(3);
    ck_assert_int_eq(receive(1, 10), PING_RIGHT);
    ck_assert_int_eq(took, 10);
    ck_assert_int_eq(receive(2, 1500), PING_RIGHT);
    ck_assert_int_eq(took, 500);
    ck_assert(!ping_ledger_is_settled(ledger));
    ck_assert_int_eq(receive(3, 2000), PING_RIGHT);
    ck_assert(ping_ledger_is_settled(ledger));
    ck_assert_double_eq(ping_loss(&ledger->counts), 0);
}
END_TEST

START_TEST(an_echo_after_a_later_one_is_reordered)
{
    send_some(3);
    ck_assert_int_eq(receive(2, 3000), PING_RIGHT);
    ck_assert_int_eq(receive(1, 3000), PING_REORDERED);
    ck_assert_int_eq(receive(3, 3000), PING_RIGHT);
    ck_assert_uint_eq(ping_received(&ledger->counts), 3);
}
END_TEST

START_TEST(an_echo_after_its_timeout_is_late_and_told_once_as_overdue)
{
    send_some(2);
    ck_assert_int_eq(ping_ledger_overdue_ns(ledger, 500), 500);
    ck_assert_uint_eq(ping_ledger_overdue(ledger, 499, 500), 0);
    ck_assert_uint_eq(ping_ledger_overdue(ledger, 500, 500), 1);
    ck_assert_uint_eq(ping_ledger_overdue(ledger, 500, 500), 0);
    ck_assert_int_eq(ping_ledger_overdue_ns(ledger, 500), 1500);
    ck_assert_int_eq(receive(1, 1400), PING_LATE);
    ck_assert_int_eq(receive(2, 1400), PING_RIGHT);
    ck_assert_int_eq(ping_ledger_overdue_ns(ledger, 500), INT64_MAX);
    ck_assert_uint_eq(ledger->counts.late, 1);
}
END_TEST

START_TEST(without_a_timeout_nothing_is_overdue)
{
    send_some(1);
    ck_assert_int_eq(ping_ledger_overdue_ns(ledger, INT64_MAX), INT64_MAX);
    ck_assert_uint_eq(ping_ledger_overdue(ledger, INT64_MAX - 1, INT64_MAX), 0);
}
END_TEST

START_TEST(an_echo_that_comes_again_is_a_duplicate)
{
    send_some(2);
    ck_assert_int_eq(receive(1, 1), PING_RIGHT);
    ck_assert_int_eq(receive(1, 2), PING_TWICE);
    ck_assert_int_eq(took, -1);
    ck_assert_int_eq(ping_ledger_damaged(ledger, 2), PING_WRONG);
    ck_assert_int_eq(receive(2, 3), PING_TWICE);
    ck_assert_uint_eq(ledger->counts.twice, 2);
}
END_TEST

START_TEST(what_was_never_sent_is_foreign)
{
    send_some(1);
    ck_assert_int_eq(receive(2, 1), PING_FOREIGN);
    ck_assert_int_eq(receive(0, 1), PING_FOREIGN);
    ck_assert_int_eq(ping_ledger_damaged(ledger, 7), PING_FOREIGN);
    ck_assert_int_eq(receive(1, 1), PING_RIGHT);
}
END_TEST

START_TEST(foreign_bytes_in_the_place_of_a_message_make_that_one_wrong)
{
    uint64_t number = 0;

    send_some(3);
    (void)receive(1, 1);
    ping_ledger_foreign(ledger);
    ck_assert_int_eq(ping_ledger_settle_foreign(ledger, 3, &number), PING_WRONG);
    ck_assert_uint_eq(number, 2);
    ck_assert_int_eq(ping_ledger_settle_foreign(ledger, 3, &number), PING_RIGHT);
    ck_assert_int_eq(receive(3, 1), PING_RIGHT);
    ck_assert(ping_ledger_is_settled(ledger));
}
END_TEST

START_TEST(foreign_bytes_between_messages_make_none_wrong)
{
    uint64_t number = 0;

    send_some(2);
    (void)receive(1, 1);
    ping_ledger_foreign(ledger);
    ck_assert_int_eq(ping_ledger_settle_foreign(ledger, 2, &number), PING_FOREIGN);
    ck_assert_int_eq(receive(2, 1), PING_RIGHT);
    ck_assert_uint_eq(ledger->counts.wrong, 0);
    ping_ledger_foreign(ledger); /* and at the end, where nothing is missing */
    ck_assert_int_eq(ping_ledger_settle_foreign(ledger, 0, &number), PING_FOREIGN);
    ck_assert_uint_eq(ledger->counts.foreign, 2);
}
END_TEST

START_TEST(at_the_end_a_gap_is_missing_and_a_recent_message_on_the_way)
{
    send_some(5);
    (void)receive(1, 1);
    (void)receive(3, 1);
    ck_assert(!ping_ledger_has_gaps_only(ledger));
    ping_ledger_end(ledger, 3000, note_lost, NULL); /* 4 was sent at 3000, 5 after it */
    ck_assert_str_eq(lost, "2 4 ");
    ck_assert_uint_eq(ledger->counts.missing, 1);
    ck_assert_uint_eq(ledger->counts.on_the_way, 1);
    ck_assert_double_eq(ping_loss(&ledger->counts), 0.5);
}
END_TEST

START_TEST(an_overdue_message_is_lost_at_the_end_however_recent)
{
    send_some(1);
    ck_assert_uint_eq(ping_ledger_overdue(ledger, 10, 10), 1);
    ping_ledger_end(ledger, -1, note_lost, NULL);
    ck_assert_str_eq(lost, "1 ");
    ck_assert_uint_eq(ledger->counts.on_the_way, 0);
}
END_TEST

START_TEST(only_a_gap_is_left_when_the_last_message_is_back)
{
    send_some(2);
    ck_assert(!ping_ledger_has_gaps_only(ledger));
    (void)receive(2, 1);
    ck_assert(ping_ledger_has_gaps_only(ledger) && !ping_ledger_is_settled(ledger));
}
END_TEST

START_TEST(messages_with_connections_of_their_own_cannot_overtake_each_other)
{
    ledger->apart = true;
    send_some(5);
    ck_assert_int_eq(receive(3, 1), PING_RIGHT);
    ck_assert_int_eq(receive(1, 1), PING_RIGHT);
    ping_ledger_fail(ledger, 2);
    ping_ledger_end(ledger, 3500, note_lost, NULL);
    ck_assert_str_eq(lost, "4 ");
    ck_assert_uint_eq(ledger->counts.lost, 2);
    ck_assert_uint_eq(ledger->counts.missing, 0);
    ck_assert_uint_eq(ledger->counts.on_the_way, 1);
}
END_TEST

START_TEST(the_memory_is_bounded_and_gives_up_what_is_overdue_only)
{
    send_some((int)PING_OPEN_MAX);
    ck_assert(ping_ledger_is_full(ledger));
    ck_assert_uint_eq(ping_ledger_overdue(ledger, 10, 10), 1);
    ck_assert(!ping_ledger_is_full(ledger));
    ck_assert_uint_eq(ping_ledger_send(ledger, 20), PING_OPEN_MAX + 1);
    ck_assert_uint_eq(ledger->counts.lost, 1);
    ck_assert(ping_ledger_is_full(ledger));
}
END_TEST

/* ---- times ---- */

START_TEST(mean_and_deviation_are_those_of_the_values)
{
    static struct ping_stat stat;
    static const int64_t values[] = {2000, 4000, 4000, 4000, 5000, 5000, 7000, 9000};

    memset(&stat, 0, sizeof stat);
    ck_assert_double_eq(ping_stat_deviation(&stat), 0);
    for (int i = 0; i < COUNT(values); i++) {
        ping_stat_add(&stat, values[i]);
    }
    ck_assert_double_eq(histogram_mean(&stat.histogram), 5000);
    ck_assert_double_eq_tol(ping_stat_deviation(&stat), 2000, 1e-6);
    ck_assert_uint_eq(ping_stat_at(&stat, 1), 9000);
    ck_assert_uint_eq(ping_stat_at(&stat, 0.99), 9000);
}
END_TEST

START_TEST(a_time_below_zero_counts_as_zero)
{
    static struct ping_stat stat;

    memset(&stat, 0, sizeof stat);
    ping_stat_add(&stat, -5);
    ck_assert_uint_eq(stat.histogram.max, 0);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, an_echo_in_order_is_right_and_has_its_time);
    tcase_add_test(tests, an_echo_after_a_later_one_is_reordered);
    tcase_add_test(tests, an_echo_after_its_timeout_is_late_and_told_once_as_overdue);
    tcase_add_test(tests, without_a_timeout_nothing_is_overdue);
    tcase_add_test(tests, an_echo_that_comes_again_is_a_duplicate);
    tcase_add_test(tests, what_was_never_sent_is_foreign);
    tcase_add_test(tests, foreign_bytes_in_the_place_of_a_message_make_that_one_wrong);
    tcase_add_test(tests, foreign_bytes_between_messages_make_none_wrong);
    tcase_add_test(tests, at_the_end_a_gap_is_missing_and_a_recent_message_on_the_way);
    tcase_add_test(tests, an_overdue_message_is_lost_at_the_end_however_recent);
    tcase_add_test(tests, only_a_gap_is_left_when_the_last_message_is_back);
    tcase_add_test(tests, messages_with_connections_of_their_own_cannot_overtake_each_other);
    tcase_add_test(tests, the_memory_is_bounded_and_gives_up_what_is_overdue_only);
    tcase_add_test(tests, mean_and_deviation_are_those_of_the_values);
    tcase_add_test(tests, a_time_below_zero_counts_as_zero);
}

int main(void)
{
    return suite_run("ping", add, setup, teardown);
}
