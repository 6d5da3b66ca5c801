/* What supervisor, leader and workers say to each other. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "daemon/message.h"
#include "suite.h"

static int ends[2];

static void setup(void)
{
    ck_assert_int_eq(message_channel(ends), 0);
}

static void teardown(void)
{
    close(ends[0]);
    close(ends[1]);
}

START_TEST(both_ends_are_closed_on_exec)
{
    ck_assert_int_eq(fcntl(ends[0], F_GETFD), FD_CLOEXEC);
    ck_assert_int_eq(fcntl(ends[1], F_GETFD), FD_CLOEXEC);
}
END_TEST

START_TEST(a_message_arrives_whole_in_both_directions)
{
    const struct message sent = {.type = MESSAGE_WATCH,
                                 .slot = 7,
                                 .generation = 3,
                                 .level = SECHO_LEVEL_DEBUG,
                                 .format = LOG_FORMAT_JSON,
                                 .listener = "main"};

    for (int from = 0; from < 2; from++) {
        struct message got = {0};
        int fd = 99;

        ck_assert_int_eq(message_send(ends[from], &sent, -1), 0);
        ck_assert_int_eq(message_receive(ends[1 - from], &got, &fd), HEARD);
        ck_assert_int_eq(fd, -1); /* none rode along */
        ck_assert_int_eq(got.type, MESSAGE_WATCH);
        ck_assert_uint_eq(got.slot, 7);
        ck_assert_uint_eq(got.generation, 3);
        ck_assert_int_eq(got.level, SECHO_LEVEL_DEBUG);
        ck_assert_int_eq(got.format, LOG_FORMAT_JSON);
        ck_assert_str_eq(got.listener, "main");
    }
}
END_TEST

START_TEST(messages_keep_their_order_and_borders)
{
    struct message message = {.type = MESSAGE_WATCH};
    int fd;

    for (uint32_t slot = 0; slot < 3; slot++) {
        message.slot = slot;
        ck_assert_int_eq(message_send(ends[0], &message, -1), 0);
    }
    for (uint32_t slot = 0; slot < 3; slot++) {
        ck_assert_int_eq(message_receive(ends[1], &message, &fd), HEARD);
        ck_assert_uint_eq(message.slot, slot);
    }
    ck_assert_int_eq(message_receive(ends[1], &message, &fd), HEARD_NOTHING);
}
END_TEST

START_TEST(a_descriptor_rides_along_and_is_closed_on_exec)
{
    const struct message sent = {.type = MESSAGE_SOCKET};
    struct message got;
    int pipe_ends[2], fd = -1;
    char text[8] = "";

    ck_assert_int_eq(pipe(pipe_ends), 0);
    ck_assert_int_eq(message_send(ends[0], &sent, pipe_ends[1]), 0);
    close(pipe_ends[1]);
    ck_assert_int_eq(message_receive(ends[1], &got, &fd), HEARD);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
    ck_assert_int_eq(write(fd, "here", 4), 4);
    ck_assert_int_eq(read(pipe_ends[0], text, sizeof text), 4);
    ck_assert_str_eq(text, "here");
    close(fd);
    close(pipe_ends[0]);
}
END_TEST

START_TEST(nothing_to_hear_does_not_block)
{
    struct message got;
    int fd;

    ck_assert_int_eq(message_receive(ends[0], &got, &fd), HEARD_NOTHING);
}
END_TEST

START_TEST(the_end_of_the_other_side_is_told_after_its_last_message)
{
    struct message message = {.type = MESSAGE_READY};
    int fd;

    ck_assert_int_eq(message_send(ends[0], &message, -1), 0);
    close(ends[0]);
    ck_assert_int_eq(message_receive(ends[1], &message, &fd), HEARD);
    ck_assert_int_eq(message_receive(ends[1], &message, &fd), HEARD_END);
    ck_assert_int_eq(message_send(ends[1], &message, -1), -1); /* and no SIGPIPE */
    ends[0] = dup(ends[1]);
}
END_TEST

START_TEST(what_is_no_message_is_the_end)
{
    struct message got;
    int fd;

    ck_assert_int_eq(write(ends[0], "x", 1), 1);
    ck_assert_int_eq(message_receive(ends[1], &got, &fd), HEARD_END);
}
END_TEST

START_TEST(a_name_without_its_end_is_ended)
{
    struct message message = {.type = MESSAGE_SOCKET};
    int fd;

    memset(message.listener, 'x', sizeof message.listener);
    ck_assert_int_eq(message_send(ends[0], &message, -1), 0);
    ck_assert_int_eq(message_receive(ends[1], &message, &fd), HEARD);
    ck_assert_uint_eq(strlen(message.listener), sizeof message.listener - 1);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, both_ends_are_closed_on_exec);
    tcase_add_test(tests, a_message_arrives_whole_in_both_directions);
    tcase_add_test(tests, messages_keep_their_order_and_borders);
    tcase_add_test(tests, a_descriptor_rides_along_and_is_closed_on_exec);
    tcase_add_test(tests, nothing_to_hear_does_not_block);
    tcase_add_test(tests, the_end_of_the_other_side_is_told_after_its_last_message);
    tcase_add_test(tests, what_is_no_message_is_the_end);
    tcase_add_test(tests, a_name_without_its_end_is_ended);
}

int main(void)
{
    return suite_run("message", add, setup, teardown);
}
