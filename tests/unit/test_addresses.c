/* How many connections each address has, over all threads, generations and deaths. */
#include <pthread.h>

#include "base/clock.h"
#include "server/addresses.h"
#include "server/counters.h"
#include "suite.h"

static struct counters_shared *all;
static struct counters *first, *second; /* two threads */
static struct counters *older;          /* of another generation */

static void setup(void)
{
    all = counters_new();
    ck_assert_ptr_nonnull(all);
    ck_assert_int_eq(addresses_begin(&all->addresses), 0);
    all->generations[0].threads_used = 1;
    all->generations[1].threads_used = 2;
    older = &all->generations[0].threads[0];
    first = &all->generations[1].threads[0];
    second = &all->generations[1].threads[1];
}

static void teardown(void)
{
    counters_free(all);
}

static addresses_place enter(struct counters *own, const char *text)
{
    struct address peer;

    ck_assert_int_eq(address_parse(text, 443, &peer), 0);
    return addresses_enter(all, own, &peer);
}

static const struct {
    const char *one, *other;
    bool same;
} addresses[] = {
    {"192.0.2.1", "192.0.2.1", true},
    {"192.0.2.1", "192.0.2.2", false},
    {"192.0.2.1", "::ffff:192.0.2.1", true},
    {"2001:db8::1", "2001:db8::1", true},
    {"2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff", true}, /* one network of 64 bits */
    {"2001:db8:0:1::1", "2001:db8:0:2::1", false},
    {"::1", "127.0.0.1", false},
    {"::1", "::", true},
    {"0.0.0.1", "::1", false},
};

START_TEST(an_address_is_a_whole_ipv4_one_or_a_network_of_ipv6)
{
    addresses_place one = enter(first, addresses[_i].one);
    addresses_place other = enter(second, addresses[_i].other);

    ck_assert_uint_gt(one, 0);
    ck_assert_uint_gt(other, 0);
    ck_assert_int_eq(one == other, addresses[_i].same);
    ck_assert_uint_eq(addresses_open(all, one), addresses[_i].same ? 2 : 1);
}
END_TEST

START_TEST(who_has_left_does_not_count)
{
    addresses_place place = enter(first, "192.0.2.1");

    enter(older, "192.0.2.1");
    ck_assert_uint_eq(addresses_open(all, place), 2);
    addresses_leave(first, place);
    ck_assert_uint_eq(addresses_open(all, place), 1);
    addresses_leave(older, place);
    ck_assert_uint_eq(addresses_open(all, place), 0);
}
END_TEST

START_TEST(those_of_a_process_that_died_do_not_count)
{
    addresses_place place = enter(first, "192.0.2.1");

    enter(first, "192.0.2.1");
    enter(second, "192.0.2.1");
    counters_bury(all, 1, 0);
    ck_assert_uint_eq(addresses_open(all, place), 1);
}
END_TEST

START_TEST(no_place_is_none)
{
    addresses_leave(first, 0);
    ck_assert_uint_eq(addresses_open(all, 0), 0);
}
END_TEST

static void text_of(unsigned number, char text[static 32])
{
    (void)snprintf(text, 32, "10.%u.%u.%u", number >> 16, number >> 8 & 255, number & 255);
}

/* Fills the table with those who stay; returns how many found no place. */
static unsigned fill(unsigned count)
{
    unsigned without = 0;

    for (unsigned i = 0; i < count; i++) {
        char text[32];

        text_of(i, text);
        without += enter(first, text) == 0 ? 1 : 0;
    }
    return without;
}

START_TEST(half_of_the_rows_can_be_used)
{
    ck_assert_uint_eq(fill(ADDRESSES_ROWS / 2), 0);
}
END_TEST

START_TEST(when_there_is_no_row_left_nobody_is_counted_for_somebody_else)
{
    ck_assert_uint_gt(fill(2 * ADDRESSES_ROWS), 0);
    for (addresses_place place = 1; place <= ADDRESSES_ROWS; place++) {
        ck_assert_uint_le(addresses_open(all, place), 1);
    }
}
END_TEST

START_TEST(a_row_without_connections_is_given_to_others)
{
    for (unsigned i = 0; i < 4 * ADDRESSES_ROWS; i++) {
        char text[32];

        text_of(i, text);
        addresses_place place = enter(first, text);

        ck_assert_uint_gt(place, 0);
        addresses_leave(first, place);
    }
}
END_TEST

START_TEST(a_row_whose_bucket_is_not_full_is_not)
{
    unsigned refused = 0;

    for (unsigned i = 0; i < 2 * ADDRESSES_ROWS; i++) {
        char text[32];

        text_of(i, text);
        addresses_place place = enter(first, text);

        refused += place == 0 ? 1 : 0;
        if (place > 0) {
            /* As if somebody had just taken the tokens of an hour. */
            addresses_bucket(all, place)->full_ns = clock_now_ns() + INT64_C(3600000000000);
            addresses_leave(first, place);
        }
    }
    ck_assert_uint_gt(refused, 0);
}
END_TEST

/* ---- many at once ---- */

#define ROUNDS (3 * ADDRESSES_ROWS) /* rows change hands all the time */

static void *come_and_go(void *context)
{
    struct counters *own = context;

    for (unsigned i = 0; i < ROUNDS; i++) {
        char text[32];

        text_of(i % (2 * ADDRESSES_ROWS), text);
        addresses_leave(own, enter(own, text));
    }
    return NULL;
}

START_TEST(threads_that_come_and_go_leave_nothing_behind)
{
    pthread_t other;

    ck_assert_int_eq(pthread_create(&other, NULL, come_and_go, second), 0);
    come_and_go(first);
    pthread_join(other, NULL);
    for (addresses_place place = 1; place <= ADDRESSES_ROWS; place++) {
        ck_assert_uint_eq(addresses_open(all, place), 0);
    }
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, an_address_is_a_whole_ipv4_one_or_a_network_of_ipv6, 0,
                        sizeof addresses / sizeof addresses[0]);
    tcase_add_test(tests, who_has_left_does_not_count);
    tcase_add_test(tests, those_of_a_process_that_died_do_not_count);
    tcase_add_test(tests, no_place_is_none);
    tcase_add_test(tests, half_of_the_rows_can_be_used);
    tcase_add_test(tests, when_there_is_no_row_left_nobody_is_counted_for_somebody_else);
    tcase_add_test(tests, a_row_without_connections_is_given_to_others);
    tcase_add_test(tests, a_row_whose_bucket_is_not_full_is_not);
    tcase_add_test(tests, threads_that_come_and_go_leave_nothing_behind);
}

int main(void)
{
    return suite_run("addresses", add, setup, teardown);
}
