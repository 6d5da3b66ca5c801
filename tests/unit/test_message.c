/* What supervisor, leader and workers say to each other. */
#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
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

/* ---- descriptors that nobody asked for, or that do not arrive ---- */

static size_t open_here(void)
{
    DIR *folder = opendir("/proc/self/fd");
    size_t count = 0;

    ck_assert_ptr_nonnull(folder);
    while (readdir(folder) != NULL) {
        count++;
    }
    closedir(folder);
    return count;
}

/* `size` bytes that begin like a message, and `count` descriptors in one control message. */
static void send_raw(size_t size, size_t count)
{
    static char bytes[sizeof(struct message) + 1];
    union {
        char bytes[CMSG_SPACE(4 * sizeof(int))];
        struct cmsghdr align;
    } control = {.bytes = {0}};
    const int fds[4] = {ends[0], ends[0], ends[0], ends[0]};
    struct iovec vector = {.iov_base = bytes, .iov_len = size};
    struct msghdr header = {.msg_iov = &vector,
                            .msg_iovlen = 1,
                            .msg_control = control.bytes,
                            .msg_controllen = CMSG_SPACE(count * sizeof(int))};
    struct cmsghdr *item = CMSG_FIRSTHDR(&header);

    item->cmsg_level = SOL_SOCKET;
    item->cmsg_type = SCM_RIGHTS;
    item->cmsg_len = CMSG_LEN(count * sizeof(int));
    memcpy(CMSG_DATA(item), fds, count * sizeof(int));
    ck_assert_int_eq(sendmsg(ends[0], &header, 0), (ssize_t)size);
}

START_TEST(what_is_no_message_leaves_no_descriptor_open)
{
    static const struct {
        const char *name;
        size_t size, descriptors;
        enum heard heard;
        size_t more;
    } rows[] = {
        {"one, as it should be", sizeof(struct message), 1, HEARD, 1},
        {"two", sizeof(struct message), 2, HEARD_END, 0},
        {"three: more than there is room for", sizeof(struct message), 3, HEARD_END, 0},
        {"four", sizeof(struct message), 4, HEARD_END, 0},
        {"one with a message that is too short", sizeof(struct message) - 1, 1, HEARD_END, 0},
        {"one with a message that is too long", sizeof(struct message) + 1, 1, HEARD_END, 0},
        {"two with one byte", 1, 2, HEARD_END, 0},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct message got;
        size_t before = open_here();
        int fd = -1;

        send_raw(rows[i].size, rows[i].descriptors);
        ck_assert_msg(message_receive(ends[1], &got, &fd) == rows[i].heard, "%s", rows[i].name);
        ck_assert_msg(open_here() == before + rows[i].more, "%s", rows[i].name);
        ck_assert_msg((fd != -1) == (rows[i].heard == HEARD), "%s", rows[i].name);
        if (fd != -1) {
            ck_assert(!got.fd_lost);
            close(fd);
        }
    }
}
END_TEST

START_TEST(a_descriptor_without_room_is_told_and_the_message_arrives)
{
    const struct message sent = {.type = MESSAGE_SOCKET, .slot = 7};
    struct rlimit before, none;
    struct message got;
    int fd = -1;

    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = 0;
    ck_assert_int_eq(message_send(ends[0], &sent, ends[0]), 0);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    ck_assert_int_eq(message_receive(ends[1], &got, &fd), HEARD);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    ck_assert_int_eq(fd, -1);
    ck_assert(got.fd_lost);
    ck_assert_uint_eq(got.slot, 7);
}
END_TEST

#define ORDINARY     65534 /* the number of some user: for root there is no limit of this kind */
#define ON_THEIR_WAY 60

/* In a process of its own. 0: as it should be, else what is not. */
static int send_more_than_may_be_on_their_way(void)
{
    const struct rlimit few = {.rlim_cur = 20, .rlim_max = 20};
    const struct message sent = {.type = MESSAGE_SOCKET};
    int lost = 0;

    if ((geteuid() == 0 && setuid(ORDINARY) != 0) || setrlimit(RLIMIT_NOFILE, &few) != 0) {
        return 1;
    }
    for (int i = 0; i < ON_THEIR_WAY; i++) {
        if (message_offer(ends[0], &sent, STDIN_FILENO) != 0) {
            return 2;
        }
    }
    for (int i = 0; i < ON_THEIR_WAY; i++) {
        struct message got;
        int fd = -1;

        if (message_receive(ends[1], &got, &fd) != HEARD || got.fd_lost != (fd == -1)) {
            return 3;
        }
        lost += got.fd_lost;
        close(fd);
    }
    return lost > 0 ? 0 : 4; /* all of them, where others of this user have many on their way */
}

START_TEST(a_descriptor_that_may_not_be_sent_is_told_and_the_message_arrives)
{
    int status = 0;
    pid_t child = fork();

    ck_assert_int_ge(child, 0);
    if (child == 0) {
        _exit(send_more_than_may_be_on_their_way());
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(a_message_without_a_descriptor_has_lost_none)
{
    const struct message sent = {.type = MESSAGE_SOCKET};
    struct message got;
    int fd;

    ck_assert_int_eq(message_send(ends[0], &sent, -1), 0);
    ck_assert_int_eq(message_receive(ends[1], &got, &fd), HEARD);
    ck_assert(!got.fd_lost);
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
    tcase_add_test(tests, what_is_no_message_leaves_no_descriptor_open);
    tcase_add_test(tests, a_descriptor_without_room_is_told_and_the_message_arrives);
    tcase_add_test(tests, a_descriptor_that_may_not_be_sent_is_told_and_the_message_arrives);
    tcase_add_test(tests, a_message_without_a_descriptor_has_lost_none);
    tcase_add_test(tests, a_name_without_its_end_is_ended);
}

int main(void)
{
    return suite_run("message", add, setup, teardown);
}
