/* Log lines on their way to the supervisor: in order, or counted; never waited for. */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
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

/* ---- those who have nobody who would flush ---- */

static struct relay_sender sender;

static void send_lines(unsigned first, unsigned count)
{
    for (unsigned i = first; i < first + count; i++) {
        char line[256];
        int len = snprintf(line, sizeof line, "%u %0200d\n", i, 0);

        relay_send(&sender, line, (size_t)len);
    }
}

static unsigned hear_all(void)
{
    unsigned heard = 0;

    while (hear() != -1) {
        heard++;
    }
    return heard;
}

START_TEST(who_sends_much_that_nobody_reads_waits_once_and_not_for_each_line)
{
    const unsigned many = 60000 / RELAY_PATIENCE_MS; /* a minute, if each one waited */
    int64_t until_ms = clock_now_ms() + 20000;

    sender = (struct relay_sender){.writer = writer, .lost = &lost};
    for (unsigned i = 0; i < many; i++) {
        send_lines(i, 1);
        ck_assert_msg(clock_now_ms() < until_ms, "%u lines of %u", i + 1, many);
    }
    ck_assert_uint_gt(lost, 0);
    ck_assert_uint_eq(hear_all() + lost, many); /* each line is heard once or counted */
}
END_TEST

START_TEST(a_line_that_goes_out_at_once_brings_the_patience_back)
{
    sender = (struct relay_sender){.writer = writer, .lost = &lost};
    send_lines(0, 100);
    ck_assert_int_ge(sender.waited_ms, RELAY_PATIENCE_MS);
    uint64_t before = lost;

    ck_assert_uint_gt(before, 0);
    hear_all();
    send_lines(100, 1);
    ck_assert_int_eq(hear(), 100);
    ck_assert_uint_eq(lost, before);
    ck_assert_int_eq(sender.waited_ms, 0);
}
END_TEST

static void *send_hundred_lines(void *ignored)
{
    (void)ignored;
    send_lines(0, 100);
    return NULL;
}

START_TEST(a_reader_who_comes_in_time_gets_all)
{
    pthread_t thread;
    unsigned heard = 0;

    sender = (struct relay_sender){.writer = writer, .lost = &lost, .waited_ms = -3600000};
    ck_assert_int_eq(pthread_create(&thread, NULL, send_hundred_lines, NULL), 0);
    while (heard < 100) { /* each time that something is there */
        ck_assert_int_eq(poll(&(struct pollfd){.fd = reader, .events = POLLIN}, 1, 20000), 1);
        heard += hear_all();
    }
    pthread_join(thread, NULL);
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
    tcase_add_test(tests, who_sends_much_that_nobody_reads_waits_once_and_not_for_each_line);
    tcase_add_test(tests, a_line_that_goes_out_at_once_brings_the_patience_back);
    tcase_add_test(tests, a_reader_who_comes_in_time_gets_all);
}

int main(void)
{
    return suite_run("relay", add, setup, teardown);
}
