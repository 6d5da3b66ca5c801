/* What is said to somebody who reads slowly: nobody waits, nothing is lost, all in order. */
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/outbox.h"
#include "suite.h"

#define MORE_THAN_FIT 1000

static int ends[2];
static struct outbox outbox;

static void setup(void)
{
    ck_assert_int_eq(message_channel(ends), 0);
    outbox = (struct outbox){0};
}

static void teardown(void)
{
    outbox_done(&outbox);
    close(ends[0]);
    close(ends[1]);
}

static void say(uint32_t number, int fd)
{
    const struct message message = {.type = MESSAGE_SOCKET, .slot = number};

    outbox_send(&outbox, ends[0], &message, fd);
}

/* The next one must be this. Returns the descriptor that rode along. */
static int hear(uint32_t number)
{
    struct message message;
    int fd = -1;

    ck_assert_int_eq(message_receive(ends[1], &message, &fd), HEARD);
    ck_assert_uint_eq(message.slot, number);
    return fd;
}

START_TEST(who_reads_hears_everything_in_order)
{
    for (uint32_t i = 0; i < MORE_THAN_FIT; i++) {
        say(i, -1);
        ck_assert_int_eq(outbox_events(&outbox), POLLIN); /* nothing waits */
        ck_assert_int_eq(hear(i), -1);
    }
}
END_TEST

START_TEST(who_does_not_read_keeps_nobody_waiting_and_hears_it_later)
{
    for (uint32_t i = 0; i < MORE_THAN_FIT; i++) {
        say(i, -1);
    }
    ck_assert_int_eq(outbox_events(&outbox), POLLIN | POLLOUT);
    for (uint32_t i = 0; i < MORE_THAN_FIT; i++) {
        ck_assert_int_eq(hear(i), -1);
        if (i % 100 == 0) {
            outbox_flush(&outbox, ends[0]);
        } else if (i % 100 == 50) {
            say(MORE_THAN_FIT + i / 100, -1); /* behind those that wait */
        }
    }
    for (uint32_t i = 0; i < MORE_THAN_FIT / 100; i++) {
        ck_assert_int_eq(hear(MORE_THAN_FIT + i), -1);
    }
    ck_assert_int_eq(outbox_events(&outbox), POLLIN);
}
END_TEST

START_TEST(a_descriptor_waits_with_its_message)
{
    struct stat meant, got;
    int file = open(".", O_RDONLY | O_DIRECTORY);

    ck_assert_int_eq(fstat(file, &meant), 0);
    for (uint32_t i = 0; i < MORE_THAN_FIT; i++) {
        say(i, i == MORE_THAN_FIT - 1 ? file : -1);
    }
    close(file); /* it was only lent */
    for (uint32_t i = 0; i < MORE_THAN_FIT - 1; i++) {
        ck_assert_int_eq(hear(i), -1);
        outbox_flush(&outbox, ends[0]);
    }
    int fd = hear(MORE_THAN_FIT - 1);

    ck_assert_int_ne(fd, -1);
    ck_assert_int_eq(fstat(fd, &got), 0);
    ck_assert_int_eq(got.st_ino == meant.st_ino && got.st_dev == meant.st_dev, 1);
    close(fd);
}
END_TEST

START_TEST(one_that_cannot_wait_is_told_as_lost)
{
    struct rlimit before, none;
    struct message message;
    int fd = -1;

    for (uint32_t i = 0; i < MORE_THAN_FIT; i++) {
        say(i, -1);
    }
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = (struct rlimit){.rlim_cur = 0, .rlim_max = before.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    say(MORE_THAN_FIT, STDIN_FILENO);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    for (uint32_t i = 0; i < MORE_THAN_FIT; i++) {
        ck_assert_int_eq(hear(i), -1);
        outbox_flush(&outbox, ends[0]);
    }
    ck_assert_int_eq(message_receive(ends[1], &message, &fd), HEARD);
    ck_assert_int_eq(fd, -1);
    ck_assert_int_eq(message.fd_lost, true);
}
END_TEST

START_TEST(what_is_left_for_somebody_who_is_gone_is_forgotten)
{
    int lowest = dup(STDIN_FILENO);

    close(lowest);
    for (uint32_t i = 0; i < MORE_THAN_FIT; i++) {
        say(i, STDIN_FILENO);
    }
    close(ends[1]);
    outbox_flush(&outbox, ends[0]);
    ck_assert_int_eq(outbox_events(&outbox), POLLIN);
    outbox_done(&outbox);
    close(ends[0]);
    ck_assert_int_eq(message_channel(ends), 0);
    int now = dup(STDIN_FILENO);

    close(now);
    ck_assert_int_eq(now, lowest); /* the lowest one that is free: none was left open */
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, who_reads_hears_everything_in_order);
    tcase_add_test(tests, who_does_not_read_keeps_nobody_waiting_and_hears_it_later);
    tcase_add_test(tests, a_descriptor_waits_with_its_message);
    tcase_add_test(tests, one_that_cannot_wait_is_told_as_lost);
    tcase_add_test(tests, what_is_left_for_somebody_who_is_gone_is_forgotten);
}

int main(void)
{
    return suite_run("outbox", add, setup, teardown);
}
