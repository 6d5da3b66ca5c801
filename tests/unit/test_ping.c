/* The pure parts of ping: messages that are found again, and what became of each. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/ping_ledger.h"
#include "client/ping_message.h"
#include "client/ping_stats.h"
#include "suite.h"

/* ---- messages ---- */

static struct ping_shape shape;
static struct ping_finder *finder;
static unsigned char stream[8 * PING_SIZE_MAX];
static size_t stream_len;
static char story[256]; /* what the finder has told: "1 2! ? 4" */

static struct ping_ledger *ledger;
static int64_t took;
static char lost[64];

static void begin(size_t size)
{
    shape = (struct ping_shape){UINT64_C(0x1234567890abcdef), size};
    ping_finder_free(finder);
    finder = ping_finder_new(&shape);
    ck_assert_ptr_nonnull(finder);
    stream_len = 0;
    story[0] = '\0';
}

static void setup(void)
{
    begin(64);
    ledger = malloc(sizeof *ledger);
    ck_assert_ptr_nonnull(ledger);
    ping_ledger_init(ledger);
    lost[0] = '\0';
}

static void teardown(void)
{
    ping_finder_free(finder);
    finder = NULL;
    free(ledger);
}

/* Message `number`, but the bytes [from, to) of it are left out. */
static void append_without(uint64_t number, size_t from, size_t to)
{
    unsigned char message[PING_SIZE_MAX];

    ping_message(&shape, number, message);
    memcpy(stream + stream_len, message, from);
    memcpy(stream + stream_len + from, message + to, shape.size - to);
    stream_len += shape.size - (to - from);
}

static void append(uint64_t number)
{
    append_without(number, 0, 0);
}

static void append_text(const char *text)
{
    memcpy(stream + stream_len, text, strlen(text));
    stream_len += strlen(text);
}

static void tell_found(void)
{
    struct ping_find find = {0};
    enum ping_found found;

    while ((found = ping_finder_next(finder, &find)) != PING_FOUND_NOTHING) {
        size_t used = strlen(story);

        (void)snprintf(story + used, sizeof story - used, "%s%s", used > 0 ? " " : "",
                       found == PING_FOUND_FOREIGN ? "?" : "");
        used = strlen(story);
        if (found != PING_FOUND_FOREIGN) {
            (void)snprintf(story + used, sizeof story - used, "%d%s", (int)find.number,
                           found == PING_FOUND_DAMAGED ? "!" : "");
        }
    }
}

/* Gives the stream to the finder, `step` bytes at a time. */
static const char *find_in_steps(size_t step)
{
    for (size_t at = 0; at < stream_len;) {
        size_t len = 0, left = stream_len - at;
        unsigned char *room = ping_finder_room(finder, &len);

        ck_assert_uint_ge(len, 16384);
        len = len < step ? len : step;
        len = len < left ? len : left;
        memcpy(room, stream + at, len);
        ping_finder_take(finder, len);
        at += len;
        tell_found();
    }
    return story;
}

static const size_t steps[] = {1, 7, 64, 100, SIZE_MAX};

START_TEST(messages_are_found_however_they_are_cut)
{
    static const size_t sizes[] = {PING_SIZE_MIN, 17, 64, 1000, PING_SIZE_MAX};

    for (int i = 0; i < COUNT(sizes); i++) {
        begin(sizes[i]);
        append(1);
        append(2);
        append(PING_NUMBER_MAX);
        (void)find_in_steps(steps[_i]);
        ck_assert_msg(strncmp(story, "1 2 ", 4) == 0, "size %zu: %s", sizes[i], story);
        ck_assert(!ping_finder_is_amid(finder));
    }
}
END_TEST

START_TEST(messages_differ_from_each_other_and_from_those_of_another_run)
{
    unsigned char a[64], b[64];
    struct ping_shape other = {shape.nonce + 1, 64};

    ping_message(&shape, 1, a);
    ping_message(&shape, 2, b);
    ck_assert_mem_ne(a + 20, b + 20, 40);
    ping_message(&other, 1, b);
    ck_assert_mem_ne(a, b, 64);
    ck_assert_int_eq(a[63], '\n');
}
END_TEST

START_TEST(whichever_byte_is_another_one_only_its_message_is_damaged)
{
    for (size_t at = 0; at < 64; at++) {
        begin(64);
        append(1);
        append(2);
        append(3);
        stream[64 + at] ^= 0x20;
        (void)find_in_steps(steps[_i]);
        ck_assert_msg(strcmp(story, at < PING_HEAD_BYTES ? "1 ? 3" : "1 2! 3") == 0, "byte %zu: %s",
                      at, story);
    }
}
END_TEST

START_TEST(whichever_bytes_are_left_out_the_next_message_is_found)
{
    for (size_t at = 0; at < 64; at++) {
        begin(64);
        append(1);
        append_without(2, at, at + 1);
        append(3);
        (void)find_in_steps(steps[_i]);
        ck_assert_msg(strcmp(story, at < PING_HEAD_BYTES ? "1 ? 3" : "1 2! 3") == 0, "byte %zu: %s",
                      at, story);
    }
}
END_TEST

START_TEST(a_pattern_that_goes_on_like_the_next_marker_hides_no_message)
{
    unsigned char message[64];
    uint64_t number = 0;

    do { /* one with a byte in its pattern that the next marker begins with */
        ping_message(&shape, ++number, message);
    } while (message[30] != message[0]);
    append_without(number, 30, 64);
    append(number + 1);
    char wanted[64];

    (void)snprintf(wanted, sizeof wanted, "%d! %d", (int)number, (int)number + 1);
    ck_assert_str_eq(find_in_steps(steps[_i]), wanted);
}
END_TEST

START_TEST(foreign_bytes_are_told_once_and_skipped)
{
    append(1);
    append_text("HTTP/1.1 400 Bad Request\r\n\r\n");
    append(2);
    append_text("bye");
    ck_assert_str_eq(find_in_steps(steps[_i]), "1 ? 2 ?");
    ck_assert(ping_finder_is_amid(finder));
}
END_TEST

START_TEST(what_another_run_sent_is_foreign)
{
    append(1);
    shape.nonce++;
    append(2);
    shape.nonce--;
    append(3);
    ck_assert_str_eq(find_in_steps(steps[_i]), "1 ? 3");
}
END_TEST

START_TEST(a_half_message_is_waited_for)
{
    append_without(1, 40, 64);
    ck_assert_str_eq(find_in_steps(steps[_i]), "");
    ck_assert(ping_finder_is_amid(finder));
}
END_TEST

/* ---- what became of them ---- */

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
    tcase_add_loop_test(tests, messages_are_found_however_they_are_cut, 0, COUNT(steps));
    tcase_add_test(tests, messages_differ_from_each_other_and_from_those_of_another_run);
    tcase_add_loop_test(tests, whichever_byte_is_another_one_only_its_message_is_damaged, 0,
                        COUNT(steps));
    tcase_add_loop_test(tests, whichever_bytes_are_left_out_the_next_message_is_found, 0,
                        COUNT(steps));
    tcase_add_loop_test(tests, a_pattern_that_goes_on_like_the_next_marker_hides_no_message, 0,
                        COUNT(steps));
    tcase_add_loop_test(tests, foreign_bytes_are_told_once_and_skipped, 0, COUNT(steps));
    tcase_add_loop_test(tests, what_another_run_sent_is_foreign, 0, COUNT(steps));
    tcase_add_loop_test(tests, a_half_message_is_waited_for, 0, COUNT(steps));
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
