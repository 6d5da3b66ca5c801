/* A listening socket at a path. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/socket.h"
#include "suite.h"

static char folder[64], path[96];
static int listener, client;
static struct secho_error err;

static void setup(void)
{
    (void)snprintf(folder, sizeof folder, "/tmp/secho-path-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/socket", folder);
    listener = client = -1;
}

static void teardown(void)
{
    socket_close(listener);
    socket_close(client);
    (void)unlink(path);
    (void)rmdir(folder);
}

START_TEST(it_is_for_its_user_only)
{
    struct stat facts;

    ck_assert_int_eq(socket_listen_path(path, 8, &listener, &err), 0);
    ck_assert_int_eq(lstat(path, &facts), 0);
    ck_assert_int_eq(facts.st_mode & 07777, 0600);
    ck_assert(socket_is_path(listener, path));
    ck_assert_int_eq(socket_connect_path(path, &client, &err), 0);
}
END_TEST

START_TEST(what_was_left_is_replaced)
{
    ck_assert_int_eq(socket_listen_path(path, 8, &listener, &err), 0);
    socket_close(listener);
    ck_assert_int_eq(socket_connect_path(path, &client, &err), -1);
    ck_assert_int_eq(err.os_errno, ECONNREFUSED);
    ck_assert_int_eq(socket_listen_path(path, 8, &listener, &err), 0);
    ck_assert_int_eq(socket_connect_path(path, &client, &err), 0);
}
END_TEST

START_TEST(where_somebody_answers_it_fails_and_he_goes_on)
{
    int second = -1;

    ck_assert_int_eq(socket_listen_path(path, 8, &listener, &err), 0);
    ck_assert_int_eq(socket_listen_path(path, 8, &second, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "another program listens there"));
    ck_assert_int_eq(second, -1);
    ck_assert_int_eq(socket_connect_path(path, &client, &err), 0);
}
END_TEST

START_TEST(what_is_no_socket_is_left_alone)
{
    int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

    close(fd);
    ck_assert_int_eq(socket_listen_path(path, 8, &listener, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "is no socket"));
    ck_assert_int_eq(access(path, F_OK), 0);
}
END_TEST

START_TEST(a_path_that_is_too_long_or_leads_nowhere_is_told)
{
    char longer[200];

    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    ck_assert_int_eq(socket_listen_path(longer, 8, &listener, &err), -1);
    ck_assert_int_eq(err.os_errno, ENAMETOOLONG);
    ck_assert_int_eq(socket_connect_path(longer, &client, &err), -1);
    ck_assert_int_eq(err.os_errno, ENAMETOOLONG);
    (void)snprintf(longer, sizeof longer, "%s/nothing/socket", folder);
    ck_assert_int_eq(socket_listen_path(longer, 8, &listener, &err), -1);
    ck_assert_int_eq(err.os_errno, ENOENT);
}
END_TEST

START_TEST(another_path_or_one_that_is_gone_is_not_ours)
{
    ck_assert_int_eq(socket_listen_path(path, 8, &listener, &err), 0);
    ck_assert(!socket_is_path(listener, folder));
    ck_assert_int_eq(unlink(path), 0);
    ck_assert(!socket_is_path(listener, path));
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, it_is_for_its_user_only);
    tcase_add_test(tests, what_was_left_is_replaced);
    tcase_add_test(tests, where_somebody_answers_it_fails_and_he_goes_on);
    tcase_add_test(tests, what_is_no_socket_is_left_alone);
    tcase_add_test(tests, a_path_that_is_too_long_or_leads_nowhere_is_told);
    tcase_add_test(tests, another_path_or_one_that_is_gone_is_not_ours);
}

int main(void)
{
    return suite_run("socket_path", add, setup, teardown);
}
