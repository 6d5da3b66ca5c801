/* Waiting for descriptors and signals, also where the system refuses ppoll(2). */
#include <errno.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include "daemon/waiting.h"
#include "suite.h"

#define FOREVER (&(const struct timespec){.tv_sec = 3600})
#define AT_ONCE (&(const struct timespec){.tv_sec = 0})

static int pipe_ends[2];
static struct rlimit before;
static volatile sig_atomic_t signals;

static void on_signal(int ignored)
{
    (void)ignored;
    signals++;
}

static void allow(rlim_t descriptors)
{
    const struct rlimit limit = {descriptors, before.rlim_max};

    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void setup(void)
{
    signals = 0;
    ck_assert_int_eq(pipe(pipe_ends), 0);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
}

static void teardown(void)
{
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
}

/* In the second of three entries; the others are nobody's. */
static int wait_for_pipe(struct pollfd at[static 3], const struct timespec *limit)
{
    sigset_t none;

    (void)sigemptyset(&none);
    for (int i = 0; i < 3; i++) {
        at[i] = (struct pollfd){.fd = i == 1 ? pipe_ends[0] : -1, .events = POLLIN, .revents = 7};
    }
    return waiting_poll(at, 3, limit, &none);
}

/* As many as ppoll(2) takes for three entries, and too few. */
static const rlim_t limits[] = {64, 2};

START_TEST(who_is_readable_is_found)
{
    struct pollfd at[3];

    ck_assert_int_eq(write(pipe_ends[1], "x", 1), 1);
    allow(limits[_i]);
    ck_assert_int_eq(wait_for_pipe(at, FOREVER), 1);
    ck_assert_int_eq(at[0].revents, 0);
    ck_assert_int_eq(at[1].revents, POLLIN);
    ck_assert_int_eq(at[2].revents, 0);
}
END_TEST

START_TEST(where_nobody_is_readable_nobody_is_found)
{
    struct pollfd at[3];

    allow(limits[_i]);
    ck_assert_int_eq(wait_for_pipe(at, AT_ONCE), 0);
    ck_assert_int_eq(at[1].revents, 0);
}
END_TEST

START_TEST(a_signal_that_was_blocked_comes_in)
{
    const struct sigaction action = {.sa_handler = on_signal};
    struct pollfd at[3];
    sigset_t blocked;

    (void)sigemptyset(&blocked);
    (void)sigaddset(&blocked, SIGUSR1);
    ck_assert_int_eq(pthread_sigmask(SIG_BLOCK, &blocked, NULL), 0);
    ck_assert_int_eq(sigaction(SIGUSR1, &action, NULL), 0);
    ck_assert_int_eq(pthread_kill(pthread_self(), SIGUSR1), 0);
    ck_assert_int_eq(signals, 0);
    allow(limits[_i]);
    ck_assert_int_eq(wait_for_pipe(at, FOREVER), -1);
    ck_assert_int_eq(errno, EINTR);
    ck_assert_int_eq(signals, 1);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, who_is_readable_is_found, 0, 2);
    tcase_add_loop_test(tests, where_nobody_is_readable_nobody_is_found, 0, 2);
    tcase_add_loop_test(tests, a_signal_that_was_blocked_comes_in, 0, 2);
}

int main(void)
{
    return suite_run("waiting", add, setup, teardown);
}
