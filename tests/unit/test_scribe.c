/* Lines of all processes to stderr: whole, in order, or counted and told; nobody waits for them. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/relay.h"
#include "daemon/scribe.h"
#include "suite.h"

static struct scribe_settings settings;
static struct scribe *scribe;
static int out; /* what came to stderr */

/* Everything that stderr has got. */
static char heard[4 << 20];
static size_t heard_len;

static void begin_at(int descriptor)
{
    settings.out = descriptor;
    ck_assert_int_eq(scribe_start(&settings, &scribe), 0);
}

/* stderr is a pipe. */
static void begin(void)
{
    int ends[2];

    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    ck_assert_int_eq(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
    out = ends[0];
    begin_at(ends[1]);
}

static void setup(void)
{
    const int small = 64 * 1024;

    settings.counters = counters_new();
    log_level_begin(&settings.counters->log_level, SECHO_LEVEL_INFO);
    ck_assert_int_eq(relay_channel(&settings.reader, &settings.writer), 0);
    setsockopt(settings.writer, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    heard_len = 0;
    heard[0] = '\0';
}

/* From another process. */
static void say(const char *line)
{
    ck_assert_int_eq(send(settings.writer, line, strlen(line), 0), (ssize_t)strlen(line));
}

/* A line of `len` bytes that begins with its number. */
static void write_line(char *line, int number, size_t len)
{
    (void)snprintf(line, len + 1, "%0*d\n", (int)len - 1, number);
}

static void hear(void)
{
    ssize_t got;

    while ((got = read(out, heard + heard_len, sizeof heard - 1 - heard_len)) > 0) {
        heard_len += (size_t)got;
    }
    heard[heard_len] = '\0';
}

/* Waits until this has been written. */
static void hear_until(const char *words)
{
    struct pollfd at = {.fd = out, .events = POLLIN};

    do {
        ck_assert_msg(poll(&at, 1, 60000) == 1, "%s", words);
        hear();
    } while (strstr(heard, words) == NULL);
}

static uint64_t count(const char *words)
{
    uint64_t times = 0;

    for (const char *at = heard; (at = strstr(at, words)) != NULL; at++) {
        times++;
    }
    return times;
}

static uint64_t lost(void)
{
    return counters_log_lost(settings.counters);
}

/* The sum of what all lines of log_lost say. */
static uint64_t told(void)
{
    uint64_t sum = 0;

    for (const char *at = heard; (at = strstr(at, " warn log_lost lines=")) != NULL; at++) {
        sum += strtoull(at + strlen(" warn log_lost lines="), NULL, 10);
    }
    return sum;
}

/* ---- all is well ---- */

START_TEST(lines_come_whole_and_in_order)
{
    begin();
    say("one\n");
    say("two\n");
    scribe_sink(scribe, "own\n", 4);
    ck_assert(scribe_finish(scribe));
    hear();
    ck_assert_str_eq(heard, "one\ntwo\nown\n");
    ck_assert_uint_eq(lost(), 0);
}
END_TEST

START_TEST(a_line_that_comes_alone_is_written_without_being_asked_for)
{
    begin();
    for (int i = 0; i < 3; i++) {
        char line[32];

        (void)snprintf(line, sizeof line, "number %d\n", i);
        say(line);
        hear_until(line);
    }
}
END_TEST

static const size_t lengths[] = {10, 100, 1000, 1365, 2048, 2049, 4000, LOG_LINE_MAX};

START_TEST(lines_of_any_length_are_put_together_and_none_is_lost)
{
    char line[LOG_LINE_MAX + 1];
    size_t all = 0;

    begin();
    for (int i = 0; i < 7; i++) {
        write_line(line, i, lengths[_i]);
        say(line);
        all += lengths[_i];
    }
    ck_assert(scribe_finish(scribe));
    hear();
    ck_assert_uint_eq(heard_len, all);
    for (int i = 0; i < 7; i++) {
        ck_assert_int_eq(atoi(heard + (size_t)i * lengths[_i]), i);
    }
}
END_TEST

START_TEST(it_ends_when_it_has_finished_and_begins_anew)
{
    for (int i = 0; i < 20; i++) {
        begin();
        say("line\n");
        ck_assert(scribe_finish(scribe));
        ck_assert(scribe_finish(scribe)); /* nothing left: at once */
        scribe_free(scribe);
        hear();
    }
    ck_assert_uint_eq(count("line\n"), 20);
}
END_TEST

#define ROUNDS 20000
#define STEPS  500 /* the thread needs some microseconds to wake up */

/* Whoever asks while the thread is about to write for another reason is answered, too. */
START_TEST(who_asks_at_any_moment_is_answered)
{
    begin();
    for (int i = 0; i < ROUNDS; i++) {
        say("x\n");
        for (volatile int turns = i % STEPS * 40; turns > 0; turns--) {
        }
        ck_assert(scribe_finish(scribe));
        hear();
        ck_assert_uint_eq(heard_len, 2);
        heard_len = 0;
    }
    ck_assert_uint_eq(lost(), 0);
}
END_TEST

/* ---- nobody reads ---- */

#define MANY  4000
#define BYTES 1000 /* of each: more than channel, buffer and pipe hold */

/* As many lines as there is no room for. */
static void flood(void)
{
    char line[BYTES + 1];

    for (int i = 0; i < MANY; i++) {
        write_line(line, i, BYTES);
        scribe_sink(scribe, line, BYTES);
    }
}

START_TEST(who_does_not_read_stops_nobody_and_what_is_lost_is_told_when_he_reads_again)
{
    begin();
    flood(); /* it comes back, though nobody reads */
    ck_assert_uint_gt(lost(), 0);
    ck_assert(!scribe_finish(scribe));
    hear_until(" warn log_lost ");
    scribe_sink(scribe, "end\n", 4);
    hear_until("\nend\n");
    ck_assert(scribe_finish(scribe));
    hear();
    ck_assert_uint_eq(told(), lost());
    ck_assert_ptr_nonnull(strstr(heard, "why=\"whoever reads the log did not"));
    /* Each line was written, whole and in order, or it was counted. */
    ck_assert_uint_eq(count("\n"), MANY - lost() + count(" log_lost ") + 1);
    ck_assert_int_eq(atoi(heard), 0);
    ck_assert_int_eq(atoi(heard + BYTES), 1);
}
END_TEST

START_TEST(a_pipe_that_somebody_has_made_non_blocking_loses_nothing)
{
    char line[BYTES + 1];

    begin();
    ck_assert_int_eq(fcntl(settings.out, F_SETFL, O_NONBLOCK), 0);
    for (int i = 0; i < 200; i++) { /* the pipe holds 64 KiB, the rest waits */
        write_line(line, i, BYTES);
        scribe_sink(scribe, line, BYTES);
    }
    scribe_sink(scribe, "end\n", 4);
    hear_until("\nend\n");
    ck_assert_uint_eq(heard_len, 200 * BYTES + 4);
    ck_assert_uint_eq(lost(), 0);
}
END_TEST

START_TEST(a_reader_who_is_gone_stops_nobody_and_all_is_counted)
{
    begin();
    signal(SIGPIPE, SIG_IGN); /* as the supervisor does */
    close(out);
    say("one\n");
    say("two\n");
    ck_assert(scribe_finish(scribe));
    ck_assert_uint_eq(lost(), 2);
}
END_TEST

/* ---- a disk that is full ---- */

#define FULL (1024 * 1024) /* Check itself writes files: theirs are smaller */

/* A file in which `room` bytes are left; what is in it is heard. */
static void begin_with_file(off_t room)
{
    char name[] = "/tmp/secho-scribe-XXXXXX";
    const struct rlimit limit = {FULL, FULL};
    int file = mkstemp(name);

    ck_assert_int_ne(file, -1);
    out = open(name, O_RDONLY);
    ck_assert_int_eq(fcntl(file, F_SETFL, O_APPEND), 0);
    unlink(name);
    ck_assert_int_eq(ftruncate(file, FULL - room), 0);
    lseek(out, FULL - room, SEEK_SET);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    begin_at(file);
}

START_TEST(what_a_full_disk_does_not_take_is_counted_and_told_when_it_has_room_again)
{
    begin_with_file(300);
    for (int i = 0; i < 3; i++) { /* no signal kills us: SIGXFSZ is not the thread's */
        say("a line of thirty bytes.......\n");
        ck_assert(scribe_finish(scribe));
    }
    for (int i = 0; i < 9; i++) {
        say("this is a line of fifty bytes....................\n");
        ck_assert(scribe_finish(scribe));
    }
    ck_assert_uint_eq(lost(), 5);
    hear();
    ck_assert_str_eq(heard + 290, "this is a "); /* there it was full */
    ck_assert_int_eq(ftruncate(settings.out, 0), 0);
    lseek(out, 0, SEEK_SET);
    heard_len = 0;
    say("after\n");
    ck_assert(scribe_finish(scribe));
    hear();
    ck_assert_msg(strncmp(heard, "\nafter\n", 7) == 0, "%s", heard); /* not in the line before */
    ck_assert_uint_eq(told(), 5);
    ck_assert_ptr_nonnull(strstr(heard, "total=5 why=\"File too large\"\n"));
}
END_TEST

START_TEST(a_log_of_errors_only_has_no_line_about_what_was_lost)
{
    begin_with_file(10);
    log_level_set(&settings.counters->log_level, SECHO_LEVEL_ERROR);
    say("more than ten bytes\n");
    ck_assert(scribe_finish(scribe));
    ck_assert_int_eq(ftruncate(settings.out, 0), 0);
    lseek(out, 0, SEEK_SET);
    say("after\n");
    ck_assert(scribe_finish(scribe));
    hear();
    ck_assert_str_eq(heard, "\nafter\n");
    ck_assert_uint_eq(lost(), 1);
}
END_TEST

START_TEST(a_device_that_is_always_full_stops_nobody)
{
    begin_at(open("/dev/full", O_WRONLY | O_CLOEXEC));
    flood();
    ck_assert(scribe_finish(scribe));
    ck_assert_uint_eq(lost(), MANY);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, lines_come_whole_and_in_order);
    tcase_add_test(tests, a_line_that_comes_alone_is_written_without_being_asked_for);
    tcase_add_loop_test(tests, lines_of_any_length_are_put_together_and_none_is_lost, 0,
                        COUNT(lengths));
    tcase_add_test(tests, it_ends_when_it_has_finished_and_begins_anew);
    tcase_add_test(tests, who_asks_at_any_moment_is_answered);
    tcase_add_test(tests,
                   who_does_not_read_stops_nobody_and_what_is_lost_is_told_when_he_reads_again);
    tcase_add_test(tests, a_pipe_that_somebody_has_made_non_blocking_loses_nothing);
    tcase_add_test(tests, a_reader_who_is_gone_stops_nobody_and_all_is_counted);
    tcase_add_test(tests,
                   what_a_full_disk_does_not_take_is_counted_and_told_when_it_has_room_again);
    tcase_add_test(tests, a_log_of_errors_only_has_no_line_about_what_was_lost);
    tcase_add_test(tests, a_device_that_is_always_full_stops_nobody);
}

int main(void)
{
    return suite_run("scribe", add, setup, NULL);
}
