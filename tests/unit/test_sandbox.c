/*
 * A probe that enters the sandbox of a worker, of the admin and of a leader, and tries in there
 * what must not work; each works outside, in a process that differs in nothing else.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "daemon/facts.h"
#include "daemon/filter.h"
#include "daemon/landlock.h"
#include "daemon/sandbox.h"
#include "daemon/secrets.h"
#include "daemon/tries.h"
#include "probe.h"
#include "suite.h"

#define DIES   PROBE_DIES
#define ANYHOW (-2) /* what the system is set to, or who we are, decides */

static const struct {
    const char *name;
    int outside, leader, serving; /* 0: works; DIES; else errno */
} expected[] = {
    {"read a file", 0, EACCES, EACCES},
    {"write a file", 0, EACCES, DIES},
    {"execute a program", 0, EACCES, DIES},
    {"connect by TCP", 0, EACCES, DIES},
    {"bind a TCP port", 0, EACCES, DIES},
    {"signal another process", 0, EPERM, DIES},
    {"become root", ANYHOW, EPERM, DIES},
    {"start a process", 0, 0, DIES},
    {"open a socket", 0, 0, DIES},
    {"enter a user namespace", ANYHOW, ANYHOW, DIES},
    {"call ptrace", 0, 0, DIES},
    {"get memory to execute", 0, 0, DIES},
    {"make memory executable", 0, 0, DIES},
    {"get an io_uring", ANYHOW, ANYHOW, DIES},
    {"silence the log", 0, 0, EPERM},
    {"copy a descriptor", 0, 0, EPERM},
    {"write past the log", 0, 0, EBADF},
    {"make an unknown call", 0, 0, EPERM},
};

static const struct try *find(const char *name)
{
    for (size_t i = 0; i < tries_count; i++) {
        if (strcmp(tries_all[i].name, name) == 0) {
            return &tries_all[i];
        }
    }
    ck_abort_msg("nobody can try to %s", name);
}

static void check(const struct probe_attempt *attempt, int wanted)
{
    static const char *const places[] = {"outside", "in a leader", "in a worker", "in the admin"};
    int got = wanted == ANYHOW ? ANYHOW : probe_outcome(attempt);

    ck_assert_msg(got == wanted, "%s %s%s%s: %d (%s) in place of %d", attempt->one->name,
                  places[attempt->place], attempt->ordinary ? ", not as root" : "",
                  attempt->thread ? ", in a second thread" : "", got, got > 0 ? strerror(got) : "",
                  wanted);
}

/* Landlock is the kernel's, and may be switched off: then these are left to the filter. */
static bool is_landlocks(int i)
{
    return expected[i].leader == EACCES || strcmp(expected[i].name, "signal another process") == 0;
}

START_TEST(every_try_is_expected_here)
{
    ck_assert_uint_eq(tries_count, COUNT(expected));
}
END_TEST

START_TEST(what_must_not_work_works_outside)
{
    for (int ordinary = 0; ordinary < 2; ordinary++) {
        const struct probe_attempt attempt = {
            .place = PROBE_OUTSIDE, .ordinary = ordinary == 1, .one = find(expected[_i].name)};

        /* Nobody but root may signal root, who runs this test. */
        check(&attempt, ordinary == 1 && attempt.one->go == find("signal another process")->go &&
                                geteuid() == 0
                            ? ANYHOW
                            : expected[_i].outside);
    }
}
END_TEST

START_TEST(it_does_not_work_in_a_worker_nor_in_the_admin)
{
    for (int i = 0; i < 8 && sandbox_is_built() && filter_is_possible(); i++) {
        const struct probe_attempt attempt = {.place = i % 2 == 0 ? PROBE_WORKER : PROBE_ADMIN,
                                              .ordinary = i / 2 % 2 == 1,
                                              .thread = i / 4 == 1,
                                              .one = find(expected[_i].name)};

        check(&attempt, expected[_i].serving);
    }
}
END_TEST

START_TEST(what_has_a_path_or_a_port_does_not_work_in_a_leader)
{
    for (int i = 0; i < 2 && sandbox_is_built(); i++) {
        const struct probe_attempt attempt = {
            .place = PROBE_LEADER, .ordinary = i == 1, .one = find(expected[_i].name)};

        if (!is_landlocks(_i) || landlock_version() >= 6) {
            check(&attempt, expected[_i].leader);
        }
    }
}
END_TEST

/* ---- what is told, and counted ---- */

static void take_line(char line[static LOG_LINE_MAX])
{
    ssize_t len = recv(probe_lines[0], line, LOG_LINE_MAX - 1, MSG_DONTWAIT);

    line[len > 0 ? len : 0] = '\0';
}

START_TEST(an_unknown_call_is_counted_each_time_and_told_once)
{
    const struct probe_attempt attempt = {
        .place = PROBE_WORKER, .twice = true, .one = find("make an unknown call")};
    char line[LOG_LINE_MAX];

    if (!sandbox_is_built() || !filter_is_possible()) {
        return;
    }
    ck_assert_int_eq(probe_outcome(&attempt), EPERM);
    ck_assert_uint_eq(atomic_load(probe_denied), 2);
    take_line(line);
    ck_assert_ptr_nonnull(strstr(line, " warn call_denied process=worker pid="));
    ck_assert_ptr_nonnull(strstr(line, " call=umask number="));
    take_line(line);
    ck_assert_str_eq(line, "");
}
END_TEST

START_TEST(a_forbidden_call_names_itself_before_the_process_dies)
{
    const struct probe_attempt attempt = {.place = PROBE_ADMIN, .one = find("execute a program")};
    char line[LOG_LINE_MAX];

    if (!sandbox_is_built() || !filter_is_possible()) {
        return;
    }
    ck_assert_int_eq(probe_outcome(&attempt), DIES);
    ck_assert_uint_eq(atomic_load(probe_denied), 0);
    take_line(line);
    ck_assert_ptr_nonnull(strstr(line, " error call_forbidden process=admin pid="));
    ck_assert_ptr_nonnull(strstr(line, " call=execve number="));
}
END_TEST

/* malloc and strftime() ask for a file each: nothing that an administrator should look after. */
START_TEST(a_file_that_is_not_opened_is_neither_counted_nor_told)
{
    const struct probe_attempt attempt = {
        .place = PROBE_WORKER, .twice = true, .one = find("read a file")};
    char line[LOG_LINE_MAX];

    (void)probe_outcome(&attempt);
    ck_assert_uint_eq(atomic_load(probe_denied), 0);
    take_line(line);
    ck_assert_str_eq(line, "");
}
END_TEST

/* ---- what stays possible ---- */

/* Everything that a worker does, in one thread: a try like the others. */
static int work(const struct tries_means *means)
{
    char *memory[64] = {0}, byte = 'x';
    struct pollfd at = {.fd = probe_lines[1], .events = POLLOUT};
    sigset_t none;

    (void)means;
    for (int round = 0; round < 4; round++) {
        for (int i = 0; i < 64; i++) {
            memory[i] = malloc((size_t)1 << (i % 20));
            if (memory[i] == NULL) {
                return 1;
            }
            memory[i][0] = byte;
        }
        for (int i = 0; i < 64; i++) {
            free(memory[i]);
        }
    }
    (void)sigemptyset(&none);
    if (poll(&at, 1, -1) != 1 || send(probe_lines[1], &byte, 1, MSG_DONTWAIT) != 1 ||
        pthread_sigmask(SIG_SETMASK, &none, NULL) != 0 || clock_now_ms() == 0) {
        return 2;
    }
    return 0;
}

START_TEST(work_goes_on_in_there)
{
    const struct try one = {.name = "work", .go = work};

    for (int i = 0; i < 8; i++) {
        const struct probe_attempt attempt = {.place = (enum probe_place)(i % 4),
                                              .thread = i / 4 == 1 && i % 4 != PROBE_LEADER,
                                              .one = &one};

        check(&attempt, 0);
    }
    ck_assert_uint_eq(atomic_load(probe_denied), 0);
}
END_TEST

/* A number that is not open, and one that is: all but that of the log. */
static int shut_others_down(const struct tries_means *means)
{
    for (int fd = 0; fd < 1024; fd++) {
        if (fd != means->log && shutdown(fd, SHUT_WR) == -1 && errno == EPERM) {
            return fd + 1;
        }
    }
    for (unsigned bit = 10; bit < 31; bit++) {
        if (shutdown(means->log | 1 << bit, SHUT_WR) == 0 || errno != EBADF) {
            return 1;
        }
    }
    return shutdown(means->listener, SHUT_RDWR) == 0 ? 0 : 1;
}

START_TEST(whatever_is_not_the_log_can_be_shut_down_in_there)
{
    const struct try one = {.name = "shut others down", .go = shut_others_down};

    for (int place = PROBE_OUTSIDE; place <= PROBE_ADMIN; place++) {
        const struct probe_attempt attempt = {.place = (enum probe_place)place, .one = &one};

        check(&attempt, 0);
    }
    ck_assert_uint_eq(atomic_load(probe_denied), 0);
}
END_TEST

START_TEST(to_silence_the_log_is_counted_and_told_in_the_log)
{
    const struct probe_attempt attempt = {.place = PROBE_ADMIN, .one = find("silence the log")};
    char line[LOG_LINE_MAX];

    if (!sandbox_is_built() || !filter_is_possible()) {
        return;
    }
    ck_assert_int_eq(probe_outcome(&attempt), EPERM);
    ck_assert_uint_eq(atomic_load(probe_denied), 2); /* it was tried in two ways */
    take_line(line);
    ck_assert_ptr_nonnull(strstr(line, " warn call_denied process=admin pid="));
    ck_assert_ptr_nonnull(strstr(line, " call=shutdown number="));
}
END_TEST

static int abort_there(const struct tries_means *means)
{
    (void)means;
    abort();
}

/* An assert that does not hold: the process dies of that, not of asking how to die. */
START_TEST(who_aborts_in_there_dies_by_that_signal)
{
    const struct try one = {.name = "abort", .go = abort_there};
    const struct probe_attempt attempt = {.place = PROBE_WORKER, .one = &one};
    int status = 0;
    pid_t pid = probe_start(&attempt);

    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}
END_TEST

/* ---- what /proc says ---- */

START_TEST(proc_says_the_same)
{
    for (int place = PROBE_LEADER; place <= PROBE_ADMIN && sandbox_is_built(); place++) {
        struct facts facts = probe_facts((enum probe_place)place);

        ck_assert_uint_ne(facts.users[0], 0);
        ck_assert_uint_eq(facts.users[1], facts.users[0]);
        ck_assert_uint_eq(facts.capabilities, 0);
        ck_assert(facts.no_new_privileges);
        ck_assert(!facts.leaves_core);
        ck_assert_int_eq(facts.is_filtered, place != PROBE_LEADER && filter_is_possible());
        if (geteuid() == 0) {
            ck_assert_uint_eq(facts.bounding, 0);
            ck_assert(!facts.has_other_groups);
        }
    }
}
END_TEST

START_TEST(and_the_opposite_outside)
{
    struct facts facts = probe_facts(PROBE_OUTSIDE);

    ck_assert_uint_eq(facts.users[0], geteuid());
    ck_assert(!facts.is_filtered);
    ck_assert_int_eq(facts.no_new_privileges, prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
    ck_assert_uint_eq(facts.locked_kb, 0);
    ck_assert_int_eq(facts_read(-1, &facts), -1);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, every_try_is_expected_here);
    tcase_add_loop_test(tests, what_must_not_work_works_outside, 0, COUNT(expected));
    tcase_add_loop_test(tests, it_does_not_work_in_a_worker_nor_in_the_admin, 0, COUNT(expected));
    tcase_add_loop_test(tests, what_has_a_path_or_a_port_does_not_work_in_a_leader, 0,
                        COUNT(expected));
    tcase_add_test(tests, an_unknown_call_is_counted_each_time_and_told_once);
    tcase_add_test(tests, a_forbidden_call_names_itself_before_the_process_dies);
    tcase_add_test(tests, a_file_that_is_not_opened_is_neither_counted_nor_told);
    tcase_add_test(tests, work_goes_on_in_there);
    tcase_add_test(tests, whatever_is_not_the_log_can_be_shut_down_in_there);
    tcase_add_test(tests, to_silence_the_log_is_counted_and_told_in_the_log);
    tcase_add_test(tests, who_aborts_in_there_dies_by_that_signal);
    tcase_add_test(tests, proc_says_the_same);
    tcase_add_test(tests, and_the_opposite_outside);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "-V") == 0) {
        return 0; /* whoever tries to execute something executes this */
    }
    return suite_run("sandbox", add, probe_setup, probe_teardown);
}
