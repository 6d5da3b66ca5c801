/* Log lines on their way to the supervisor: in order, or counted; never waited for. */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/relay.h"
#include "suite.h"

static int reader, writer;
static struct relay relay;
static _Atomic uint64_t lost;

static void setup(void)
{
    int small = 4608; /* so that it is full soon, whoever runs the test */

    lost = 0;
    ck_assert_int_eq(relay_channel(&reader, &writer), 0);
    setsockopt(writer, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    ck_assert_int_eq(relay_init(&relay, writer, &lost), 0);
}

static void teardown(void)
{
    relay_done(&relay);
    close(reader);
    close(writer);
}

/* Line number `number`, as the log writes lines. */
static void say(unsigned number)
{
    char line[256];
    int len = snprintf(line, sizeof line, "%u %0200d\n", number, 0);

    relay_sink(&relay, line, (size_t)len);
}

/* The number of the next line that the supervisor reads, or -1. */
static int hear(void)
{
    char line[512] = "";
    int number;
    ssize_t got = recv(reader, line, sizeof line - 1, MSG_DONTWAIT);

    if (got <= 0) {
        return -1;
    }
    ck_assert_int_eq(line[got - 1], '\n'); /* whole lines, one by one */
    ck_assert_ptr_eq(strchr(line, '\n'), &line[got - 1]);
    ck_assert_int_eq(sscanf(line, "%d", &number), 1);
    return number;
}

static bool wakes(void)
{
    struct pollfd wake = {.fd = relay.wake, .events = POLLIN};

    return poll(&wake, 1, 0) == 1;
}

START_TEST(a_line_goes_out_at_once)
{
    say(1);
    ck_assert_int_eq(hear(), 1);
    ck_assert(!wakes());
    ck_assert(!relay_flush(&relay));
}
END_TEST

START_TEST(what_finds_no_room_waits_and_keeps_its_order)
{
    int next = 0, number;

    for (unsigned i = 0; i < 1000; i++) {
        say(i);
    }
    ck_assert(wakes());
    ck_assert(relay_flush(&relay)); /* full: more waits */
    ck_assert(!wakes());
    while ((number = hear()) != -1) {
        ck_assert_int_eq(number, next++);
        if (next == 10) {
            say(1000); /* there is room now, but it must not overtake */
        }
        relay_flush(&relay);
    }
    ck_assert_int_eq(next, 1001);
    ck_assert(!relay_flush(&relay));
    ck_assert_uint_eq(lost, 0);
}
END_TEST

START_TEST(once_all_is_out_lines_go_out_at_once_again)
{
    for (unsigned i = 0; i < 100; i++) {
        say(i);
    }
    while (hear() != -1) {
        relay_flush(&relay);
    }
    say(100);
    ck_assert_int_eq(hear(), 100);
    for (unsigned i = 0; i < 100; i++) { /* and it wakes anew when they do not */
        say(i);
    }
    ck_assert(wakes());
}
END_TEST

START_TEST(what_waits_is_bounded_and_the_rest_is_counted)
{
    unsigned said = 2 * RELAY_BYTES_MAX / 200, heard = 0;
    int last = -1, number;

    for (unsigned i = 0; i < said; i++) { /* nobody reads, and it returns all the same */
        say(i);
    }
    ck_assert_uint_gt(lost, 0);
    while ((number = hear()) != -1) {
        ck_assert_int_gt(number, last);
        last = number;
        heard++;
        relay_flush(&relay);
    }
    ck_assert_uint_eq(heard + lost, said); /* each line is heard once or counted */
    ck_assert_uint_gt(heard * 230, RELAY_BYTES_MAX * 9 / 10); /* the room is used */
}
END_TEST

START_TEST(without_a_reader_nothing_blocks_and_no_signal_comes)
{
    close(reader);
    for (unsigned i = 0; i < 10; i++) {
        say(i);
        relay_flush(&relay);
    }
    reader = dup(writer);
}
END_TEST

static void *say_hundred(void *first)
{
    for (unsigned i = 0; i < 100; i++) {
        say(*(unsigned *)first + i);
    }
    return NULL;
}

START_TEST(several_threads_lose_nothing)
{
    static unsigned firsts[] = {0, 1000, 2000, 3000};
    pthread_t threads[COUNT(firsts)];
    int heard = 0, last[COUNT(firsts)] = {-1, -1, -1, -1}, number;

    for (int i = 0; i < COUNT(firsts); i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, say_hundred, &firsts[i]), 0);
    }
    for (int i = 0; i < COUNT(firsts); i++) {
        pthread_join(threads[i], NULL);
    }
    do {
        relay_flush(&relay);
        number = hear();
        if (number != -1) {
            ck_assert_int_gt(number, last[number / 1000]); /* in the order of each thread */
            last[number / 1000] = number;
            heard++;
        }
    } while (number != -1);
    ck_assert_int_eq(heard, 400);
    ck_assert_uint_eq(lost, 0);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, a_line_goes_out_at_once);
    tcase_add_test(tests, what_finds_no_room_waits_and_keeps_its_order);
    tcase_add_test(tests, once_all_is_out_lines_go_out_at_once_again);
    tcase_add_test(tests, what_waits_is_bounded_and_the_rest_is_counted);
    tcase_add_test(tests, without_a_reader_nothing_blocks_and_no_signal_comes);
    tcase_add_test(tests, several_threads_lose_nothing);
}

int main(void)
{
    return suite_run("relay", add, setup, teardown);
}
