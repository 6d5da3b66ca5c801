/* Lines of all processes to stderr: whole, in order, several in one write, and never waiting. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "daemon/relay.h"
#include "daemon/scribe.h"
#include "suite.h"

static struct scribe scribe;
static int writer; /* of the relay */
static int out;    /* what came to stderr */

static void setup(void)
{
    int ends[2];

    scribe = (struct scribe){0};
    ck_assert_int_eq(relay_channel(&scribe.reader, &writer), 0);
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    ck_assert_int_eq(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
    out = ends[0];
    ck_assert_int_ne(dup2(ends[1], STDERR_FILENO), -1); /* each test is a process of its own */
    close(ends[1]);
}

static void say(const char *line)
{
    ck_assert_int_eq(send(writer, line, strlen(line), MSG_DONTWAIT), (ssize_t)strlen(line));
}

/* A line of `len` bytes that begins with its number. */
static void say_long(int number, size_t len)
{
    char *line = malloc(len + 1);

    (void)snprintf(line, len + 1, "%0*d\n", (int)len - 1, number);
    say(line);
    free(line);
}

/* Everything that stderr has got. */
static char heard[1 << 20];

static size_t hear(void)
{
    size_t len = 0;
    ssize_t got;

    while ((got = read(out, heard + len, sizeof heard - 1 - len)) > 0) {
        len += (size_t)got;
    }
    heard[len] = '\0';
    return len;
}

START_TEST(lines_come_whole_and_in_order)
{
    say("one\n");
    say("two\n");
    scribe_write(&scribe, 10);
    hear();
    ck_assert_str_eq(heard, "one\ntwo\n");
}
END_TEST

START_TEST(no_more_than_was_asked_for)
{
    say("one\n");
    say("two\n");
    scribe_write(&scribe, 1);
    hear();
    ck_assert_str_eq(heard, "one\n");
    ck_assert_int_eq(scribe_rest_ms(&scribe, clock_now_ms()), 0); /* there is more: go on */
}
END_TEST

static const size_t lengths[] = {10, 100, 1000, 1365, 2048, 2049, 4000, LOG_LINE_MAX};

START_TEST(lines_of_any_length_are_put_together_and_none_is_lost)
{
    size_t all = 0;

    for (int i = 0; i < 7; i++) {
        say_long(i, lengths[_i]);
        all += lengths[_i];
    }
    scribe_write(&scribe, 100);
    ck_assert_uint_eq(hear(), all);
    for (int i = 0; i < 7; i++) {
        ck_assert_int_eq(atoi(heard + (size_t)i * lengths[_i]), i);
    }
}
END_TEST

START_TEST(a_stderr_that_is_full_keeps_the_lines_waiting)
{
    size_t all = 0;

    for (int i = 0; i < 40; i++) { /* a pipe holds 64 KiB */
        say_long(i, 3000);
        all += 3000;
    }
    scribe_write(&scribe, 100);
    ck_assert(scribe.is_full);
    size_t first = hear();

    ck_assert_uint_lt(first, all);
    while (first < all) {
        scribe_write(&scribe, 100);
        first += hear();
    }
    ck_assert(!scribe.is_full);
    ck_assert_uint_eq(first, all);
    ck_assert_uint_eq(scribe.ready + scribe.more, 0);
}
END_TEST

START_TEST(an_own_line_comes_behind_those_that_wait)
{
    say("older\n");
    scribe_write(&scribe, 1);
    scribe_sink(&scribe, "own\n", 4);
    hear();
    ck_assert_str_eq(heard, "older\nown\n");
}
END_TEST

START_TEST(after_a_batch_it_rests_for_a_moment_and_no_longer)
{
    say("one\n");
    scribe_write(&scribe, 10);
    int64_t until_ms = scribe.rest_until_ms;

    ck_assert_int_le(until_ms, clock_now_ms() + SCRIBE_REST_MS);
    ck_assert_int_eq(scribe_rest_ms(&scribe, until_ms - SCRIBE_REST_MS), SCRIBE_REST_MS);
    ck_assert_int_eq(scribe_rest_ms(&scribe, until_ms - 1), 1);
    ck_assert_int_eq(scribe_rest_ms(&scribe, until_ms), 0); /* either polled or waited for */
    ck_assert_int_eq(scribe_rest_ms(&scribe, until_ms + 1000), 0);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, lines_come_whole_and_in_order);
    tcase_add_test(tests, no_more_than_was_asked_for);
    tcase_add_loop_test(tests, lines_of_any_length_are_put_together_and_none_is_lost, 0,
                        COUNT(lengths));
    tcase_add_test(tests, a_stderr_that_is_full_keeps_the_lines_waiting);
    tcase_add_test(tests, an_own_line_comes_behind_those_that_wait);
    tcase_add_test(tests, after_a_batch_it_rests_for_a_moment_and_no_longer);
}

int main(void)
{
    return suite_run("scribe", add, setup, NULL);
}
