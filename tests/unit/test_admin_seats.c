/* Who is connected to the admin listener, and who has to go. */
#include <sys/socket.h>

#include "daemon/admin_seats.h"
#include "net/socket.h"
#include "suite.h"

#define LONG_MS 3600000

static struct seats seats;
static int pairs[SEATS][2];

static void setup(void)
{
    seats_init(&seats);
    for (int i = 0; i < SEATS; i++) {
        ck_assert_int_eq(
            socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pairs[i]), 0);
    }
}

static void teardown(void)
{
    for (int i = 0; i < SEATS; i++) {
        socket_close(pairs[i][0]);
        socket_close(pairs[i][1]);
    }
}

/* Whoever came first is the oldest, also when all came in the same millisecond. */
static struct seat *come(int who)
{
    struct seat *seat = seats_take(&seats, pairs[who][0], LONG_MS);

    ck_assert_ptr_nonnull(seat);
    seat->since_ms = who;
    return seat;
}

static bool has_ended(int who)
{
    char byte;
    size_t count;

    return socket_receive(pairs[who][1], &byte, 1, &count) == MOVED_END;
}

START_TEST(a_seat_is_for_one_and_free_again_when_he_leaves)
{
    for (int i = 0; i < SEATS; i++) {
        (void)come(i);
    }
    ck_assert_uint_eq(seats_count(&seats), SEATS);
    ck_assert_ptr_null(seats_take(&seats, 0, LONG_MS));
    seats_leave(&seats.all[5]);
    ck_assert_ptr_eq(seats_take(&seats, 0, LONG_MS), &seats.all[5]);
    seats_leave(NULL);
    seats_sit(NULL, LONG_MS);
    seats_owe(NULL);
    seats_settle(NULL, LONG_MS);
}
END_TEST

START_TEST(those_who_have_time_left_stay)
{
    for (int i = 0; i < SEATS_CROWD; i++) {
        (void)come(i);
    }
    seats_make_room(&seats);
    ck_assert_uint_eq(seats_count(&seats), SEATS_CROWD);
    ck_assert(!has_ended(0));
}
END_TEST

START_TEST(whose_time_is_over_goes)
{
    (void)come(0);
    seats_sit(come(1), 0);
    seats_make_room(&seats);
    ck_assert(has_ended(1));
    ck_assert(!has_ended(0));
    ck_assert_uint_eq(seats_count(&seats), 1);
}
END_TEST

START_TEST(in_a_crowd_the_oldest_go)
{
    for (int i = 0; i < SEATS_CROWD + 2; i++) {
        (void)come(i);
    }
    seats_make_room(&seats);
    ck_assert(has_ended(0));
    ck_assert(has_ended(1));
    ck_assert(!has_ended(2));
    ck_assert_uint_eq(seats_count(&seats), SEATS_CROWD);
}
END_TEST

START_TEST(in_a_crowd_who_has_just_come_stays)
{
    for (int i = 0; i < SEATS; i++) {
        seats_sit(come(i), LONG_MS);
    }
    seats.all[7].since_ms = 7;
    seats_make_room(&seats);
    ck_assert(has_ended(7));
    ck_assert_uint_eq(seats_count(&seats), SEATS - 1);
}
END_TEST

START_TEST(who_is_owed_an_answer_stays_until_it_is_out)
{
    struct seat *seat[SEATS];

    for (int i = 0; i < SEATS; i++) {
        seat[i] = come(i);
        seat[i]->until_ms = 0;
        if (i != 7) {
            seats_owe(seat[i]);
        }
    }
    seats_make_room(&seats);
    ck_assert(has_ended(7));
    ck_assert(!has_ended(6));
    ck_assert_uint_eq(seats_count(&seats), SEATS - 1);
    seats_sit(seat[6], 0); /* it has the answer, and does not take it */
    seats_make_room(&seats);
    ck_assert(has_ended(6));
    seats_settle(seat[5], LONG_MS);
    seat[5]->since_ms = 5;
    seats_make_room(&seats);
    ck_assert(has_ended(5));
    ck_assert_uint_eq(seats_count(&seats), SEATS - 3);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, a_seat_is_for_one_and_free_again_when_he_leaves);
    tcase_add_test(tests, those_who_have_time_left_stay);
    tcase_add_test(tests, whose_time_is_over_goes);
    tcase_add_test(tests, in_a_crowd_the_oldest_go);
    tcase_add_test(tests, in_a_crowd_who_has_just_come_stays);
    tcase_add_test(tests, who_is_owed_an_answer_stays_until_it_is_out);
}

int main(void)
{
    return suite_run("admin_seats", add, setup, teardown);
}
