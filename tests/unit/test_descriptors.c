/* After birth, a process keeps only the descriptors that are on its list. */
#include <fcntl.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "daemon/descriptors.h"
#include "suite.h"

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) != -1;
}

/* Each test runs in a child: it must not close what Check and the sanitizers use. */
static int status_of(int (*act)(void))
{
    int status = 0;
    pid_t child = fork();

    ck_assert_int_ge(child, 0);
    if (child == 0) {
        _exit(act());
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return status;
}

/* Answers 0 when everything is as it should be, else the number of what is not. */

static int keep_two(void)
{
    int a = fcntl(0, F_DUPFD, 20), b = fcntl(0, F_DUPFD, 30), c = fcntl(0, F_DUPFD, 40);
    int keep[] = {c, -1, a}; /* any order */

    descriptors_keep(keep, 3);
    if (!is_open(a) || !is_open(c)) {
        return 1;
    }
    if (is_open(b) || is_open(3) || is_open(c + 1)) {
        return 2;
    }
    return is_open(0) && is_open(1) && is_open(2) ? 0 : 3;
}

START_TEST(it_keeps_what_is_on_the_list_and_the_first_three)
{
    ck_assert_int_eq(status_of(keep_two), 0);
}
END_TEST

static int drop_standard(void)
{
    int above = dup(0);
    char byte;

    close(above);
    if (descriptors_drop_standard() != 0) {
        return 1;
    }
    for (int fd = 0; fd < 3; fd++) {
        if (read(fd, &byte, 1) != 0 || write(fd, "x", 1) != -1) {
            return 2;
        }
    }
    return is_open(above) || is_open(above + 1) ? 3 : 0;
}

static int drop_standard_where_some_are_closed(void)
{
    char byte;

    close(0);
    close(1);
    if (descriptors_drop_standard() != 0) {
        return 1;
    }
    return read(0, &byte, 1) == 0 && read(1, &byte, 1) == 0 && read(2, &byte, 1) == 0 ? 0 : 2;
}

START_TEST(the_first_three_can_lead_nowhere)
{
    ck_assert_int_eq(status_of(drop_standard), 0);
    ck_assert_int_eq(status_of(drop_standard_where_some_are_closed), 0);
}
END_TEST

static int keep_none(void)
{
    int a = fcntl(0, F_DUPFD, 20);

    descriptors_keep(NULL, 0);
    return !is_open(a) && is_open(0) && is_open(2) ? 0 : 1;
}

START_TEST(an_empty_list_keeps_the_first_three)
{
    ck_assert_int_eq(status_of(keep_none), 0);
}
END_TEST

static int keep_odd(void)
{
    int neighbour = fcntl(0, F_DUPFD, 20), next = fcntl(0, F_DUPFD, 21);
    int keep[] = {1, neighbour, neighbour, next, 1};

    descriptors_keep(keep, 5);
    return is_open(neighbour) && is_open(next) && is_open(0) && !is_open(next + 1) ? 0 : 1;
}

START_TEST(a_list_may_name_one_twice_and_one_of_the_first_three)
{
    ck_assert_int_eq(status_of(keep_odd), 0);
}
END_TEST

static int hand_over_two(void)
{
    int one[2], two[2];

    if (pipe(one) != 0 || pipe(two) != 0) {
        return 1;
    }
    /* Theirs stand where the others' targets are: none may be overwritten too early. */
    int at_4 = dup2(one[0], 4), at_3 = dup2(two[0], 3);
    int write_one = fcntl(one[1], F_DUPFD, 50), write_two = fcntl(two[1], F_DUPFD, 51);
    const int fds[] = {at_4, at_3};

    if (write(write_one, "1", 1) != 1 || write(write_two, "2", 1) != 1) {
        return 2;
    }
    if (descriptors_hand_over(fds, 2) != 0) {
        return 3;
    }
    char got[2];

    if (read(3, &got[0], 1) != 1 || read(4, &got[1], 1) != 1 || got[0] != '1' || got[1] != '2') {
        return 4;
    }
    if (fcntl(3, F_GETFD) != 0 || fcntl(4, F_GETFD) != 0) { /* no close-on-exec */
        return 5;
    }
    return is_open(5) || is_open(50) || is_open(51) || is_open(100) || is_open(101) ? 6 : 0;
}

START_TEST(what_is_handed_over_comes_in_order_from_3_on_and_nothing_else)
{
    ck_assert_int_eq(status_of(hand_over_two), 0);
}
END_TEST

static int hand_over_what_is_closed(void)
{
    const int fds[] = {0, 999};

    return descriptors_hand_over(fds, 2) == -1 ? 0 : 1;
}

START_TEST(what_is_not_open_cannot_be_handed_over)
{
    ck_assert_int_eq(status_of(hand_over_what_is_closed), 0);
}
END_TEST

static int hand_over_too_many(void)
{
    const int fds[9] = {0};

    return descriptors_hand_over(fds, 9) == -1 ? 0 : 1;
}

START_TEST(too_many_are_refused)
{
    ck_assert_int_eq(status_of(hand_over_too_many), 0);
}
END_TEST

static int fill_two(void)
{
    close(0);
    close(2);
    close_range(3, ~0u, 0);
    file_hold_standard();
    if (!is_open(0) || !is_open(1) || !is_open(2)) {
        return 1;
    }
    return is_open(3) ? 2 : 0;
}

START_TEST(standard_descriptors_that_are_closed_are_filled_and_no_other)
{
    ck_assert_int_eq(status_of(fill_two), 0);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, standard_descriptors_that_are_closed_are_filled_and_no_other);
    tcase_add_test(tests, it_keeps_what_is_on_the_list_and_the_first_three);
    tcase_add_test(tests, the_first_three_can_lead_nowhere);
    tcase_add_test(tests, an_empty_list_keeps_the_first_three);
    tcase_add_test(tests, a_list_may_name_one_twice_and_one_of_the_first_three);
    tcase_add_test(tests, what_is_handed_over_comes_in_order_from_3_on_and_nothing_else);
    tcase_add_test(tests, what_is_not_open_cannot_be_handed_over);
    tcase_add_test(tests, too_many_are_refused);
}

int main(void)
{
    return suite_run("descriptors", add, NULL, NULL);
}
